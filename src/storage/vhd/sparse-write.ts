import { type DiskStatus, sectorSize } from "../disk.ts";
import { commit } from "./commit.ts";
import {
  bitmapCacheBytes,
  forgetSectors,
  hold,
  isFull,
  remember,
  sectorsOf,
  setBits,
  setFull,
} from "./sector-bitmaps.ts";
import { dataOf, lookForPlaces, type SparseStore } from "./sparse-store.ts";
import { entriesPerSector, unusedEntry } from "./table.ts";

/** Bytes written at once when a range is made zeros. */
const zeroRun = 256 << 10;

/** Writes a range that lies inside the disk. @throws what the file throws; what was written until then stays */
export function sparseWrite(store: SparseStore, at: number, from: Uint8Array<ArrayBuffer>): DiskStatus {
  for (let done = 0; done < from.length; ) {
    const block = Math.floor((at + done) / store.blockBytes);
    const offset = at + done - block * store.blockBytes;
    const count = Math.min(store.blockBytes - offset, from.length - done);
    const piece = count === from.length ? from : from.subarray(done, done + count);
    if (store.table[block] === unusedEntry) {
      if (!allocate(store, block, offset, piece)) return "noSpace";
    } else {
      overwrite(store, block, offset, piece);
    }
    done += count;
  }
  // Half of the cache stays for bitmaps that are only read.
  if (store.dirtyBitmaps.size * store.bitmapBytes > bitmapCacheBytes / 2) commit(store);
  return "ok";
}

function overwrite(store: SparseStore, block: number, offset: number, piece: Uint8Array<ArrayBuffer>): void {
  store.file.writeAt(dataOf(store, store.table[block] ?? unusedEntry) + offset, piece);
  if (!isFull(store, block)) hold(store, block, offset / sectorSize, piece.length / sectorSize);
}

/**
 * Gives a block a place and writes the first piece of it. The file's table hears of it with the next commit.
 *
 * In a dynamic disk the whole block counts as held and the rest of it is zeros: QEMU never looks at the bitmaps
 * of dynamic disks, libvhdi believes them, and Hyper-V sets them all, so this is what all of them agree on.
 *
 * @returns `false` when the format has no further place
 * @throws what the file throws; the block has no place then
 */
function allocate(
  store: SparseStore,
  block: number,
  offset: number,
  piece: Uint8Array<ArrayBuffer>,
): boolean {
  const { file, slot } = store;
  const place = nextPlace(store);
  if (place + slot >= unusedEntry) return false;
  const before = file.size();
  makeRoom(store, place);
  const data = dataOf(store, place);
  if (store.parent === null) {
    const bits = new Uint8Array(store.bitmapBytes);
    setBits(bits, 0, store.blockBytes / sectorSize);
    file.writeAt(place * sectorSize, bits);
    // What lay here before shows unless it is overwritten; what the file has just grown by is zeros.
    const old = Math.min(before, data + store.blockBytes);
    writeZeros(store, data, Math.min(old, data + offset));
    writeZeros(store, data + offset + piece.length, old);
  }
  file.writeAt(data + offset, piece);
  takePlace(store, place);
  store.table[block] = place;
  store.dirtyTable.add(Math.floor(block / entriesPerSector));
  store.fresh.add(block);
  noteSectors(store, block, offset, piece.length);
  return true;
}

function noteSectors(store: SparseStore, block: number, offset: number, length: number): void {
  if (store.parent === null) {
    setFull(store, block);
    return;
  }
  const bits = new Uint8Array(store.bitmapBytes);
  setBits(bits, offset / sectorSize, length / sectorSize);
  remember(store, block, bits);
  store.dirtyBitmaps.add(block);
  if (length / sectorSize === sectorsOf(store, block)) setFull(store, block);
}

function nextPlace(store: SparseStore): number {
  if (store.free.length === 0 && store.moreFree) lookForPlaces(store);
  return store.free[store.free.length - 1] ?? store.end;
}

function takePlace(store: SparseStore, place: number): void {
  if (store.free.length > 0) store.free.pop();
  else store.end = place + store.slot;
}

/**
 * Makes the file long enough for a block at the end and the footer behind it, so that no guest's bytes ever stand
 * where a footer is looked for. The copy at the start stands in for the footer until the next commit.
 */
function makeRoom(store: SparseStore, place: number): void {
  const { file } = store;
  const needed = (place + store.slot) * sectorSize + store.head.footerBytes.length;
  if (store.footerAt !== null && needed <= store.footerAt) return;
  if (place < store.end && store.free.length > 0) return;
  if (!store.copySound) {
    file.writeAt(0, store.head.footerBytes);
    file.flush();
    store.copySound = true;
  }
  if (needed > file.size()) file.resize(needed);
  store.footerAt = null;
}

function writeZeros(store: SparseStore, from: number, to: number): void {
  if (to <= from) return;
  const zeros = new Uint8Array(Math.min(zeroRun, to - from));
  for (let at = from; at < to; at += zeros.length) {
    store.file.writeAt(at, zeros.subarray(0, Math.min(zeros.length, to - at)));
  }
}

/**
 * Gives a range back. Whole blocks of a disk without parent lose their place; all else becomes zeros.
 * @throws what the file throws
 */
export function sparseUnmap(store: SparseStore, at: number, length: number): DiskStatus {
  for (let done = 0; done < length; ) {
    const block = Math.floor((at + done) / store.blockBytes);
    const offset = at + done - block * store.blockBytes;
    const count = Math.min(store.blockBytes - offset, length - done);
    const status = unmapPiece(store, block, offset, count);
    if (status !== "ok") return status;
    done += count;
  }
  return "ok";
}

function unmapPiece(store: SparseStore, block: number, offset: number, count: number): DiskStatus {
  if (store.parent !== null) return writeZeroPiece(store, block * store.blockBytes + offset, count);
  const place = store.table[block] ?? unusedEntry;
  if (place === unusedEntry) return "ok";
  const start = dataOf(store, place) + offset;
  const visible = Math.min(store.blockBytes, store.byteLength - block * store.blockBytes);
  if (count < visible) writeZeros(store, start, start + count);
  else release(store, block, place);
  return "ok";
}

/** Zeros of a differencing disk are data: without them the parent would show. */
function writeZeroPiece(store: SparseStore, at: number, count: number): DiskStatus {
  const zeros = new Uint8Array(Math.min(zeroRun, count));
  for (let done = 0; done < count; done += zeros.length) {
    const status = sparseWrite(store, at + done, zeros.subarray(0, Math.min(zeros.length, count - done)));
    if (status !== "ok") return status;
  }
  return "ok";
}

/** Takes a block's place away. The place is used again only after the commit that makes the file forget it. */
function release(store: SparseStore, block: number, place: number): void {
  store.table[block] = unusedEntry;
  store.dirtyTable.add(Math.floor(block / entriesPerSector));
  store.leaving.push(place);
  store.fresh.delete(block);
  forgetSectors(store, block);
}
