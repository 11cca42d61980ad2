/** Frames that wait for room in an adapter, first in first out, in one buffer. */
export interface FrameQueue {
  /** Copies a frame to the end. `false`: there is no room. */
  put(bytes: Uint8Array, at: number, length: number): boolean;
  /** Frames that wait. */
  count(): number;
  /** The frame whose turn it is: where in `bytes` it lies. Meaningless when none waits. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  at(): number;
  length(): number;
  /** Forgets the frame whose turn it is. */
  drop(): void;
  clear(): void;
}

/** Low and high byte of a frame's length stand before it. */
const headerBytes = 2;
/** Length of no frame: the next one lies at the start of the buffer. */
const wrapped = 0xffff;

/** @param capacity  bytes, frames with two more for each */
export function openFrameQueue(capacity: number): FrameQueue {
  const bytes = new Uint8Array(capacity);
  let head = 0;
  let tail = 0;
  let count = 0;

  function lengthAt(place: number): number {
    return (bytes[place] ?? 0) | ((bytes[place + 1] ?? 0) << 8);
  }
  function writeLength(place: number, length: number): void {
    bytes[place] = length & 0xff;
    bytes[place + 1] = length >> 8;
  }
  /** Where a frame with its header can go, or -1. Frames are never split. */
  function roomFor(size: number): number {
    if (count > 0 && tail <= head) return head - tail >= size ? tail : -1;
    if (capacity - tail >= size) return tail;
    return head >= size ? 0 : -1;
  }
  function clear(): void {
    head = 0;
    tail = 0;
    count = 0;
  }

  return {
    bytes,
    put(source, at, length) {
      const size = headerBytes + length;
      const place = roomFor(size);
      if (place < 0 || length >= wrapped) return false;
      if (place !== tail && capacity - tail >= headerBytes) writeLength(tail, wrapped);
      writeLength(place, length);
      for (let i = 0; i < length; i++) bytes[place + headerBytes + i] = source[at + i] ?? 0;
      tail = place + size;
      count++;
      return true;
    },
    count: () => count,
    at: () => head + headerBytes,
    length: () => lengthAt(head),
    drop() {
      if (count === 0) return;
      head += headerBytes + lengthAt(head);
      if (--count === 0) clear();
      else if (capacity - head < headerBytes || lengthAt(head) === wrapped) head = 0;
    },
    clear,
  };
}
