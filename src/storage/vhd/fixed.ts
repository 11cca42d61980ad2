import { reasonOf } from "../../support/index.ts";
import type { BlockFile } from "../disk.ts";
import { fileDisk } from "../file-disk.ts";
import { corrupt, type ImageOutcome, unsupported } from "../image-outcome.ts";
import { parseFooter, VhdFooter, VhdType } from "./footer.ts";

/**
 * Opens a fixed VHD: the disk's bytes, then the footer. The footer is out of the guest's reach.
 * On success the disk owns the file; otherwise the caller keeps it.
 *
 * @vhd fixed-hard-disk-image
 */
export function openFixedVhd(file: BlockFile, options: { readonly readOnly?: boolean } = {}): ImageOutcome {
  const size = file.size();
  if (size < VhdFooter.size) return corrupt("truncated", "The file is too short to be a VHD.");
  const bytes = new Uint8Array(VhdFooter.size);
  try {
    file.readAt(size - VhdFooter.size, bytes);
  } catch (thrown) {
    return corrupt("unreadable", `The VHD cannot be read: ${reasonOf(thrown)}`);
  }
  const found = parseFooter(bytes);
  if (found.kind === "corrupt") return found;
  if (found.type === VhdType.dynamic) return unsupported("dynamically expanding VHD");
  if (found.type === VhdType.differencing) return unsupported("differencing VHD");
  const { byteLength } = found;
  if (byteLength > size - VhdFooter.size) {
    return corrupt("truncated", `The VHD should hold ${byteLength} bytes but the file has only ${size}.`);
  }
  const disk = fileDisk(file, { format: "fixedVhd", byteLength, readOnly: options.readOnly ?? false });
  return { kind: "disk", disk, format: "fixedVhd" };
}
