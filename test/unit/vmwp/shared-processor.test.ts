import { expect, test } from "vitest";
import type {
  CreatePartition,
  Grant,
  PartitionMessage,
  ProcessorShare,
  VmGuid,
} from "../../../src/hvdef/index.ts";
import { usualShare } from "../../../src/hvdef/index.ts";
import { openHypervisor } from "../../../src/hypervisor/root/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { type GrantMeter, openGrantMeter } from "../../../src/vmwp/grant-meter.ts";

/** One slice of guest code and the step of simulated time. */
const slice = 1000;
const reportEvery = 100_000;
const port = new MessageChannel().port1;

/** A guest: whether it wants to run at a moment. */
type Guest = { readonly share: Partial<ProcessorShare>; wants(now: number): boolean };

interface Simulated {
  readonly guest: Guest;
  readonly meter: GrantMeter;
  readonly report: (message: PartitionMessage) => void;
  sleepsUntil: number;
  ran: number;
}

/**
 * Runs guests for `span` microseconds: the real hypervisor, real meters, each in a thread of its own as in
 * the browser, reports ten times a second.
 *
 * @returns microseconds each guest ran after the first half second
 */
function simulate(logicalProcessors: number, span: number, guests: readonly Guest[]): readonly number[] {
  const clock = manualClock();
  const simulated: Simulated[] = [];
  const hypervisor = openHypervisor({
    clock,
    log() {},
    memoryBytes: 2 ** 30,
    logicalProcessors,
    onChange() {},
    spawn() {
      const guest = guests[simulated.length];
      if (guest === undefined) throw new Error("no guest left");
      const meter = openGrantMeter({ epoch: 0, period: 20_000, budget: 0 }, clock.now());
      let report: (message: PartitionMessage) => void = () => {};
      simulated.push({ guest, meter, report: (message) => report(message), sleepsUntil: 0, ran: 0 });
      return {
        send: (grant: Grant) => meter.adopt(grant, clock.now()),
        terminate() {},
        onMessage(handler) {
          report = handler;
        },
        onGone() {},
      };
    },
  });
  for (const guest of guests) {
    const request: CreatePartition = {
      vm: "00000000-0000-0000-0000-000000000001" as VmGuid,
      name: "simulated",
      memoryBytes: 2 ** 26,
      share: { ...usualShare, ...guest.share },
      control: port,
      link: port,
    };
    hypervisor.createPartition(request);
  }
  for (let now = 0; now < span; now += slice) {
    for (const [place, one] of simulated.entries()) {
      turn(one, now, now >= span / 2);
      // Threads do not report in step.
      if ((now + place * 37_000) % reportEvery === 0) {
        one.report({ kind: "usage", report: one.meter.report(micros(now), now) });
      }
    }
    clock.advance(micros(slice));
  }
  return simulated.map((one) => one.ran);
}

function turn(one: Simulated, now: number, isCounted: boolean): void {
  if (now < one.sleepsUntil || !one.guest.wants(now)) return;
  if (one.meter.take(micros(now)) > 0) {
    one.meter.spend(micros(slice));
    if (isCounted) one.ran += slice;
  } else {
    // A browser wakes a worker some milliseconds late.
    one.sleepsUntil = now + one.meter.nextRefill(micros(now)) + 1500;
  }
}

const span = 20_000_000;
const counted = span / 2;
const always = () => true;
const never = () => false;

test("weights 100 and 200 share one processor 1:2 within a tenth, and all of it is used", () => {
  const [first = 0, second = 0] = simulate(1, span, [
    { share: { weight: 100 }, wants: always },
    { share: { weight: 200 }, wants: always },
  ]);
  expect(second / first).toBeGreaterThan(1.8);
  expect(second / first).toBeLessThan(2.2);
  expect((first + second) / counted).toBeGreaterThan(0.97);
  expect((first + second) / counted).toBeLessThan(1.01);
});

test("a limit of 25 % gives 25 % within 5 points, alone or in company", () => {
  const limited = { share: { limit: 25 }, wants: always };
  const [alone = 0] = simulate(2, span, [limited]);
  expect(Math.abs(alone / counted - 0.25)).toBeLessThan(0.05);
  const [beside = 0, other = 0] = simulate(1, span, [limited, { share: {}, wants: always }]);
  expect(Math.abs(beside / counted - 0.25)).toBeLessThan(0.05);
  expect(other / counted).toBeGreaterThan(0.7);
});

test("an idle guest takes nothing, the busy one gets all", () => {
  const [busy = 0, idle = 0] = simulate(1, span, [
    { share: { weight: 100 }, wants: always },
    { share: { weight: 10_000, reserve: 50 }, wants: never },
  ]);
  expect(idle).toBe(0);
  expect(busy / counted).toBeGreaterThan(0.95);
});

test("a guest that wakes up has its share within two reports", () => {
  const wakes = span / 2;
  const [steady = 0, woken = 0] = simulate(1, span, [
    { share: {}, wants: always },
    { share: {}, wants: (now) => now >= wakes },
  ]);
  expect(woken / counted).toBeGreaterThan(0.47);
  expect(steady / counted).toBeLessThan(0.53);
});

test("a guest that works a little keeps its pace beside a busy one", () => {
  const [busy = 0, little = 0] = simulate(1, span, [
    { share: {}, wants: always },
    { share: {}, wants: (now) => now % 10_000 < 1000 },
  ]);
  expect(little / counted).toBeGreaterThan(0.098);
  expect(busy / counted).toBeGreaterThan(0.8);
  expect((busy + little) / counted).toBeLessThan(1.03);
});

test("four guests on two processors: reserve, weight and limit together", () => {
  const shares = simulate(2, span, [
    { share: { reserve: 50, weight: 1 }, wants: always },
    { share: { limit: 20 }, wants: always },
    { share: { weight: 100 }, wants: always },
    { share: { weight: 200 }, wants: always },
  ]).map((ran) => ran / counted);
  const [reserved = 0, limited = 0, light = 0, heavy = 0] = shares;
  expect(reserved).toBeGreaterThan(0.48);
  expect(limited).toBeGreaterThan(0.18);
  expect(limited).toBeLessThan(0.22);
  expect(heavy / light).toBeGreaterThan(1.8);
  expect(heavy / light).toBeLessThan(2.2);
  expect(reserved + limited + light + heavy).toBeGreaterThan(1.94);
  expect(reserved + limited + light + heavy).toBeLessThan(2.02);
});
