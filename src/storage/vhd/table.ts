import { reasonOf } from "../../support/index.ts";
import { type BlockFile, sectorSize } from "../disk.ts";
import { corrupt, type ImageFault } from "../image-outcome.ts";
import { VhdFooter } from "./footer.ts";
import type { SparseHead, VhdHead } from "./head.ts";
import { VhdHeader } from "./header.ts";
import { locatorExtents } from "./parent-record.ts";

/** Entry of a block that has no place in the file. @vhd block-allocation-table */
export const unusedEntry = 0xffffffff;

/** Entries in a sector of the table. */
export const entriesPerSector = sectorSize / 4;

/** Bytes of a block's sector bitmap, whole sectors. @vhd data-blocks */
export function bitmapBytesOf(blockBytes: number): number {
  return Math.ceil(blockBytes / sectorSize / 8 / sectorSize) * sectorSize;
}

/** Sectors that one block takes in the file: its bitmap and its data. */
export function slotSectorsOf(blockBytes: number): number {
  return (bitmapBytesOf(blockBytes) + blockBytes) / sectorSize;
}

/** A range of the file in sectors. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** A table that passed every check. */
export interface LoadedTable {
  readonly kind: "table";
  /** By block: the sector where its bitmap starts, or {@link unusedEntry}. The caller's to change. */
  readonly table: Uint32Array<ArrayBuffer>;
  /** Places of all blocks, ascending. */
  readonly places: Uint32Array<ArrayBuffer>;
}

/** Bytes of the table read at once. */
const pieceBytes = 64 << 10;

/**
 * Reads the block allocation table and checks that every block lies inside the file, apart from all other blocks
 * and from what else the file holds. Takes at most twice the table's bytes of memory, 32 MiB.
 *
 * @vhd block-allocation-table
 */
export function loadTable(
  file: BlockFile,
  head: VhdHead,
  sparse: SparseHead,
): LoadedTable | { readonly kind: "corrupt"; readonly fault: ImageFault; readonly text: string } {
  try {
    const table = readTable(file, sparse);
    const places = table.filter((entry) => entry !== unusedEntry).sort();
    const slot = slotSectorsOf(sparse.blockBytes);
    // Where the copy had to be used, the end of the file may be a block's.
    const end = Math.floor((file.size() - (head.fromCopy ? 0 : VhdFooter.size)) / sectorSize);
    const last = places[places.length - 1];
    if (last !== undefined && last + slot > end) {
      const text = `Block ${table.indexOf(last)} of the VHD lies beyond the end of the file: the file was cut short.`;
      return corrupt("tableEntry", text);
    }
    const clash = firstClash(places, slot, structuresOf(sparse));
    if (clash !== null) {
      const block = table.indexOf(clash.place);
      return corrupt("overlap", `Block ${block} of the VHD shares sectors with ${clash.other}.`);
    }
    return { kind: "table", table, places };
  } catch (thrown) {
    return corrupt("unreadable", `The VHD's block allocation table cannot be read: ${reasonOf(thrown)}`);
  }
}

function readTable(file: BlockFile, sparse: SparseHead): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array(sparse.blocks);
  const bytes = new Uint8Array(Math.min(pieceBytes, Math.max(4, sparse.blocks * 4)));
  const view = new DataView(bytes.buffer);
  for (let first = 0; first < sparse.blocks; first += bytes.length / 4) {
    const count = Math.min(bytes.length / 4, sparse.blocks - first);
    const wanted = bytes.subarray(0, count * 4);
    if (file.readAt(sparse.tableAt + first * 4, wanted) < wanted.length)
      throw new Error("the file is too short");
    for (let place = 0; place < count; place++) table[first + place] = view.getUint32(place * 4);
  }
  return table;
}

/** What a file holds besides blocks and the footer at its end: the footer's copy, header and table. */
function structuresOf(sparse: SparseHead): readonly Extent[] {
  return [
    { start: 0, end: 1 },
    inSectors(sparse.headerAt, VhdHeader.size),
    inSectors(sparse.tableAt, sparse.tableEntries * 4),
  ];
}

/** All that blocks must be kept away from, ascending by start. Locators' texts too; they may overlap anything. */
export function reservedExtents(sparse: SparseHead, size: number): readonly Extent[] {
  const texts = locatorExtents(sparse.header)
    .filter(({ at, length }) => at + length <= size)
    .map(({ at, length }) => inSectors(at, length));
  return [...structuresOf(sparse), ...texts].sort((one, other) => one.start - other.start);
}

function inSectors(at: number, length: number): Extent {
  return { start: Math.floor(at / sectorSize), end: Math.ceil((at + length) / sectorSize) };
}

/** The first block, by place, that shares a sector with something. */
function firstClash(places: Uint32Array, slot: number, structures: readonly Extent[]) {
  let free = 0;
  for (const place of places) {
    if (place < free) return { place, other: "another block" };
    free = place + slot;
    // At most three structures: no search is worth it.
    for (const { start, end } of structures) {
      if (place < end && start < place + slot) return { place, other: "the header or the table of the file" };
    }
  }
  return null;
}
