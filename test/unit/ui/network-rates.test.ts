import { describe, expect, test } from "vitest";
import {
  flowPace,
  flowWidth,
  type NetworksSample,
  nextPair,
  portRates,
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
