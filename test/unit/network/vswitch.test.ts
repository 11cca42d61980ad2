import { describe, expect, test } from "vitest";
import { broadcastMac, longestFrame, openSwitch, type SwitchKind } from "../../../src/network/index.ts";
import { manualClock } from "../../../src/support/index.ts";
import { labFrame, labGroup, labHolder, labMac, mac } from "../../lab/switch.ts";

const open = (kind: SwitchKind = "external") => openSwitch({ name: "lab", kind, clock: manualClock() });

function three() {
  const network = open();
  return { network, a: labHolder(network, 1), b: labHolder(network, 2), c: labHolder(network, 3) };
}

describe("who gets a frame", () => {
  test("a frame for one adapter reaches it alone, unchanged", () => {
    const { a, b, c } = three();
    const frame = labFrame({ to: b.mac, from: a.mac });
    a.send(frame);
    expect([a.got, b.got, c.got]).toEqual([[], [frame], []]);
  });

  test.each([broadcastMac, labGroup])("a frame for %s reaches everybody else", (to) => {
    const { network, a, b, c } = three();
    const up = labHolder(network, 4, { role: "uplink" });
    const frame = labFrame({ to, from: a.mac });
    a.send(frame);
    expect([a.got, b.got, c.got, up.got]).toEqual([[], [frame], [frame], [frame]]);
  });

  test("a frame for an unknown address reaches the uplink and who may have other addresses, nobody else", () => {
    const { network, a, b, c } = three();
    const up = labHolder(network, 4, { role: "uplink" });
    network.change(c.port, { allowSpoofing: true });
    const frame = labFrame({ to: labMac(99), from: a.mac });
    a.send(frame);
    expect([a.got, b.got, c.got, up.got]).toEqual([[], [], [frame], [frame]]);
    expect(network.inspect()["frames"]).toMatchObject({ directed: 1, flooded: 1, broadcast: 0 });
  });

  test("a frame to oneself goes nowhere", () => {
    const { a, b, c } = three();
    a.send(labFrame({ to: a.mac, from: a.mac }));
    expect([a.got, b.got, c.got]).toEqual([[], [], []]);
  });

  test("the address of an adapter stays with it whoever else sends from it", () => {
    const { network, a, b, c } = three();
    network.change(c.port, { allowSpoofing: true });
    c.send(labFrame({ to: labMac(99), from: b.mac }));
    a.send(labFrame({ to: b.mac, from: a.mac }));
    expect([b.got.length, c.got.length]).toEqual([1, 0]);
  });

  test("pause frames end at the switch", () => {
    const { a, b } = three();
    a.send(labFrame({ to: mac("01-80-C2-00-00-01"), from: a.mac }));
    a.send(labFrame({ to: mac("01-80-C2-00-00-00"), from: a.mac }));
    expect(b.got.length).toBe(1);
    expect(a.port.counters().dropped.blocked).toBe(1);
  });
});

describe("what is no frame", () => {
  const good = labFrame({ to: labMac(2), from: labMac(1) });
  const tagged = labFrame({ to: labMac(2), from: labMac(1), tags: [7], payload: [] });

  test.each([
    ["13 bytes", good.slice(0, 13)],
    ["17 bytes with a tag", tagged.slice(0, 17)],
    ["from a group", labFrame({ to: labMac(2), from: labGroup })],
    ["tagged twice", labFrame({ to: labMac(2), from: labMac(1), tags: [0, 7] })],
    ["of the reserved VLAN", labFrame({ to: labMac(2), from: labMac(1), tags: [4095] })],
    ["too long", labFrame({ to: labMac(2), from: labMac(1), payload: Array(longestFrame - 17).fill(0) })],
  ])("%s: dropped and counted as malformed", (_, frame) => {
    const network = open();
    const a = labHolder(network, 1, { allowSpoofing: true });
    const b = labHolder(network, 2);
    network.change(a.port, { vlan: { kind: "trunk", native: 0, allowed: [7] } });
    a.send(frame);
    expect(b.got).toEqual([]);
    expect(a.port.counters()).toMatchObject({ sentFrames: 0, dropped: { malformed: 1 } });
  });

  test.each([
    [-1, 20],
    [0, 65],
    [60, 14],
    [Number.NaN, 20],
    [0, Number.NaN],
    [0, -5],
  ])("bytes %d, %d of a buffer of 64", (at, length) => {
    const { a, b } = three();
    const buffer = new Uint8Array(64);
    buffer.set(good);
    a.port.send(buffer, at, length);
    expect(b.got).toEqual([]);
    expect(a.port.counters().dropped.malformed).toBe(1);
  });

  test("the shortest and the longest frames pass", () => {
    const { a, b } = three();
    const rest = Array.from({ length: longestFrame - 18 }, (_, place) => place & 255);
    for (const payload of [[], rest]) {
      const frame = labFrame({ to: b.mac, from: a.mac, payload });
      a.send(frame);
      expect(b.take()).toEqual([frame]);
    }
  });
});

describe("the source of a frame", () => {
  test("is the adapter's own, or the frame is dropped and counted", () => {
    const { a, b } = three();
    a.send(labFrame({ to: b.mac, from: labMac(77) }));
    a.send(labFrame({ to: b.mac, from: mac("00-15-5D-00-01-01") }));
    expect(b.got).toEqual([]);
    expect(a.port.counters()).toMatchObject({ sentFrames: 0, dropped: { spoofed: 2 } });
  });

  test("may be any where that is allowed, until it no longer is", () => {
    const { network, a, b } = three();
    network.change(a.port, { allowSpoofing: true });
    a.send(labFrame({ to: b.mac, from: labMac(77) }));
    b.send(labFrame({ to: labMac(77), from: b.mac }));
    expect([a.take().length, b.take().length]).toEqual([1, 1]);
    network.change(a.port, { allowSpoofing: false });
    a.send(labFrame({ to: b.mac, from: labMac(77) }));
    b.send(labFrame({ to: labMac(77), from: b.mac }));
    expect([a.got, b.got]).toEqual([[], []]);
  });
});

describe("counters", () => {
  test("of both sides, frames and bytes", () => {
    const { network, a, b } = three();
    a.send(labFrame({ to: b.mac, from: a.mac }));
    a.send(labFrame({ to: broadcastMac, from: a.mac, payload: [1] }));
    a.send(labFrame({ to: labGroup, from: a.mac, payload: [] }));
    expect(a.port.counters()).toMatchObject({ sentFrames: 3, sentBytes: 17 + 15 + 14, receivedFrames: 0 });
    expect(b.port.counters()).toMatchObject({ receivedFrames: 3, receivedBytes: 46, sentFrames: 0 });
    expect(network.inspect()["frames"]).toMatchObject({ directed: 1, broadcast: 1, multicast: 1 });
  });

  test("a holder without room loses the frame; the others do not", () => {
    const { a, b, c } = three();
    b.room = false;
    a.send(labFrame({ to: broadcastMac, from: a.mac }));
    expect([b.got.length, c.got.length]).toEqual([0, 1]);
    expect(b.port.counters()).toMatchObject({ receivedFrames: 0, receivedBytes: 0, dropped: { noRoom: 1 } });
    expect(a.port.counters().sentFrames).toBe(1);
  });
});

describe("holders that answer at once", () => {
  test("an answer does not disturb the frame under way", () => {
    const network = open();
    const a = labHolder(network, 1, { vlan: { kind: "trunk", native: 0, allowed: [5] } });
    const b = labHolder(network, 2, { vlan: { kind: "access", id: 5 } });
    const c = labHolder(network, 3, { vlan: { kind: "access", id: 5 } });
    const answer = labFrame({ to: a.mac, from: b.mac, payload: [9, 9, 9, 9] });
    b.answer = () => b.send(answer);
    a.send(labFrame({ to: broadcastMac, from: a.mac, tags: [5], payload: [1, 2, 3] }));
    const plain = labFrame({ to: broadcastMac, from: a.mac, payload: [1, 2, 3] });
    expect([b.got, c.got]).toEqual([[plain], [plain]]);
    expect(a.got).toEqual([labFrame({ to: a.mac, from: b.mac, tags: [5], payload: [9, 9, 9, 9] })]);
  });

  test("two that answer each other for ever are cut off", () => {
    const { a, b } = three();
    a.answer = () => a.send(labFrame({ to: b.mac, from: a.mac }));
    b.answer = () => b.send(labFrame({ to: a.mac, from: b.mac }));
    a.send(labFrame({ to: b.mac, from: a.mac }));
    expect(a.got.length + b.got.length).toBe(8);
    expect(a.port.counters().dropped.blocked + b.port.counters().dropped.blocked).toBe(1);
    a.answer = null;
    b.answer = null;
    a.send(labFrame({ to: b.mac, from: a.mac }));
    expect(a.got.length + b.got.length).toBe(9);
  });

  test("a holder that fails does not wedge the switch", () => {
    const { a, b, c } = three();
    b.answer = () => {
      throw new Error("a bug");
    };
    for (let round = 0; round < 20; round++) {
      expect(() => a.send(labFrame({ to: b.mac, from: a.mac }))).toThrow("a bug");
    }
    a.send(labFrame({ to: c.mac, from: a.mac }));
    expect(c.got.length).toBe(1);
  });
});
