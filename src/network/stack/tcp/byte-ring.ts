/** Bytes allocated first; a ring doubles from here while it is used. */
const firstBytes = 4096;

/**
 * A queue of bytes with a limit, whose memory grows with its use. Bytes can be put behind the end before the
 * gap in front of them is filled.
 */
export interface ByteRing {
  /** Bytes in the queue. */
  readonly length: number;
  /** Bytes that can be in it at most. */
  readonly limit: number;
  /** Bytes of memory it holds now. */
  readonly allocated: number;
  /** Writes at `offset` from the front, which may be behind the end; `offset + length` is at most `limit`. */
  put(offset: number, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void;
  /** Makes the next `count` bytes, put before, part of the queue. */
  extend(count: number): void;
  /** Copies from `offset` of the queue; the range is inside it. */
  copy(offset: number, into: Uint8Array<ArrayBuffer>, at: number, length: number): void;
  /** Forgets the first `count` bytes. */
  drop(count: number): void;
  /** The longest piece at the front that lies in one run. Belongs to the ring, valid until the next call. */
  front(): Uint8Array<ArrayBuffer>;
  /** Forgets everything and frees the memory. */
  release(): void;
}

/** @param limit  bytes, a power of two of at least 4096 */
export function openByteRing(limit: number): ByteRing {
  let memory = new Uint8Array(0);
  let head = 0;
  let length = 0;

  function grow(needed: number): void {
    let size = Math.max(firstBytes, memory.length);
    while (size < needed) size *= 2;
    if (size === memory.length) return;
    const larger = new Uint8Array(size);
    larger.set(memory.subarray(head));
    larger.set(memory.subarray(0, head), memory.length - head);
    memory = larger;
    head = 0;
  }

  return {
    get length() {
      return length;
    },
    get allocated() {
      return memory.length;
    },
    limit,
    put(offset, bytes, at, count) {
      if (offset < 0 || offset + count > limit)
        throw new RangeError("A byte ring was asked beyond its limit");
      if (count === 0) return;
      grow(offset + count);
      const start = (head + offset) & (memory.length - 1);
      const first = Math.min(count, memory.length - start);
      memory.set(bytes.subarray(at, at + first), start);
      if (first < count) memory.set(bytes.subarray(at + first, at + count), 0);
    },
    extend(count) {
      length += count;
    },
    copy(offset, into, at, count) {
      if (offset < 0 || offset + count > length) throw new RangeError("A byte ring was read beyond its end");
      if (count === 0) return;
      const start = (head + offset) & (memory.length - 1);
      const first = Math.min(count, memory.length - start);
      into.set(memory.subarray(start, start + first), at);
      if (first < count) into.set(memory.subarray(0, count - first), at + first);
    },
    drop(count) {
      if (count < 0 || count > length) throw new RangeError("A byte ring was emptied beyond its end");
      length -= count;
      if (memory.length > 0) head = (head + count) & (memory.length - 1);
    },
    front() {
      return memory.subarray(head, Math.min(memory.length, head + length));
    },
    release() {
      memory = new Uint8Array(0);
      head = 0;
      length = 0;
    },
  };
}
