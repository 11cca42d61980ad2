import { type BlockFile, sectorSize } from "../../disk.ts";
import { openPace, type Steps } from "../../steps.ts";
import { parseFooter, VhdFooter, VhdType } from "../footer.ts";
import { readVhdHead, type SparseHead, type VhdHead } from "../head.ts";
import { loadTable, reservedExtents, slotSectorsOf } from "../table.ts";
import { longestRun } from "./held-runs.ts";
import { attempt, guarded, refused, type ToolOutcome, unusable } from "./outcome.ts";
import { allZeros } from "./zeros.ts";

/** What was written again. */
export interface RepairResult {
  readonly repaired: "footer" | "copy";
}

/**
 * Writes a footer again: the one at the end from the copy at the start, or the copy from the one at the end. A
 * fixed disk has no copy; when growing it was interrupted, its old footer is found where the disk ended, and what
 * is behind it is cut off. A power cut at any moment leaves a file that this tool repairs.
 *
 * @param file  a VHD of any type that nobody uses. Changed in place; borrowed
 * @throws the signal's reason when cancelled, which leaves the file as it was
 */
export async function repairFooter(file: BlockFile, steps: Steps): Promise<ToolOutcome<RepairResult>> {
  const guardedFile = guarded(file);
  const head = readVhdHead(guardedFile);
  return attempt(
    steps,
    () => guardedFile.size() + VhdFooter.size,
    async () => {
      await steps.step(0, 1);
      if (head.kind === "corrupt") return cutBehindFooter(guardedFile, head.text, steps);
      if (head.sparse !== null && head.fromCopy) return restoreFooter(guardedFile, head, head.sparse);
      if (head.copySound) return refused("The VHD's footer is sound; there is nothing to repair.");
      guardedFile.writeAt(0, head.footerBytes);
      guardedFile.flush();
      return { kind: "done", repaired: "copy" };
    },
  );
}

/** The footer goes behind everything that the file holds; what an interrupted write left there belongs to nothing. */
function restoreFooter(file: BlockFile, head: VhdHead, sparse: SparseHead): ToolOutcome<RepairResult> {
  const loaded = loadTable(file, head, sparse);
  if (loaded.kind === "corrupt") return unusable(loaded.text);
  const last = loaded.places[loaded.places.length - 1];
  const blocksEnd = last === undefined ? 0 : last + slotSectorsOf(sparse.blockBytes);
  const others = reservedExtents(sparse, file.size()).map(({ end }) => end);
  const footerAt = Math.max(blocksEnd, ...others) * sectorSize;
  file.writeAt(footerAt, head.footerBytes);
  file.resize(footerAt + VhdFooter.size);
  file.flush();
  return { kind: "done", repaired: "footer" };
}

async function cutBehindFooter(
  file: BlockFile,
  trouble: string,
  steps: Steps,
): Promise<ToolOutcome<RepairResult>> {
  const footerAt = await lostFixedFooter(file, steps);
  if (footerAt === null)
    return unusable(`${trouble} There is nothing to repair it from. Take the disk from a backup.`);
  file.resize(footerAt + VhdFooter.size);
  file.flush();
  return { kind: "done", repaired: "footer" };
}

/**
 * Byte of the footer of a fixed disk behind which the file has only zeros, as a power cut can leave it while the
 * disk is made larger; `null` when there is none. Reads the file backwards up to the first byte that is not zero.
 *
 * @throws what the file throws; the reason of the signal
 */
export async function lostFixedFooter(file: BlockFile, steps: Steps): Promise<number | null> {
  const end = Math.floor(file.size() / sectorSize) * sectorSize;
  const pace = openPace(steps, end);
  const buffer = new Uint8Array(Math.min(longestRun, end));
  for (let to = end; to > 0; to -= buffer.length) {
    const from = Math.max(0, to - buffer.length);
    const bytes = buffer.subarray(0, to - from);
    file.readAt(from, bytes);
    if (!allZeros(bytes)) return footerIn(bytes, from);
    await pace.spend(bytes.length, bytes.length);
  }
  return null;
}

/** The last sector of these that is not zeros, when it is the footer of a fixed disk that ends right before it. */
function footerIn(bytes: Uint8Array<ArrayBuffer>, from: number): number | null {
  let last = bytes.length - sectorSize;
  while (last > 0 && allZeros(bytes.subarray(last, last + sectorSize))) last -= sectorSize;
  const found = parseFooter(bytes.slice(last, last + sectorSize));
  const fits = found.kind === "footer" && found.type === VhdType.fixed && found.byteLength === from + last;
  return fits ? from + last : null;
}
