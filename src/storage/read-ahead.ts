/** Foresees what sequential readers of a chunked disk want next. */
export interface ReadAhead {
  /**
   * Notes that a reader wants the chunks `first` to `last`.
   * @returns how many chunks behind `last` are probably wanted soon; 0 for a reader who jumps about
   */
  follow(first: number, last: number): number;
}

/** A reader who walks through the disk. */
interface Reader {
  /** Chunk behind the last one it wanted. */
  next: number;
  window: number;
}

/** Readers that are told apart: a guest that loads programs and copies a file reads in a few places at once. */
const readerLimit = 8;

/**
 * Opens read-ahead for one disk.
 *
 * @param limit  most chunks ahead of one reader
 */
export function openReadAhead(limit: number): ReadAhead {
  const readers: Reader[] = [];

  function follow(first: number, last: number): number {
    // A reader of small pieces wants the same chunk many times before it goes on to the next.
    const place = readers.findIndex(({ next }) => first === next || first === next - 1);
    const known = readers[place];
    if (known === undefined) {
      if (readers.length >= readerLimit) readers.shift();
      readers.push({ next: last + 1, window: 0 });
      return 0;
    }
    if (last + 1 > known.next) {
      known.next = last + 1;
      known.window = Math.min(limit, Math.max(1, known.window * 2));
      readers.splice(place, 1);
      readers.push(known);
    }
    return known.window;
  }
  return { follow };
}
