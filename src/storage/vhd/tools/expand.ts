import { type BlockFile, sectorSize } from "../../disk.ts";
import type { Steps } from "../../steps.ts";
import { vhdSizeLimit } from "../footer.ts";
import { readVhdHead, type SparseHead, type VhdHead } from "../head.ts";
import { blockLimit, sealHeader } from "../header.ts";
import { bitmapBytesOf, loadTable, reservedExtents, unusedEntry } from "../table.ts";
import { append, clearRange, needsRepair, nextSector, resizedFooter } from "./footers.ts";
import { attempt, guarded, refused, type ToolOutcome, type ToolTrouble, unusable } from "./outcome.ts";
import { tableBytesOf } from "./sparse-writer.ts";

/** A file and how large its disk is to be. */
export interface ExpandParts {
  /** A fixed or dynamic VHD that no machine and no differencing disk uses. Changed in place; borrowed. */
  readonly file: BlockFile;
  /** Bytes, more than now; rounded up to a sector. */
  readonly byteLength: number;
}

/** What the disk has become. */
export interface ExpandResult {
  readonly byteLength: number;
  readonly fileBytes: number;
}

/**
 * Makes a disk larger; what is added reads as zeros. A power cut at any moment leaves a file that opens with the
 * old size or the new one and the same contents. Children of the disk no longer fit it: the caller refuses to
 * expand a disk that has any.
 *
 * @throws the signal's reason when cancelled; the file is as it was then
 * @wmi Msvm_ImageManagementService.ExpandVirtualHardDisk
 */
export async function expand(parts: ExpandParts, steps: Steps): Promise<ToolOutcome<ExpandResult>> {
  const file = guarded(parts.file);
  const head = readVhdHead(file);
  if (head.kind === "corrupt") return unusable(head.text);
  const byteLength = nextSector(parts.byteLength);
  const trouble = impossible(head, byteLength);
  if (trouble !== null) return trouble;
  const growth: Growth = { file, head, byteLength };
  if (head.sparse === null) return expandFixed(growth, steps);
  return expandDynamic({ ...growth, sparse: head.sparse }, steps);
}

interface Growth {
  readonly file: BlockFile;
  readonly head: VhdHead;
  /** Bytes the disk will have. */
  readonly byteLength: number;
}

function impossible(head: VhdHead, byteLength: number): ToolTrouble | null {
  if (head.type === "differencing") {
    return refused(
      "A differencing disk has the size of its parent. Merge it into a new disk and expand that one.",
    );
  }
  if (!Number.isSafeInteger(byteLength) || byteLength > vhdSizeLimit) {
    return refused("A VHD cannot be larger than 2040 GiB.");
  }
  if (byteLength <= head.byteLength) {
    return refused(`A disk can only become larger, and this one has ${head.byteLength} bytes already.`);
  }
  return needsRepair(head);
}

/**
 * The new footer goes behind the new end in one write, which is all it takes: from then on the file is a larger
 * disk. The old footer is a sector of its contents then and becomes zeros.
 */
function expandFixed({ file, head, byteLength }: Growth, steps: Steps): Promise<ToolOutcome<ExpandResult>> {
  const before = file.size();
  const fileBytes = byteLength + sectorSize;
  return attempt(
    steps,
    () => fileBytes,
    async () => {
      if (before !== head.byteLength + sectorSize) {
        return refused(
          "The file holds more than the disk and its footer. Convert it to a new disk and expand that one.",
        );
      }
      await steps.step(0, 1);
      try {
        file.writeAt(byteLength, resizedFooter(head, byteLength));
        file.flush();
      } catch (thrown) {
        file.resize(before);
        throw thrown;
      }
      clearRange(file, head.byteLength, before);
      file.flush();
      return { kind: "done", byteLength, fileBytes };
    },
  );
}

interface SparseGrowth extends Growth {
  readonly sparse: SparseHead;
}

/**
 * First what only a larger disk would look at: its table, and the rest of the last block. Then the header, which
 * fits both sizes. Then the copy of the footer, then the footer.
 */
function expandDynamic(growth: SparseGrowth, steps: Steps): Promise<ToolOutcome<ExpandResult>> {
  const { file, head, sparse, byteLength } = growth;
  const entries = Math.ceil(byteLength / sparse.blockBytes);
  const behind = nextSector(file.size());
  const needed = () => behind + tableBytesOf(entries) + sectorSize;
  return attempt(steps, needed, async () => {
    if (entries > blockLimit) {
      return refused(
        "The disk's blocks are too small for that size. Convert it to a new disk and expand that one.",
      );
    }
    const loaded = loadTable(file, head, sparse);
    if (loaded.kind === "corrupt") return unusable(loaded.text);
    await steps.step(0, entries);
    const fits = sparse.tableAt + entries * 4 <= roomBehindTable(growth, loaded.places);
    if (fits) {
      await steps.step(entries, entries);
      writeUnused(file, sparse.tableAt + sparse.blocks * 4, sparse.tableAt + entries * 4);
    } else {
      await append(file, head, () => writeTable(growth, { at: behind, entries, table: loaded.table }, steps));
    }
    clearTail(growth, loaded.table);
    writeHeader(growth, fits ? sparse.tableAt : behind, Math.max(entries, fits ? sparse.tableEntries : 0));
    writeFooters(growth);
    return { kind: "done", byteLength, fileBytes: file.size() };
  });
}

/** One after the other: whatever happens to a sector that is being written, the other one says a size. */
function writeFooters({ file, head, byteLength }: SparseGrowth): void {
  const footer = resizedFooter(head, byteLength);
  file.writeAt(0, footer);
  file.flush();
  file.writeAt(file.size() - sectorSize, footer);
  file.flush();
}

/** Byte up to which the table may grow where it stands: what comes next in the file begins there. */
function roomBehindTable({ file, sparse }: SparseGrowth, places: Uint32Array): number {
  let room = file.size() - sectorSize;
  const own = Math.floor(sparse.tableAt / sectorSize);
  for (const { start } of reservedExtents(sparse, file.size())) {
    if (start > own) room = Math.min(room, start * sectorSize);
  }
  const next = places.find((place) => place > own);
  return next === undefined ? room : Math.min(room, next * sectorSize);
}

/** A table behind all else. */
interface NewTable {
  readonly at: number;
  readonly entries: number;
  readonly table: Uint32Array;
}

/** Bytes of a table written at once. */
const tablePiece = 256 << 10;

/** Writes the table with its new entries unused; answers the byte behind it. */
async function writeTable(
  { file }: SparseGrowth,
  { at, entries, table }: NewTable,
  steps: Steps,
): Promise<number> {
  const bytes = tableBytesOf(entries);
  const piece = new Uint8Array(Math.min(tablePiece, bytes));
  const view = new DataView(piece.buffer);
  for (let done = 0; done < bytes; done += piece.length) {
    const count = Math.min(piece.length, bytes - done) / 4;
    for (let place = 0; place < count; place++)
      view.setUint32(place * 4, table[done / 4 + place] ?? unusedEntry);
    file.writeAt(at + done, piece.subarray(0, count * 4));
    await steps.step(Math.min(entries, done / 4 + count), entries);
  }
  return at + bytes;
}

/** Entries behind the old disk's last block may say anything; a larger disk must find them unused. */
function writeUnused(file: BlockFile, from: number, to: number): void {
  const piece = new Uint8Array(Math.min(tablePiece, Math.max(0, to - from))).fill(0xff);
  for (let at = from; at < to; at += piece.length)
    file.writeAt(at, piece.subarray(0, Math.min(piece.length, to - at)));
}

/** What the last block holds behind the old end would show in a larger disk. */
function clearTail({ file, head, sparse }: SparseGrowth, table: Uint32Array): void {
  const entry = table[sparse.blocks - 1] ?? unusedEntry;
  if (entry === unusedEntry) return;
  const data = entry * sectorSize + bitmapBytesOf(sparse.blockBytes);
  const used = head.byteLength - (sparse.blocks - 1) * sparse.blockBytes;
  clearRange(file, data + used, data + sparse.blockBytes);
}

/**
 * Everything that changes lies in the header's first sector, so a power cut leaves the old header or the new one.
 * Neither it nor what was written before counts until a footer gives the new size, and that waits for this flush.
 */
function writeHeader({ file, sparse }: SparseGrowth, tableAt: number, tableEntries: number): void {
  const header = sealHeader({ ...sparse.header, tableOffset: BigInt(tableAt), tableEntries });
  file.writeAt(sparse.headerAt, header.subarray(0, sectorSize));
  file.flush();
}
