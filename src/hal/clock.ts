import { type Clock, micros } from "../support/index.ts";

/** The thread's monotonic clock. */
export const threadClock: Clock = {
  now: () => micros(performance.now() * 1000),
};
