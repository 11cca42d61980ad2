import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkAddress,
  formatAddress,
  isBroadcast,
  isHostAddress,
  isOnLink,
  maskOf,
  parseAddress,
} from "../../../src/network/stack/address.ts";
import { addWords, finishSum, pseudoHeaderSum } from "../../../src/network/stack/checksum.ts";
import { checkMac, isGroupMac, macText, putWireMac, wireMac } from "../../../src/network/stack/mac.ts";
import { checksum, hex } from "../../lab/cable.ts";

const address = fc.nat(0xffff_ffff);

describe("addresses", () => {
  test("text and number are the same address", () => {
    fc.assert(fc.property(address, (ip) => parseAddress(formatAddress(ip)) === ip));
    expect(parseAddress("192.168.137.1")).toBe(0xc0a8_8901);
    expect(formatAddress(0xffff_ffff)).toBe("255.255.255.255");
  });
  test("only four plain decimal numbers are an address", () => {
    for (const text of [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "256.1.1.1",
      "01.2.3.4",
      "1.2.3.4 ",
      "0x1.2.3.4",
      "1..2.3",
      "1.2.3.-4",
    ]) {
      expect(parseAddress(text), text).toBeNull();
    }
  });
  test("any text that is read comes back as it was", () => {
    const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom("", "00", "007", "+1", "1e1"));
    const text = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
    fc.assert(
      fc.property(text, (given) => {
        const ip = parseAddress(given);
        return ip === null || formatAddress(ip) === given;
      }),
    );
  });
  test("a network is told by its mask", () => {
    expect([0, 8, 24, 30, 32].map((prefix) => formatAddress(maskOf(prefix)))).toEqual([
      "0.0.0.0",
      "255.0.0.0",
      "255.255.255.0",
      "255.255.255.252",
      "255.255.255.255",
    ]);
    const host = checkAddress({ address: "10.1.130.7", prefix: 17 });
    expect(formatAddress(host.broadcast)).toBe("10.1.255.255");
    expect(isOnLink(host, 0x0a01_8000)).toBe(true);
    expect(isOnLink(host, 0x0a01_7fff)).toBe(false);
    expect(isBroadcast(host, 0xffff_ffff)).toBe(true);
    expect(isBroadcast(host, 0x0a01_ffff)).toBe(true);
    expect(isBroadcast(host, 0x0a02_ffff)).toBe(false);
  });
  test("hosts have none of the special addresses", () => {
    const texts = [
      "0.0.0.1",
      "127.0.0.1",
      "224.0.0.1",
      "240.0.0.1",
      "255.255.255.255",
      "1.0.0.1",
      "223.255.255.254",
    ];
    expect(texts.map((text) => isHostAddress(parseAddress(text) ?? 0))).toEqual([
      ...[false, false, false, false, false],
      ...[true, true],
    ]);
  });
  test("an operator's address is refused with the reason", () => {
    const refusals: [string, number, string | undefined, RegExp][] = [
      ["10.0.0.1", 31, undefined, /prefix length of 31/],
      ["10.0.0.1", 7.5, undefined, /prefix length/],
      ["10.0.0", 24, undefined, /"10\.0\.0" is not an IPv4 address/],
      ["127.0.0.1", 24, undefined, /cannot belong to a host/],
      ["10.0.0.0", 24, undefined, /whole network/],
      ["10.0.0.255", 24, undefined, /whole network/],
      ["10.0.0.1", 24, "10.0.1.1", /another host of the network/],
      ["10.0.0.1", 24, "10.0.0.1", /another host of the network/],
    ];
    for (const [text, prefix, gateway, reason] of refusals) {
      expect(() => checkAddress({ address: text, prefix, gateway })).toThrow(reason);
    }
  });
});

describe("checksums", () => {
  test("RFC 1071, section 3", () => {
    expect(finishSum(addWords(0, hex("0001 f203 f4f5 f6f7"), 0, 8))).toBe(0x220d);
  });
  test("a header from a textbook", () => {
    const header = hex("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7");
    expect(finishSum(addWords(0, header, 0, 20))).toBe(0);
    header.set([0, 0], 10);
    expect(finishSum(addWords(0, header, 0, 20))).toBe(0xb861);
  });
  test("any range, odd or even, sums like the plain definition", () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(bytes, fc.nat(8), (all, at) => {
        const length = Math.max(0, all.length - at);
        return finishSum(addWords(0, all, at, length)) === checksum([...all.subarray(at)]);
      }),
    );
  });
  test("the pseudo header sums like its bytes", () => {
    const length = fc.nat(65535);
    fc.assert(
      fc.property(address, address, fc.nat(255), length, (from, to, protocol, bytes) => {
        const words = [from, to, protocol * 65536 + bytes].flatMap((word) => [
          ...[word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255],
        ]);
        return finishSum(pseudoHeaderSum(from, to, protocol, bytes)) === checksum(words);
      }),
    );
  });
});

describe("MAC addresses", () => {
  test("number, bytes and text are the same address", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        const mac = wireMac(bytes, 0);
        const back = new Uint8Array(8);
        putWireMac(back, 1, mac);
        expect([...back]).toEqual([0, ...bytes, 0]);
        expect(isGroupMac(mac)).toBe(((bytes[0] ?? 0) & 1) === 1);
        if (mac !== 0 && !isGroupMac(mac)) expect(checkMac(macText(mac))).toBe(mac);
      }),
    );
    expect(macText(0x0015_5d01_0a03)).toBe("00-15-5D-01-0A-03");
  });
  test("an adapter has no group address", () => {
    for (const text of ["01-00-5E-00-00-01", "FF-FF-FF-FF-FF-FF", "00-00-00-00-00-00", "", "nonsense"]) {
      expect(() => checkMac(text), text).toThrow(/is not the MAC address of an adapter/);
    }
  });
});
