import { describe, expect, test } from "vitest";
import {
  broadcastMac,
  bytesOfMac,
  etherType,
  isBroadcastAt,
  isGroupAt,
  isTagged,
  macAt,
  macHead,
  macTail,
  parseMac,
  payloadOffset,
  priorityOfTag,
  putMac,
  putWire32,
  tagOf,
  typeOf,
  vlanOfTag,
  wire16,
  wire32,
} from "../../../src/network/frame/index.ts";

describe("MAC addresses", () => {
  test.each(["00-15-5D-01-0A-03", "00:15:5d:01:0a:03", "00155d010a03", " 00155D010A03 "])(
    "%s is read",
    (text) => {
      expect(parseMac(text)).toBe("00-15-5D-01-0A-03");
    },
  );

  test.each([
    "",
    "00-15-5D-01-0A",
    "00-15-5D-01-0A-0G",
    "00155D010A0300",
    "0015-5D01-0A03",
    "0-15-5D-01-0A-03",
  ])("%j is none", (text) => {
    expect(parseMac(text)).toBeNull();
  });

  test("go to bytes and back, anywhere in a buffer", () => {
    const bytes = new Uint8Array(10).fill(0xee);
    putMac(parseMac("02-FE-5D-80-0A-FF") ?? broadcastMac, bytes, 3);
    expect([...bytes]).toEqual([0xee, 0xee, 0xee, 0x02, 0xfe, 0x5d, 0x80, 0x0a, 0xff, 0xee]);
    expect(macAt(bytes, 3)).toBe("02-FE-5D-80-0A-FF");
  });

  test("two numbers of 30 and 18 bits hold every bit of one", () => {
    for (let bit = 0; bit < 48; bit++) {
      const bytes = new Uint8Array(6);
      bytes[bit >> 3] = 0x80 >> (bit & 7);
      const whole = macHead(bytes, 0) * 2 ** 18 + macTail(bytes, 0);
      expect(whole).toBe(2 ** (47 - bit));
    }
    const all = bytesOfMac(broadcastMac);
    expect([macHead(all, 0), macTail(all, 0)]).toEqual([2 ** 30 - 1, 2 ** 18 - 1]);
  });

  test("groups and everybody are told apart", () => {
    const everybody = bytesOfMac(broadcastMac);
    const group = Uint8Array.of(0x01, 0, 0x5e, 0, 0, 0xfb);
    const one = Uint8Array.of(0x02, 0xff, 0xff, 0xff, 0xff, 0xff);
    expect([everybody, group, one].map((mac) => isGroupAt(mac, 0))).toEqual([true, true, false]);
    expect([everybody, group, one].map((mac) => isBroadcastAt(mac, 0))).toEqual([true, false, false]);
  });
});

describe("headers", () => {
  const head = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const plain = Uint8Array.of(0xee, ...head, 0x08, 0x06, 0x99);
  const tagged = Uint8Array.of(0xee, ...head, 0x81, 0x00, 0xaf, 0xfe, 0x86, 0xdd, 0x99);

  test("of an untagged frame", () => {
    expect([isTagged(plain, 1), typeOf(plain, 1), payloadOffset(plain, 1)]).toEqual([
      false,
      etherType.arp,
      14,
    ]);
  });

  test("of a tagged frame", () => {
    expect([isTagged(tagged, 1), typeOf(tagged, 1), payloadOffset(tagged, 1)]).toEqual([
      true,
      etherType.ipv6,
      18,
    ]);
    const tag = tagOf(tagged, 1);
    expect([vlanOfTag(tag), priorityOfTag(tag)]).toEqual([4094, 5]);
  });

  test("numbers of the wire are unsigned", () => {
    const bytes = new Uint8Array(4);
    putWire32(bytes, 0, 0xfedcba98);
    expect([...bytes]).toEqual([0xfe, 0xdc, 0xba, 0x98]);
    expect([wire16(bytes, 0), wire32(bytes, 0), wire32(bytes, 2)]).toEqual([0xfedc, 0xfedcba98, 0xba980000]);
  });
});
