import { describe, expect, test } from "vitest";
import {
  accessVlan,
  type FrameSource,
  type LargeFrame,
  type NewPort,
  openSwitch,
  type PortChange,
  type VirtualPort,
} from "../../../src/network/index.ts";
import { manualClock } from "../../../src/support/index.ts";
import { labFrame, labHolder, labMac } from "../../lab/switch.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a frame of these tests stands for: 4 frames, the last one shorter. */
const kind: LargeFrame = { version: 4, headerBytes: 54, dataBytes: 4000, segmentBytes: 1448, frames: 3 };
const whenCut = 3 * 54 + 4000;

function largeFrame(from: number, to: number, change: Partial<LargeFrame> = {}): Bytes {
  const { headerBytes, dataBytes } = { ...kind, ...change };
  const payload = Array.from({ length: headerBytes + dataBytes - 14 }, (_, i) => (i * 7) & 0xff);
  return labFrame({ from: labMac(from), to: labMac(to), payload });
}

function wired(settings: Partial<NewPort> = {}) {
  const network = openSwitch({ name: "lab", kind: "external", clock: manualClock() });
  const got: { readonly bytes: Bytes; readonly large: LargeFrame }[] = [];
  const state = { takes: true, room: true, onFrame: (): void => undefined };
  const sink = {
    frame: () => {
      throw new Error("it came as a frame");
    },
    large: {
      takes: () => state.takes,
      frame(bytes: Bytes, at: number, length: number, large: Readonly<LargeFrame>) {
        if (!state.room) return false;
        got.push({ bytes: bytes.slice(at, at + length), large: { ...large } });
        state.onFrame();
        return true;
      },
    },
  };
  const a = labHolder(network, 1, settings);
  const b = { port: network.connect({ name: "b", mac: labMac(2), ...settings }, sink) };
  const c = labHolder(network, 3, settings);
  const send = (port: VirtualPort, bytes: Bytes, change: Partial<LargeFrame> = {}) => {
    const all = new Uint8Array(bytes.length + 20).fill(0xee);
    all.set(bytes, 9);
    return port.sendLarge(all, 9, bytes.length, { ...kind, ...change });
  };
  return { network, a, b, c, got, state, send };
}

describe("a large frame", () => {
  test("reaches the adapter it is for, alone and whole, and counts as the frames it stands for", () => {
    const { network, a, b, c, got, send } = wired();
    expect(send(a.port, largeFrame(1, 2))).toBe(true);
    expect(got).toEqual([{ bytes: largeFrame(1, 2), large: kind }]);
    expect(c.got).toEqual([]);
    expect(a.port.counters()).toMatchObject({ sentFrames: 3, sentBytes: whenCut });
    expect(b.port.counters()).toMatchObject({ receivedFrames: 3, receivedBytes: whenCut });
    expect(network.inspect()["frames"]).toMatchObject({ directed: 3, direct: 0, flooded: 0 });
  });

  test("that finds no room is lost as a whole, and counted as all its frames", () => {
    const { a, b, got, state, send } = wired();
    state.room = false;
    expect(send(a.port, largeFrame(1, 2))).toBe(true);
    expect(got).toEqual([]);
    expect(b.port.counters()).toMatchObject({ receivedFrames: 0, dropped: { noRoom: 3 } });
    expect(a.port.counters()).toMatchObject({ sentFrames: 3, sentBytes: whenCut });
  });

  test("stays within its VLAN, where both ends are in the same one", () => {
    const { a, got, send } = wired({ vlan: accessVlan(5) });
    expect(send(a.port, largeFrame(1, 2))).toBe(true);
    expect(got.length).toBe(1);
  });
});

describe("whoever sends it is told to cut it, and nothing has happened,", () => {
  type Wires = ReturnType<typeof wired>;

  function expectCut({ network, a, b, c, got, send }: Wires, bytes: Bytes, change: Partial<LargeFrame> = {}) {
    expect(send(a.port, bytes, change)).toBe(false);
    expect([got, a.got, c.got]).toEqual([[], [], []]);
    expect(
      [a.port.counters(), b.port.counters()].map(({ sentFrames, receivedFrames }) => [
        sentFrames,
        receivedFrames,
      ]),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(network.inspect()["frames"]).toMatchObject({ directed: 0, learned: 0 });
  }

  test.each<[string, PortChange, "a" | "b"]>([
    ["out of another VLAN", { vlan: accessVlan(5) }, "a"],
    ["into another VLAN", { vlan: accessVlan(5) }, "b"],
    ["from a trunk", { vlan: { kind: "trunk", native: 0, allowed: [5] } }, "a"],
    ["to a trunk", { vlan: { kind: "trunk", native: 0, allowed: [5] } }, "b"],
    ["from a mirrored port", { mirror: "source" }, "a"],
    ["to a mirrored port", { mirror: "source" }, "b"],
  ])("%s", (_, change, who) => {
    const wires = wired();
    wires.network.change(wires[who].port, change);
    expectCut(wires, largeFrame(1, 2));
  });

  test.each(["a", "b", "all"] as const)("while %s is watched", (who) => {
    const wires = wired();
    const tap = wires.network.tap(who === "all" ? null : wires[who].port, () => undefined);
    expectCut(wires, largeFrame(1, 2));
    tap[Symbol.dispose]();
    expect(wires.send(wires.a.port, largeFrame(1, 2))).toBe(true);
  });

  test.each<[string, number, number]>([
    ["to somebody who takes none", 1, 3],
    ["to nobody", 1, 99],
    ["to itself", 1, 1],
    ["from another's address", 3, 2],
  ])("%s", (_, from, to) => {
    expectCut(wired(), largeFrame(from, to));
    expectCut(wired({ allowSpoofing: true }), largeFrame(from, to));
  });

  test("to everybody, and to somebody who takes none now", () => {
    const everybody = largeFrame(1, 2);
    everybody.fill(0xff, 0, 6);
    expectCut(wired(), everybody);
    const wires = wired();
    wires.state.takes = false;
    expectCut(wires, largeFrame(1, 2));
  });

  test("with a tag, even one that names no VLAN", () => {
    const bytes = largeFrame(1, 2);
    bytes.set([0x81, 0, 0, 0], 12);
    expectCut(wired(), bytes);
  });

  test.each<Partial<LargeFrame>>([
    { frames: 1 },
    { frames: 2 },
    { frames: 4 },
    { frames: Number.NaN },
    { segmentBytes: 0 },
    { segmentBytes: -1 },
    { segmentBytes: 1 },
    { segmentBytes: 4000, frames: 1 },
    { segmentBytes: 65535, frames: 1 },
    { segmentBytes: Number.NaN },
    { dataBytes: 4001 },
    { dataBytes: 0, frames: 0 },
    { headerBytes: 13, dataBytes: 4041 },
  ])("when what is said of it does not agree: %o", (change) => {
    expectCut(wired(), largeFrame(1, 2), change);
  });

  test("when frames cut from it would be too long, or it is longer than IP allows", () => {
    const jumbo = { segmentBytes: 9177, dataBytes: 9177 * 3, frames: 3 };
    expectCut(wired(), largeFrame(1, 2, jumbo), jumbo);
    const fits = { ...jumbo, segmentBytes: 9176, dataBytes: 9176 * 3 };
    expect(sendTo(largeFrame(1, 2, fits), fits)).toBe(true);
    const longest = { segmentBytes: 1448, dataBytes: 65535 + 14 - 54, frames: 46 };
    expect(sendTo(largeFrame(1, 2, longest), longest)).toBe(true);
    const beyond = { ...longest, dataBytes: longest.dataBytes + 1 };
    expectCut(wired(), largeFrame(1, 2, beyond), beyond);

    function sendTo(bytes: Bytes, change: Partial<LargeFrame>): boolean {
      const { a, send } = wired();
      return send(a.port, bytes, change);
    }
  });

  test("when it would lie outside its buffer", () => {
    const { a } = wired();
    const bytes = largeFrame(1, 2);
    for (const at of [-1, 1, Number.NaN]) expect(a.port.sendLarge(bytes, at, bytes.length, kind)).toBe(false);
  });

  test("when either end was unplugged", () => {
    const wires = wired();
    wires.b.port[Symbol.dispose]();
    expectCut(wires, largeFrame(1, 2));
    const others = wired();
    others.a.port[Symbol.dispose]();
    expectCut(others, largeFrame(1, 2));
  });

  test("when it answers an answer to an answer too deep down", () => {
    const { a, got, state, send } = wired();
    state.onFrame = () => void send(a.port, largeFrame(1, 2));
    expect(send(a.port, largeFrame(1, 2))).toBe(true);
    expect(got.length).toBe(8);
  });
});

test("a plain port need not know of large frames", () => {
  const plain: FrameSource = { send() {} };
  expect(plain.sendLarge).toBeUndefined();
});
