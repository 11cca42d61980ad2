import { reasonOf } from "../../support/index.ts";
import type { BlockFile } from "../disk.ts";
import { corrupt, type ImageFault } from "../image-outcome.ts";
import { type FooterOutcome, looksLikeFooter, parseFooter, VhdFooter, VhdType, vhdTime } from "./footer.ts";
import type { Geometry } from "./geometry.ts";
import { blockBytesLimit, blockLimit, parseHeader, VhdHeader } from "./header.ts";
import { type ParentRecord, readParentRecord } from "./parent-record.ts";

/** What a VHD says of itself, without its parent being opened. */
export interface VhdHead {
  readonly kind: "head";
  readonly type: "fixed" | "dynamic" | "differencing";
  /** Bytes the guest sees, a multiple of 512. */
  readonly byteLength: number;
  readonly footer: VhdFooter;
  /** The footer as it stands in the file, 512 bytes. Nobody changes them. */
  readonly footerBytes: Uint8Array<ArrayBuffer>;
  /** The footer at the end is damaged or missing, and its copy was used. */
  readonly fromCopy: boolean;
  /** The copy at the start says the same as the footer; always true in a fixed disk, which has none. */
  readonly copySound: boolean;
  /** 16 bytes as stored. */
  readonly uniqueId: Uint8Array<ArrayBuffer>;
  /** The same as text, bytes in the order they are stored. */
  readonly uniqueIdText: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Who made it: application and version, "win 6.1". */
  readonly creator: string;
  readonly geometry: Geometry;
  /** `null` in a fixed disk. */
  readonly sparse: SparseHead | null;
  /** `null` unless it is a differencing disk. */
  readonly parent: ParentRecord | null;
}

/** What the dynamic header adds. */
export interface SparseHead {
  readonly header: VhdHeader;
  /** Byte where the header stands. */
  readonly headerAt: number;
  /** Byte where the block allocation table stands, and entries there is room for. */
  readonly tableAt: number;
  readonly tableEntries: number;
  /** Bytes of data in a block, a multiple of 512. */
  readonly blockBytes: number;
  /** Blocks of the disk, at most `tableEntries`. */
  readonly blocks: number;
}

/** A head, or why there is none. */
export type VhdHeadOutcome = VhdHead | Corrupt;

interface Corrupt {
  readonly kind: "corrupt";
  readonly fault: ImageFault;
  readonly text: string;
}

type SoundFooter = Extract<FooterOutcome, { kind: "footer" }>;

/**
 * Reads what a VHD says of itself: footer, header, parent locators; a few KiB. Whatever the file holds, the
 * answer is an outcome. The footer at the end counts; when it is damaged, its copy at the start does.
 *
 * @vhd hard-disk-footer, dynamic-disk-header
 */
export function readVhdHead(file: BlockFile): VhdHeadOutcome {
  try {
    const size = file.size();
    if (size < VhdFooter.size) return corrupt("truncated", "The file is too short to be a VHD.");
    const tail = readBytes(file, size - VhdFooter.size, VhdFooter.size);
    const copy = readBytes(file, 0, VhdFooter.size);
    return headOf(file, tail, copy);
  } catch (thrown) {
    return corrupt("unreadable", `The VHD cannot be read: ${reasonOf(thrown)}`);
  }
}

function headOf(
  file: BlockFile,
  tail: Uint8Array<ArrayBuffer>,
  copy: Uint8Array<ArrayBuffer>,
): VhdHeadOutcome {
  const atEnd = parseFooter(tail);
  const atStart = parseFooter(copy);
  const copyUsable = atStart.kind === "footer" && atStart.type !== VhdType.fixed;
  if (atEnd.kind === "footer" && !(copyUsable && isPretended(file, atStart, atEnd))) {
    if (atEnd.type === VhdType.fixed) return fixedHead(file, atEnd, tail);
    return sparseHead(file, atEnd, { bytes: tail, fromCopy: false, copySound: sameBytes(copy, tail) });
  }
  if (copyUsable) return sparseHead(file, atStart, { bytes: copy, fromCopy: true, copySound: true });
  if (looksLikeFooter(copy) && !looksLikeFooter(tail)) {
    return atStart.kind === "corrupt"
      ? atStart
      : corrupt("noFooter", "The VHD's footer is at the wrong end of the file.");
  }
  return atEnd.kind === "corrupt" ? atEnd : corrupt("noFooter", "The file has no VHD footer.");
}

/**
 * After a power cut a guest's data can stand where the footer was, even data that looks like a footer. No guest
 * reaches the copy of a dynamic disk, so the copy counts when both name different disks. The first sector of a
 * fixed disk is its guest's, though: there the end counts when it fits the file.
 */
function isPretended(file: BlockFile, copy: SoundFooter, tail: SoundFooter): boolean {
  if (tail.type === VhdType.fixed) return tail.byteLength + VhdFooter.size !== file.size();
  return !sameBytes(copy.footer.uniqueId, tail.footer.uniqueId);
}

function fixedHead(file: BlockFile, found: SoundFooter, bytes: Uint8Array<ArrayBuffer>): VhdHeadOutcome {
  const room = file.size() - VhdFooter.size;
  if (found.byteLength > room) {
    return corrupt(
      "truncated",
      `The VHD should hold ${found.byteLength} bytes but the file has only ${room + VhdFooter.size}.`,
    );
  }
  const source = { bytes, fromCopy: false, copySound: true };
  return { ...commonHead(found, source), type: "fixed", sparse: null, parent: null };
}

interface FooterSource {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fromCopy: boolean;
  readonly copySound: boolean;
}

function sparseHead(file: BlockFile, found: SoundFooter, source: FooterSource): VhdHeadOutcome {
  const headerAt = placeOf(file, found.footer.dataOffset, VhdHeader.size);
  if (headerAt === null)
    return corrupt("badHeader", "The VHD's footer says no usable place of its dynamic disk header.");
  const parsed = parseHeader(readBytes(file, headerAt, VhdHeader.size));
  if (parsed.kind === "corrupt") return parsed;
  const shape = sparseShape(file, found.byteLength, { header: parsed.header, headerAt });
  if (shape.kind === "corrupt") return shape;
  const differs = found.type === VhdType.differencing;
  return {
    ...commonHead(found, source),
    type: differs ? "differencing" : "dynamic",
    sparse: shape.sparse,
    parent: differs ? readParentRecord(file, parsed.header) : null,
  };
}

function commonHead(found: SoundFooter, source: FooterSource) {
  const { footer, byteLength } = found;
  const application = String.fromCharCode(...footer.creatorApplication)
    .replace(/[^ -~]/g, "")
    .trim();
  return {
    kind: "head" as const,
    byteLength,
    footer,
    footerBytes: source.bytes,
    fromCopy: source.fromCopy,
    copySound: source.copySound,
    uniqueId: footer.uniqueId,
    uniqueIdText: uniqueIdText(footer.uniqueId),
    created: vhdTime(footer.timeStamp),
    creator: `${application} ${footer.creatorVersion >>> 16}.${footer.creatorVersion & 0xffff}`.trim(),
    geometry: {
      cylinders: footer.cylinders,
      heads: footer.heads,
      sectorsPerTrack: footer.sectorsPerTrack,
    },
  };
}

function sparseShape(
  file: BlockFile,
  byteLength: number,
  { header, headerAt }: { readonly header: VhdHeader; readonly headerAt: number },
): { readonly kind: "shape"; readonly sparse: SparseHead } | Corrupt {
  const { blockBytes, tableEntries } = header;
  if (blockBytes === 0 || blockBytes % 512 !== 0 || blockBytes > blockBytesLimit) {
    return corrupt("badHeader", `The VHD's header gives an impossible block size: ${blockBytes} bytes.`);
  }
  const blocks = Math.ceil(byteLength / blockBytes);
  if (blocks > blockLimit) {
    return corrupt("tableSize", `The VHD would have ${blocks} blocks; at most ${blockLimit} are possible.`);
  }
  if (tableEntries < blocks) {
    return corrupt(
      "tableSize",
      `The VHD has ${blocks} blocks but its table has only ${tableEntries} entries.`,
    );
  }
  const tableAt = placeOf(file, header.tableOffset, tableEntries * 4);
  if (tableAt === null)
    return corrupt("tableSize", "The VHD's block allocation table does not lie inside the file.");
  if (tableAt < headerAt + VhdHeader.size && headerAt < tableAt + tableEntries * 4) {
    return corrupt("overlap", "The VHD's block allocation table shares bytes with its header.");
  }
  return { kind: "shape", sparse: { header, headerAt, tableAt, tableEntries, blockBytes, blocks } };
}

/** Where `length` bytes at an offset of the file's own telling start; `null` unless they lie behind the copy of the footer. */
function placeOf(file: BlockFile, offset: bigint, length: number): number | null {
  if (offset < BigInt(VhdFooter.size) || offset > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const at = Number(offset);
  return at + length <= file.size() ? at : null;
}

/** A unique id as a person reads it, the bytes in the order they are stored. */
export function uniqueIdText(id: Uint8Array): string {
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Whether two runs of bytes are equal. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Bytes of a file; zeros beyond its end. @throws what the file throws */
function readBytes(file: BlockFile, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.readAt(at, bytes);
  return bytes;
}
