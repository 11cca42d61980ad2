import { type Clock, type Micros, micros } from "./clock.ts";

/** Time that can be stopped. */
export interface PausableClock extends Clock {
  /** Stops time. Twice is harmless. */
  stop(): void;
  /** Lets time go on from where it stopped. */
  go(): void;
}

/**
 * Stands still at first. For what must not see time pass while its machine is paused.
 *
 * @param start  what it shows first, microseconds: of a machine that was saved, what it showed then
 */
export function pausableClock(clock: Clock, start = 0): PausableClock {
  let passed = start;
  let since: number | null = null;
  return {
    now: (): Micros => micros(since === null ? passed : passed + clock.now() - since),
    stop() {
      if (since === null) return;
      passed += clock.now() - since;
      since = null;
    },
    go() {
      since ??= clock.now();
    },
  };
}
