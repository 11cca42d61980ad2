import { after, before } from "./sequence.ts";

/** Ranges kept at most. A sender with more holes than this sends again; memory is the receive ring's anyway. */
const mostRanges = 32;

/** Which sequence numbers came before those in front of them. Ordered, apart from each other, bounded. */
export interface EarlyRanges {
  readonly count: number;
  /** Notes `from` up to, without, `to`. `false`: too many holes already, nothing was noted. */
  add(from: number, to: number): boolean;
  /** Takes out all that is reached from `next` on without a hole; answers where the next hole begins. */
  reach(next: number): number;
  clear(): void;
}

/** Opens an empty note of early ranges. */
export function openEarlyRanges(): EarlyRanges {
  let ranges: { from: number; to: number }[] = [];

  function add(from: number, to: number): boolean {
    const apart = (range: { from: number; to: number }) => before(range.to, from) || after(range.from, to);
    const touching = ranges.filter((range) => !apart(range));
    if (touching.length === 0 && ranges.length >= mostRanges) return false;
    for (const range of touching) {
      if (before(range.from, from)) from = range.from;
      if (after(range.to, to)) to = range.to;
    }
    const at = ranges.findIndex((range) => !before(range.to, from));
    ranges.splice(at < 0 ? ranges.length : at, touching.length, { from, to });
    return true;
  }

  function reach(next: number): number {
    for (let first = ranges[0]; first !== undefined && !after(first.from, next); first = ranges[0]) {
      if (after(first.to, next)) next = first.to;
      ranges.shift();
    }
    return next;
  }

  return {
    get count() {
      return ranges.length;
    },
    add,
    reach,
    clear() {
      ranges = [];
    },
  };
}
