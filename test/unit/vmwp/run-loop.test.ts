import { describe, expect, test } from "vitest";
import type { Grant } from "../../../src/hvdef/index.ts";
import { manualClock, micros, pausableClock } from "../../../src/support/index.ts";
import { type FakeStep, openFakeEngine } from "../../../src/vid/index.ts";
import { openGrantMeter } from "../../../src/vmwp/grant-meter.ts";
import { openIdlePolicy } from "../../../src/vmwp/idle.ts";
import { runGuest } from "../../../src/vmwp/run-loop.ts";

const budget: FakeStep = () => ({ kind: "budget" });
const haltFor =
  (microseconds: number): FakeStep =>
  () => ({ kind: "halt", wakeIn: micros(microseconds) });

interface Options {
  readonly script: readonly FakeStep[];
  readonly grant?: Grant;
  /** Microseconds that every slice takes. */
  readonly slice?: number;
  /** Whether more waits after each slice, in order; `false` afterwards. */
  readonly more?: readonly boolean[];
  /** Whether the parent owes an answer, all the time. */
  readonly owed?: boolean;
  /** Called with every wait before it ends; may stop the loop. */
  readonly onWait?: (wait: string, stop: AbortController) => void;
}

/** Runs the loop to its end over a scripted guest. Waits end at once and move the clock. */
async function run({ script, grant, slice = 0, more = [], owed = false, onWait }: Options) {
  const log: string[] = [];
  const clock = manualClock();
  const stop = new AbortController();
  const steps = script.map(
    (step): FakeStep =>
      (guest) => {
        log.push("slice");
        clock.advance(micros(slice));
        return step(guest);
      },
  );
  const wait = (text: string, microseconds: number): Promise<void> => {
    log.push(text);
    clock.advance(micros(microseconds));
    onWait?.(text, stop);
    return Promise.resolve();
  };
  const waiting = [...more];
  const end = await runGuest(
    {
      engine: openFakeEngine({ memoryBytes: 4096, clock: pausableClock(clock), script: steps }),
      clock,
      waits: {
        breathe: () => wait("breathe", 0),
        sleep: (milliseconds) => wait(`sleep ${milliseconds}`, milliseconds * 1000),
        wake() {},
      },
      meter: openGrantMeter(grant ?? { epoch: 1, period: 20_000, budget: 20_000 }, clock.now()),
      idle: openIdlePolicy(),
      deliver() {
        log.push("in");
        return false;
      },
      drain() {
        log.push("out");
        return waiting.shift() ?? false;
      },
      awaitsAnswer: () => owed,
      afterTurn: () => void log.push("turn"),
    },
    stop.signal,
  );
  return { end, log, now: clock.now() };
}

const turn = ["in", "slice", "out", "turn"];

test("a busy guest breathes between slices, an idle one sleeps until its next timer", async () => {
  const { end, log } = await run({
    script: [budget, haltFor(4000), () => ({ kind: "powerOff" })],
  });
  expect(end).toEqual({ kind: "powerOff" });
  expect(log).toEqual([...turn, "breathe", ...turn, "sleep 4", ...turn]);
});

test.each([{ kind: "reset" }, { kind: "powerOff" }, { kind: "fault", detail: "triple fault" }] as const)(
  "$kind ends the loop after what the guest wrote has left",
  async (exit) => {
    const { end, log } = await run({ script: [() => exit] });
    expect(end).toEqual(exit);
    expect(log).toEqual(turn);
  },
);

test("a guest that halts for an answer is looked after for a while, then the thread sleeps", async () => {
  const halts = Array.from({ length: 30 }, () => haltFor(4000));
  const { log } = await run({ script: [...halts, () => ({ kind: "powerOff" })], owed: true });
  const waits = log.filter((entry) => /breathe|sleep/.test(entry));
  expect(waits.slice(0, 24)).toEqual(Array(24).fill("breathe"));
  expect(waits.slice(24)).toEqual(Array(6).fill("sleep 4"));
});

test("a stop ends it between two slices, wherever it waits", async () => {
  const stopAt = (wanted: string) => (wait: string, stop: AbortController) => {
    if (wait === wanted) stop.abort();
  };
  const busy = await run({ script: [budget, budget], onWait: stopAt("breathe") });
  expect(busy.end).toEqual({ kind: "stopped" });
  expect(busy.log).toEqual([...turn, "breathe"]);
  const idle = await run({ script: [haltFor(7000)], onWait: stopAt("sleep 7") });
  expect(idle.end).toEqual({ kind: "stopped" });
  const starved = await run({
    script: [],
    grant: { epoch: 1, period: 20_000, budget: 0 },
    onWait: stopAt("sleep 1000"),
  });
  expect(starved).toMatchObject({ end: { kind: "stopped" }, log: ["turn", "sleep 1000"] });
});

test("a loop that is stopped before it begins runs nothing", async () => {
  const stop = new AbortController();
  stop.abort();
  const clock = manualClock();
  const engine = openFakeEngine({ memoryBytes: 4096, clock, script: [budget] });
  const never = () => Promise.reject(new Error("waited"));
  const end = await runGuest(
    {
      engine,
      clock,
      waits: { breathe: never, sleep: never, wake() {} },
      meter: openGrantMeter({ epoch: 1, period: 20_000, budget: 20_000 }, clock.now()),
      idle: openIdlePolicy(),
      deliver: () => false,
      awaitsAnswer: () => false,
      drain: () => false,
      afterTurn() {},
    },
    stop.signal,
  );
  expect([end.kind, engine.slices()]).toEqual(["stopped", 0]);
});

test("a guest that halted is not put to sleep while more of what it wrote waits", async () => {
  const { log } = await run({
    script: [haltFor(1_000_000), haltFor(3000), () => ({ kind: "reset" })],
    more: [true, false],
  });
  expect(log).toEqual([...turn, "breathe", ...turn, "sleep 3", ...turn]);
});

describe("grants", () => {
  const grant: Grant = { epoch: 1, period: 20_000, budget: 5_000 };

  test("a spent grant lets the guest wait for the refill, in one sleep", async () => {
    const { log, now } = await run({
      script: [...Array.from({ length: 7 }, () => budget), () => ({ kind: "reset" })],
      grant,
      slice: 1000,
    });
    const sleeps = log.filter((line) => line.startsWith("sleep"));
    const slices = log.filter((line) => line === "slice").length;
    expect(slices).toBe(8);
    // Eight milliseconds of work with five in hand and a quarter of a millisecond more every millisecond.
    expect(sleeps.length).toBeLessThanOrEqual(3);
    expect(sleeps.every((line) => Number(line.split(" ")[1]) >= 1)).toBe(true);
    expect(now).toBeGreaterThanOrEqual(12_000);
    expect(now).toBeLessThan(30_000);
  });

  test("a guest without any budget sleeps for long and still reports", async () => {
    let waits = 0;
    const { log, now } = await run({
      script: [budget],
      grant: { ...grant, budget: 0 },
      onWait(_wait, stop) {
        if (++waits === 3) stop.abort();
      },
    });
    expect(log).toEqual(["turn", "sleep 1000", "turn", "sleep 1000", "turn", "sleep 1000"]);
    expect(now).toBe(3_000_000);
  });

  test("a slice during which the thread was frozen is not booked as guest time", async () => {
    const { log } = await run({
      script: [budget, () => ({ kind: "reset" })],
      slice: 10_000_000,
      grant: { epoch: 1, period: 20_000, budget: 20_000 },
    });
    const slept = log
      .filter((line) => line.startsWith("sleep"))
      .reduce((total, line) => total + Number(line.split(" ")[1]), 0);
    expect(slept).toBeLessThanOrEqual(251);
  });
});

describe("idle policy", () => {
  test("a guest that has been idle for long may oversleep its ticks, until something happens", () => {
    const idle = openIdlePolicy();
    for (let i = 1; i < 64; i++) expect(idle.sleepFor(micros(4000))).toBe(4);
    expect(idle.sleepFor(micros(4000))).toBe(40);
    expect(idle.sleepFor(micros(500_000))).toBe(500);
    idle.active();
    expect(idle.sleepFor(micros(4000))).toBe(4);
  });

  test("one that nobody has seen do anything for seconds oversleeps more, and is reported on less", () => {
    const idle = openIdlePolicy();
    const halt = () => idle.sleepFor(micros(4000));
    for (let i = 1; i < 64; i++) halt();
    for (let i = 0; i < 75; i++) {
      expect(idle.isQuiet()).toBe(false);
      expect(halt()).toBe(40);
    }
    expect(idle.isQuiet()).toBe(true);
    expect(halt()).toBe(100);
    expect(idle.sleepFor(micros(500_000))).toBe(500);
    idle.active();
    expect([idle.isQuiet(), halt()]).toEqual([false, 4]);
  });

  test("a sign of life is answered in time, and does not end the quiet", () => {
    const idle = openIdlePolicy();
    const halt = () => idle.sleepFor(micros(4000));
    for (let i = 0; i < 63 + 75; i++) halt();
    expect(halt()).toBe(100);
    idle.stirred();
    for (let i = 1; i < 12; i++) expect(halt()).toBe(4);
    expect([idle.isQuiet(), halt()]).toEqual([true, 100]);
    idle.active();
    idle.stirred();
    for (let i = 1; i < 64; i++) expect(halt()).toBe(4);
  });
});

describe("partition clock", () => {
  test("starts at zero, stands still while stopped, goes on where it stood", () => {
    const wall = manualClock(micros(1_000_000));
    const clock = pausableClock(wall);
    wall.advance(micros(500));
    expect(clock.now()).toBe(0);
    clock.go();
    wall.advance(micros(300));
    expect(clock.now()).toBe(300);
    clock.go();
    expect(clock.now()).toBe(300);
    clock.stop();
    wall.advance(micros(10_000));
    clock.stop();
    expect(clock.now()).toBe(300);
    clock.go();
    wall.advance(micros(7));
    expect(clock.now()).toBe(307);
  });
});
