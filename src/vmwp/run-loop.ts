import { type Clock, micros } from "../support/index.ts";
import type { Engine, Exit } from "../vid/index.ts";
import type { GrantMeter } from "./grant-meter.ts";
import type { IdlePolicy } from "./idle.ts";

/** The thread's two ways of letting go. `sleep` ends early when somebody wakes the processor. */
export interface ThreadWaits {
  breathe(): Promise<void>;
  sleep(milliseconds: number): Promise<void>;
  wake(): void;
}

/** What one run of the loop drives. All of it belongs to the worker process. */
export interface RunLoopParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly waits: ThreadWaits;
  readonly meter: GrantMeter;
  readonly idle: IdlePolicy;
  /** Before a slice: what the parent answered goes into guest memory. Answers whether there was anything. */
  deliver(): boolean;
  /** After a slice: what the guest wrote goes to the parent. Answers whether more waits already. */
  drain(): boolean;
  /** Whether the parent owes an answer: then a halt is short. */
  awaitsAnswer(): boolean;
  /** Once a turn, for reports and console output. */
  afterTurn(): void;
}

/** Why the loop ended. */
export type LoopEnd = Exclude<Exit, { kind: "budget" } | { kind: "halt" }> | { readonly kind: "stopped" };

/** A slice longer than this means that the thread was frozen or starved, not that the guest ran. */
const plausibleSlice = 250_000;

/**
 * Turns of the event loop spent looking for an answer before the thread sleeps. Falling asleep and being
 * woken costs more than a disk in memory takes to answer; a quarter of a millisecond is given to it at most.
 */
const pollLimit = 24;

/**
 * Runs the guest until it ends by itself or `stop` aborts. One turn: answers in, a slice of guest code,
 * requests out, then as long a rest as the guest and its grant allow.
 */
export async function runGuest(parts: RunLoopParts, stop: AbortSignal): Promise<LoopEnd> {
  const { engine, clock, waits, meter, idle } = parts;
  let polls = 0;
  while (!stop.aborted) {
    const before = clock.now();
    if (meter.take(before) <= 0) {
      parts.afterTurn();
      await waits.sleep(Math.max(1, meter.nextRefill(before) / 1000));
      continue;
    }
    if (parts.deliver()) {
      idle.stirred();
      polls = 0;
    }
    const exit = engine.run();
    meter.spend(micros(Math.min(clock.now() - before, plausibleSlice)));
    const more = parts.drain();
    parts.afterTurn();
    if (exit.kind === "halt" && !more && polls < pollLimit && parts.awaitsAnswer()) {
      polls++;
      await waits.breathe();
    } else if (exit.kind === "halt" && !more) {
      await waits.sleep(idle.sleepFor(exit.wakeIn));
    } else if (exit.kind === "halt" || exit.kind === "budget") {
      idle.active();
      await waits.breathe();
    } else {
      return exit;
    }
  }
  return { kind: "stopped" };
}
