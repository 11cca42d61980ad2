import { longestFrame, shortestFrame } from "../port.ts";

/** Bytes before each frame: its length, little-endian. */
const lengthBytes = 2;

/** Largest batch that is sent or taken. */
export const largestBatch = 64 * 1024;

/** A batch of frames being gathered. */
export interface TabBatch {
  /** Appends a frame. `false`: it does not fit, nothing has changed. */
  add(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean;
  isEmpty(): boolean;
  /** The gathered frames in a buffer of their own; the batch is empty afterwards. */
  take(): ArrayBuffer;
}

/** Opens an empty batch. */
export function openTabBatch(): TabBatch {
  const bytes = new Uint8Array(largestBatch);
  const view = new DataView(bytes.buffer);
  let used = 0;
  return {
    add(from, at, length) {
      if (used + lengthBytes + length > largestBatch) return false;
      view.setUint16(used, length, true);
      bytes.set(from.subarray(at, at + length), used + lengthBytes);
      used += lengthBytes + length;
      return true;
    },
    isEmpty: () => used === 0,
    take() {
      const batch = bytes.buffer.slice(0, used);
      used = 0;
      return batch;
    },
  };
}

/**
 * Hands out the frames of a batch in order.
 *
 * @returns whether the batch was whole: `false` when a length was impossible; the frames before it were handed out
 */
export function readTabBatch(
  batch: ArrayBuffer,
  each: (bytes: Uint8Array<ArrayBuffer>, at: number, length: number) => void,
): boolean {
  if (batch.byteLength > largestBatch) return false;
  const bytes = new Uint8Array(batch);
  const view = new DataView(batch);
  let at = 0;
  while (at + lengthBytes <= bytes.length) {
    const length = view.getUint16(at, true);
    at += lengthBytes;
    if (length < shortestFrame || length > longestFrame || at + length > bytes.length) return false;
    each(bytes, at, length);
    at += length;
  }
  return at === bytes.length;
}
