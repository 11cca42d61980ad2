import { type BlockFile, type Disk, sectorSize } from "../../disk.ts";
import { openPace, type Pace, type Steps } from "../../steps.ts";
import { readVhdHead, type SparseHead, type VhdHead } from "../head.ts";
import { type OpenParent, type OpenVhdOptions, openVhdHead, parentMisfit } from "../open.ts";
import { loadTable, slotSectorsOf, unusedEntry } from "../table.ts";
import { longestRun, openBlock } from "./held-runs.ts";
import {
  attempt,
  guarded,
  mustBeOk,
  refused,
  type ToolOutcome,
  type ToolTrouble,
  unusable,
} from "./outcome.ts";
import { allZeros } from "./zeros.ts";

/** A differencing disk and the disk it builds on. */
export interface MergeParts {
  /** The differencing disk; only read. Borrowed. */
  readonly child: BlockFile;
  /** Its parent, a VHD of any type that no machine and no other differencing disk uses. Changed in place; borrowed. */
  readonly parent: BlockFile;
  /** The parent's own parent with its chain, open for reading; `null` when it has none. Borrowed. */
  readonly grandparent: OpenParent | null;
}

/** What went into the parent. */
export interface MergeResult {
  /** Bytes that the child held. */
  readonly copiedBytes: number;
  /** Bytes of the parent's file now. */
  readonly parentFileBytes: number;
}

/**
 * Copies what a differencing disk holds into its parent. With `done` the parent holds and keeps everything, and
 * the caller may remove the child; differencing disks that build on the child are to be reconnected to the parent,
 * by force, since its unique id is another one. Until the child is removed it reads the same at every moment,
 * whatever happens in between: the parent changes only where the child covers it, and keeps its unique id.
 *
 * @throws the signal's reason when cancelled; the child is untouched and goes on to work
 * @wmi Msvm_ImageManagementService.MergeVirtualHardDisk
 */
export async function mergeIntoParent(parts: MergeParts, steps: Steps): Promise<ToolOutcome<MergeResult>> {
  const child = guarded(parts.child);
  const parent = guarded(parts.parent);
  const head = readVhdHead(child);
  const parentHead = readVhdHead(parent);
  if (head.kind === "corrupt") return unusable(head.text);
  if (parentHead.kind === "corrupt") return unusable(`The parent cannot be used. ${parentHead.text}`);
  const { sparse } = head;
  const trouble = mismatch(head, parentHead);
  if (trouble !== null) return trouble;
  if (sparse === null) return unusable("The differencing disk has no header.");
  const loaded = loadTable(child, head, sparse);
  if (loaded.kind === "corrupt") return unusable(loaded.text);
  const opened = openVhdHead(parent, parentHead, below(parts.grandparent));
  if (opened.kind !== "disk") return unusable(`The parent cannot be used. ${opened.text}`);
  const { disk } = opened;
  try {
    return await copyInto(disk, { child, parent, head, parentHead, sparse, table: loaded.table }, steps);
  } finally {
    // After a cancel too: what has been copied is right, and the parent's file is left in order.
    disk.flush();
    disk[Symbol.dispose]();
  }
}

function mismatch(head: VhdHead, parentHead: VhdHead): ToolTrouble | null {
  if (head.parent === null)
    return refused("Only a differencing disk can be merged; this disk has no parent.");
  const { uniqueId, byteLength, footer } = parentHead;
  const misfit = parentMisfit(head, { uniqueId, timeStamp: footer.timeStamp, disk: { byteLength } });
  return misfit === null ? null : refused(misfit.text);
}

interface MergeWork {
  readonly child: BlockFile;
  readonly parent: BlockFile;
  readonly head: VhdHead;
  readonly parentHead: VhdHead;
  readonly sparse: SparseHead;
  readonly table: Uint32Array;
}

function copyInto(disk: Disk, work: MergeWork, steps: Steps): Promise<ToolOutcome<MergeResult>> {
  const { child, parent, head, sparse, table } = work;
  const { blockBytes } = sparse;
  const used = table.reduce((sum, entry) => sum + (entry === unusedEntry ? 0 : 1), 0);
  const total = Math.max(1, used * blockBytes);
  const begun = parent.size();
  let copiedBytes = 0;
  return attempt(
    steps,
    () => begun + growthOf(work, used),
    async () => {
      await steps.step(0, total);
      const pace = openPace(steps, total);
      for (const [block, entry] of table.entries()) {
        if (entry === unusedEntry) continue;
        const reader = openBlock(child, head, { block, entry, blockBytes });
        copiedBytes += await copyBlock(disk, { reader, at: block * blockBytes, blockBytes, pace });
        await pace.spend(blockBytes, reader.bitmap.length);
      }
      await steps.step(total, total);
      mustBeOk(disk.flush(), "Writing the parent");
      return { kind: "done", copiedBytes, parentFileBytes: parent.size() };
    },
  );
}

interface BlockMerge {
  readonly reader: ReturnType<typeof openBlock>;
  /** Byte of the disk where the block starts. */
  readonly at: number;
  readonly blockBytes: number;
  readonly pace: Pace;
}

async function copyBlock(disk: Disk, { reader, at, blockBytes, pace }: BlockMerge): Promise<number> {
  const buffer = new Uint8Array(Math.min(longestRun, blockBytes));
  let copied = 0;
  for (const { inside, length } of reader.runs()) {
    const bytes = buffer.subarray(0, length);
    reader.read(inside, bytes);
    const status = allZeros(bytes) ? disk.unmap(at + inside, length) : disk.write(at + inside, bytes);
    mustBeOk(status, "Writing the parent");
    copied += length;
    await pace.spend(0, length);
  }
  return copied;
}

/** Bytes the parent's file grows by at most: a place for each block of the child, if it has none yet. */
function growthOf({ parentHead, sparse, table }: MergeWork, used: number): number {
  const shape = parentHead.sparse;
  if (shape === null || table.length === 0) return 0;
  const perBlock =
    Math.ceil(sparse.blockBytes / shape.blockBytes) + (sparse.blockBytes % shape.blockBytes === 0 ? 0 : 1);
  return Math.min(used * perBlock, shape.blocks) * slotSectorsOf(shape.blockBytes) * sectorSize;
}

/** The grandparent as opening the parent wants it; it cannot be disposed from here. */
function below(grandparent: OpenParent | null): OpenVhdOptions {
  if (grandparent === null) return {};
  return { parent: { ...grandparent, disk: { ...grandparent.disk, [Symbol.dispose]() {} } } };
}
