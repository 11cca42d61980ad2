import { type Clock, type Micros, micros } from "../support/index.ts";
import type { PartitionClock } from "../vid/index.ts";

/** Guest-visible time that can be stopped. */
export interface PausableClock extends PartitionClock {
  /** Stops time. Twice is harmless. */
  stop(): void;
  /** Lets time go on from where it stopped. */
  go(): void;
}

/** Starts at zero, standing still. A paused guest must not see time pass. */
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
