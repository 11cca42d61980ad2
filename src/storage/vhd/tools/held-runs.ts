import { type BlockFile, sectorSize } from "../../disk.ts";
import type { VhdHead } from "../head.ts";
import { hasBit, runEnd } from "../sector-bitmaps.ts";
import { bitmapBytesOf } from "../table.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Sectors of a block that lie together and are all held by it. */
export interface HeldRun {
  /** First byte inside the block, and bytes. */
  readonly inside: number;
  readonly length: number;
}

/** One block of a sparse file, to be read. */
export interface BlockReader {
  /** The sector bitmap; bits of sectors that the disk does not have are clear. */
  readonly bitmap: Bytes;
  /** What is held, in order, in runs of at most {@link longestRun} bytes. */
  runs(): Generator<HeldRun>;
  /** Fills `into` from a byte inside the block. @throws what the file throws */
  read(inside: number, into: Bytes): void;
}

/** Most bytes that tools move at once. */
export const longestRun = 1 << 20;

/** Opens a block whose place has been checked. Reads the bitmap. @throws what the file throws */
export function openBlock(file: BlockFile, head: VhdHead, at: BlockPlace): BlockReader {
  const bitmapBytes = bitmapBytesOf(at.blockBytes);
  const placeAt = at.entry * sectorSize;
  const bitmap = new Uint8Array(bitmapBytes);
  file.readAt(placeAt, bitmap);
  const sectors = Math.min(at.blockBytes, head.byteLength - at.block * at.blockBytes) / sectorSize;
  clearFrom(bitmap, sectors);

  function* runs(): Generator<HeldRun> {
    for (let sector = 0; sector < sectors; ) {
      const most = Math.min(sectors, sector + longestRun / sectorSize);
      const end = runEnd(bitmap, sector, most);
      if (hasBit(bitmap, sector)) yield { inside: sector * sectorSize, length: (end - sector) * sectorSize };
      sector = end;
    }
  }
  function read(inside: number, into: Bytes): void {
    const got = file.readAt(placeAt + bitmapBytes + inside, into);
    into.fill(0, got);
  }
  return { bitmap, runs, read };
}

/** Which block, and where. */
export interface BlockPlace {
  readonly block: number;
  /** Its entry of the table: the sector of its bitmap. */
  readonly entry: number;
  readonly blockBytes: number;
}

function clearFrom(bitmap: Bytes, sectors: number): void {
  if (sectors >= bitmap.length * 8) return;
  const byte = sectors >> 3;
  bitmap[byte] = (bitmap[byte] ?? 0) & ~(0xff >> (sectors & 7));
  bitmap.fill(0, byte + 1);
}
