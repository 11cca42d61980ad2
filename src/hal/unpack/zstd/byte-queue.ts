/** Takes bytes out of a stream of pieces in portions of one's own. */
export interface ByteQueue {
  /** The next bytes; `null` when the stream ends before. They stay valid until the next call. */
  take(count: number): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Goes past bytes. `false` when the stream ends before. */
  skip(count: number): Promise<boolean>;
  /** The stream is at its end. */
  atEnd(): Promise<boolean>;
}

/** Opens a queue over pieces, which it reads as they are needed. */
export function openByteQueue(pieces: AsyncIterator<Uint8Array<ArrayBuffer>>): ByteQueue {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  async function fill(count: number): Promise<boolean> {
    while (held.length < count) {
      const next = await pieces.next();
      if (next.done === true) return false;
      if (held.length === 0) {
        held = next.value;
        continue;
      }
      const joined = new Uint8Array(held.length + next.value.length);
      joined.set(held);
      joined.set(next.value, held.length);
      held = joined;
    }
    return true;
  }

  async function skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      if (!(await fill(1))) return false;
      const part = Math.min(left, held.length);
      held = held.subarray(part);
      left -= part;
    }
    return true;
  }

  return {
    async take(count) {
      if (!(await fill(count))) return null;
      const out = held.subarray(0, count);
      held = held.subarray(count);
      return out;
    },
    skip,
    atEnd: async () => !(await fill(1)),
  };
}
