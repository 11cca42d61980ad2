import { type BlockFile, type Disk, sectorSize } from "../disk.ts";
import type { SparseHead, VhdHead } from "./head.ts";
import { findFreePlaces } from "./places.ts";
import { bitmapBytesOf, type LoadedTable, reservedExtents, slotSectorsOf, unusedEntry } from "./table.ts";

/**
 * State of an open dynamic or differencing disk.
 *
 * Invariants, on which survival of power cuts rests. A block in `fresh` is named by no table in the file, so its
 * place may be written in any order. A place in `leaving` may still be named by the table in the file, so it is
 * not used again before the next commit. `dirtyBitmaps` is part of `bitmaps`. What `dirtyTable` and the bitmaps
 * of blocks that are not fresh say reaches the file only after the data they speak of is safe there.
 */
export interface SparseStore {
  readonly file: BlockFile;
  /** What shines through where this layer holds nothing; zeros do when it is `null`. */
  readonly parent: Disk | null;
  readonly byteLength: number;
  readonly readOnly: boolean;
  readonly blockBytes: number;
  readonly bitmapBytes: number;
  /** Sectors of a block with its bitmap. */
  readonly slot: number;
  readonly head: VhdHead;
  readonly sparse: SparseHead;
  /** By block: sector of its place, or `unusedEntry`. What the disk is now, not what the file says. */
  readonly table: Uint32Array<ArrayBuffer>;
  /** Sectors of the table that the file has to be told of. */
  readonly dirtyTable: Set<number>;
  /** Blocks that got their place since the last commit. */
  readonly fresh: Set<number>;
  /** Places given up since the last commit. */
  leaving: number[];
  /** One bit a block: all its sectors are held. */
  readonly full: Uint8Array<ArrayBuffer>;
  /** Sector bitmaps by block, the one used longest ago first. */
  readonly bitmaps: Map<number, Uint8Array<ArrayBuffer>>;
  readonly dirtyBitmaps: Set<number>;
  /** First sector behind everything; the footer belongs there. */
  end: number;
  /** Places in front of `end` that are free, the next one last. */
  free: number[];
  /** There may be free places that `free` does not list. */
  moreFree: boolean;
  /** Byte of the file where the footer stands; `null` when none is sure to stand at the end. */
  footerAt: number | null;
  /** The copy at the start says what the footer says. */
  copySound: boolean;
  lastFailure: string | null;
  /** Fills `into` from a byte of the file. @throws what the file throws, or an error at its end */
  readWhole(at: number, into: Uint8Array<ArrayBuffer>): void;
}

/** What an open layer is made of. */
export interface SparseParts {
  readonly file: BlockFile;
  readonly head: VhdHead;
  readonly sparse: SparseHead;
  readonly loaded: LoadedTable;
  readonly parent: Disk | null;
  readonly readOnly: boolean;
}

/** The state of a disk that was just opened. */
export function openStore(parts: SparseParts): SparseStore {
  const { file, head, sparse, loaded, parent, readOnly } = parts;
  const slot = slotSectorsOf(sparse.blockBytes);
  const size = file.size();
  const { end, free, more } = findFreePlaces(loaded.places, reservedExtents(sparse, size), slot);
  return {
    file,
    parent,
    byteLength: head.byteLength,
    readOnly,
    blockBytes: sparse.blockBytes,
    bitmapBytes: bitmapBytesOf(sparse.blockBytes),
    slot,
    head,
    sparse,
    table: loaded.table,
    dirtyTable: new Set(),
    fresh: new Set(),
    leaving: [],
    full: new Uint8Array(Math.ceil(sparse.blocks / 8)),
    bitmaps: new Map(),
    dirtyBitmaps: new Set(),
    end,
    free,
    moreFree: more,
    footerAt: head.fromCopy ? null : size - head.footerBytes.length,
    copySound: head.copySound,
    lastFailure: null,
    readWhole(at, into) {
      const got = file.readAt(at, into);
      if (got < into.length) throw new Error("The file of the disk has become shorter.");
    },
  };
}

/** Finds gaps again after those that were known are used up. Costs a sort of the table. */
export function lookForPlaces(store: SparseStore): void {
  const used = [...store.leaving];
  const places = new Uint32Array(store.table.length + used.length).fill(unusedEntry);
  places.set(store.table);
  places.set(used, store.table.length);
  const sorted = places.filter((entry) => entry !== unusedEntry).sort();
  const found = findFreePlaces(sorted, reservedExtents(store.sparse, store.file.size()), store.slot);
  store.free = found.free;
  store.moreFree = found.more;
  store.end = found.end;
}

/** Byte of the file where a block's data starts. */
export function dataOf(store: SparseStore, place: number): number {
  return place * sectorSize + store.bitmapBytes;
}
