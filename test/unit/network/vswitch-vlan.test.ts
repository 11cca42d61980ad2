import { describe, expect, test } from "vitest";
import {
  accessVlan as access,
  broadcastMac,
  everyVlan,
  longestFrame,
  openSwitch,
  type PortVlan,
  parseVlanList,
  vlanListText,
} from "../../../src/network/index.ts";
import { manualClock } from "../../../src/support/index.ts";
import { labFrame, labHolder, labMac } from "../../lab/switch.ts";

const trunk = (native: number, ...allowed: number[]): PortVlan => ({ kind: "trunk", native, allowed });
const priority5 = 5 << 13;

function plugged(...vlans: PortVlan[]) {
  const network = openSwitch({ name: "lab", kind: "external", clock: manualClock() });
  return { network, holders: vlans.map((vlan, place) => labHolder(network, place + 1, { vlan })) };
}

/** The tags of the one frame that each holder got; `null`: it got none. */
function heard(vlans: PortVlan[], tags: number[]): (number[] | null)[] {
  const { holders } = plugged(...vlans);
  const [first, ...others] = holders;
  if (first === undefined) return [];
  first.send(labFrame({ to: broadcastMac, from: first.mac, tags }));
  return others.map(({ got }) => {
    const [frame, ...more] = got;
    expect(more).toEqual([]);
    if (frame === undefined) return null;
    for (const seen of [[], [0x0005], [0x000a], [priority5 | 5], [priority5 | 10]]) {
      const wanted = labFrame({ to: broadcastMac, from: first.mac, tags: seen });
      if (wanted.length === frame.length && wanted.every((byte, place) => byte === frame[place])) return seen;
    }
    throw new Error(`neither tagged nor untagged: ${frame}`);
  });
}

describe("a broadcast stays in its VLAN", () => {
  test.each<[string, PortVlan[], number[], (number[] | null)[]]>([
    ["untagged", [access(0), access(0), access(5), trunk(0), trunk(5, 10)], [], [[], null, [], null]],
    ["access", [access(5), access(5), access(0), access(10)], [], [[], null, null]],
    [
      "access to trunks",
      [access(5), trunk(0, 5), trunk(5), trunk(5, 5), trunk(0, 10)],
      [],
      [[5], [], [], null],
    ],
    [
      "trunk, tagged",
      [trunk(0, 5, 10), access(5), access(10), trunk(0, 5), trunk(5)],
      [5],
      [[], null, [5], []],
    ],
    ["trunk, native", [trunk(5, 10), access(5), access(0), trunk(0, 5)], [], [[], null, [5]]],
    ["trunk, native tagged", [trunk(5, 10), access(5), trunk(0, 5)], [5], [[], [5]]],
    ["trunk, not allowed", [trunk(0, 5), access(10), everyVlan], [10], [null, null]],
    ["access may not tag", [access(5), access(5), access(10), everyVlan], [10], [null, null, null]],
    ["not even its own", [access(5), access(5), everyVlan], [5], [null, null]],
    ["untagged may not tag", [access(0), access(5), everyVlan], [5], [null, null]],
    ["a priority without VLAN", [access(5), access(5), trunk(0, 5)], [priority5], [[], [priority5 | 5]]],
    ["priority kept", [trunk(0, 5), access(5), trunk(0, 5)], [priority5 | 5], [[], [priority5 | 5]]],
    ["priority on a trunk", [trunk(10, 5), access(10), trunk(0, 10)], [priority5], [[], [priority5 | 10]]],
    ["no second tag", [access(5), access(5), access(10), trunk(5, 10)], [0, 10], [null, null, null]],
    ["no tag behind a tag", [trunk(0, 5), trunk(5, 10), access(5)], [5, 10], [null, null]],
  ])("%s", (_, vlans, tags, wanted) => {
    expect(heard(vlans, tags)).toEqual(wanted);
  });
});

describe("a frame for one adapter", () => {
  test("of another VLAN does not reach it, and is not even for it", () => {
    const { network, holders } = plugged(access(5), access(6));
    const [a, b] = holders;
    const up = labHolder(network, 9, { role: "uplink" });
    if (a === undefined || b === undefined) throw new Error("no holders");
    a.send(labFrame({ to: b.mac, from: a.mac }));
    expect(b.got).toEqual([]);
    expect(up.got).toEqual([labFrame({ to: b.mac, from: a.mac, tags: [5] })]);
  });

  test("behind the uplink is found by its VLAN", () => {
    const { network, holders } = plugged(access(5), access(6));
    const [a, b] = holders;
    const up = labHolder(network, 9, { role: "uplink" });
    const other = labHolder(network, 10, { allowSpoofing: true, vlan: everyVlan });
    if (a === undefined || b === undefined) throw new Error("no holders");
    up.send(labFrame({ to: a.mac, from: labMac(50), tags: [5] }));
    a.send(labFrame({ to: labMac(50), from: a.mac }));
    expect([up.take().length, other.take().length]).toEqual([1, 0]);
    b.send(labFrame({ to: labMac(50), from: b.mac }));
    expect([up.take().length, other.take().length]).toEqual([1, 1]);
  });

  test("the longest untagged frame still goes over a trunk", () => {
    const { holders } = plugged(access(5), trunk(0, 5));
    const [a, b] = holders;
    if (a === undefined || b === undefined) throw new Error("no holders");
    const payload = Array.from({ length: longestFrame - 18 }, (_, place) => place & 255);
    a.send(labFrame({ to: b.mac, from: a.mac, payload }));
    expect(b.got).toEqual([labFrame({ to: b.mac, from: a.mac, tags: [5], payload })]);
    expect(b.port.counters().receivedBytes).toBe(longestFrame);
    b.send(labFrame({ to: a.mac, from: b.mac, tags: [5], payload }));
    expect(a.got).toEqual([labFrame({ to: a.mac, from: b.mac, payload })]);
  });

  test("a tag that is not allowed is counted", () => {
    const { holders } = plugged(access(5), access(5));
    const [a, b] = holders;
    if (a === undefined || b === undefined) throw new Error("no holders");
    a.send(labFrame({ to: b.mac, from: a.mac, tags: [5] }));
    expect(b.got).toEqual([]);
    expect(a.port.counters()).toMatchObject({ sentFrames: 0, dropped: { vlan: 1 } });
  });
});

describe("changing the VLAN of a port in use", () => {
  test("moves it between two frames", () => {
    const { network, holders } = plugged(access(5), access(5), access(6));
    const [a, b, c] = holders;
    if (a === undefined || b === undefined || c === undefined) throw new Error("no holders");
    network.change(a.port, { vlan: access(6) });
    a.send(labFrame({ to: broadcastMac, from: a.mac }));
    a.send(labFrame({ to: b.mac, from: a.mac }));
    a.send(labFrame({ to: c.mac, from: a.mac }));
    expect([b.got.length, c.got.length]).toEqual([0, 2]);
  });

  test("forgets what was learned behind it in VLANs it has left", () => {
    const { network, holders } = plugged(trunk(0, 5, 6));
    const [a] = holders;
    if (a === undefined) throw new Error("no holder");
    network.change(a.port, { allowSpoofing: true });
    a.send(labFrame({ to: broadcastMac, from: labMac(50), tags: [5] }));
    a.send(labFrame({ to: broadcastMac, from: labMac(51), tags: [6] }));
    network.change(a.port, { vlan: trunk(0, 6) });
    const learned = network.table().filter(({ status }) => status === "learned");
    expect(learned.map(({ mac, vlan }) => [mac, vlan])).toEqual([[labMac(51), 6]]);
  });
});

describe("lists of VLANs", () => {
  test.each([
    ["1-100,200", 101, "1-100,200"],
    [" 7 , 5 - 6,5", 3, "5-7"],
    ["4094", 1, "4094"],
    ["3,2-2", 2, "2-3"],
  ])("%j", (text, count, again) => {
    const list = parseVlanList(text);
    expect(list.length).toBe(count);
    expect(vlanListText(list)).toBe(again);
  });

  test.each([
    ["", '"" is no VLAN'],
    ["5,", '"" is no VLAN'],
    ["a-b", '"a-b" is no VLAN'],
    ["0-5", "VLAN 0 does not exist: choose 1 to 4094."],
    ["4000-4095", "VLAN 4095 does not exist"],
    ["9-5", "The range 9-5 runs backwards: write 5-9."],
    ["1--5", "is no VLAN"],
    ["99999", "is no VLAN"],
  ])("%j is refused with a sentence", (text, sentence) => {
    expect(() => parseVlanList(text)).toThrow(sentence);
  });
});
