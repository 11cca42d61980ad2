import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHost, parseAddress } from "../../src/network/stack/address.ts";
import { readName } from "../../src/network/stack/dns/name.ts";
import { micros } from "../../src/support/index.ts";
import {
  arp,
  be,
  type Cable,
  everyMac,
  frame,
  guestIp,
  guestMac,
  icmp,
  ipOf,
  macOf,
  opened,
  packet,
  stackIp,
  stackMac,
  stackOnCable,
  udp,
} from "../lab/cable.ts";

// Invariants, whatever is said on the wire and however it is spoilt:
// 1. Nothing throws; every frame is taken or refused at once.
// 2. One frame in brings forth a bounded number of frames; each is well formed, comes from our MAC address and, if
//    it is IPv4, from our address, with correct checksums.
// 3. Every table stays within its limit, and is empty again after an hour of silence.
// 4. No address is given to two clients; none outside the pool is given; never our own.

const mac = fc.nat(5).map((n) => `00-15-5D-01-0A-0${n}`);
const ip = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 95, max: 108 }).map((n) => `192.168.137.${n}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(guestIp, stackIp, "0.0.0.0", "255.255.255.255", "192.168.137.255"),
  },
  { weight: 1, arbitrary: fc.constantFrom("8.8.8.8", "127.0.0.1", "224.0.0.1", "192.168.137.0") },
);
const toMac = fc.constantFrom(stackMac, stackMac, everyMac, guestMac);
const bytes = (most: number) => fc.uint8Array({ maxLength: most });
const around = fc.record({
  from: ip,
  to: fc.oneof({ weight: 3, arbitrary: fc.constant(stackIp) }, { weight: 1, arbitrary: ip }),
  id: fc.nat(3),
  fragment: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(4), fc.boolean()).map(([at, more]) => at | (more ? 0x2000 : 0)) },
    { weight: 1, arbitrary: fc.nat(0xffff) },
  ),
  options: fc.constantFrom([], [], [1, 1, 1, 1], [0x83, 3, 4, 0]),
  toMac,
  fromMac: mac,
});

const dhcpOption = fc.oneof(
  fc.tuple(fc.constantFrom(50, 54), ip).map(([option, address]) => [option, 4, ...ipOf(address)]),
  bytes(12).map((name) => [12, name.length, ...name]),
  fc.tuple(fc.nat(255), fc.nat(255), bytes(8)).map(([option, length, rest]) => [option, length, ...rest]),
);
const dhcp = fc
  .record({
    type: fc.nat(9),
    mac,
    client: ip,
    flags: fc.nat(0xffff),
    options: fc.array(dhcpOption, { maxLength: 4 }),
  })
  .map(({ type, mac: of, client, flags, options }) => [
    ...[1, 1, 6, 0, 1, 2, 3, 4, 0, 0, ...be(flags, 2), ...ipOf(client), ...new Uint8Array(12)],
    ...[...macOf(of), ...new Uint8Array(202), 0x63, 0x82, 0x53, 0x63, 53, 1, type, ...options.flat(), 255],
  ]);

const label = fc.oneof(
  fc
    .constantFrom("parent", "tabvisor", "web01", "in-addr", "arpa", "org", "1", "137")
    .map((text) => [text.length, ...[...text].map((letter) => letter.charCodeAt(0))]),
  bytes(70).map((text) => [text.length, ...text]),
  fc.tuple(fc.integer({ min: 0xc0, max: 0xff }), fc.nat(40)).map(([high, low]) => [high, low]),
);
const dns = fc
  .record({
    flags: fc.oneof(fc.constant(0x100), fc.nat(0xffff)),
    questions: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(0xffff) }),
    labels: fc.array(label, { maxLength: 6 }),
    type: fc.constantFrom(1, 12, 28, 255, 0xffff),
  })
  .map(({ flags, questions, labels, type }) => [
    ...[7, 7, ...be(flags, 2), ...be(questions, 2), 0, 0, 0, 0, 0, 0],
    ...[...labels.flat(), 0, ...be(type, 2), 0, 1],
  ]);

const ports = fc.constantFrom(53, 67, 68, 123, 9999);
const said = fc.oneof(
  fc
    .tuple(fc.constantFrom(1 as const, 2 as const), mac, ip, mac, ip)
    .map(([op, m, i, tm, ti]) => arp(op, [m, i], [tm, ti])),
  fc
    .tuple(fc.nat(18), fc.nat(4), bytes(60), around)
    .map(([type, code, rest, how]) => icmp(type, code, rest, how)),
  fc.tuple(ports, ports, bytes(60), around).map(([from, to, data, how]) => udp(from, to, data, how)),
  fc.tuple(dhcp, around).map(([data, how]) => udp(68, 67, data, how)),
  fc.tuple(dhcp, around).map(([data, how]) => udp(67, 68, [2, ...data.slice(1)], how)),
  fc.tuple(dns, around).map(([data, how]) => udp(4000, 53, data, how)),
  fc.tuple(fc.nat(0x3f), around).map(([head, how]) => udp(123, 123, [head, ...new Uint8Array(47)], how)),
  fc.tuple(fc.nat(255), bytes(100), around).map(([protocol, data, how]) => packet(protocol, data, how)),
  fc
    .tuple(fc.nat(0xffff), bytes(80), toMac, mac)
    .map(([type, data, to, from]) => frame(type, data, to, from)),
  bytes(100),
);

type Step =
  | { readonly kind: "frame"; readonly bytes: Uint8Array }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "ping" | "send"; readonly to: string };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .record({
        bytes: said,
        spoil: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 2 }),
        cut: fc.nat(30),
      })
      .map(({ bytes: whole, spoil, cut }) => {
        const spoilt = Uint8Array.from(cut > 26 ? whole.subarray(0, whole.length - cut + 26) : whole);
        if (cut % 3 === 0) for (const [at, value] of spoil) if (at < spoilt.length) spoilt[at] = value;
        return { kind: "frame" as const, bytes: spoilt };
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0.1, 1, 20).map((seconds) => ({ kind: "wait" as const, seconds })),
  },
  { weight: 1, arbitrary: ip.map((to) => ({ kind: "ping" as const, to })) },
  { weight: 1, arbitrary: ip.map((to) => ({ kind: "send" as const, to })) },
);

function isOurs(sent: Uint8Array): void {
  expect(sent.subarray(6, 12)).toEqual(Uint8Array.from(macOf(stackMac)));
  const type = (sent[12] ?? 0) * 256 + (sent[13] ?? 0);
  if (type === 0x0806) {
    expect(sent.length).toBe(42);
    return;
  }
  expect(opened(sent).from).toBe(stackIp);
}

function checkTables({ stack }: Cable): void {
  expect(stack.neighbours().length).toBeLessThanOrEqual(256);
  expect(stack.notices().length).toBeLessThanOrEqual(32);
  const leases = stack.leases();
  expect(new Set(leases.map(({ address }) => address)).size).toBe(leases.length);
  const held = leases.filter(({ kind }) => kind !== "declined");
  expect(new Set(held.map(({ mac: of }) => of)).size).toBe(held.length);
  for (const { address } of leases) expect(address).toMatch(/^192\.168\.137\.10[0-3]$/);
}

function perform(cable: Cable, done: Step): void {
  if (done.kind === "wait") cable.wait(done.seconds);
  else if (done.kind === "frame") {
    cable.take();
    cable.say(done.bytes);
  } else {
    const to = parseAddress(done.to) ?? 0;
    if (done.kind === "send") cable.stack.ip.sendSegment(6, to, new Uint8Array(30), 3, 20);
    else if (to >>> 24 === 192) void cable.stack.ping(done.to, micros(1_000_000));
  }
}

test("whatever is said on the wire, the stack keeps its word", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const cable = stackOnCable({
        resolve: (name) => (name.length % 2 ? Promise.resolve(["1.2.3.4"]) : null),
      });
      cable.stack.setMachines([{ name: "web01", macs: [guestMac] }]);
      for (const done of steps) {
        perform(cable, done);
        const sent = cable.take();
        if (done.kind === "frame") expect(sent.length).toBeLessThanOrEqual(4);
        for (const bytes of sent) isOurs(bytes);
        checkTables(cable);
      }
      cable.wait(3700, 100);
      expect(cable.stack.neighbours()).toEqual([]);
      expect(cable.stack.leases()).toEqual([]);
      const { ip: tables } = cable.stack.inspect();
      expect(tables).toMatchObject({
        fragments: { unfinished: 0, heldBytes: 0 },
        neighbours: { known: 0, asked: 0 },
      });
    }),
    { numRuns: 400 },
  );
}, 60_000);

test("names are read within their message, in bounded time", () => {
  fc.assert(
    fc.property(fc.array(label, { maxLength: 200, size: "max" }), fc.nat(50), (labels, start) => {
      const message = Uint8Array.from([...new Uint8Array(start), ...labels.flat()]);
      const name = readName(message, start, start, message.length);
      if (name === null) return;
      expect(name.end).toBeLessThanOrEqual(message.length);
      expect(name.labels.reduce((sum, text) => sum + text.length + 1, 1)).toBeLessThanOrEqual(255);
    }),
  );
});

test("any text is an address of a host, or refused in words", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4()), (text) => {
      try {
        expect(parseAddress(text)).toBe(checkHost(text, "It"));
      } catch (refusal) {
        expect(refusal).toMatchObject({ code: "network.badAddress" });
      }
    }),
  );
});
