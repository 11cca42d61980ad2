import type { BlockFile } from "../../disk.ts";
import { openPace, type Pace, type Steps } from "../../steps.ts";
import { readVhdHead, type SparseHead, type VhdHead } from "../head.ts";
import { loadTable, unusedEntry } from "../table.ts";
import { type BlockReader, longestRun, openBlock } from "./held-runs.ts";
import { attempt, guarded, refused, type ToolOutcome, unusable } from "./outcome.ts";
import { movedHead } from "./sparse-head.ts";
import { fullBitmap, openSparseWriter, type SparseWriter } from "./sparse-writer.ts";
import { allZeros } from "./zeros.ts";

/** A file and the one that is to take its place. */
export interface CompactParts {
  /** A dynamic or differencing VHD, only read; borrowed. Its parents are not needed. */
  readonly source: BlockFile;
  /** Where the smaller file goes. What it holds is thrown away. Borrowed; without `done` it holds nothing of use. */
  readonly target: BlockFile;
}

/** What became smaller. */
export interface CompactResult {
  /** Bytes of the new file. */
  readonly fileBytes: number;
  /** Blocks that had a place in the old file and have none in the new one. */
  readonly droppedBlocks: number;
}

/**
 * Writes a dynamic or differencing disk again without what it need not hold: in a dynamic disk blocks of zeros,
 * in a differencing disk blocks that override no sector. The new file keeps unique id, time stamp and parent, so
 * the caller gives it the old one's name and children still find it; it is safe when the outcome is `done`.
 *
 * @throws the signal's reason when cancelled; the source is never touched
 * @wmi Msvm_ImageManagementService.CompactVirtualHardDisk
 */
export async function compact(parts: CompactParts, steps: Steps): Promise<ToolOutcome<CompactResult>> {
  const source = guarded(parts.source);
  const head = readVhdHead(source);
  if (head.kind === "corrupt") return unusable(head.text);
  const { sparse } = head;
  if (sparse === null) {
    return refused(
      "A fixed disk always takes its whole size. Convert it to a dynamically expanding disk instead.",
    );
  }
  const loaded = loadTable(source, head, sparse);
  if (loaded.kind === "corrupt") return unusable(loaded.text);
  return copyBlocks(
    parts.target,
    { source, head, sparse, table: loaded.table, used: loaded.places.length },
    steps,
  );
}

/** A file whose table has been checked. */
interface SparseSource {
  readonly source: BlockFile;
  readonly head: VhdHead;
  readonly sparse: SparseHead;
  readonly table: Uint32Array;
  /** Blocks that have a place. */
  readonly used: number;
}

function copyBlocks(
  target: BlockFile,
  from: SparseSource,
  steps: Steps,
): Promise<ToolOutcome<CompactResult>> {
  const { source, head, sparse, table, used } = from;
  const total = Math.max(1, used * sparse.blockBytes);
  let writer: SparseWriter | null = null;
  let kept = 0;
  let droppedBlocks = 0;
  const needed = () => writer?.lengthWith(used - kept - droppedBlocks) ?? 0;
  return attempt(steps, needed, async () => {
    await steps.step(0, total);
    const moved = movedHead(source, { footer: head.footer, header: sparse.header }, sparse.blocks);
    const plan = { entries: sparse.blocks, blockBytes: sparse.blockBytes, tableAt: moved.length };
    const laying = openSparseWriter(guarded(target), plan);
    writer = laying;
    const pace = openPace(steps, total);
    for (const [block, entry] of table.entries()) {
      if (entry === unusedEntry) continue;
      const reader = openBlock(source, head, { block, entry, blockBytes: sparse.blockBytes });
      if (head.type === "dynamic")
        await copyNonZero(reader, { laying, block, pace, blockBytes: sparse.blockBytes });
      else await copyHeld(reader, { laying, block, pace, blockBytes: sparse.blockBytes });
      if (laying.holds(block)) kept++;
      else droppedBlocks++;
    }
    await steps.step(total, total);
    laying.finish(moved);
    return { kind: "done", fileBytes: laying.lengthWith(0), droppedBlocks };
  });
}

interface BlockCopy {
  readonly laying: SparseWriter;
  readonly block: number;
  readonly blockBytes: number;
  readonly pace: Pace;
}

/** A dynamic disk's block: what it does not hold reads as zeros, so zeros need not be held either. */
async function copyNonZero(reader: BlockReader, copy: BlockCopy): Promise<void> {
  const { laying, block, pace, blockBytes } = copy;
  const buffer = new Uint8Array(Math.min(longestRun, blockBytes));
  for (const { inside, length } of reader.runs()) {
    const bytes = buffer.subarray(0, length);
    reader.read(inside, bytes);
    if (!allZeros(bytes)) {
      if (!laying.holds(block)) laying.add(block, fullBitmap(blockBytes));
      laying.put(block, inside, bytes);
    }
    await pace.spend(0, length);
  }
  await pace.spend(blockBytes, 0);
}

/** A differencing disk's block: zeros that it holds hide what the parent has there. */
async function copyHeld(reader: BlockReader, copy: BlockCopy): Promise<void> {
  const { laying, block, pace, blockBytes } = copy;
  if (allZeros(reader.bitmap)) {
    await pace.spend(blockBytes, reader.bitmap.length);
    return;
  }
  laying.add(block, reader.bitmap);
  const buffer = new Uint8Array(Math.min(longestRun, blockBytes));
  for (const { inside, length } of reader.runs()) {
    const bytes = buffer.subarray(0, length);
    reader.read(inside, bytes);
    laying.put(block, inside, bytes);
    await pace.spend(0, length);
  }
  await pace.spend(blockBytes, 0);
}
