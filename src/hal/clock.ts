import { type Clock, micros } from "../support/index.ts";

/** The thread's monotonic clock. */
export const threadClock: Clock = {
  now: () => micros(performance.now() * 1000),
};

/** Milliseconds since 1970, with fractions. All threads of a page mean the same. */
export const pageTime = (): number => performance.timeOrigin + performance.now();
