import { crc32, type Infer, layout, raw, u32, u64 } from "../../support/index.ts";
import { sectorSize } from "../disk.ts";

/**
 * The file that keeps the fetched chunks of a streamed disk:
 *
 *     sector 0        KeptHeader
 *     sectors 1 to n  KeptMarks, one bit for each chunk
 *     dataAt          the chunks, each at its place; what was not fetched is a hole
 */
export const KeptHeader = layout("KeptHeader", "le", 512, {
  cookie: raw(8), // "tvstream"
  version: u32,
  chunkBytes: u32,
  byteLength: u64,
  identity: raw(128), // UTF-8, zeros behind
  reserved: raw(356), // zeros
  checksum: u32, // CRC-32 of the bytes before
});
export type KeptHeader = Infer<typeof KeptHeader>;

/** One sector of marks. Its checksum covers the header too: marks of another image never count. */
export const KeptMarks = layout("KeptMarks", "le", 512, {
  bits: raw(508), // lowest bit of the first byte is the lowest chunk
  checksum: u32, // CRC-32 of the header's checksum, this sector's number and the bits
});
export type KeptMarks = Infer<typeof KeptMarks>;

const version = 1;
const cookie = new TextEncoder().encode("tvstream");

/** Chunks that one sector of marks covers. */
export const chunksPerSector = 508 * 8;

/** The chunks begin at a multiple of this: the block of the cache before the file. */
const dataAlignment = 64 << 10;

/** What a kept file is about. */
export interface KeptShape {
  readonly byteLength: number;
  readonly chunkBytes: number;
  /** Names the image, by its hash; at most 128 bytes count. */
  readonly identity: string;
}

/** Number of chunks. */
export function chunkCount(shape: { readonly byteLength: number; readonly chunkBytes: number }): number {
  return Math.ceil(shape.byteLength / shape.chunkBytes);
}

/** Number of sectors with marks. */
export function markSectors(shape: KeptShape): number {
  return Math.ceil(chunkCount(shape) / chunksPerSector);
}

/** Where chunk 0 lies in the kept file. */
export function dataAt(shape: KeptShape): number {
  return Math.ceil(((1 + markSectors(shape)) * sectorSize) / dataAlignment) * dataAlignment;
}

/** The header sector of a file for this image. */
export function headerBytes(shape: KeptShape): Uint8Array<ArrayBuffer> {
  const out = KeptHeader.bytes({
    cookie,
    version,
    chunkBytes: shape.chunkBytes,
    byteLength: BigInt(shape.byteLength),
    identity: new TextEncoder().encode(shape.identity).subarray(0, 128),
    reserved: new Uint8Array(0),
    checksum: 0,
  });
  const view = new DataView(out.buffer);
  view.setUint32(KeptHeader.at.checksum, crc32(out.subarray(0, KeptHeader.at.checksum)), true);
  return out;
}

/** The checksum of a sector of marks. */
export function marksChecksum(header: Uint8Array, sector: number, bits: Uint8Array): number {
  const about = new Uint8Array(8);
  about.set(header.subarray(KeptHeader.at.checksum));
  new DataView(about.buffer).setUint32(4, sector, true);
  return crc32(bits, crc32(about));
}
