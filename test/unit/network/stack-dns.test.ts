import { describe, expect, test } from "vitest";
import {
  arp,
  be,
  type Cable,
  guestIp,
  guestIsHere,
  guestMac,
  hex,
  labSettings,
  labTime,
  opened,
  stackIp,
  stackMac,
  stackOnCable,
  toHex,
  udp,
} from "../../lab/cable.ts";

const a = 1;
const ptr = 12;
const aaaa = 28;

function nameOf(name: string): number[] {
  return [
    ...name.split(".").flatMap((label) => [label.length, ...[...label].map((c) => c.charCodeAt(0))]),
    0,
  ];
}

/** A query of RFC 1035, section 4.1, put together by hand. */
function query(name: string, type = a, flags = 0x0100): number[] {
  return [0xab, 0xcd, ...be(flags, 2), 0, 1, 0, 0, 0, 0, 0, 0, ...nameOf(name), 0, type, 0, 1];
}

function askRaw(cable: Cable, message: readonly number[]): Uint8Array[] {
  return cable.ask(udp(40_000, 53, message)).map((bytes) => opened(bytes).data);
}

/** Code, authority and addresses or names of an answer. */
function ask(cable: Cable, name: string, type = a) {
  const [data, ...rest] = askRaw(cable, query(name, type));
  expect(rest).toEqual([]);
  return data === undefined ? null : read(data, name);
}

function read(data: Uint8Array, name: string) {
  const question = nameOf(name);
  expect(toHex(data.subarray(0, 2))).toBe("abcd");
  expect(toHex(data.subarray(4, 6))).toBe("0001");
  expect(toHex(data.subarray(12, 12 + question.length))).toBe(toHex(Uint8Array.from(question)));
  const flags = be(0, 2).map((_, at) => data[2 + at] ?? 0);
  let at = 12 + question.length + 4;
  const records: string[] = [];
  for (let left = (data[6] ?? 0) * 256 + (data[7] ?? 0); left > 0; left--) {
    expect(toHex(data.subarray(at, at + 2))).toBe("c00c");
    const length = data[at + 11] ?? 0;
    const value = data.subarray(at + 12, at + 12 + length);
    records.push(data[at + 3] === a ? value.join(".") : String.fromCharCode(...value));
    at += 12 + length;
  }
  expect(at).toBe(data.length);
  return { code: (flags[1] ?? 0) & 15, ours: ((flags[0] ?? 0) & 4) !== 0, records };
}

function open(options: Parameters<typeof stackOnCable>[0] = {}): Cable {
  const cable = stackOnCable(options);
  cable.say(guestIsHere);
  return cable;
}

/** Lets promises settle. */
async function settled() {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

describe("names here", () => {
  test("our own, with and without the domain, in any case, byte by byte", () => {
    const cable = open();
    const [data] = askRaw(cable, query("Parent.TabVisor"));
    expect(toHex(data ?? hex(""))).toBe(
      toHex(
        hex(`abcd 8580 0001 0001 0000 0000 06 506172656e74 08 54616256 69736f72 00 0001 0001
             c00c 0001 0001 0000001e 0004 c0a88901`),
      ),
    );
    expect(ask(cable, "parent")).toEqual({ code: 0, ours: true, records: [stackIp] });
  });
  test("machines by the address that they were given, or have by hand", () => {
    const cable = open();
    cable.stack.setMachines([
      { name: "Web 01", macs: [guestMac] },
      { name: "idle", macs: ["00-15-5D-01-0A-09"] },
      { name: "WEB-01", macs: ["00-15-5D-01-0A-08"] },
    ]);
    expect(ask(cable, "web-01.tabvisor")).toEqual({ code: 0, ours: true, records: [guestIp] });
    expect(ask(cable, "web-01")).toEqual({ code: 0, ours: true, records: [guestIp] });
    expect(ask(cable, "idle")).toEqual({ code: 0, ours: true, records: [] });
    cable.say(arp(2, [guestMac, "192.168.137.21"], [stackMac, stackIp]));
    expect(ask(cable, "web-01")?.records).toEqual([guestIp, "192.168.137.21"]);
    expect(() => cable.stack.setMachines([{ name: "x", macs: ["nonsense"] }])).toThrow(/nonsense/);
    expect(ask(cable, "idle")?.code).toBe(0);
    cable.stack.setMachines([]);
    expect(ask(cable, "web-01")).toEqual({ code: 3, ours: true, records: [] });
  });
  test("nobody, other kinds of records, subdomains", () => {
    const cable = open();
    expect(ask(cable, "nobody")).toEqual({ code: 3, ours: true, records: [] });
    expect(ask(cable, "nobody.tabvisor")).toEqual({ code: 3, ours: true, records: [] });
    expect(ask(cable, "a.parent.tabvisor")).toEqual({ code: 3, ours: true, records: [] });
    expect(ask(cable, "parent", aaaa)).toEqual({ code: 0, ours: true, records: [] });
    expect(ask(cable, "parent", 255)?.records).toEqual([stackIp]);
    expect(ask(cable, "tabvisor.tabvisor")?.code).toBe(3);
  });
  test("addresses have names too", () => {
    const cable = open();
    cable.stack.setMachines([{ name: "web01", macs: [guestMac] }]);
    const name = (text: string) => String.fromCharCode(...nameOf(text));
    expect(ask(cable, "1.137.168.192.in-addr.arpa", ptr)?.records).toEqual([name("parent.tabvisor")]);
    expect(ask(cable, "20.137.168.192.IN-ADDR.arpa", ptr)?.records).toEqual([name("web01.tabvisor")]);
    expect(ask(cable, "21.137.168.192.in-addr.arpa", ptr)).toEqual({ code: 3, ours: true, records: [] });
    expect(ask(cable, "8.8.8.8.in-addr.arpa", ptr)).toEqual({ code: 3, ours: false, records: [] });
  });
  test("clients of DHCP by the name they say, until the lease ends", () => {
    const cable = open();
    const message = [
      ...[1, 1, 6, 0, 1, 2, 3, 4, 0, 0, 0, 0, ...new Uint8Array(16), 0, 0x15, 0x5d, 1, 0xa, 7],
      ...[...new Uint8Array(10 + 192), 0x63, 0x82, 0x53, 0x63, 53, 1, 3, 50, 4, 192, 168, 137, 101],
      ...[12, 5, ...[..."Alpha"].map((c) => c.charCodeAt(0)), 255],
    ];
    cable.say(udp(68, 67, message, { from: "0.0.0.0", to: "255.255.255.255" }));
    expect(ask(cable, "alpha.tabvisor")?.records).toEqual(["192.168.137.101"]);
    cable.wait(3601);
    cable.say(guestIsHere);
    expect(ask(cable, "alpha.tabvisor")?.code).toBe(3);
  });
  test("the domain may change, and must be one", () => {
    const cable = open();
    const configure = (domain: string) =>
      cable.stack.configure({ ...labSettings, services: { ...labSettings.services, domain } });
    configure("Lab.Example");
    expect(ask(cable, "parent.lab.example")?.records).toEqual([stackIp]);
    expect(ask(cable, "parent.tabvisor")?.code).toBe(5);
    for (const bad of ["", "-a", "a..b", "a b", "a.", "x".repeat(64), `${"a.".repeat(70)}a`]) {
      expect(() => configure(bad), bad).toThrow(/is not the name of a domain/);
    }
    cable.stack.configure({ ...labSettings, services: null });
    expect(toHex(opened(cable.ask(udp(4, 53, query("parent")))[0]).payload.subarray(0, 2))).toBe("0303");
  });
});

describe("names outside", () => {
  test("are refused while there is no outside", () => {
    expect(ask(open(), "deb.debian.org")).toEqual({ code: 5, ours: false, records: [] });
  });
  test("are asked for, and answered later", async () => {
    const asked: string[] = [];
    const cable = open({
      resolve: (name) => {
        asked.push(name);
        return Promise.resolve(["151.101.2.132", "nonsense", "151.101.66.132"]);
      },
    });
    expect(askRaw(cable, query("Deb.Debian.ORG"))).toEqual([]);
    await settled();
    const [data] = cable.take().map((bytes) => opened(bytes).data);
    expect(read(data ?? hex(""), "Deb.Debian.ORG")).toEqual({
      code: 0,
      ours: false,
      records: ["151.101.2.132", "151.101.66.132"],
    });
    expect(asked).toEqual(["deb.debian.org"]);
  });
  test("that do not exist, or cannot be asked for", async () => {
    const answers = [Promise.resolve([]), Promise.reject(new Error("offline"))];
    const codes: (number | undefined)[] = [];
    for (const answer of answers) {
      const cable = open({ resolve: () => answer });
      askRaw(cable, query("deb.debian.org"));
      await settled();
      codes.push((opened(cable.take()[0]).data[3] ?? 0) & 15);
    }
    expect(codes).toEqual([3, 2]);
  });
  test("no more than 64 at a time; none after the end; odd ones never", async () => {
    const waiting: ((addresses: string[]) => void)[] = [];
    const cable = open({ resolve: () => new Promise((resolve) => waiting.push(resolve)) });
    for (let n = 0; n < 70; n++) cable.say(udp(40_000, 53, query(`n${n}.example.org`)));
    expect(cable.take().map((bytes) => (opened(bytes).data[3] ?? 0) & 15)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(ask(cable, "a b.example.org")?.code).toBe(3);
    waiting[0]?.(["1.2.3.4"]);
    await settled();
    expect(cable.take().length).toBe(1);
    cable.say(udp(40_000, 53, query("more.example.org")));
    expect(waiting.length).toBe(65);
    cable.stack.configure(labSettings);
    for (const resolve of waiting) resolve(["1.2.3.4"]);
    await settled();
    expect(cable.take()).toEqual([]);
  });
  test("the longest question with the most addresses fits in 512 bytes", async () => {
    const many = Array.from({ length: 40 }, (_, n) => `10.0.0.${n + 1}`);
    const cable = open({ resolve: () => Promise.resolve(many) });
    const name = [63, 63, 63, 61].map((length) => "x".repeat(length)).join(".");
    askRaw(cable, query(name));
    await settled();
    const [data] = cable.take().map((bytes) => opened(bytes).data);
    expect(read(data ?? hex(""), name).records).toEqual(many.slice(0, 8));
    expect(data?.length).toBeLessThanOrEqual(512);
  });
});

describe("messages", () => {
  const codes = (cable: Cable, message: readonly number[]) =>
    askRaw(cable, message).map((data) => [toHex(data.subarray(0, 2)), (data[3] ?? 0) & 15]);

  test("EDNS options behind the question do no harm", () => {
    const cable = open();
    const plain = query("parent");
    const edns = [...plain.slice(0, 11), 1, ...plain.slice(12), 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
    expect(codes(cable, edns)).toEqual([["abcd", 0]]);
  });
  test("answers and short ones are ignored", () => {
    const cable = open();
    expect(codes(cable, query("parent", a, 0x8180))).toEqual([]);
    expect(codes(cable, query("parent").slice(0, 11))).toEqual([]);
    expect(codes(cable, [])).toEqual([]);
  });
  test("what we do not do is said so", () => {
    const cable = open();
    expect(codes(cable, query("parent", a, 0x2800))).toEqual([["abcd", 4]]);
    const chaos = query("parent");
    chaos[chaos.length - 1] = 3;
    expect(codes(cable, chaos)).toEqual([["abcd", 5]]);
  });
  test("malformed questions are told so", () => {
    const cable = open();
    const good = query("parent");
    const head = good.slice(0, 12);
    const bad = [
      good.slice(0, -1), // cut in the class
      good.slice(0, 16), // cut in the name
      [...good.slice(0, 5), 2, ...good.slice(6)], // two questions
      [...good.slice(0, 5), 0, ...good.slice(6)], // none
      [...head, 0xc0, 12, 0, 1, 0, 1], // a pointer to itself
      [...head, 0xc0, 14, 0xc0, 12, 0, 1, 0, 1], // and in circles
      [...head, 0xc0, 200, 0, 1, 0, 1], // beyond the end
      [...head, 0xc0],
      [...head, 0xc0, 18, 0, 1, 0, 1, ...good.slice(12, 20)], // forwards
      [...head, 0x40, ...good.slice(13)], // a kind of label that there is not
      [...head, ...Array.from({ length: 130 }, () => [1, 65]).flat(), 0, 0, 1, 0, 1], // too long
    ];
    for (const message of bad) expect(codes(cable, message)).toEqual([["abcd", 1]]);
  });
  test("pointers that lead back are followed, some", () => {
    const cable = open();
    // The name begins in the header's count fields: a zero there ends it.
    const head = query("parent").slice(0, 12);
    const message = [...head, 6, ...[..."parent"].map((c) => c.charCodeAt(0)), 0xc0, 6, 0, 1, 0, 1];
    expect(codes(cable, message)).toEqual([["abcd", 0]]);
    // And by way of a second one, in the count of records that nobody reads.
    const chained = message.map((byte, at) => ({ 10: 0xc0, 11: 6, 20: 10 })[at] ?? byte);
    expect(codes(cable, chained)).toEqual([["abcd", 0]]);
  });
});

describe("time", () => {
  const request = (head: number) => [head, 0, 6, 0xec, ...new Uint8Array(36), 1, 2, 3, 4, 5, 6, 7, 8];

  test("a client is told what the clock on the wall says", () => {
    const cable = open();
    const [data] = cable.ask(udp(123, 123, request(0x23))).map((bytes) => opened(bytes).data);
    const told = data ?? hex("");
    // 2026-01-02 03:04:05.5 in seconds since 1900.
    const now = toHex(Uint8Array.from([...be(Math.floor(labTime / 1000) + 2_208_988_800, 4), 0x80, 0, 0, 0]));
    expect(toHex(told.subarray(0, 4))).toBe("240306f6");
    expect(toHex(told.subarray(16, 24))).toBe(now);
    expect(toHex(told.subarray(24, 32))).toBe("0102030405060708");
    expect(toHex(told.subarray(32, 40))).toBe(now);
    expect(toHex(told.subarray(40, 48))).toBe(now);
    expect(told.length).toBe(48);
    expect(now.startsWith("ed01")).toBe(true);
  });
  test("version 3 is answered in version 3; servers and short ones are not", () => {
    const cable = open();
    expect(opened(cable.ask(udp(123, 123, request(0x1b)))[0]).data[0]).toBe(0x1c);
    for (const head of [0x24, 0x22, 0x03, 0x2b]) expect(cable.ask(udp(123, 123, request(head)))).toEqual([]);
    expect(cable.ask(udp(123, 123, request(0x23).slice(0, 47)))).toEqual([]);
  });
  test("it can be switched off", () => {
    const cable = open({ settings: { ...labSettings, services: { ...labSettings.services, ntp: false } } });
    expect(opened(cable.ask(udp(123, 123, request(0x23)))[0]).protocol).toBe(1);
  });
});
