import { type Infer, layout, raw, u8, u16, u32, u64 } from "../../support/index.ts";
import { sectorSize } from "../disk.ts";
import { corrupt, type ImageFault } from "../image-outcome.ts";
import { checksumBut } from "./checksum.ts";
import { geometryOf } from "./geometry.ts";

/** The last 512 bytes of every VHD, copied to its start in dynamic and differencing ones. @vhd hard-disk-footer */
export const VhdFooter = layout("VhdFooter", "be", 512, {
  cookie: raw(8), // "conectix"
  features: u32, // bit 0 temporary, bit 1 reserved and always set
  version: u32, // major << 16 | minor
  dataOffset: u64, // of the dynamic header; all ones in a fixed disk
  timeStamp: u32, // seconds since 2000-01-01 UTC
  creatorApplication: raw(4),
  creatorVersion: u32,
  creatorHost: raw(4),
  originalSize: u64, // bytes when it was made
  currentSize: u64, // bytes the guest sees now
  cylinders: u16, // geometry; only what a BIOS shows, size counts
  heads: u8,
  sectorsPerTrack: u8,
  type: u32, // VhdType
  checksum: u32, // ones' complement of the sum of all other bytes
  uniqueId: raw(16), // children name their parent by it
  savedState: u8,
  reserved: raw(427), // zeros, not checked
});
export type VhdFooter = Infer<typeof VhdFooter>;

/** Kinds of VHD. Open: files may carry others. @vhd hard-disk-footer disk type */
export const VhdType = { fixed: 2, dynamic: 3, differencing: 4 } as const;
export type VhdType = (typeof VhdType)[keyof typeof VhdType];

/** Most bytes a VHD may describe: 2040 GiB, the limit of the format. */
export const vhdSizeLimit = 2040 * 2 ** 30;

/** A footer that passed every check, or why it did not. */
export type FooterOutcome =
  | {
      readonly kind: "footer";
      readonly footer: VhdFooter;
      readonly type: VhdType;
      /** Bytes of the disk, a multiple of 512 and at most {@link vhdSizeLimit}. */
      readonly byteLength: number;
    }
  | { readonly kind: "corrupt"; readonly fault: ImageFault; readonly text: string };

const cookie = [0x63, 0x6f, 0x6e, 0x65, 0x63, 0x74, 0x69, 0x78];

/** Whether these bytes begin as a footer does. */
export function looksLikeFooter(bytes: Uint8Array): boolean {
  return bytes.length >= VhdFooter.size && cookie.every((byte, place) => bytes[place] === byte);
}

/** The checksum a footer of these 512 bytes must carry, whatever its field holds now. */
export function footerChecksum(bytes: Uint8Array): number {
  return checksumBut(bytes, VhdFooter.size, VhdFooter.at.checksum);
}

/** Checks 512 bytes of a file and reads them as a footer. Any bytes may be given. */
export function parseFooter(bytes: Uint8Array): FooterOutcome {
  if (!looksLikeFooter(bytes)) return corrupt("noFooter", "The file has no VHD footer.");
  const footer = VhdFooter.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (footer.checksum !== footerChecksum(bytes)) {
    return corrupt("badChecksum", "The VHD footer is damaged: its checksum does not match.");
  }
  if (footer.version >>> 16 !== 1) {
    return corrupt("badVersion", `The VHD has the unknown format version ${footer.version >>> 16}.`);
  }
  const size = footer.currentSize;
  if (size === 0n || size % BigInt(sectorSize) !== 0n || size > BigInt(vhdSizeLimit)) {
    return corrupt("badSize", `The VHD footer gives an impossible size: ${size} bytes.`);
  }
  const type = Object.values(VhdType).find((known) => known === footer.type);
  if (type === undefined) return corrupt("badType", `The VHD has the unknown type ${footer.type}.`);
  return { kind: "footer", footer, type, byteLength: Number(size) };
}

/** What a new VHD is told of itself: pure rooms have neither a clock nor randomness. */
export interface VhdIdentity {
  /** 16 random bytes; children name their parent by them. */
  readonly uniqueId: Uint8Array;
  /** Seconds since 2000-01-01 UTC, see {@link vhdTimeStamp}. */
  readonly timeStamp: number;
}

/** What a new footer says. */
export interface FooterFields {
  readonly type: VhdType;
  /** Bytes of the disk, a multiple of 512. */
  readonly byteLength: number;
  readonly identity: VhdIdentity;
  /** Bytes when the disk was made, when it has grown since. */
  readonly originalSize?: number;
}

/** Milliseconds since 1970 at the beginning of the format's time, 2000-01-01 UTC. */
const epochMs = 946_684_800_000;

/** Milliseconds since 1970 as a VHD time stamp: whole seconds since 2000. */
export function vhdTimeStamp(milliseconds: number): number {
  return Math.min(0xffffffff, Math.max(0, Math.floor((milliseconds - epochMs) / 1000)));
}

/** A VHD time stamp as milliseconds since 1970. */
export function vhdTime(timeStamp: number): number {
  return epochMs + timeStamp * 1000;
}

/**
 * The names Hyper-V Server 2008 R2 signs with. QEMU takes the size of a disk from its geometry, which rounds,
 * unless it knows the creator as one whose sizes are exact; ours are, so we cannot sign with a name of our own.
 */
const creator = { application: "win ", version: 0x00060001, host: "Wi2k" };

/** Feature bit 1, reserved and always set. @vhd hard-disk-footer features */
const reservedFeature = 2;
const versionOne = 0x00010000;
/** Where the dynamic header stands in the files we make: behind the copy of the footer. */
export const dynamicHeaderAt = 512n;
/** Data offset and table fields that lead nowhere. */
export const nowhere = 0xffffffffffffffffn;

function letters(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The footer of a new VHD, 512 bytes with their checksum. */
export function footerBytes(fields: FooterFields): Uint8Array<ArrayBuffer> {
  const { type, byteLength, identity } = fields;
  return sealFooter({
    cookie: Uint8Array.from(cookie),
    features: reservedFeature,
    version: versionOne,
    dataOffset: type === VhdType.fixed ? nowhere : dynamicHeaderAt,
    timeStamp: identity.timeStamp,
    creatorApplication: letters(creator.application),
    creatorVersion: creator.version,
    creatorHost: letters(creator.host),
    originalSize: BigInt(fields.originalSize ?? byteLength),
    currentSize: BigInt(byteLength),
    ...geometryOf(byteLength),
    type,
    checksum: 0,
    uniqueId: Uint8Array.from(identity.uniqueId),
    savedState: 0,
    reserved: new Uint8Array(427),
  });
}

/** A footer of these fields; the checksum is made to fit. For tools that change a footer. */
export function sealFooter(footer: VhdFooter): Uint8Array<ArrayBuffer> {
  const bytes = VhdFooter.bytes(footer);
  new DataView(bytes.buffer).setUint32(VhdFooter.at.checksum, footerChecksum(bytes));
  return bytes;
}
