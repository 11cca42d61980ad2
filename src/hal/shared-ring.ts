import { batchBytes, SharedBatch, SharedCell, type SharedEnd, sharedCells } from "../hvdef/index.ts";

/**
 * Bytes of one direction's ring, a power of two. Reason: room for four of the largest batches that are copied,
 * or eight frames of 64 KiB: about what a guest sends in a slice. Memory nobody writes to costs nothing.
 */
const ringBytes = 512 << 10;
const cellBytes = 2 * sharedCells * 4;
const headBytes = SharedBatch.units * 4;

/** Bytes of shared memory for both directions. */
export const sharedBytes = cellBytes + 2 * ringBytes;

/** The sending side of one direction. */
export interface RingWriter {
  /**
   * Copies a batch into the ring, and wakes the reader if it sleeps.
   * @returns `false` when there is no room now, or the reader's position makes no sense: nothing was written
   */
  put(number: number, buffer: ArrayBuffer, used: number): boolean;
}

/** The receiving side of one direction. */
export interface RingReader {
  /** Whether the batch of this number is the next in the ring, or what is there makes no sense. */
  ready(number: number): boolean;
  /** Position behind everything that was written until now. */
  end(): number;
  /**
   * Takes the batch of this number out of the ring, if it begins before `end`.
   * @param buffer  gives a buffer of so many bytes
   * @returns `null` when the next batch is another or there is none; `"corrupt"` when what is there makes no
   *          sense, which is the sender's fault: do not read on
   */
  take(
    number: number,
    end: number,
    buffer: (room: number) => ArrayBuffer,
  ): { readonly buffer: ArrayBuffer; readonly used: number } | "corrupt" | null;
  /**
   * Resolves after the next batch was put, or the next `wake`. Calls may not overlap. Look with `ready` after
   * the call: what was put before it wakes nobody. `null` when the sender has spoiled the cell.
   */
  sleep(): Promise<unknown> | null;
  wake(): void;
}

interface Direction {
  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** @param from  the side that sends */
function direction(memory: SharedArrayBuffer, from: SharedEnd["side"]): Direction {
  const at = cellBytes + from * ringBytes;
  return {
    cells: new Int32Array(memory, from * sharedCells * 4, sharedCells),
    words: new Int32Array(memory, at, ringBytes / 4),
    bytes: new Uint8Array(memory, at, ringBytes),
  };
}

/** Bytes a batch takes in the ring. */
function span(used: number): number {
  return (headBytes + used + headBytes - 1) & -headBytes;
}

/** Opens the sending side of a fresh ring. */
export function openRingWriter(memory: SharedArrayBuffer, side: SharedEnd["side"]): RingWriter {
  const { cells, words, bytes } = direction(memory, side);
  let written = 0;
  return {
    put(number, buffer, used) {
      const length = span(used);
      const taken = (written - Atomics.load(cells, SharedCell.read)) >>> 0;
      if (taken + length > ringBytes) return false;
      const at = written & (ringBytes - 1);
      words[at / 4 + SharedBatch.number] = number;
      words[at / 4 + SharedBatch.used] = used;
      words[at / 4 + SharedBatch.room] = buffer.byteLength;
      const start = (at + headBytes) & (ringBytes - 1);
      const first = Math.min(used, ringBytes - start);
      bytes.set(new Uint8Array(buffer, 0, first), start);
      if (first < used) bytes.set(new Uint8Array(buffer, first, used - first), 0);
      written = (written + length) | 0;
      Atomics.store(cells, SharedCell.written, written);
      if (Atomics.exchange(cells, SharedCell.asleep, 0) !== 0) Atomics.notify(cells, SharedCell.bell);
      return true;
    },
  };
}

/** Opens the receiving side of a fresh ring. */
export function openRingReader(memory: SharedArrayBuffer, side: SharedEnd["side"]): RingReader {
  const { cells, words, bytes } = direction(memory, side === 0 ? 1 : 0);
  let read = 0;

  function available(): number {
    return (Atomics.load(cells, SharedCell.written) - read) >>> 0;
  }
  function isNext(number: number): boolean {
    return words[(read & (ringBytes - 1)) / 4 + SharedBatch.number] === number;
  }
  function copyOut(buffer: ArrayBuffer, used: number): void {
    const start = (read + headBytes) & (ringBytes - 1);
    const first = Math.min(used, ringBytes - start);
    const target = new Uint8Array(buffer, 0, used);
    target.set(bytes.subarray(start, start + first));
    if (first < used) target.set(bytes.subarray(0, used - first), first);
  }
  return {
    ready: (number) => available() > 0 && isNext(number),
    end: () => Atomics.load(cells, SharedCell.written),
    take(number, end, bufferOf) {
      const waiting = (end - read) >>> 0;
      if (waiting === 0) return null;
      if (waiting > ringBytes || waiting % headBytes !== 0) return "corrupt";
      if (!isNext(number)) return null;
      const at = (read & (ringBytes - 1)) / 4;
      const used = (words[at + SharedBatch.used] ?? 0) >>> 0;
      const room = (words[at + SharedBatch.room] ?? 0) >>> 0;
      if (used > room || room > batchBytes || span(used) > waiting) return "corrupt";
      const buffer = bufferOf(room);
      copyOut(buffer, used);
      read = (read + span(used)) | 0;
      Atomics.store(cells, SharedCell.read, read);
      return { buffer, used };
    },
    sleep() {
      const wait = Atomics.waitAsync(cells, SharedCell.bell, 0);
      Atomics.store(cells, SharedCell.asleep, 1);
      return wait.async ? wait.value : null;
    },
    wake() {
      Atomics.notify(cells, SharedCell.bell);
    },
  };
}
