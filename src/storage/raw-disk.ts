import { type BlockFile, type Disk, sectorSize } from "./disk.ts";
import { fileDisk } from "./file-disk.ts";

/**
 * A file whose every byte is disk contents. A last sector that the file holds only in part reads as if
 * padded with zeros. The disk owns the file.
 */
export function openRawDisk(file: BlockFile, options: { readonly readOnly?: boolean } = {}): Disk {
  const byteLength = Math.ceil(file.size() / sectorSize) * sectorSize;
  return fileDisk(file, { format: "raw", byteLength, readOnly: options.readOnly ?? false });
}
