import type { Disk } from "../../disk.ts";
import { openPace, type Steps } from "../../steps.ts";
import { mustBeOk } from "./outcome.ts";
import { allZeros } from "./zeros.ts";

/** A part of a disk that is not all zeros. */
export interface Piece {
  /** Byte of the disk. */
  readonly at: number;
  /** Valid until the next piece is asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Most bytes of a disk that are read at once. */
const longestPiece = 1 << 20;

/**
 * Walks through a disk and gives what is not zeros, in order. Waits for what is not here yet, takes turns, and
 * jumps over what the disk knows to be zeros.
 *
 * @param grain  bytes, a multiple of 512: pieces begin at multiples of it and are no longer
 */
export async function* nonZeroPieces(source: Disk, grain: number, steps: Steps): AsyncGenerator<Piece> {
  const { byteLength } = source;
  const pieceBytes = Math.min(grain, longestPiece);
  const buffer = new Uint8Array(Math.min(pieceBytes, byteLength));
  const pace = openPace(steps, byteLength);
  for (let at = 0; at < byteLength; at += pieceBytes) {
    const bytes = buffer.subarray(0, Math.min(pieceBytes, byteLength - at));
    if (source.knownZeros?.(at, bytes.length) === true) {
      await pace.spend(bytes.length, lookupCost);
      continue;
    }
    await source.prepare(at, bytes.length);
    mustBeOk(source.read(at, bytes), "Reading the disk");
    if (!allZeros(bytes)) yield { at, bytes };
    await pace.spend(bytes.length, bytes.length);
  }
}

/** What asking a disk about a range costs, in bytes that could be moved in that time. */
const lookupCost = 1024;
