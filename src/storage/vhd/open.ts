import type { BlockFile, Disk } from "../disk.ts";
import { fileDisk } from "../file-disk.ts";
import { corrupt, type ImageFault, type ImageOutcome } from "../image-outcome.ts";
import { readVhdHead, sameBytes, type VhdHead } from "./head.ts";
import { sparseDisk } from "./sparse-disk.ts";
import { loadTable } from "./table.ts";

/** A parent as its child needs it. */
export interface OpenParent {
  /** The parent's contents; only read. The child owns it once it has opened. */
  readonly disk: Disk;
  /** Of the parent's footer. */
  readonly uniqueId: Uint8Array;
  /** Of the parent's footer, seconds since 2000. */
  readonly timeStamp: number;
}

/** How a VHD is opened. */
export interface OpenVhdOptions {
  readonly readOnly?: boolean;
  /** Needed by a differencing disk, ignored by the others, which leave it with the caller. */
  readonly parent?: OpenParent;
}

/**
 * Opens a VHD of any type. On success the disk owns the file, and a differencing disk its parent; otherwise both
 * stay with the caller. Opened for writing, a file whose footer was lost gets it back.
 *
 * @vhd fixed-hard-disk-image, dynamic-hard-disk-image, differencing-hard-disk-image
 */
export function openVhd(file: BlockFile, options: OpenVhdOptions = {}): ImageOutcome {
  const head = readVhdHead(file);
  return head.kind === "corrupt" ? head : openVhdHead(file, head, options);
}

/** {@link openVhd} for a file whose head was just read. */
export function openVhdHead(file: BlockFile, head: VhdHead, options: OpenVhdOptions = {}): ImageOutcome {
  const readOnly = options.readOnly ?? false;
  const { byteLength, sparse, type } = head;
  if (sparse === null) {
    return { kind: "disk", disk: fileDisk(file, { format: "fixed", byteLength, readOnly }), format: "fixed" };
  }
  const parent = options.parent ?? null;
  const misfit = type === "differencing" ? parentMisfit(head, parent) : null;
  if (misfit !== null) return misfit;
  const loaded = loadTable(file, head, sparse);
  if (loaded.kind === "corrupt") return loaded;
  const below = type === "differencing" ? (parent?.disk ?? null) : null;
  const disk = sparseDisk({ file, head, sparse, loaded, parent: below, readOnly });
  return { kind: "disk", disk, format: type };
}

/** What tells whether a parent is the one that its child was made for. */
export type ParentTraits = Pick<OpenParent, "uniqueId" | "timeStamp"> & {
  readonly disk: Pick<Disk, "byteLength">;
};

/**
 * Why this cannot be the parent of a differencing disk; `null` when it can.
 *
 * A parent is refused when it was stamped anew after the child was made. One with an older stamp passes: other
 * makers record the time of the parent's file here, which is later than the stamp in its footer and does not
 * survive copying.
 *
 * @vhd dynamic-disk-header parent unique id, parent time stamp
 */
export function parentMisfit(
  head: VhdHead,
  parent: ParentTraits | null,
): { readonly kind: "corrupt"; readonly fault: ImageFault; readonly text: string } | null {
  const record = head.parent;
  if (record === null) return null;
  const name = record.name === "" ? "its parent" : `its parent ${record.name}`;
  if (parent === null) {
    return corrupt("parentMissing", `The differencing disk cannot be used without ${name}. ${wayOut}`);
  }
  if (!sameBytes(record.uniqueId, parent.uniqueId)) {
    return corrupt(
      "parentMismatch",
      `The differencing disk was made for another disk than ${name} is now. ${wayOut}`,
    );
  }
  if (parent.timeStamp > record.timeStamp) {
    return corrupt(
      "parentMismatch",
      `The disk ${record.name} was changed after the differencing disk was made from it. ${wayOut}`,
    );
  }
  if (parent.disk.byteLength !== head.byteLength) {
    const sizes = `${head.byteLength} bytes, its parent ${parent.disk.byteLength}`;
    return corrupt("sizeMismatch", `The differencing disk has ${sizes}. ${wayOut}`);
  }
  return null;
}

const wayOut = "Reconnect it to its parent.";
