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

interface Kept {
  readonly last: Reading;
  readonly shown: Metered;
}

/** Opens meters that have seen nothing. */
export function openMeters(): Meters {
  let kept = new Map<string, Kept>();
  let fresh = new Map<string, Kept>();
  return {
    read(key, reading) {
      const before = fresh.get(key) ?? kept.get(key);
      const shown = metered(before, reading);
      fresh.set(key, { last: shown === before?.shown ? before.last : reading, shown });
      return shown;
    },
    sweep() {
      kept = fresh;
      fresh = new Map();
    },
  };
}

function metered(before: Kept | undefined, reading: Reading): Metered {
  const { at, count } = reading;
  if (before === undefined) return { count, rate: null, added: 0, at };
  const { last, shown } = before;
  if (last.at === at && last.count === count) return shown;
  const rate = at - last.at > longestSpanMs ? null : ratePerSecond(last, reading);
  // Two answers that come together: the rate of before is better than none.
  if (rate === null && at - last.at < 200 && count !== null && last.count !== null && count >= last.count)
    return shown;
  return { count, rate, added: rate === null ? 0 : (count ?? 0) - (last.count ?? 0), at };
}
