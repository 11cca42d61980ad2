import { reasonOf } from "../support/index.ts";
import type { BlockFile } from "./disk.ts";
import { corrupt, type ImageOutcome, unsupported } from "./image-outcome.ts";
import { openRawDisk } from "./raw-disk.ts";
import { openFixedVhd } from "./vhd/fixed.ts";
import { looksLikeFooter, parseFooter, VhdFooter, VhdType } from "./vhd/footer.ts";

/** How an image is opened. */
export interface OpenImageOptions {
  readonly readOnly?: boolean;
  /**
   * The format, when it is known from when the image was taken in. Pass it whenever a guest has written
   * to the image: one that may write a raw disk's last sector could otherwise turn it into another format.
   */
  readonly format?: "raw" | "vhd";
}

/** Formats that are told by their first bytes and that no release opens as raw contents. */
const foreign = [
  { name: "VHDX", magic: "vhdxfile" },
  { name: "QCOW2 image", magic: "QFI\u00fb" },
  { name: "VMDK", magic: "KDMV" },
];

/**
 * Opens a disk image of whatever format, told by content. On success the disk owns the file; otherwise
 * the caller keeps it. Reads at most 1 KiB.
 */
export function openImage(file: BlockFile, options: OpenImageOptions = {}): ImageOutcome {
  const size = file.size();
  if (size === 0) return corrupt("empty", "The image is empty.");
  if (options.format === "vhd") return openFixedVhd(file, options);
  if (options.format === "raw") return { kind: "disk", disk: openRawDisk(file, options), format: "raw" };

  const head = new Uint8Array(VhdFooter.size);
  const tail = new Uint8Array(VhdFooter.size);
  try {
    file.readAt(0, head);
    if (size >= VhdFooter.size) file.readAt(size - VhdFooter.size, tail);
  } catch (thrown) {
    return corrupt("unreadable", `The image cannot be read: ${reasonOf(thrown)}`);
  }
  if (looksLikeFooter(tail)) return openFixedVhd(file, options);
  if (looksLikeFooter(head)) return headOnly(head);
  for (const { name, magic } of foreign) {
    if ([...magic].every((letter, place) => head[place] === letter.charCodeAt(0))) return unsupported(name);
  }
  return { kind: "disk", disk: openRawDisk(file, options), format: "raw" };
}

/** A footer copy at the start and none at the end: a dynamic VHD that was cut short. */
function headOnly(head: Uint8Array): ImageOutcome {
  const copy = parseFooter(head);
  if (copy.kind === "corrupt") return copy;
  if (copy.type === VhdType.fixed)
    return corrupt("noFooter", "The VHD's footer is at the wrong end of the file.");
  return corrupt("truncated", "The VHD has lost its end: the footer is missing.");
}
