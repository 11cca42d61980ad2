/** Bytes in one piece of sparse memory. */
export const chunkBytes = 1 << 20;

/** Memory that costs nothing until it is written. Ranges are the caller's to check. */
export interface SparseMemory {
  /** Fills `into` from `at`; what was never written reads as zeros. */
  read(at: number, into: Uint8Array<ArrayBuffer>): void;
  /** `false` when the browser has no memory left; the range is undefined then. */
  write(at: number, from: Uint8Array<ArrayBuffer>): boolean;
  /** Makes a range zeros again and frees the chunks that lie in it entirely. */
  clear(at: number, length: number): void;
  /** Bytes held. */
  allocated(): number;
  /** Which of `cells` equal parts of the first `length` bytes are held: 0 none of it, 255 all of it. */
  share(length: number, cells: number): Uint8Array<ArrayBuffer>;
}

/** Opens sparse memory, all zeros. */
export function sparseMemory(): SparseMemory {
  const chunks = new Map<number, Uint8Array<ArrayBuffer>>();

  function read(at: number, into: Uint8Array<ArrayBuffer>): void {
    for (let done = 0; done < into.length; ) {
      const offset = (at + done) % chunkBytes;
      const count = Math.min(chunkBytes - offset, into.length - done);
      const chunk = chunks.get((at + done - offset) / chunkBytes);
      if (chunk === undefined) into.fill(0, done, done + count);
      else into.set(chunk.subarray(offset, offset + count), done);
      done += count;
    }
  }

  function write(at: number, from: Uint8Array<ArrayBuffer>): boolean {
    for (let done = 0; done < from.length; ) {
      const offset = (at + done) % chunkBytes;
      const count = Math.min(chunkBytes - offset, from.length - done);
      const chunk = chunkFor((at + done - offset) / chunkBytes);
      if (chunk === null) return false;
      chunk.set(from.subarray(done, done + count), offset);
      done += count;
    }
    return true;
  }

  function chunkFor(index: number): Uint8Array<ArrayBuffer> | null {
    const known = chunks.get(index);
    if (known !== undefined) return known;
    try {
      const fresh = new Uint8Array(chunkBytes);
      chunks.set(index, fresh);
      return fresh;
    } catch {
      return null; // only allocation can fail here
    }
  }

  function clear(at: number, length: number): void {
    const end = at + length;
    const first = Math.floor(at / chunkBytes);
    const last = Math.ceil(end / chunkBytes);
    if (last - first > chunks.size) {
      for (const index of [...chunks.keys()]) clearChunk(index, at, end);
    } else {
      for (let index = first; index < last; index++) clearChunk(index, at, end);
    }
  }

  function clearChunk(index: number, from: number, to: number): void {
    const start = index * chunkBytes;
    if (to <= start || from >= start + chunkBytes) return;
    if (from <= start && to >= start + chunkBytes) chunks.delete(index);
    else chunks.get(index)?.fill(0, Math.max(0, from - start), Math.min(chunkBytes, to - start));
  }

  function share(length: number, cells: number): Uint8Array<ArrayBuffer> {
    const held = new Float64Array(cells);
    const cell = length / cells;
    for (const index of chunks.keys()) {
      const start = index * chunkBytes;
      const end = Math.min(start + chunkBytes, length);
      for (let place = Math.floor(start / cell); place < cells && place * cell < end; place++) {
        held[place] = (held[place] ?? 0) + Math.min(end, (place + 1) * cell) - Math.max(start, place * cell);
      }
    }
    return Uint8Array.from(held, (bytes) => Math.min(255, Math.ceil((bytes / cell) * 255)));
  }

  return { read, write, clear, allocated: () => chunks.size * chunkBytes, share };
}
