import { ratePerSecond } from "../vmbus-history.ts";

/** A reading of a counter: when it was read (milliseconds since 1970), and what it said. `null`: nobody counts. */
export interface Reading {
  readonly at: number;
  readonly count: number | null;
}

/** What a meter makes of the readings of one counter. */
export interface Metered {
  /** `null`: nobody counts. */
  readonly count: number | null;
  /** A second, between the last two readings; `null`: there are no two that can be compared. */
  readonly rate: number | null;
  /** Counted between them; 0 where there is no rate. */
  readonly added: number;
  /** When it was read last. */
  readonly at: number;
}

/** Remembers the readings of many counters. */
export interface Meters {
  /** A reading of the time of the one before says nothing new. */
  read(key: string, reading: Reading): Metered;
  /** Forgets counters that were not read since the last call. */
  sweep(): void;
}

// After a pause (another workspace, a hidden page) what was added since then did not move now.
const longestSpanMs = 5000;
/** A rate is of this time at least: what comes once a second must not blink. */
const windowMs = 1200;
/** Answers that come closer together say nothing about a rate. */
const shortestSpanMs = 200;

interface Kept {
  /** Of the window, oldest first. */
  readonly readings: readonly Reading[];
  readonly shown: Metered;
}

/** Opens meters that have seen nothing. */
export function openMeters(): Meters {
  let kept = new Map<string, Kept>();
  let fresh = new Map<string, Kept>();
  return {
    read(key, reading) {
      const next = readOn(fresh.get(key) ?? kept.get(key), reading);
      fresh.set(key, next);
      return next.shown;
    },
    sweep() {
      kept = fresh;
      fresh = new Map();
    },
  };
}

function readOn(before: Kept | undefined, reading: Reading): Kept {
  const { at, count } = reading;
  const anew: Kept = { readings: [reading], shown: { count, rate: null, added: 0, at } };
  const last = before?.readings.at(-1);
  if (before === undefined || last === undefined) return anew;
  if (last.at === at && last.count === count) return before;
  const gap = at - last.at;
  // A counter that went back is another one; after a pause nothing is known of now.
  if (gap < 0 || gap > longestSpanMs || count === null || last.count === null || count < last.count)
    return anew;
  if (gap < shortestSpanMs) return before;
  const within = before.readings.filter((one) => one.at >= at - windowMs);
  const readings = [...(within.length === 0 ? [last] : within), reading];
  const rate = ratePerSecond(readings[0] ?? last, reading);
  return { readings, shown: { count, rate, added: count - last.count, at } };
}
