import type { DiskStatus } from "../disk.ts";
import { bitmapOf, hasBit, isFull, runEnd, sectorsOf } from "./sector-bitmaps.ts";
import { dataOf, type SparseStore } from "./sparse-store.ts";
import { unusedEntry } from "./table.ts";

/**
 * Told of each longest range in turn: `offset` and `count` are bytes inside the request, `from` is the byte of
 * the file where this layer holds it, or -1 where it holds nothing of it.
 */
type Visit = (offset: number, count: number, from: number) => void;

/** Reads a range that lies inside the disk. @throws what the file throws */
export function sparseRead(store: SparseStore, at: number, into: Uint8Array<ArrayBuffer>): DiskStatus {
  const whole = heldWhole(store, at, into.length);
  if (whole >= 0) {
    store.readWhole(whole, into);
    return "ok";
  }
  let status: DiskStatus = "ok";
  walk(store, at, into.length, (offset, count, from) => {
    if (status !== "ok") return;
    const part = into.subarray(offset, offset + count);
    if (from >= 0) store.readWhole(from, part);
    else if (store.parent === null) part.fill(0);
    else status = store.parent.read(at + offset, part);
  });
  return status;
}

/** What must be waited for before a range can be read: what the parents wait for where this layer holds nothing. */
export function sparsePrepare(store: SparseStore, at: number, length: number): Promise<void> | null {
  const { parent } = store;
  if (parent === null || heldWhole(store, at, length) >= 0) return null;
  const waits: Promise<void>[] = [];
  walk(store, at, length, (offset, count, from) => {
    const wait = from >= 0 ? null : parent.prepare(at + offset, count);
    if (wait !== null) waits.push(wait);
  });
  if (waits.length < 2) return waits[0] ?? null;
  return Promise.all(waits).then(() => {});
}

/** Whether no layer has a place for any block of a range, so that it reads as zeros. */
export function sparseKnownZeros(store: SparseStore, at: number, length: number): boolean {
  const last = Math.ceil((at + length) / store.blockBytes);
  for (let block = Math.floor(at / store.blockBytes); block < last; block++) {
    if (store.table[block] !== unusedEntry) return false;
  }
  return store.parent === null || store.parent.knownZeros?.(at, length) === true;
}

/** Where a range stands in the file when one full block holds all of it, the usual case; otherwise -1. */
function heldWhole(store: SparseStore, at: number, length: number): number {
  const block = Math.floor(at / store.blockBytes);
  const offset = at - block * store.blockBytes;
  const place = store.table[block] ?? unusedEntry;
  if (place === unusedEntry || offset + length > store.blockBytes || !isFull(store, block)) return -1;
  return dataOf(store, place) + offset;
}

/** Walks through a range. What this layer does not hold is joined across blocks. @throws what the file throws */
function walk(store: SparseStore, at: number, length: number, visit: Visit): void {
  let gap = 0;
  for (let done = 0; done < length; ) {
    const block = Math.floor((at + done) / store.blockBytes);
    const offset = at + done - block * store.blockBytes;
    const count = Math.min(store.blockBytes - offset, length - done);
    const place = store.table[block] ?? unusedEntry;
    if (place !== unusedEntry) {
      const shift = dataOf(store, place) - block * store.blockBytes + at;
      eachHeld(store, { block, offset, count }, (from, to) => {
        const start = done + from - offset;
        const end = done + to - offset;
        if (start > gap) visit(gap, start - gap, -1);
        visit(start, end - start, start + shift);
        gap = end;
      });
    }
    done += count;
  }
  if (gap < length) visit(gap, length - gap, -1);
}

/** A range inside a block, in bytes. */
interface Piece {
  readonly block: number;
  readonly offset: number;
  readonly count: number;
}

/** The ranges of a piece whose sectors are held, as bytes inside the block. */
function eachHeld(store: SparseStore, piece: Piece, visit: (from: number, to: number) => void): void {
  const { block, offset, count } = piece;
  const bits = bitmapOf(store, block);
  if (bits === null) {
    visit(offset, offset + count);
    return;
  }
  const end = Math.min((offset + count) / 512, sectorsOf(store, block));
  for (let sector = offset / 512; sector < end; ) {
    const next = runEnd(bits, sector, end);
    if (hasBit(bits, sector)) visit(sector * 512, next * 512);
    sector = next;
  }
}
