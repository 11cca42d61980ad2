import { describe, expect, test } from "vitest";
import { peakOf, sparklinePath } from "../../../src/ui/sparkline-path.ts";
import {
  currentRate,
  momentLimit,
  ratePerSecond,
  rateSeries,
  remember,
  type VmbusMoment,
} from "../../../src/ui/vmbus-history.ts";
import { readVmbus, type VmbusPicture } from "../../../src/ui/vmbus-picture.ts";

function moment(at: number, messagesIn: number): VmbusMoment {
  const picture = readVmbus({ vmbus: { connection: { state: "connected", version: "5.3", messagesIn } } });
  if (picture === null) throw new Error("the fixture has a bus");
  return { at, picture };
}

const pick = (picture: VmbusPicture) => picture.counters.messagesToHost;

describe("rates", () => {
  test("difference over time", () => {
    expect(ratePerSecond({ at: 1000, count: 10 }, { at: 1500, count: 20 })).toBe(20);
  });

  test("no rate where a wrong one would be", () => {
    expect(ratePerSecond({ at: 1000, count: null }, { at: 2000, count: 5 })).toBeNull();
    expect(ratePerSecond({ at: 1000, count: 5 }, { at: 2000, count: null })).toBeNull();
    expect(ratePerSecond({ at: 1000, count: 5 }, { at: 1000, count: 50 })).toBeNull();
    expect(ratePerSecond({ at: 1000, count: 500 }, { at: 2000, count: 2 })).toBeNull();
  });

  test("the current rate looks back two seconds, not to the beginning", () => {
    const moments = [moment(0, 0), moment(8000, 8000), moment(9000, 8010), moment(10_000, 8020)];
    expect(currentRate(moments, pick)).toBe(10);
    expect(currentRate(moments.slice(0, 1), pick)).toBeNull();
    expect(currentRate([], pick)).toBeNull();
  });

  test("the series has one value per pair, with gaps", () => {
    expect(rateSeries([moment(0, 0), moment(1000, 5), moment(2000, 1)], pick)).toEqual([5, null]);
  });
});

describe("memory", () => {
  test("is bounded, and the oldest goes", () => {
    let moments: readonly VmbusMoment[] = [];
    for (let at = 1; at <= 200; at += 1) moments = remember(moments, moment(at * 500, at));
    expect(moments).toHaveLength(momentLimit);
    expect(moments.at(-1)?.at).toBe(100_000);
  });

  test("the same moment counts once; a clock that goes back starts over", () => {
    const moments = remember([], moment(1000, 1));
    expect(remember(moments, moment(1000, 2))).toBe(moments);
    expect(remember(moments, moment(500, 2))).toHaveLength(1);
  });
});

describe("sparkline", () => {
  const frame = { width: 100, height: 20, slots: 11 };

  test("the latest value is at the right edge, the peak at the top", () => {
    expect(sparklinePath([0, 10], 10, frame)).toBe("M90.0 19.0L100.0 1.0");
  });

  test("a gap lifts the pen", () => {
    expect(sparklinePath([1, null, 1], 1, frame)).toBe("M80.0 1.0M100.0 1.0");
    expect(sparklinePath([null], 1, frame)).toBe("");
  });

  test("silence has a peak too", () => {
    expect(peakOf([0, null], [0])).toBe(1);
    expect(peakOf([3, null], [7])).toBe(7);
  });
});
