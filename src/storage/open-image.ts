import { reasonOf } from "../support/index.ts";
import { type BlockFile, sectorSize } from "./disk.ts";
import { fileDisk } from "./file-disk.ts";
import { corrupt, type ImageOutcome, unsupported } from "./image-outcome.ts";
import { looksLikeFooter, VhdFooter } from "./vhd/footer.ts";
import { type OpenParent, openVhd } from "./vhd/open.ts";

/** How an image is opened. */
export interface OpenImageOptions {
  readonly readOnly?: boolean;
  /**
   * The format, when it is known from when the image was taken in. Pass it whenever a guest has written
   * to the image: one that may write a raw disk's sectors could otherwise turn it into another format.
   */
  readonly format?: "raw" | "vhd" | "iso" | "floppy";
  /** Needed by a differencing VHD; left with the caller by anything else. */
  readonly parent?: OpenParent;
}

/** Formats that are told by their first bytes and that no release opens as raw contents. */
const foreign = [
  { name: "VHDX", magic: "vhdxfile" },
  { name: "QCOW2 image", magic: "QFI\u00fb" },
  { name: "VMDK", magic: "KDMV" },
];

/** Sizes of diskettes in bytes: 360, 720, 1200, 1440 and 2880 KiB. */
const floppySizes = [360, 720, 1200, 1440, 2880].map((kib) => kib * 1024);

/** Where the identifier of the first volume descriptor stands, and what it is. @spec ECMA-119 8.1.2 */
const isoMark = { at: 16 * 2048 + 1, text: "CD001" };
/** Bytes in a sector of a disc. */
const isoSector = 2048;

/**
 * Opens a disk image of whatever format, told by content. On success the disk owns the file, and a differencing
 * disk its parent; otherwise the caller keeps them. Discs are read only.
 */
export function openImage(file: BlockFile, options: OpenImageOptions = {}): ImageOutcome {
  if (file.size() === 0) return corrupt("empty", "The image is empty.");
  const readOnly = options.readOnly ?? false;
  const format = options.format ?? tellFormat(file);
  switch (format) {
    case "vhd":
      return openVhd(file, options);
    case "raw":
    case "floppy":
      return { kind: "disk", disk: plainDisk(file, { format, unit: sectorSize, readOnly }), format };
    case "iso":
      return { kind: "disk", disk: plainDisk(file, { format, unit: isoSector, readOnly: true }), format };
    default:
      return format;
  }
}

interface PlainShape {
  readonly format: "raw" | "iso" | "floppy";
  /** Bytes; a last part that the file does not hold whole reads as if padded with zeros. */
  readonly unit: number;
  readonly readOnly: boolean;
}

function plainDisk(file: BlockFile, { format, unit, readOnly }: PlainShape) {
  return fileDisk(file, { format, byteLength: Math.ceil(file.size() / unit) * unit, readOnly });
}

/** The format of an image by its first and last bytes, or why it is none that can be opened. */
export function tellFormat(
  file: Pick<BlockFile, "size" | "readAt">,
): "raw" | "vhd" | "iso" | "floppy" | ReturnType<typeof corrupt | typeof unsupported> {
  const size = file.size();
  const head = new Uint8Array(VhdFooter.size);
  const tail = new Uint8Array(VhdFooter.size);
  const mark = new Uint8Array(isoMark.text.length);
  try {
    file.readAt(0, head);
    if (size >= VhdFooter.size) file.readAt(size - VhdFooter.size, tail);
    file.readAt(isoMark.at, mark);
  } catch (thrown) {
    return corrupt("unreadable", `The image cannot be read: ${reasonOf(thrown)}`);
  }
  if (looksLikeFooter(tail) || looksLikeFooter(head)) return "vhd";
  const known = foreign.find(({ magic }) => startsWith(head, magic));
  if (known !== undefined) return unsupported(known.name);
  if (startsWith(mark, isoMark.text)) return "iso";
  return floppySizes.includes(size) ? "floppy" : "raw";
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, place) => bytes[place] === letter.charCodeAt(0));
}
