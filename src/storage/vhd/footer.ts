import { type Infer, layout, raw, u8, u16, u32, u64 } from "../../support/index.ts";
import { sectorSize } from "../disk.ts";
import { corrupt, type ImageFault } from "../image-outcome.ts";

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
  let sum = 0;
  for (let at = 0; at < VhdFooter.size; at++) {
    const inField = at >= VhdFooter.at.checksum && at < VhdFooter.at.checksum + 4;
    if (!inField) sum += bytes[at] ?? 0;
  }
  return ~sum >>> 0;
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
