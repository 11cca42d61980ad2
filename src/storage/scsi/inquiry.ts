import { layout, raw, u8, u16, u32, u64 } from "../../support/index.ts";
import type { ScsiUnit } from "./unit.ts";

/** Standard INQUIRY data as far as we fill it. @spc4 6.6.2 */
export const StandardInquiry = layout("StandardInquiry", "be", 36, {
  peripheral: u8, // qualifier in bits 5–7, device type in bits 0–4
  removable: u8,
  version: u8,
  format: u8,
  additionalLength: u8, // bytes after this one
  flags5: u8,
  flags6: u8,
  flags7: u8, // bit 1: command queuing
  vendor: raw(8),
  product: raw(16),
  revision: raw(4),
});

/** Block limits page. @sbc3 6.6.3 */
export const BlockLimits = layout("BlockLimits", "be", 64, {
  peripheral: u8,
  page: u8,
  pageLength: u16,
  writeSameNonZero: u8, // bit 0: a WRITE SAME of 0 blocks is refused
  maxCompareAndWrite: u8,
  transferGranularity: u16, // blocks
  maxTransfer: u32, // blocks
  optimalTransfer: u32, // blocks
  maxPrefetch: u32,
  maxUnmapBlocks: u32, // of one command, all descriptors together
  maxUnmapDescriptors: u32,
  unmapGranularity: u32, // blocks
  unmapAlignment: u32, // bit 31: valid
  maxWriteSame: u64, // blocks
  reserved: raw(20),
});

/** Blocks of one transfer at most: 1 MiB, what every transport of ours carries. */
export const maxTransferBlocks = 2048;

/** Blocks of one WRITE SAME at most: 8 MiB. Reason: the command is carried out in one turn of the parent. */
export const maxWriteSameBlocks = 16384;

/** Blocks of one UNMAP at most, all descriptors together: 2 GiB. */
export const maxUnmapBlocks = 1 << 22;

/** Descriptors of one UNMAP at most: one page of them. */
export const maxUnmapDescriptors = 255;

const directAccess = 0x00;
const spc3 = 0x05;

/** Standard INQUIRY data of a disk, in the words Hyper-V uses. */
export function standardInquiry(): Uint8Array<ArrayBuffer> {
  return StandardInquiry.bytes({
    peripheral: directAccess,
    removable: 0,
    version: spc3,
    format: 0x02,
    additionalLength: 31,
    flags5: 0,
    flags6: 0,
    flags7: 0x02,
    vendor: ascii("Msft    "),
    product: ascii("Virtual Disk    "),
    revision: ascii("1.0 "),
  });
}

/** INQUIRY data of an address where nothing is: qualifier 3, type 0x1F. */
export function absentInquiry(): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(StandardInquiry.size);
  out[0] = 0x7f;
  out[4] = 31;
  return out;
}

/** A vital product data page, or `null` when there is none of this number. @spc4 7.8 */
export function vitalPage(unit: ScsiUnit, page: number): Uint8Array<ArrayBuffer> | null {
  switch (page) {
    case 0x00:
      return wrapped(page, Uint8Array.of(0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2));
    case 0x80:
      return wrapped(page, ascii(serialOf(unit)));
    case 0x83:
      return wrapped(page, identifier(unit));
    case 0xb0:
      return blockLimits(unit);
    case 0xb1:
      return wrapped(page, characteristics());
    case 0xb2:
      return wrapped(page, provisioning(unit));
    default:
      return null;
  }
}

function wrapped(page: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(4 + body.length);
  out[0] = directAccess;
  out[1] = page;
  out[3] = body.length; // every page of ours is short
  out.set(body, 4);
  return out;
}

/** One designator, NAA 6: 16 bytes from the owner's id, its first nibble replaced by 6. */
function identifier(unit: ScsiUnit): Uint8Array {
  const out = new Uint8Array(20);
  out.set([0x01, 0x03, 0x00, 16]);
  out.set(unit.id.subarray(0, 16), 4);
  out[4] = 0x60 | ((unit.id[0] ?? 0) & 0x0f);
  return out;
}

function serialOf(unit: ScsiUnit): string {
  return Array.from(unit.id.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function blockLimits(unit: ScsiUnit): Uint8Array<ArrayBuffer> {
  const thin = unit.disk.thin === true;
  return BlockLimits.bytes({
    peripheral: directAccess,
    page: 0xb0,
    pageLength: 60,
    writeSameNonZero: 1,
    maxCompareAndWrite: 0,
    transferGranularity: 8,
    maxTransfer: maxTransferBlocks,
    optimalTransfer: maxTransferBlocks,
    maxPrefetch: 0,
    maxUnmapBlocks: thin ? maxUnmapBlocks : 0,
    maxUnmapDescriptors: thin ? maxUnmapDescriptors : 0,
    unmapGranularity: thin ? 8 : 0,
    unmapAlignment: thin ? 0x80000000 : 0,
    maxWriteSame: BigInt(maxWriteSameBlocks),
    reserved: new Uint8Array(20),
  });
}

function characteristics(): Uint8Array {
  const body = new Uint8Array(60);
  body[1] = 1; // non-rotational
  return body;
}

/** Thin disks: UNMAP and both WRITE SAME forms give space back, which then reads as zeros. */
function provisioning(unit: ScsiUnit): Uint8Array {
  return unit.disk.thin === true ? Uint8Array.of(0, 0xe4, 0x02, 0) : Uint8Array.of(0, 0, 0, 0);
}

function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
