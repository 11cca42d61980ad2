import { describe, expect, test } from "vitest";
import {
  freshCongestion,
  opened,
  progressed,
  repeated,
  type Sender,
  timedOut,
} from "../../../src/network/stack/tcp/congestion.ts";

const mss = 1000;

/** A sender with `flight` bytes under way. */
function sender(flight: number) {
  const made = { congestion: freshCongestion(0), una: 1, next: 1 + flight, highest: 1 + flight, mss };
  opened(made);
  return made satisfies Sender;
}

describe("the congestion window", () => {
  test("begins with ten segments, fewer of large ones", () => {
    expect(sender(0).congestion.window).toBe(10_000);
    const jumbo = { ...sender(0), mss: 8960 };
    opened(jumbo);
    expect(jumbo.congestion.window).toBe(17_920);
  });

  test("grows by what is acknowledged below the threshold, at most a segment each time", () => {
    const made = sender(10_000);
    progressed(made, 2000);
    progressed(made, 300);
    expect(made.congestion.window).toBe(11_300);
  });

  test("grows by a segment each round trip above it", () => {
    const made = sender(10_000);
    made.congestion.threshold = 10_000;
    for (let count = 0; count < 10; count++) progressed(made, 1000);
    expect(made.congestion.window).toBeGreaterThan(10_900);
    expect(made.congestion.window).toBeLessThanOrEqual(11_000);
  });

  test("is half of what is under way after three repeats, and counts what has left the wire", () => {
    const made = sender(10_000);
    expect([repeated(made), repeated(made), repeated(made)]).toEqual([
      "nothing",
      "nothing",
      "sendFirstAgain",
    ]);
    expect(made.congestion).toMatchObject({ threshold: 5000, window: 8000, recover: 10_001 });
    repeated(made);
    expect(made.congestion.window).toBe(9000);
    made.una = 3001;
    expect(progressed(made, 3000)).toBe("sendFirstAgain");
    expect(made.congestion.window).toBe(7000);
    made.una = 10_001;
    expect(progressed(made, 7000)).toBe("nothing");
    expect(made.congestion).toMatchObject({ recovering: false, window: 2000 });
  });

  test("is not halved twice for one window", () => {
    const made = sender(10_000);
    timedOut(made, false);
    expect(made.congestion).toMatchObject({ threshold: 5000, window: 1000 });
    made.next = 2001;
    timedOut(made, true);
    expect(made.congestion.threshold).toBe(5000);
    for (let count = 0; count < 5; count++) expect(repeated(made)).toBe("nothing");
    made.una = 10_002;
    made.congestion.repeats = 0;
    expect([repeated(made), repeated(made), repeated(made)]).toEqual([
      "nothing",
      "nothing",
      "sendFirstAgain",
    ]);
  });
});
