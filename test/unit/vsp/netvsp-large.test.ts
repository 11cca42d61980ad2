import { expect, test } from "vitest";
import { OffloadSetting, Oid } from "../../../src/hvdef/index.ts";
import type { LargeFrame, MacAddress } from "../../../src/network/index.ts";
import { netvsp, restoreNetvsp } from "../../../src/vsp/index.ts";
import { asLargeSend, ipFrame } from "../../lab/ip-frames.ts";
import { frameOf, largeFrameSettings, nvsp, openNetLab, rndis } from "../../lab/netvsc.ts";

const mac = "00-15-5D-01-0A-03" as MacAddress;
const own = [0x00, 0x15, 0x5d, 0x01, 0x0a, 0x03];
const { on, off } = OffloadSetting;

function openLab({ offloads = true, capabilities = 0xacn } = {}) {
  const adapter = netvsp({ mac, offloads, port: { send() {} } });
  const lab = openNetLab(adapter);
  lab.bringUp();
  lab.put(nvsp.config(1500, capabilities), { wants: false });
  const set = (value: Uint8Array) => lab.control(rndis.set(Oid.offloadParameters, value));
  const takes = () => adapter.inspect()["takesLarge"];
  const offered = () => [
    ...(lab.control(rndis.query(Oid.offloadCapabilities))?.subarray(24 + 144, 24 + 146) ?? []),
  ];
  return { adapter, lab, set, takes, offered };
}

function large(dataBytes: number, version: 4 | 6 = 4): { bytes: Uint8Array<ArrayBuffer>; large: LargeFrame } {
  const data = Uint8Array.from({ length: dataBytes }, (_, i) => (i * 11) & 0xff);
  const bytes = ipFrame({ to: own, version, data, bare: true });
  const headerBytes = bytes.length - dataBytes;
  const frames = Math.ceil(dataBytes / 1448);
  return { bytes, large: { version, headerBytes, dataBytes, segmentBytes: 1448, frames } };
}

test("coalescing is offered to a guest that can, by an adapter that has offloads", () => {
  expect(openLab().offered()).toEqual([1, 1]);
  for (const without of [openLab({ capabilities: 0x2cn }), openLab({ offloads: false })]) {
    expect(without.offered()).toEqual([0, 0]);
    without.set(largeFrameSettings(on));
    expect(without.takes()).toBe("no");
  }
});

test("large frames come only while the guest wants them, by the version of IP", () => {
  const { adapter, lab, set, takes } = openLab();
  const asked = () => [4, 6].map((version) => adapter.large?.takes(large(9000, version === 4 ? 4 : 6).large));
  expect([takes(), ...asked()]).toEqual(["no", false, false]);
  set(largeFrameSettings(on, off));
  expect([takes(), ...asked()]).toEqual(["IPv4", true, false]);
  set(largeFrameSettings(0, on));
  expect([takes(), ...asked()]).toEqual(["yes", true, true]);
  // An older guest's value is shorter and says nothing of them; nor does what means nothing.
  set(largeFrameSettings(off).subarray(0, 22));
  set(largeFrameSettings(7));
  expect(takes()).toBe("yes");
  set(largeFrameSettings(off, 0));
  expect([takes(), ...asked()]).toEqual(["IPv6", false, true]);
  adapter.setLink(false);
  expect(asked()).toEqual([false, false]);
  adapter.setLink(true);
  lab.control(rndis.halt());
  lab.control(rndis.initialize());
  lab.control(rndis.filter(0x0d));
  expect([takes(), ...asked()]).toEqual(["no", false, false]);
});

test("one arrives in fragments of one packet, each in a part of its own, and is given back as one", () => {
  const { adapter, lab, set } = openLab();
  set(largeFrameSettings(on));
  const { bytes, large: kind } = large(62_000);
  const free = Number(adapter.inspect()["partsFree"]);
  expect(adapter.large?.frame(bytes, 0, bytes.length, kind)).toBe(true);
  lab.pump();
  const transfers = lab.transfers();
  expect(transfers.length).toBe(1);
  const messages = transfers[0]?.messages ?? [];
  expect(messages.length).toBe(38);
  expect(messages.every(({ bytes: part }) => part.length <= 1728)).toBe(true);
  expect(Buffer.concat(messages.map((one) => frameOf(one.bytes).frame)).equals(bytes)).toBe(true);
  expect(Number(adapter.inspect()["partsFree"])).toBe(free - 38);
  expect(adapter.inspect()).toMatchObject({
    received: 43,
    receivedBytes: 62_000 + 43 * 54,
    wholeReceived: 1,
  });
  lab.finish(transfers[0]?.transaction ?? 0n);
  expect(adapter.inspect()).toMatchObject({ partsFree: free, busy: 0 });
});

test("one for which there is no room at once is to be cut, and touches nothing", () => {
  const { adapter, lab, set } = openLab();
  set(largeFrameSettings(on));
  const one = large(62_000);
  const give = () =>
    adapter.large?.takes(one.large) === true &&
    adapter.large.frame(one.bytes, 0, one.bytes.length, one.large);
  // 142 parts, of which 8 are for answers: three times 38.
  expect([give(), give(), give(), give()]).toEqual([true, true, true, false]);
  expect(adapter.inspect()).toMatchObject({ received: 3 * 43, busy: 0 });
  // Who does not ask before loses all of it.
  expect(adapter.large?.frame(one.bytes, 0, one.bytes.length, one.large)).toBe(false);
  expect(adapter.inspect()).toMatchObject({ received: 3 * 43, busy: 43 });
  lab.pump();
  lab.finish(...lab.transfers().map(({ transaction }) => transaction));
  expect(give()).toBe(true);
});

test("segments that a part could not hold are to be cut, so that they count as too long", () => {
  const { adapter, set } = openLab();
  set(largeFrameSettings(on));
  const kind = { ...large(9000).large, frames: 6 };
  expect(adapter.large?.takes({ ...kind, segmentBytes: 1728 - 44 - 16 - 54 })).toBe(true);
  expect(adapter.large?.takes({ ...kind, segmentBytes: 1728 - 44 - 16 - 54 + 1 })).toBe(false);
  expect(adapter.large?.takes({ ...kind, dataBytes: 1 << 20, frames: 725 })).toBe(false);
});

test("a large send goes whole into a port that takes it, with its IP header finished", () => {
  const whole: Uint8Array[] = [];
  const adapter = netvsp({
    mac,
    port: {
      send() {
        throw new Error("it was cut");
      },
      sendLarge: (bytes, at, length) => whole.push(bytes.slice(at, at + length)) > 0,
    },
  });
  const lab = openNetLab(adapter);
  lab.bringUp();
  const bare = large(40_000).bytes;
  lab.put(nvsp.rndis(0), { pages: rndis.packet(asLargeSend(bare, 4), [[2, 1448]]) });
  expect(whole.map((one) => Buffer.compare(one, bare))).toEqual([0]);
  expect(adapter.inspect()).toMatchObject({
    largeSends: 1,
    wholeSends: 1,
    sent: 28,
    sentBytes: 40_000 + 28 * 54,
  });
});

test("what a guest wanted is saved; an older state says that it wants none", () => {
  const { adapter, set } = openLab();
  set(largeFrameSettings(on));
  const saved = structuredClone(adapter.save());
  expect(saved).toMatchObject({
    adapter: { wholeIpv4: true, wholeIpv6: true },
    negotiation: { coalesces: true },
  });
  const { wholeIpv4: _four, wholeIpv6: _six, ...rest } = saved.adapter;
  const restored = restoreNetvsp({ ...saved, adapter: rest }, { mac });
  expect(restored.kind).toBe("restored");
});
