import { describe, expect, test } from "vitest";
import {
  directRates,
  flowPace,
  flowWidth,
  type NetworksSample,
  nextPair,
  portRates,
  throughSwitch,
} from "../../../src/ui/network-rates.ts";
import { network, networkId, port } from "./networks.ts";

const sample = (at: number, frames: number, id = 1): NetworksSample => ({
  at,
  networks: [
    network("Lab", {
      ports: [port(id, { framesIn: frames, framesOut: 2 * frames, bytesIn: 100 * frames, dropped: frames })],
    }),
  ],
});
const where = { network: networkId("Lab"), port: 1 };

describe("rates of a port", () => {
  test("are what came between two samples, a second", () => {
    expect(portRates(sample(1000, 10), sample(1500, 20), where)).toEqual({
      framesToSwitch: 20,
      framesFromSwitch: 40,
      bytesToSwitch: 2000,
      bytesFromSwitch: 0,
      dropped: 20,
    });
  });

  test("nothing flowed: zero, not missing", () => {
    expect(portRates(sample(0, 10), sample(500, 10), where)?.framesToSwitch).toBe(0);
  });

  test.each([
    ["no earlier sample", null, sample(500, 1)],
    ["too little time", sample(450, 1), sample(500, 1)],
    ["a long pause", sample(0, 1), sample(60_000, 1)],
    ["time that went back", sample(1000, 1), sample(500, 1)],
    ["counters that went back", sample(0, 9), sample(500, 1)],
    ["a port that is new", sample(0, 1, 2), sample(500, 1)],
    ["a port that is gone", sample(0, 1), sample(500, 1, 2)],
    ["counters that are no numbers", sample(0, 1), sample(500, Number.NaN)],
  ])("%s: none", (_what, older, newer) => expect(portRates(older, newer, where)).toBeNull());
});

test("an answer that follows at once does not take the time to measure", () => {
  const [first, second, third] = [sample(0, 0), sample(500, 5), sample(520, 5)];
  let pair = nextPair(null, first);
  expect(pair).toEqual({ older: null, newer: first });
  pair = nextPair(pair, second);
  expect(nextPair(pair, second)).toBe(pair);
  pair = nextPair(pair, third);
  expect(pair).toEqual({ older: first, newer: third });
});

describe("what moves", () => {
  test("stands still without frames, and is faster the more there are", () => {
    for (const none of [0, -1, Number.NaN]) expect(flowPace(none)).toBe(0);
    const paces = [0.1, 10, 100, 1000, 100_000].map(flowPace);
    expect(paces).toEqual(paces.toSorted((one, other) => one - other));
    expect(new Set(paces).size).toBe(5);
    expect(paces.at(-1)).toBe(1);
    expect(flowPace(1e12)).toBe(1);
  });

  test("is wider the more bytes there are, within bounds", () => {
    expect(flowWidth(0)).toBe(1.5);
    expect(flowWidth(Number.NaN)).toBe(1.5);
    expect(flowWidth(1e6)).toBeGreaterThan(flowWidth(1e4));
    expect(flowWidth(1e15)).toBe(4);
  });
});

describe("what goes past the switch", () => {
  const lab = networkId("Lab");
  const direct = (at: number, ...paths: readonly (readonly [number, number, number])[]): NetworksSample => ({
    at,
    networks: [
      network("Lab", {
        direct: paths.map(([from, to, frames]) => ({ from, to, frames, bytes: frames * 100 })),
      }),
    ],
  });

  test("has the rates of each path; one that is new had no frames before", () => {
    expect(directRates(direct(0, [1, 2, 50]), direct(500, [1, 2, 60], [2, 1, 5]), lab)).toEqual([
      { from: 1, to: 2, frames: 20, bytes: 2000 },
      { from: 2, to: 1, frames: 10, bytes: 1000 },
    ]);
    expect(directRates(direct(0, [1, 2, 50]), direct(500, [1, 2, 50]), lab)?.[0]?.frames).toBe(0);
  });

  test("is not measured without time, or of a network that is new", () => {
    expect(directRates(null, direct(500), lab)).toBeNull();
    expect(directRates(direct(450), direct(500), lab)).toBeNull();
    expect(directRates(direct(0), direct(60_000), lab)).toBeNull();
    expect(directRates({ at: 0, networks: [] }, direct(500), lab)).toBeNull();
  });

  test("a path that began anew stands still", () => {
    expect(directRates(direct(0, [1, 2, 50]), direct(500, [1, 2, 3]), lab)).toEqual([
      { from: 1, to: 2, frames: 0, bytes: 0 },
    ]);
  });

  test("is taken off what passes the switch, and never more than there is", () => {
    const rates = {
      framesToSwitch: 10,
      framesFromSwitch: 20,
      bytesToSwitch: 100,
      bytesFromSwitch: 200,
      dropped: 1,
    };
    const paths = [
      { from: 1, to: 2, frames: 4, bytes: 40 },
      { from: 3, to: 1, frames: 15, bytes: 150 },
      { from: 2, to: 1, frames: 6, bytes: 10 },
    ];
    expect(throughSwitch(1, rates, paths)).toEqual({
      framesToSwitch: 6,
      framesFromSwitch: 0,
      bytesToSwitch: 60,
      bytesFromSwitch: 40,
      dropped: 1,
    });
    expect(throughSwitch(4, rates, paths)).toEqual(rates);
  });
});
