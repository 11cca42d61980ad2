import { describe, expect, test } from "vitest";
import type { FrameSink } from "../../../src/network/index.ts";
import { accessVlan, openStack, openSwitch } from "../../../src/network/index.ts";
import { openTcp } from "../../../src/network/stack/tcp/tcp.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { labTime, toHex } from "../../lab/cable.ts";
import { type LabHolder, labHolder, labMac } from "../../lab/switch.ts";

const second = micros(1_000_000);

/** A switch with stacks and a listener on it, all on this thread: each send is heard, and answered, during the call. */
function openWire() {
  const clock = manualClock(second);
  const network = openSwitch({ name: "lab", kind: "internal", clock });
  const listener = labHolder(network, 99, { mirror: "destination" });

  function stack(n: number, vlan = 0) {
    return openStack({
      plug: (sink: FrameSink) =>
        network.connect(
          { name: `stack ${n}`, mac: labMac(n), vlan: accessVlan(vlan), mirror: "source" },
          sink,
        ),
      mac: labMac(n),
      clock,
      wallClock: () => labTime,
      settings: { address: { address: `10.0.0.${n}`, prefix: 24 }, services: null },
      ownName: `host${n}`,
    });
  }
  return { clock, network, listener, stack };
}

/** How many of the frames seen are spoilt, by the plain length in their IPv4 header and its checksum. */
function spoilt(listener: LabHolder): number {
  return listener.got.filter((bytes) => {
    if (bytes[12] !== 8 || bytes[13] !== 0) return false;
    let sum = 0;
    for (let at = 14; at < 34; at += 2) sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    return sum % 65535 !== 0 || (bytes[16] ?? 0) * 256 + (bytes[17] ?? 0) !== bytes.length - 14;
  }).length;
}

describe("two stacks on a switch", () => {
  test("ping each other", async () => {
    const { stack, listener } = openWire();
    const [one, two] = [stack(1), stack(2)];
    expect(await one.ping("10.0.0.2", second)).toMatchObject({ kind: "reply", timeToLive: 64 });
    expect(await two.ping("10.0.0.1", second)).toMatchObject({ kind: "reply" });
    expect(one.neighbours()).toMatchObject([{ address: "10.0.0.2", mac: labMac(2) }]);
    expect(spoilt(listener)).toBe(0);
  });
  test("do not hear each other from different VLANs", async () => {
    const { stack, clock } = openWire();
    const [one, two] = [stack(1, 5), stack(2, 6)];
    const outcome = one.ping("10.0.0.2", second);
    clock.advance(second);
    one.tick();
    expect(await outcome).toEqual({ kind: "timeout" });
    expect(two.neighbours()).toEqual([]);
  });
  test("notice that they have the same address", () => {
    const { stack } = openWire();
    const [one, two] = [stack(1), stack(2)];
    two.setAddress({ address: "10.0.0.1", prefix: 24 });
    one.tick();
    two.tick();
    expect(one.notices()).toMatchObject([
      { kind: "addressConflict", text: expect.stringContaining(labMac(2)) },
    ]);
    expect(two.notices()).toMatchObject([
      { kind: "addressConflict", text: expect.stringContaining(labMac(1)) },
    ]);
  });
  test("a handler never runs inside a send", async () => {
    const { stack } = openWire();
    const [one, two] = [stack(1), stack(2)];
    await one.ping("10.0.0.2", second);
    let sending = false;
    const heard: string[] = [];
    one.ip.onProtocol(200, (bytes, at, length) => {
      expect(sending).toBe(false);
      heard.push(toHex(bytes.subarray(at, at + length)));
    });
    two.ip.onProtocol(200, (bytes, at, length, from) => {
      for (let copy = 0; copy < 3; copy++) two.ip.sendSegment(200, from, bytes, at, length);
    });
    sending = true;
    for (const byte of [1, 2]) one.ip.sendSegment(200, 0x0a00_0002, Uint8Array.of(byte), 0, 1);
    sending = false;
    two.ip.sendSegment(200, 0x0a00_0001, Uint8Array.of(3), 0, 1);
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(["01", "01", "01", "02", "02", "02", "03"]);
  });
  test("what waits too long is heard at the next tick, what is too much is lost", () => {
    const { stack } = openWire();
    const [one, two] = [stack(1), stack(2)];
    one.ip.sendSegment(200, 0x0a00_0002, new Uint8Array(1), 0, 1);
    one.tick();
    let heard = 0;
    one.ip.onProtocol(200, () => heard++);
    two.ip.onProtocol(200, (bytes, at, length, from) => {
      for (let copy = 0; copy < 100; copy++) two.ip.sendSegment(200, from, bytes, at, length);
    });
    one.ip.sendSegment(200, 0x0a00_0002, new Uint8Array(1), 0, 1);
    one.tick();
    expect(heard).toBe(64);
    expect(one.inspect()).toMatchObject({ link: { inboxFull: 36 } });
  });
  test("carry a megabyte over TCP while somebody listens", async () => {
    const { stack, clock, listener } = openWire();
    const stacks = [stack(1), stack(2)] as const;
    const entropy = (into: Uint8Array) => void into.fill(7);
    const [client, server] = stacks.map(({ ip }) => openTcp(ip, { entropy }));
    if (client === undefined || server === undefined) throw new Error("no TCP");
    const sent = Uint8Array.from({ length: 1 << 20 }, (_, at) => (at * 31 + (at >> 8)) & 255);
    const got = new Uint8Array(sent.length);
    let have = 0;
    server.listen(80, () => ({
      onData(bytes: Uint8Array, at: number, length: number) {
        got.set(bytes.subarray(at, at + length), have);
        have += length;
        return length;
      },
    }));
    const connection = client.connect(0x0a00_0002, 80, { onData: () => 0 });
    let done = 0;
    for (let turn = 0; turn < 3000 && have < sent.length; turn++) {
      done += connection?.write(sent, done) ?? 0;
      await Promise.resolve();
      clock.advance(micros(10_000));
      for (const { tick } of [...stacks, client, server]) tick();
    }
    expect(Buffer.compare(got, sent)).toBe(0);
    expect(spoilt(listener)).toBe(0);
    expect(listener.got.length).toBeGreaterThan(700);
  }, 20_000);
});

test("a stack leaves its port", () => {
  const { stack, network } = openWire();
  const one = stack(1);
  expect(network.ports().length).toBe(2);
  one[Symbol.dispose]();
  expect(network.ports().length).toBe(1);
});
