import type { VmbusPicture } from "./vmbus-picture.ts";

/** A picture with the time it was taken, milliseconds since 1970. */
export interface VmbusMoment {
  readonly at: number;
  readonly picture: VmbusPicture;
}

/** Moments kept: half a minute at two a second. */
export const momentLimit = 61;

const rateWindowMs = 2000;
const shortestSpanMs = 200;

/** Adds a moment; the oldest goes when there are too many. A moment out of order starts over. */
export function remember(moments: readonly VmbusMoment[], next: VmbusMoment): readonly VmbusMoment[] {
  const last = moments.at(-1);
  if (last === undefined || next.at < last.at) return [next];
  if (next.at === last.at) return moments;
  return [...moments.slice(-(momentLimit - 1)), next];
}

/**
 * Events a second between two readings of a counter.
 *
 * @returns `null` when either is missing, too little time passed, or the counter went back because
 *          the partition is another one: no rate is better than a wrong one
 */
export function ratePerSecond(
  older: { readonly at: number; readonly count: number | null },
  newer: { readonly at: number; readonly count: number | null },
): number | null {
  if (older.count === null || newer.count === null) return null;
  const span = newer.at - older.at;
  if (span < shortestSpanMs || newer.count < older.count) return null;
  return ((newer.count - older.count) * 1000) / span;
}

/** Rate of a counter over the last two seconds. */
export function currentRate(
  moments: readonly VmbusMoment[],
  pick: (picture: VmbusPicture) => number | null,
): number | null {
  const last = moments.at(-1);
  if (last === undefined) return null;
  const older = moments.find((moment) => moment.at >= last.at - rateWindowMs);
  if (older === undefined) return null;
  return ratePerSecond(
    { at: older.at, count: pick(older.picture) },
    { at: last.at, count: pick(last.picture) },
  );
}

/** Rate between each two neighbours, oldest first; `null` where there is none. */
export function rateSeries(
  moments: readonly VmbusMoment[],
  pick: (picture: VmbusPicture) => number | null,
): readonly (number | null)[] {
  return moments
    .slice(1)
    .map((moment, place) =>
      ratePerSecond(
        { at: moments[place]?.at ?? moment.at, count: pick(moments[place]?.picture ?? moment.picture) },
        { at: moment.at, count: pick(moment.picture) },
      ),
    );
}
