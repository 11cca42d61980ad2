import { type Infer, layout, raw, u32, u64 } from "../../support/index.ts";
import { corrupt, type ImageFault } from "../image-outcome.ts";
import { checksumBut } from "./checksum.ts";
import { nowhere } from "./footer.ts";

/** Behind the footer's copy in dynamic and differencing disks. @vhd dynamic-disk-header */
export const VhdHeader = layout("VhdHeader", "be", 1024, {
  cookie: raw(8), // "cxsparse"
  dataOffset: u64, // unused, all ones
  tableOffset: u64, // bytes from the start of the file
  version: u32, // major << 16 | minor
  tableEntries: u32, // at least the blocks of the disk
  blockBytes: u32, // data of a block, without its sector bitmap
  checksum: u32, // ones' complement of the sum of all other bytes
  parentUniqueId: raw(16), // zeros in a dynamic disk
  parentTimeStamp: u32, // seconds since 2000-01-01 UTC
  reserved1: u32, // zero, not checked
  parentName: raw(512), // UTF-16, big-endian
  locators: raw(192), // eight times ParentLocator
  reserved2: raw(256), // zeros, not checked
});
export type VhdHeader = Infer<typeof VhdHeader>;

/** Bytes in a block unless a disk says otherwise. @vhd dynamic-disk-header block size */
export const usualBlockBytes = 2 << 20;
/** Largest block we read: its sector bitmap is 64 KiB then. Nobody is known to make larger ones than 16 MiB. */
export const blockBytesLimit = 256 << 20;
/** Most blocks of a disk: 2040 GiB in blocks of 512 KiB, so that a table in memory never takes more than 16 MiB. */
export const blockLimit = 1 << 22;

const cookie = "cxsparse";
const versionOne = 0x00010000;

/** The checksum a header of these 1024 bytes must carry, whatever its field holds now. */
export function headerChecksum(bytes: Uint8Array): number {
  return checksumBut(bytes, VhdHeader.size, VhdHeader.at.checksum);
}

/** Checks 1024 bytes and reads them as a header; its fields are still unchecked numbers. Any bytes may be given. */
export function parseHeader(
  bytes: Uint8Array,
):
  | { readonly kind: "header"; readonly header: VhdHeader }
  | { readonly kind: "corrupt"; readonly fault: ImageFault; readonly text: string } {
  const named = bytes.length >= VhdHeader.size && [...cookie].every((c, at) => bytes[at] === c.charCodeAt(0));
  if (!named) return corrupt("badHeader", "The VHD has no dynamic disk header where its footer says.");
  const header = VhdHeader.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (header.checksum !== headerChecksum(bytes)) {
    return corrupt("badHeader", "The VHD's dynamic disk header is damaged: its checksum does not match.");
  }
  if (header.version >>> 16 !== 1) {
    return corrupt("badVersion", `The VHD's header has the unknown version ${header.version >>> 16}.`);
  }
  return { kind: "header", header };
}

/** What a new header says. */
export interface HeaderFields {
  readonly tableAt: number;
  readonly tableEntries: number;
  readonly blockBytes: number;
  /** Absent in a dynamic disk. */
  readonly parent?: Pick<VhdHeader, "parentUniqueId" | "parentTimeStamp" | "parentName" | "locators">;
}

/** The header of a new disk, 1024 bytes with their checksum. */
export function headerBytes(fields: HeaderFields): Uint8Array<ArrayBuffer> {
  return sealHeader({
    cookie: Uint8Array.from(cookie, (letter) => letter.charCodeAt(0)),
    dataOffset: nowhere,
    tableOffset: BigInt(fields.tableAt),
    version: versionOne,
    tableEntries: fields.tableEntries,
    blockBytes: fields.blockBytes,
    checksum: 0,
    parentUniqueId: new Uint8Array(16),
    parentTimeStamp: 0,
    reserved1: 0,
    parentName: new Uint8Array(512),
    locators: new Uint8Array(192),
    reserved2: new Uint8Array(256),
    ...fields.parent,
  });
}

/** A header of these fields; the checksum is made to fit. For tools that change a header. */
export function sealHeader(header: VhdHeader): Uint8Array<ArrayBuffer> {
  const bytes = VhdHeader.bytes(header);
  new DataView(bytes.buffer).setUint32(VhdHeader.at.checksum, headerChecksum(bytes));
  return bytes;
}
