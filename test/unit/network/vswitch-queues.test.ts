import { describe, expect, test } from "vitest";
import {
  accessVlan,
  broadcastMac,
  directFilter,
  type NewPort,
  openSwitch,
  type PortChange,
} from "../../../src/network/index.ts";
import { manualClock } from "../../../src/support/index.ts";
import { type LabHolder, labFrame, labGroup, labHolder, labMac } from "../../lab/switch.ts";

function wired(settings: Partial<NewPort> = {}, queues = 2) {
  const network = openSwitch({ name: "lab", kind: "external", clock: manualClock(), queues });
  const [a, b, c, d] = [1, 2, 3, 4].map((n) => labHolder(network, n, settings));
  if (!a || !b || !c || !d) throw new Error("no holders");
  return { network, a, b, c, d };
}

const granted = (...holders: LabHolder[]) => holders.map(({ port }) => port.hasQueue);

describe("queues", () => {
  test("nobody has one unasked, and weight 0 is never", () => {
    const { network, a, b } = wired();
    network.assignQueue(a.port, 0);
    expect([granted(a, b), network.queues()]).toEqual([[false, false], []]);
  });

  test("are few: higher weights take them from lower ones, equals do not", () => {
    const { network, a, b, c, d } = wired();
    network.assignQueue(a.port, 50);
    network.assignQueue(b.port, 60);
    network.assignQueue(c.port, 50);
    expect(granted(a, b, c, d)).toEqual([true, true, false, false]);
    network.assignQueue(d.port, 51);
    expect(granted(a, b, c, d)).toEqual([false, true, false, true]);
    expect(network.queues()).toEqual([
      { port: 2, weight: 60, granted: true },
      { port: 4, weight: 51, granted: true },
      { port: 1, weight: 50, granted: false },
      { port: 3, weight: 50, granted: false },
    ]);
    network.assignQueue(b.port, 0);
    expect(granted(a, b, c, d)).toEqual([true, false, false, true]);
    network.assignQueue(d.port, 10);
    expect(granted(a, b, c, d)).toEqual([true, false, true, false]);
    a.port[Symbol.dispose]();
    expect(granted(a, b, c, d)).toEqual([false, false, true, true]);
  });

  test("whoever has one keeps it from an equal that was there before", () => {
    const { network, a, b, c } = wired({}, 1);
    network.assignQueue(b.port, 50);
    network.assignQueue(a.port, 50);
    network.assignQueue(c.port, 50);
    expect(granted(a, b, c)).toEqual([false, true, false]);
  });

  test.each([-1, 101, 1.5, Number.NaN])("a weight of %d is refused", (weight) => {
    const { network, a } = wired();
    expect(() => network.assignQueue(a.port, weight)).toThrow(`A queue weight of ${weight} does not exist`);
  });
});

describe("direct paths", () => {
  test("lead to the adapter that has the address and a queue", () => {
    const { network, a, b, c } = wired();
    network.assignQueue(b.port, 100);
    expect(network.directPath(a.port, b.mac, 0)).toBe(b.port);
    expect(network.directPath(a.port, c.mac, 0)).toBeNull();
    expect(network.directPath(a.port, labMac(99), 0)).toBeNull();
    expect(network.directPath(b.port, b.mac, 0)).toBeNull();
    expect(network.directPath(a.port, b.mac, 5)).toBeNull();
    expect(network.directPath(a.port, broadcastMac, 0)).toBeNull();
    expect(network.directPaths(a.port)).toEqual([{ mac: b.mac, port: b.port }]);
    expect(network.directPaths(b.port)).toEqual([]);
  });

  test.each<[string, PortChange, "a" | "b"]>([
    ["another VLAN", { vlan: accessVlan(5) }, "a"],
    ["another VLAN of the target", { vlan: accessVlan(5) }, "b"],
    ["a trunk", { vlan: { kind: "trunk", native: 0, allowed: [5] } }, "a"],
    ["a trunk as target", { vlan: { kind: "trunk", native: 0, allowed: [5] } }, "b"],
    ["mirroring", { mirror: "source" }, "a"],
    ["mirroring of the target", { mirror: "source" }, "b"],
  ])("%s takes them away, until it is undone", (_, change, who) => {
    const wires = wired();
    const { network, a, b } = wires;
    network.assignQueue(b.port, 100);
    const { port } = wires[who];
    const before = { ...port.settings };
    const { epoch } = network;
    network.change(port, change);
    expect(network.directPath(a.port, b.mac, 0)).toBeNull();
    expect(network.directPaths(a.port)).toEqual([]);
    expect(network.epoch).not.toBe(epoch);
    const { role: _role, ...undone } = before;
    network.change(port, undone);
    expect(network.directPath(a.port, b.mac, 0)).toBe(b.port);
  });

  test.each(["a", "b", "all"] as const)("capture of %s takes them away while it runs", (who) => {
    const wires = wired();
    const { network, a, b } = wires;
    network.assignQueue(b.port, 100);
    const tap = network.tap(who === "all" ? null : wires[who].port, () => undefined);
    const { epoch } = network;
    expect(network.directPath(a.port, b.mac, 0)).toBeNull();
    tap[Symbol.dispose]();
    expect(network.directPath(a.port, b.mac, 0)).toBe(b.port);
    expect(network.epoch).not.toBe(epoch);
  });

  test("capture of a port that has no part in them does not", () => {
    const { network, a, b, c } = wired();
    network.assignQueue(b.port, 100);
    network.tap(c.port, () => undefined);
    expect(network.directPath(a.port, b.mac, 0)).toBe(b.port);
  });

  test("end with a port, a queue, an address and the switch, and the epoch says so", () => {
    const { network, a, b } = wired();
    const seen = new Set<number>();
    const alive = () => {
      expect(seen.has(network.epoch)).toBe(false);
      seen.add(network.epoch);
      return network.directPath(a.port, b.mac, 0) !== null;
    };
    network.assignQueue(b.port, 100);
    expect(alive()).toBe(true);
    network.change(b.port, { mac: labMac(40) });
    expect(alive()).toBe(false);
    network.change(b.port, { mac: b.mac });
    expect(alive()).toBe(true);
    network.assignQueue(b.port, 0);
    expect(alive()).toBe(false);
    network.assignQueue(b.port, 1);
    expect(alive()).toBe(true);
    network[Symbol.dispose]();
    expect(alive()).toBe(false);
  });

  test("do not lead from one switch into another", () => {
    const [one, two] = [wired(), wired()];
    two.network.assignQueue(two.b.port, 100);
    expect(two.network.directPath(one.a.port, two.b.mac, 0)).toBeNull();
  });

  test("what went straight is counted when it is reported", () => {
    const { network, a, b } = wired();
    network.countDirect(a.port, b.port, { frames: 3, bytes: 4500, lost: 2 });
    b.port[Symbol.dispose]();
    network.countDirect(a.port, b.port, { frames: 1, bytes: 60, lost: 0 });
    expect(a.port.counters()).toMatchObject({ sentFrames: 6, sentBytes: 4560 });
    expect(b.port.counters()).toMatchObject({
      receivedFrames: 3,
      receivedBytes: 4500,
      dropped: { noRoom: 2 },
    });
    expect(network.inspect()["frames"]).toMatchObject({ directed: 6, direct: 6 });
  });

  test("are for untagged frames from the source's own address only", () => {
    const passes = directFilter(labMac(1));
    const good = labFrame({ to: labMac(2), from: labMac(1) });
    expect(passes(good, 0, good.length)).toBe(true);
    expect(passes(good, 0, 13)).toBe(false);
    expect(passes(good, 5, good.length)).toBe(false);
    expect(passes(good, -1, good.length)).toBe(false);
    expect(passes(good, 0, Number.NaN)).toBe(false);
    expect(passes(new Uint8Array(20_000), 0, 9231)).toBe(false);
    const tagged = labFrame({ to: labMac(2), from: labMac(1), tags: [0] });
    expect(passes(tagged, 0, tagged.length)).toBe(false);
    const foreign = labFrame({ to: labMac(2), from: labMac(3) });
    expect(passes(foreign, 0, foreign.length)).toBe(false);
  });
});

describe("mirroring", () => {
  test("copies what a source sends and gets to the destinations, once each", () => {
    const { network, a, b, c, d } = wired();
    network.change(a.port, { mirror: "source" });
    network.change(c.port, { mirror: "destination" });
    const there = labFrame({ to: b.mac, from: a.mac });
    const back = labFrame({ to: a.mac, from: b.mac });
    a.send(there);
    b.send(back);
    b.send(labFrame({ to: d.mac, from: b.mac }));
    expect([a.got, b.got, c.got]).toEqual([[back], [there], [there, back]]);
    expect(network.inspect()["frames"]).toMatchObject({ mirrored: 2 });
    const toListener = labFrame({ to: c.mac, from: a.mac });
    const toAll = labFrame({ to: labGroup, from: a.mac });
    c.take();
    a.send(toListener);
    a.send(toAll);
    expect(c.got).toEqual([toListener, toAll]);
  });

  test("covers frames for unknown addresses, and such to oneself", () => {
    const { network, a, b, c } = wired();
    const up = labHolder(network, 9, { role: "uplink", mirror: "source" });
    network.change(c.port, { mirror: "destination" });
    const out = labFrame({ to: labMac(99), from: a.mac });
    a.send(out);
    expect([up.got, b.got, c.take()]).toEqual([[out], [], [out]]);
    network.change(a.port, { mirror: "source" });
    const self = labFrame({ to: a.mac, from: a.mac });
    a.send(self);
    expect([a.got, c.got]).toEqual([[], [self]]);
  });

  test("stays in the VLANs of the listener, with the tag it wants", () => {
    const { network, a, b, c, d } = wired({ vlan: accessVlan(5) });
    network.change(a.port, { mirror: "source" });
    network.change(c.port, { mirror: "destination", vlan: accessVlan(6) });
    network.change(d.port, { mirror: "destination", vlan: { kind: "trunk", native: 0, allowed: [5] } });
    a.send(labFrame({ to: b.mac, from: a.mac }));
    expect([c.got, d.got]).toEqual([[], [labFrame({ to: b.mac, from: a.mac, tags: [5] })]]);
  });
});

describe("watching", () => {
  test("shows frames at their ports, in order, before they are taken", () => {
    const { network, a, b } = wired();
    const seen: string[] = [];
    network.tap(null, (bytes, at, length, direction, port) => {
      seen.push(`${direction} ${port}: ${bytes.slice(at + 14, at + length).join()}`);
    });
    b.answer = () => b.send(labFrame({ to: a.mac, from: b.mac, payload: [2] }));
    a.send(labFrame({ to: b.mac, from: a.mac, payload: [1] }));
    expect(seen).toEqual(["in 1: 1", "out 2: 1", "in 2: 2", "out 1: 2"]);
  });

  test("of one port sees only it, and agrees with its counters", () => {
    const { network, a, b, c } = wired();
    const seen = { in: 0, out: 0 };
    network.tap(b.port, (_bytes, _at, _length, direction, port) => {
      expect(port).toBe(b.port.number);
      seen[direction]++;
    });
    a.send(labFrame({ to: b.mac, from: a.mac }));
    a.send(labFrame({ to: c.mac, from: a.mac }));
    b.room = false;
    a.send(labFrame({ to: broadcastMac, from: a.mac }));
    b.send(labFrame({ to: a.mac, from: b.mac }));
    b.send(labFrame({ to: a.mac, from: labMac(9) }));
    const counted = b.port.counters();
    expect(seen).toEqual({ in: 1, out: 2 });
    expect([counted.sentFrames, counted.receivedFrames + counted.dropped.noRoom]).toEqual([
      seen.in,
      seen.out,
    ]);
  });

  test("of all includes ports that come later, and ends", () => {
    const { network, a } = wired();
    let seen = 0;
    const tap = network.tap(null, () => seen++);
    const late = labHolder(network, 9);
    late.send(labFrame({ to: a.mac, from: late.mac }));
    tap[Symbol.dispose]();
    tap[Symbol.dispose]();
    late.send(labFrame({ to: a.mac, from: late.mac }));
    expect(seen).toBe(2);
    expect(late.port.inspect()).toMatchObject({ watched: false });
  });
});
