import type { Extent } from "./table.ts";

/** Where new blocks can go. Sectors throughout. */
export interface FreePlaces {
  /** First sector behind everything the file holds. */
  readonly end: number;
  /** Gaps that take a whole block each, highest first: the last one is the one to use next. */
  readonly free: number[];
  /** There were more gaps than are remembered. */
  readonly more: boolean;
}

/** Most gaps remembered: with blocks of 2 MiB they are 8 GiB. The rest is looked for again when they are used up. */
export const gapLimit = 4096;

/**
 * Finds the gaps between what a file holds.
 *
 * @param places    of blocks, ascending, apart from each other
 * @param reserved  ranges that blocks keep away from, ascending by start
 * @param slot      sectors of a block with its bitmap
 */
export function findFreePlaces(places: Uint32Array, reserved: readonly Extent[], slot: number): FreePlaces {
  const free: number[] = [];
  let end = 0;
  let next = 0;
  let more = false;

  function use(start: number, until: number): void {
    for (; end + slot <= start; end += slot) {
      if (free.length >= gapLimit) {
        more = true;
        break;
      }
      free.push(end);
    }
    end = Math.max(end, until);
  }

  for (const place of places) {
    for (; next < reserved.length; next++) {
      const extent = reserved[next];
      if (extent === undefined || extent.start > place) break;
      use(extent.start, extent.end);
    }
    use(place, place + slot);
  }
  for (const extent of reserved.slice(next)) use(extent.start, extent.end);
  return { end, free: free.reverse(), more };
}
