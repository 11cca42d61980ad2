import type { BlockFile } from "../disk.ts";
import type { ImageFault } from "../image-outcome.ts";
import type { VhdHead } from "./head.ts";
import { loadTable, slotSectorsOf, unusedEntry } from "./table.ts";

/** How a VHD that nobody needs to open is laid out. */
export interface VhdSurvey {
  readonly kind: "survey";
  /** Blocks of the disk; a fixed disk counts as one that is there. */
  readonly blocks: number;
  readonly allocatedBlocks: number;
  /** Share of allocated blocks that do not follow their predecessor in the file, 0 to 1. */
  readonly fragmentation: number;
  /**
   * Which parts of the disk the file holds itself, whole blocks at a time.
   * @param cells  number of equal parts, 1 to 65536
   * @returns one byte for each: 0 nothing of it, 255 all of it
   */
  allocation(cells: number): Uint8Array<ArrayBuffer>;
}

/** Surveys a VHD of any type. Reads its table, and of the blocks nothing. */
export function surveyVhd(
  file: BlockFile,
  head: VhdHead,
): VhdSurvey | { readonly kind: "corrupt"; readonly fault: ImageFault; readonly text: string } {
  const { sparse, byteLength } = head;
  if (sparse === null) {
    const allocation = (cells: number) => new Uint8Array(cells).fill(255);
    return { kind: "survey", blocks: 1, allocatedBlocks: 1, fragmentation: 0, allocation };
  }
  const loaded = loadTable(file, head, sparse);
  if (loaded.kind === "corrupt") return loaded;
  const { table } = loaded;
  const { blockBytes } = sparse;
  return {
    kind: "survey",
    blocks: table.length,
    allocatedBlocks: countBlocks(table),
    fragmentation: fragmentationOf(table, slotSectorsOf(blockBytes)),
    allocation: (cells) => blockShare({ table, blockBytes, byteLength }, cells),
  };
}

/** Blocks that have a place. */
export function countBlocks(table: Uint32Array): number {
  let count = 0;
  for (const entry of table) if (entry !== unusedEntry) count++;
  return count;
}

/** Share of the blocks with a place that do not stand right behind the one before them, 0 to 1. */
function fragmentationOf(table: Uint32Array, slot: number): number {
  let before = -1;
  let followers = 0;
  let strays = 0;
  for (const entry of table) {
    if (entry === unusedEntry) continue;
    if (before >= 0) {
      followers++;
      if (entry !== before + slot) strays++;
    }
    before = entry;
  }
  return followers === 0 ? 0 : strays / followers;
}

/** A table and what its blocks mean. */
export interface BlockPlan {
  readonly table: Uint32Array;
  readonly blockBytes: number;
  readonly byteLength: number;
}

/** For each of `cells` equal parts of a disk, how much of it lies in blocks that have a place: 0 to 255. */
export function blockShare(plan: BlockPlan, cells: number): Uint8Array<ArrayBuffer> {
  const { table, blockBytes, byteLength } = plan;
  const held = new Float64Array(cells);
  const cell = byteLength / cells;
  for (const [block, entry] of table.entries()) {
    if (entry === unusedEntry) continue;
    const start = block * blockBytes;
    const end = Math.min(start + blockBytes, byteLength);
    for (let place = Math.floor(start / cell); place < cells && place * cell < end; place++) {
      held[place] = (held[place] ?? 0) + Math.min(end, (place + 1) * cell) - Math.max(start, place * cell);
    }
  }
  return Uint8Array.from(held, (bytes) => Math.min(255, Math.ceil((bytes / cell) * 255)));
}
