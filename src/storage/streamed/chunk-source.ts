/** A file of the site that can be had in pieces. `hal` makes them from a static host. */
export interface ChunkSource {
  /** Bytes of the disk. */
  readonly byteLength: number;
  /** Bytes of each chunk but the last: a multiple of 512 from 4 KiB to 16 MiB. */
  readonly chunkBytes: number;
  /** What the chunk holds is known to be zeros: it is neither fetched nor kept. Absent means it is never known. */
  isZero?(chunk: number): boolean;
  /**
   * Brings one chunk, whole; the caller may keep the buffer.
   * @throws whatever happened, in words a person reads; the signal's reason when it was given up
   */
  fetch(chunk: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

const smallestChunk = 4096;
const largestChunk = 16 << 20;
/** Reason: the map of presence of a disk of 64 TiB in chunks of 1 MiB takes 8 MiB. */
const chunkLimit = 1 << 26;

/** Why a disk of this shape cannot be streamed; `null` when it can. Both may be any number. */
export function shapeTrouble(byteLength: number, chunkBytes: number): string | null {
  const chunksFit = Number.isSafeInteger(chunkBytes) && chunkBytes % 512 === 0;
  if (!chunksFit || chunkBytes < smallestChunk || chunkBytes > largestChunk) {
    return `The disk is cut into impossible pieces of ${chunkBytes} bytes.`;
  }
  if (!Number.isSafeInteger(byteLength) || byteLength <= 0 || byteLength > chunkBytes * chunkLimit) {
    return `The disk has an impossible size: ${byteLength} bytes.`;
  }
  return null;
}
