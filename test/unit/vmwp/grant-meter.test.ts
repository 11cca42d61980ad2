import fc from "fast-check";
import { expect, test } from "vitest";
import type { Grant } from "../../../src/hvdef/index.ts";
import { micros } from "../../../src/support/index.ts";
import { openGrantMeter } from "../../../src/vmwp/grant-meter.ts";

const period = 20_000;
const grantOf = (budget: number, epoch = 1): Grant => ({ epoch, period, budget });

/** A guest that always wants to run in slices of `slice`, for `span`; waits as told, a bit late. */
function runBusy(
  meter: ReturnType<typeof openGrantMeter>,
  options: { span: number; slice: number; late: number },
) {
  let now = 0;
  let longest = 0;
  while (now < options.span) {
    if (meter.take(micros(now)) > 0) {
      now += options.slice;
      meter.spend(micros(options.slice));
    } else {
      const wait = meter.nextRefill(micros(now));
      longest = Math.max(longest, wait);
      now += wait + options.late;
    }
  }
  return { now, longest };
}

test.each([
  [5000, 1000, 0],
  [5000, 1000, 4000],
  [10_000, 1300, 2000],
  [13_333, 800, 500],
  [200, 1000, 0],
])("a budget of %i µs in slices of %i µs, woken %i µs late, is kept", (budget, slice, late) => {
  const meter = openGrantMeter(grantOf(budget), micros(0));
  const { now } = runBusy(meter, { span: 10_000_000, slice, late });
  expect(meter.used() / now).toBeGreaterThan((budget / period) * 0.97);
  expect(meter.used() / now).toBeLessThan((budget / period) * 1.03);
});

test("a whole processor never starves", () => {
  const meter = openGrantMeter(grantOf(period), micros(0));
  const { now, longest } = runBusy(meter, { span: 2_000_000, slice: 1100, late: 0 });
  expect(longest).toBe(0);
  expect(meter.report(micros(now), 1)).toMatchObject({ starved: 0, used: now, elapsed: now });
});

test("a budget saved up is one period's at most", () => {
  const meter = openGrantMeter(grantOf(5000), micros(0));
  expect(meter.take(micros(60_000_000))).toBe(5000);
});

test("a slice that ran too long is owed", () => {
  const meter = openGrantMeter(grantOf(5000), micros(0));
  meter.take(micros(0));
  meter.spend(micros(30_000));
  expect(meter.take(micros(40_000))).toBe(0);
  expect(meter.nextRefill(micros(40_000))).toBe(64_000);
  expect(meter.take(micros(104_000))).toBeGreaterThan(0);
});

test("a clock that jumped stops the guest for about a second at most", () => {
  const meter = openGrantMeter(grantOf(5000), micros(0));
  meter.spend(micros(8 * 3600 * 1_000_000));
  expect(meter.nextRefill(micros(0))).toBeLessThanOrEqual(1_000_000);
  expect(meter.take(micros(1_010_000))).toBeGreaterThan(0);
});

test("a grant of zero stops, a later one goes on", () => {
  const meter = openGrantMeter(grantOf(0), micros(0));
  expect(meter.take(micros(1000))).toBe(0);
  expect(meter.nextRefill(micros(1000))).toBe(1_000_000);
  meter.adopt(grantOf(10_000, 2), micros(1000));
  expect(meter.take(micros(3000))).toBe(1000);
  meter.adopt(grantOf(0, 3), micros(3000));
  expect(meter.take(micros(3000))).toBe(0);
  meter.adopt(grantOf(20_000, 2), micros(3000));
  expect(meter.take(micros(5000))).toBe(0);
});

test("waiting for a refill is starvation, being idle is not", () => {
  const meter = openGrantMeter(grantOf(5000), micros(0));
  meter.take(micros(0));
  meter.spend(micros(12_000));
  expect(meter.take(micros(12_000))).toBe(0);
  expect(meter.report(micros(13_000), 1).starved).toBe(1000);
  expect(meter.take(micros(15_000))).toBe(0);
  const whole = { epoch: 1, used: 12_000, starved: 3000, elapsed: 15_000, heartbeat: 2 };
  expect(meter.report(micros(15_000), 2)).toEqual(whole);
  expect(meter.take(micros(35_000))).toBeGreaterThan(0);
  expect(meter.report(micros(35_000), 3).starved).toBe(23_000);
  expect(meter.report(micros(500_000), 4).starved).toBe(23_000);
});

test("whatever happens, use stays within budget, one burst and one slice", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 1, max: 1500 })));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: period }), steps, (budget, turns) => {
      const meter = openGrantMeter(grantOf(budget), micros(0));
      let now = 0;
      for (const [pause, slice] of turns) {
        now += pause;
        if (meter.take(micros(now)) === 0) continue;
        now += slice;
        meter.spend(micros(slice));
        expect(meter.used()).toBeLessThanOrEqual((now * budget) / period + budget + slice + 1);
      }
    }),
  );
});
