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
  /** Empties the guest's rings and sends what came out. Answers whether there was anything. */
  exchange(): boolean;
  /** Once a turn, for reports and console output. */
  afterTurn(): void;
}

/** Why the loop ended. */
export type LoopEnd = Exclude<Exit, { kind: "budget" } | { kind: "halt" }> | { readonly kind: "stopped" };

/** A slice longer than this means that the thread was frozen or starved, not that the guest ran. */
const plausibleSlice = 250_000;

/**
 * Runs the guest until it ends by itself or `stop` aborts. One turn: a slice of guest code, then the
 * exchange with the parent, then as long a rest as the guest and its grant allow.
 */
export async function runGuest(parts: RunLoopParts, stop: AbortSignal): Promise<LoopEnd> {
  const { engine, clock, waits, meter, idle } = parts;
  while (!stop.aborted) {
    const before = clock.now();
    if (meter.take(before) <= 0) {
      parts.afterTurn();
      await waits.sleep(Math.max(1, (meter.nextRefill(before) - before) / 1000));
      continue;
    }
    const exit = engine.run();
    const used = Math.min(clock.now() - before, plausibleSlice);
    meter.spend(micros(used));
    if (parts.exchange()) idle.active();
    parts.afterTurn();
    switch (exit.kind) {
      case "budget":
        idle.active();
        await waits.breathe();
        break;
      case "halt":
        await waits.sleep(idle.sleepFor(exit.wakeIn));
        break;
      default:
        return exit;
    }
  }
  return { kind: "stopped" };
}
