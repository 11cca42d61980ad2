import { reasonOf } from "../../support/index.ts";
import { type BlockFile, sectorSize } from "../disk.ts";
import { isNoSpace } from "../errors.ts";
import { tableBytes } from "./commit.ts";
import { dynamicHeaderAt, footerBytes, type VhdIdentity, VhdType, vhdSizeLimit } from "./footer.ts";
import type { VhdHead } from "./head.ts";
import { blockBytesLimit, blockLimit, headerBytes, usualBlockBytes, VhdHeader } from "./header.ts";
import {
  locatorField,
  locatorSectors,
  locatorTexts,
  type ParentLocator,
  parentNameField,
  parentNameLimit,
} from "./locator.ts";
import { unusedEntry } from "./table.ts";

/** What became of making a VHD. When it was refused the file holds rubbish, or what it held before. */
export type CreateOutcome =
  | { readonly kind: "created" }
  | {
      readonly kind: "refused";
      readonly fault: "badSize" | "badName" | "noSpace" | "unwritable";
      /** For a person. */
      readonly text: string;
    };

/** What a new fixed disk is. */
export interface NewFixedVhd {
  /** Bytes, a multiple of 512, at most 2040 GiB. */
  readonly byteLength: number;
  readonly identity: VhdIdentity;
}

/** What a new dynamic disk is. */
export interface NewDynamicVhd extends NewFixedVhd {
  /** Bytes of a block, a power of two from 4 KiB to 256 MiB; 2 MiB unless something else is wanted. */
  readonly blockBytes?: number;
}

/** What a new differencing disk is. */
export interface NewDifferencingVhd {
  readonly parent: VhdHead;
  /** File name of the parent, without folders, at most 255 letters. */
  readonly parentName: string;
  readonly identity: VhdIdentity;
  /** Bytes of a block; the parent's, or 2 MiB when that is fixed, unless something else is wanted. */
  readonly blockBytes?: number;
}

/**
 * Makes a file a fixed VHD full of zeros, and flushes it. What the file held is gone. Stays with the caller.
 * @vhd fixed-hard-disk-image
 */
export function createFixedVhd(file: BlockFile, wanted: NewFixedVhd): CreateOutcome {
  const refusal = badSize(wanted.byteLength);
  if (refusal !== null) return refusal;
  const footer = footerBytes({ type: VhdType.fixed, ...wanted });
  return writeAll(file, { end: wanted.byteLength, footer, pieces: [] });
}

/**
 * Makes a file an empty dynamic VHD, and flushes it. What the file held is gone. Stays with the caller.
 * @vhd dynamic-hard-disk-image
 */
export function createDynamicVhd(file: BlockFile, wanted: NewDynamicVhd): CreateOutcome {
  const { byteLength, identity, blockBytes = usualBlockBytes } = wanted;
  const refusal = badSize(byteLength) ?? badBlocks(byteLength, blockBytes);
  if (refusal !== null) return refusal;
  const footer = footerBytes({ type: VhdType.dynamic, byteLength, identity });
  const tableEntries = Math.ceil(byteLength / blockBytes);
  const header = headerBytes({ tableAt, tableEntries, blockBytes });
  return writeAll(file, { footer, ...sparsePieces(footer, header, tableEntries) });
}

/**
 * Makes a file a differencing VHD through which all of its parent shows, and flushes it. What the file held is
 * gone. Stays with the caller.
 * @vhd differencing-hard-disk-image
 */
export function createDifferencingVhd(file: BlockFile, wanted: NewDifferencingVhd): CreateOutcome {
  const { parent, parentName, identity } = wanted;
  const { byteLength } = parent;
  const blockBytes = wanted.blockBytes ?? parent.sparse?.blockBytes ?? usualBlockBytes;
  const refusal = badName(parentName) ?? badSize(byteLength) ?? badBlocks(byteLength, blockBytes);
  if (refusal !== null) return refusal;
  const tableEntries = Math.ceil(byteLength / blockBytes);
  const footer = footerBytes({ type: VhdType.differencing, byteLength, identity });
  const texts = placeTexts(parentName, tableAt + paddedTable(tableEntries));
  const header = headerBytes({
    tableAt,
    tableEntries,
    blockBytes,
    parent: {
      parentUniqueId: parent.uniqueId,
      parentTimeStamp: parent.footer.timeStamp,
      parentName: parentNameField(parentName),
      locators: locatorField(texts.locators),
    },
  });
  const sparse = sparsePieces(footer, header, tableEntries);
  return writeAll(file, { footer, end: texts.end, pieces: [...sparse.pieces, ...texts.pieces] });
}

/** Locators of a parent whose texts stand in the file from a byte on, and those texts. For tools that reconnect. */
export function placeTexts(parentName: string, from: number) {
  const locators: ParentLocator[] = [];
  const pieces: Piece[] = [];
  let end = from;
  for (const { platform, bytes } of locatorTexts(parentName)) {
    const space = locatorSectors(bytes.length);
    locators.push({ platform, space, length: bytes.length, reserved: 0, at: BigInt(end) });
    pieces.push({ at: end, bytes });
    end += space * sectorSize;
  }
  return { locators, pieces, end };
}

/** Byte where the table stands in the files we make: behind the footer's copy and the header. */
const tableAt = Number(dynamicHeaderAt) + VhdHeader.size;

/** Bytes of a table, whole sectors. @vhd block-allocation-table */
function paddedTable(entries: number): number {
  return Math.ceil((entries * 4) / sectorSize) * sectorSize;
}

interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function sparsePieces(footer: Uint8Array<ArrayBuffer>, header: Uint8Array<ArrayBuffer>, entries: number) {
  const table = tableBytes(new Uint32Array(paddedTable(entries) / 4).fill(unusedEntry));
  const pieces: Piece[] = [
    { at: 0, bytes: footer },
    { at: Number(dynamicHeaderAt), bytes: header },
    { at: tableAt, bytes: table },
  ];
  return { pieces, end: tableAt + table.length };
}

interface NewFile {
  readonly pieces: readonly Piece[];
  readonly footer: Uint8Array<ArrayBuffer>;
  /** Byte where the footer goes. */
  readonly end: number;
}

function writeAll(file: BlockFile, { pieces, footer, end }: NewFile): CreateOutcome {
  try {
    file.resize(0);
    file.resize(end + footer.length);
    for (const { at, bytes } of pieces) file.writeAt(at, bytes);
    file.writeAt(end, footer);
    file.flush();
    return { kind: "created" };
  } catch (thrown) {
    const fault = isNoSpace(thrown) ? "noSpace" : "unwritable";
    return { kind: "refused", fault, text: `The disk cannot be made: ${reasonOf(thrown)}` };
  }
}

function badSize(byteLength: number): CreateOutcome | null {
  if (Number.isSafeInteger(byteLength) && byteLength % sectorSize === 0 && byteLength >= sectorSize) {
    if (byteLength <= vhdSizeLimit) return null;
    return { kind: "refused", fault: "badSize", text: "A virtual hard disk can have at most 2040 GB." };
  }
  const text =
    "The size of a virtual hard disk must be a number of whole sectors of 512 bytes, at least one.";
  return { kind: "refused", fault: "badSize", text };
}

function badBlocks(byteLength: number, blockBytes: number): CreateOutcome | null {
  const power = Number.isSafeInteger(Math.log2(blockBytes));
  if (!power || blockBytes < 4096 || blockBytes > blockBytesLimit) {
    return {
      kind: "refused",
      fault: "badSize",
      text: "The block size must be a power of two from 4 KiB to 256 MiB.",
    };
  }
  if (Math.ceil(byteLength / blockBytes) <= blockLimit) return null;
  return {
    kind: "refused",
    fault: "badSize",
    text: "The disk needs larger blocks: it would have too many of them.",
  };
}

function badName(name: string): CreateOutcome | null {
  if (name !== "" && name.length < parentNameLimit && !/[\\/\0]/.test(name)) return null;
  const text = `The parent's name must be a file name of 1 to ${parentNameLimit - 1} letters.`;
  return { kind: "refused", fault: "badName", text };
}
