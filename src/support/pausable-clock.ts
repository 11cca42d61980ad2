import { type Clock, type Micros, micros } from "./clock.ts";

/** Time that can be stopped. */
export interface PausableClock extends Clock {
  /** Stops time. Twice is harmless. */
  stop(): void;
  /** Lets time go on from where it stopped. */
  go(): void;
}

/** Starts at zero, standing still. For what must not see time pass while its machine is paused. */
export function pausableClock(clock: Clock): PausableClock {
  let passed = 0;
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
