import { sectorSize } from "../disk.ts";
import { gapLimit } from "./places.ts";
import { isFull } from "./sector-bitmaps.ts";
import type { SparseStore } from "./sparse-store.ts";
import { entriesPerSector, reservedExtents, unusedEntry } from "./table.ts";

/** Most sectors of the table written at once: 64 KiB. */
const longestRun = 128;

/** Whether the file still has to be told of something. */
export function holdsBack(store: SparseStore): boolean {
  return store.dirtyTable.size > 0 || store.dirtyBitmaps.size > 0 || store.footerAt === null;
}

/**
 * Makes everything written so far safe: data, and bitmaps of new blocks, first; then what names them. A power cut
 * in between leaves a table that names only what is there.
 *
 * @throws what the file throws; nothing is forgotten, and the next commit does all of it again
 */
export function commit(store: SparseStore): void {
  if (!holdsBack(store)) {
    store.file.flush();
    return;
  }
  writeBitmaps(store, true);
  store.file.flush();
  // Whether or not the rest succeeds, the file may name them from here on.
  store.fresh.clear();
  writeBitmaps(store, false);
  writeTable(store);
  if (store.footerAt === null) putFooter(store);
  store.file.flush();
  settleBitmaps(store);
  store.dirtyTable.clear();
  giveBack(store);
  trim(store);
}

function writeBitmaps(store: SparseStore, fresh: boolean): void {
  for (const block of store.dirtyBitmaps) {
    const bits = store.bitmaps.get(block);
    const place = store.table[block] ?? unusedEntry;
    if (bits === undefined || place === unusedEntry || store.fresh.has(block) !== fresh) continue;
    store.file.writeAt(place * sectorSize, bits);
  }
}

function settleBitmaps(store: SparseStore): void {
  for (const block of store.dirtyBitmaps) if (isFull(store, block)) store.bitmaps.delete(block);
  store.dirtyBitmaps.clear();
}

/** Writes what changed of the table, neighbouring sectors together. */
function writeTable(store: SparseStore): void {
  const sectors = [...store.dirtyTable].sort((one, other) => one - other);
  for (let first = 0; first < sectors.length; ) {
    const start = sectors[first] ?? 0;
    let count = 1;
    while (count < longestRun && sectors[first + count] === start + count) count++;
    const entries = store.table.subarray(start * entriesPerSector, (start + count) * entriesPerSector);
    store.file.writeAt(store.sparse.tableAt + start * sectorSize, tableBytes(entries));
    first += count;
  }
}

/** Entries as the file holds them. @vhd block-allocation-table */
export function tableBytes(entries: Uint32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(entries.length * 4);
  const view = new DataView(bytes.buffer);
  for (let place = 0; place < entries.length; place++)
    view.setUint32(place * 4, entries[place] ?? unusedEntry);
  return bytes;
}

/** Puts the footer where one is looked for. The file may be longer than it has to be; `trim` sees to that. */
function putFooter(store: SparseStore): void {
  const { footerBytes } = store.head;
  const last = Math.ceil((store.file.size() - footerBytes.length) / sectorSize) * sectorSize;
  const at = Math.max(store.end * sectorSize, last);
  store.file.writeAt(at, footerBytes);
  store.footerAt = at;
}

/** The file no longer names the places that were given up: they are free. */
function giveBack(store: SparseStore): void {
  if (store.leaving.length === 0) return;
  store.free.push(...store.leaving.splice(0, Math.max(0, gapLimit - store.free.length)));
  store.moreFree ||= store.leaving.length > 0;
  store.leaving = [];
  const end = lastUsed(store);
  if (end >= store.end) return;
  store.end = end;
  store.free = store.free.filter((place) => place + store.slot <= end);
}

function lastUsed(store: SparseStore): number {
  let end = 0;
  for (const { end: behind } of reservedExtents(store.sparse, store.file.size())) end = Math.max(end, behind);
  for (const place of store.table) if (place !== unusedEntry) end = Math.max(end, place + store.slot);
  return end;
}

/** Cuts free space off the end of the file. The footer is safe at its new place before the old one goes. */
function trim(store: SparseStore): void {
  const at = store.end * sectorSize;
  if (store.footerAt === null || store.footerAt <= at) return;
  const { footerBytes } = store.head;
  store.file.writeAt(at, footerBytes);
  store.file.flush();
  store.file.resize(at + footerBytes.length);
  store.footerAt = at;
}
