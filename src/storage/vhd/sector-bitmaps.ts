import { sectorSize } from "../disk.ts";
import type { SparseStore } from "./sparse-store.ts";

/** Bytes of sector bitmaps kept in memory, and of those that may wait for a commit. */
export const bitmapCacheBytes = 2 << 20;

/**
 * The sector bitmap of a block that has a place; `null` when every sector of the block is held.
 * The block that was asked for last is the last to be forgotten. @throws what the file throws
 */
export function bitmapOf(store: SparseStore, block: number): Uint8Array<ArrayBuffer> | null {
  if (isFull(store, block)) return null;
  const known = store.bitmaps.get(block);
  if (known !== undefined) {
    store.bitmaps.delete(block);
    store.bitmaps.set(block, known);
    return known;
  }
  const bits = new Uint8Array(store.bitmapBytes);
  const place = store.table[block] ?? 0;
  store.readWhole(place * sectorSize, bits);
  if (runEnd(bits, 0, sectorsOf(store, block)) === sectorsOf(store, block) && hasBit(bits, 0)) {
    setFull(store, block);
    return null;
  }
  remember(store, block, bits);
  return bits;
}

/** Keeps a bitmap in memory; forgets clean ones when there are too many. */
export function remember(store: SparseStore, block: number, bits: Uint8Array<ArrayBuffer>): void {
  store.bitmaps.set(block, bits);
  const most = Math.max(16, bitmapCacheBytes / store.bitmapBytes);
  if (store.bitmaps.size <= most) return;
  for (const oldest of store.bitmaps.keys()) {
    if (store.dirtyBitmaps.has(oldest)) continue;
    store.bitmaps.delete(oldest);
    return;
  }
}

/** Records that a range of sectors of a block is held now. @throws what the file throws */
export function hold(store: SparseStore, block: number, first: number, count: number): void {
  const bits = bitmapOf(store, block);
  if (bits === null || (hasBit(bits, first) && runEnd(bits, first, first + count) === first + count)) return;
  setBits(bits, first, count);
  store.dirtyBitmaps.add(block);
  if (hasBit(bits, 0) && runEnd(bits, 0, sectorsOf(store, block)) === sectorsOf(store, block)) {
    setFull(store, block);
  }
}

/** Sectors of a block that the disk has: fewer than usual in the last one. */
export function sectorsOf(store: SparseStore, block: number): number {
  return Math.min(store.blockBytes, store.byteLength - block * store.blockBytes) / sectorSize;
}

/** Whether all sectors of a block are known to be held; a block's bitmap need not be looked at then. */
export function isFull(store: SparseStore, block: number): boolean {
  return (((store.full[block >> 3] ?? 0) >> (block & 7)) & 1) === 1;
}

/** Notes that all sectors of a block are held. */
export function setFull(store: SparseStore, block: number): void {
  store.full[block >> 3] = (store.full[block >> 3] ?? 0) | (1 << (block & 7));
}

/** Forgets what is known of a block's sectors. */
export function forgetSectors(store: SparseStore, block: number): void {
  store.full[block >> 3] = (store.full[block >> 3] ?? 0) & ~(1 << (block & 7));
  store.bitmaps.delete(block);
  store.dirtyBitmaps.delete(block);
}

/** A sector's bit: the highest bit of a byte is the lowest sector. @vhd data-blocks */
export function hasBit(bits: Uint8Array, sector: number): boolean {
  return (((bits[sector >> 3] ?? 0) << (sector & 7)) & 0x80) !== 0;
}

/** Where the run of equal bits that starts at `from` ends, at most `to`. */
export function runEnd(bits: Uint8Array, from: number, to: number): number {
  const wanted = hasBit(bits, from);
  const uniform = wanted ? 0xff : 0;
  let sector = from + 1;
  while (sector < to) {
    if ((sector & 7) === 0 && bits[sector >> 3] === uniform) sector += 8;
    else if (hasBit(bits, sector) === wanted) sector++;
    else return sector;
  }
  return to;
}

/** Sets a range of bits. */
export function setBits(bits: Uint8Array, first: number, count: number): void {
  const end = first + count;
  for (let sector = first; sector < end; ) {
    if ((sector & 7) === 0 && end - sector >= 8) {
      bits[sector >> 3] = 0xff;
      sector += 8;
    } else {
      bits[sector >> 3] = (bits[sector >> 3] ?? 0) | (0x80 >> (sector & 7));
      sector++;
    }
  }
}
