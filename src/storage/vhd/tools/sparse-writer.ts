import { type BlockFile, sectorSize } from "../../disk.ts";
import { bitmapBytesOf, unusedEntry } from "../table.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a new dynamic or differencing file will be. */
export interface SparsePlan {
  readonly entries: number;
  readonly blockBytes: number;
  /** Bytes of the file before the table: footer copy, header, texts of locators. A multiple of 512. */
  readonly tableAt: number;
}

/**
 * Lays out a sparse VHD in an empty file, block after block. Until `finish` nothing in the file looks like a VHD,
 * so what an interrupted tool leaves is taken for nothing but rubbish.
 */
export interface SparseWriter {
  /** Whether a block has a place in the file already. */
  holds(block: number): boolean;
  /** Gives a block its place, behind all others, with this sector bitmap; its data is zeros until written. */
  add(block: number, bitmap: Bytes): void;
  /** Writes into a block that has been added. Zeros may be left out. */
  put(block: number, inside: number, bytes: Bytes): void;
  /** Length the finished file will have when `blocks` more are added. */
  lengthWith(blocks: number): number;
  /**
   * Writes table, head and footer, so that the file is a VHD and safe when this returns.
   *
   * @param head  what stands before the table, `tableAt` bytes, beginning with the copy of the footer
   */
  finish(head: Bytes): void;
}

/** Bytes of a table with so many entries: whole sectors. @vhd block-allocation-table */
export function tableBytesOf(entries: number): number {
  return Math.ceil((entries * 4) / sectorSize) * sectorSize;
}

/** A sector bitmap with a bit for every sector of a block. */
export function fullBitmap(blockBytes: number): Bytes {
  const bitmap = new Uint8Array(bitmapBytesOf(blockBytes));
  const sectors = blockBytes / sectorSize;
  for (let sector = 0; sector < sectors; sector += 8) {
    bitmap[sector >> 3] = sectors - sector >= 8 ? 0xff : 0xff << (8 - (sectors - sector));
  }
  return bitmap;
}

/** Entries encoded and written at once. */
const entriesAtOnce = 1 << 16;

/** Begins a file. Whatever it held is thrown away. Borrows it. */
export function openSparseWriter(file: BlockFile, plan: SparsePlan): SparseWriter {
  const { entries, blockBytes, tableAt } = plan;
  const table = new Uint32Array(entries).fill(unusedEntry);
  const bitmapBytes = bitmapBytesOf(blockBytes);
  let end = tableAt + tableBytesOf(entries);
  file.resize(0);

  function holds(block: number): boolean {
    return (table[block] ?? unusedEntry) !== unusedEntry;
  }
  function add(block: number, bitmap: Bytes): void {
    file.writeAt(end, bitmap);
    table[block] = end / sectorSize;
    end += bitmapBytes + blockBytes;
  }
  function put(block: number, inside: number, bytes: Bytes): void {
    file.writeAt((table[block] ?? 0) * sectorSize + bitmapBytes + inside, bytes);
  }
  function writeTable(): void {
    for (let first = 0; first < entries; first += entriesAtOnce) {
      const count = Math.min(entriesAtOnce, entries - first);
      const bytes = new Uint8Array(tableBytesOf(count)).fill(0xff);
      const view = new DataView(bytes.buffer);
      for (let place = 0; place < count; place++)
        view.setUint32(place * 4, table[first + place] ?? unusedEntry);
      file.writeAt(tableAt + first * 4, bytes);
    }
  }
  function finish(head: Bytes): void {
    file.resize(end);
    writeTable();
    file.flush();
    file.writeAt(0, head);
    file.writeAt(end, head.subarray(0, sectorSize));
    file.flush();
  }
  return {
    holds,
    add,
    put,
    lengthWith: (blocks) => end + blocks * (bitmapBytes + blockBytes) + sectorSize,
    finish,
  };
}
