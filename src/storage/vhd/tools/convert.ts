import { type BlockFile, type Disk, sectorSize } from "../../disk.ts";
import type { Steps } from "../../steps.ts";
import { footerBytes, type VhdIdentity, VhdType, vhdSizeLimit } from "../footer.ts";
import { blockBytesLimit, blockLimit, usualBlockBytes } from "../header.ts";
import { attempt, guarded, refused, type ToolOutcome, type ToolTrouble } from "./outcome.ts";
import { nonZeroPieces } from "./pieces.ts";
import { dynamicHead } from "./sparse-head.ts";
import { fullBitmap, openSparseWriter, type SparseWriter } from "./sparse-writer.ts";

/** What is made into a VHD, and of which kind. */
export interface ConvertParts {
  /** Any disk: a VHD of any type with its parents, a raw image, an ISO, a disk still on a server. Only read; borrowed. */
  readonly source: Disk;
  /** Where the VHD goes. What it holds is thrown away. Borrowed; after anything but `done` it holds nothing of use. */
  readonly target: BlockFile;
  readonly type: "fixed" | "dynamic";
  readonly identity: VhdIdentity;
  /** Bytes in a block of a dynamic disk, a power of two; 2 MiB when absent. */
  readonly blockBytes?: number;
}

/** Bytes of the new file. */
export interface ConvertResult {
  readonly fileBytes: number;
}

/** Bytes of a fixed disk that are left out of the file together when they are zeros. */
const fixedGrain = 256 << 10;
/** Fewest bytes in a block: the sector bitmap of a smaller one is larger than the block is worth. */
const blockBytesLeast = 4096;

/**
 * Copies what a disk shows its guest into a new VHD without a parent; what is zeros takes no space in a dynamic
 * one. This is also how a chain is merged into a new disk. The target is safe when the outcome is `done`.
 *
 * @throws the signal's reason when cancelled; the source is never touched
 * @wmi Msvm_ImageManagementService.ConvertVirtualHardDisk
 */
export async function convert(parts: ConvertParts, steps: Steps): Promise<ToolOutcome<ConvertResult>> {
  const trouble = impossible(parts);
  if (trouble !== null) return trouble;
  return parts.type === "fixed" ? toFixed(parts, steps) : toDynamic(parts, steps);
}

function impossible({ source, type, blockBytes = usualBlockBytes }: ConvertParts): ToolTrouble | null {
  if (source.byteLength === 0) return refused("The disk is empty; there is nothing to convert.");
  if (source.byteLength > vhdSizeLimit)
    return refused("The disk is larger than the 2040 GiB that a VHD can hold.");
  if (type === "fixed") return null;
  const power =
    blockBytes >= blockBytesLeast && blockBytes <= blockBytesLimit && Number.isInteger(Math.log2(blockBytes));
  if (!power) return refused("The block size of a dynamic disk is a power of two from 4 KiB to 256 MiB.");
  if (source.byteLength / blockBytes > blockLimit)
    return refused("The disk is too large for blocks of this size.");
  return null;
}

function toFixed(parts: ConvertParts, steps: Steps): Promise<ToolOutcome<ConvertResult>> {
  const { source, identity } = parts;
  const { byteLength } = source;
  const fileBytes = byteLength + sectorSize;
  const target = guarded(parts.target);
  return attempt(
    steps,
    () => fileBytes,
    async () => {
      await steps.step(0, byteLength);
      target.resize(0);
      target.resize(fileBytes); // a quota that is too small shows at once
      for await (const { at, bytes } of nonZeroPieces(source, fixedGrain, steps)) target.writeAt(at, bytes);
      await steps.step(byteLength, byteLength);
      target.flush();
      target.writeAt(byteLength, footerBytes({ type: VhdType.fixed, byteLength, identity }));
      target.flush();
      return { kind: "done", fileBytes };
    },
  );
}

function toDynamic(parts: ConvertParts, steps: Steps): Promise<ToolOutcome<ConvertResult>> {
  const { source, identity, blockBytes = usualBlockBytes } = parts;
  const { byteLength } = source;
  const entries = Math.ceil(byteLength / blockBytes);
  const head = dynamicHead(byteLength, identity, { tableEntries: entries, blockBytes });
  let reached = 0;
  let writer: SparseWriter | null = null;
  const needed = () => writer?.lengthWith(Math.ceil((byteLength - reached) / blockBytes)) ?? 0;
  return attempt(steps, needed, async () => {
    await steps.step(0, byteLength);
    const laying = openSparseWriter(guarded(parts.target), { entries, blockBytes, tableAt: head.length });
    writer = laying;
    const bitmap = fullBitmap(blockBytes);
    for await (const { at, bytes } of nonZeroPieces(source, blockBytes, steps)) {
      reached = at;
      const block = Math.floor(at / blockBytes);
      if (!laying.holds(block)) laying.add(block, bitmap);
      laying.put(block, at % blockBytes, bytes);
    }
    await steps.step(byteLength, byteLength);
    laying.finish(head);
    return { kind: "done", fileBytes: laying.lengthWith(0) };
  });
}
