/** A piece of the device in memory. */
export interface DeviceChunk {
  readonly index: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** What the file does not have yet, inside the chunk; empty when both are equal. */
  from: number;
  to: number;
  /** The buffer is being written to the file, so a change needs another one. */
  lent: boolean;
}

/**
 * The chunks of a device that are in memory. Clean ones may go at any time, dirty ones stay until they
 * are written.
 */
export interface Overlay {
  readonly chunkBytes: number;
  get(index: number): DeviceChunk | undefined;
  /** Takes in a chunk as the file holds it. */
  addClean(index: number, bytes: Uint8Array<ArrayBuffer>): void;
  /** Puts bytes over a chunk; one that is not here must be covered entirely. */
  change(index: number, from: number, bytes: Uint8Array<ArrayBuffer>): void;
  dirtyBytes(): number;
  cleanBytes(): number;
  /** Lends every dirty chunk to be written. */
  lend(): readonly DeviceChunk[];
  /** Takes back what was lent: what has not changed meanwhile is clean if it was written. */
  takeBack(lent: readonly DeviceChunk[], written: boolean): void;
}

/** @param cleanLimit  bytes of clean chunks at most */
export function openOverlay(chunkBytes: number, cleanLimit: number): Overlay {
  /** Least recently used first. */
  const clean = new Map<number, DeviceChunk>();
  const dirty = new Map<number, DeviceChunk>();
  let cleanBytes = 0;
  let dirtyBytes = 0;

  function get(index: number): DeviceChunk | undefined {
    const changed = dirty.get(index);
    if (changed !== undefined) return changed;
    const found = clean.get(index);
    if (found !== undefined) {
      clean.delete(index);
      clean.set(index, found);
    }
    return found;
  }

  function keepClean(chunk: DeviceChunk): void {
    dropClean(chunk.index);
    clean.set(chunk.index, chunk);
    cleanBytes += chunk.bytes.length;
    for (const oldest of clean.keys()) {
      if (cleanBytes <= cleanLimit || oldest === chunk.index) break;
      dropClean(oldest);
    }
  }

  function dropClean(index: number): void {
    cleanBytes -= clean.get(index)?.bytes.length ?? 0;
    clean.delete(index);
  }

  function change(index: number, from: number, bytes: Uint8Array<ArrayBuffer>): void {
    const to = from + bytes.length;
    let chunk = dirty.get(index);
    if (chunk === undefined) {
      const known = clean.get(index);
      dropClean(index);
      chunk = known ?? { index, bytes: new Uint8Array(bytes.length), from, to, lent: false };
      chunk.from = from;
      chunk.to = to;
      dirty.set(index, chunk);
      dirtyBytes += chunk.bytes.length;
    } else if (chunk.lent) {
      // The file gets the bytes as they were; this chunk goes on with a copy.
      chunk = { ...chunk, bytes: chunk.bytes.slice(), lent: false };
      dirty.set(index, chunk);
    }
    chunk.bytes.set(bytes, from);
    chunk.from = Math.min(chunk.from, from);
    chunk.to = Math.max(chunk.to, to);
  }

  function lend(): readonly DeviceChunk[] {
    const lent = [...dirty.values()].sort((one, other) => one.index - other.index);
    for (const chunk of lent) chunk.lent = true;
    return lent;
  }

  function takeBack(lent: readonly DeviceChunk[], written: boolean): void {
    for (const chunk of lent) {
      chunk.lent = false;
      // One that has changed meanwhile has another entry, which covers what was lent as well.
      if (!written || dirty.get(chunk.index) !== chunk) continue;
      dirty.delete(chunk.index);
      dirtyBytes -= chunk.bytes.length;
      chunk.from = 0;
      chunk.to = 0;
      // What was read just now must not go to make room for what was written.
      if (cleanBytes + chunk.bytes.length <= cleanLimit) keepClean(chunk);
    }
  }

  return {
    chunkBytes,
    get,
    addClean: (index, bytes) => {
      if (!dirty.has(index)) keepClean({ index, bytes, from: 0, to: 0, lent: false });
    },
    change,
    dirtyBytes: () => dirtyBytes,
    cleanBytes: () => cleanBytes,
    lend,
    takeBack,
  };
}
