import type { OwnBytes } from "./brand.ts";
import { crc32c } from "./crc32c.ts";
import { type Infer, layout, u32 } from "./layout.ts";

/** Bytes of a page. */
const page = 4096;
/** Pages of a piece at most: a megabyte, which travels between threads and into files as it is. */
export const pagesPerPiece = 256;

/**
 * Some pages of something larger, with their numbers: the pages of zeros are left out.
 *
 * ```
 * +-----------+------------------------+----------------------------+
 * | PieceHead | 256 page numbers, u32  | the pages, in that order   |
 * +-----------+------------------------+----------------------------+
 * ```
 */
const PieceHead = layout("PieceHead", "le", 16, {
  magic: u32, // "PAGE"
  region: u32, // what the pages belong to
  count: u32, // 1 to 256
  crc: u32, // CRC-32C of the head before it and of everything behind it
});
type PieceHead = Infer<typeof PieceHead>;

const magic = 0x45474150;
const numbersAt = PieceHead.size;
const pagesAt = numbersAt + pagesPerPiece * 4;

/** Bytes at the start of a piece that tell its length. */
export const pieceHeadBytes = PieceHead.size;
/** Bytes of a whole piece. */
export const longestPiece = pagesAt + pagesPerPiece * page;

/** Pages to be packed. */
export interface PageSource {
  readonly region: number;
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** The page at a byte address, valid until the next call. */
  pageAt(at: number): Uint8Array;
}

/** Hands out pieces, one after the other. */
export interface PiecePacker {
  /** The next piece, which is the caller's; `null` after the last. */
  next(): OwnBytes | null;
}

/** Packs the pages of a source that are not all zeros, in their order, as they are when it is asked. */
export function packPieces({ region, size, pageAt }: PageSource): PiecePacker {
  let at = 0;
  return {
    next() {
      let piece: OwnBytes | null = null;
      let count = 0;
      for (; at < size && count < pagesPerPiece; at += page) {
        const bytes = pageAt(at);
        if (isZero(bytes)) continue;
        piece ??= new Uint8Array(longestPiece);
        new DataView(piece.buffer).setUint32(numbersAt + count * 4, at / page, true);
        piece.set(bytes, pagesAt + count * page);
        count++;
      }
      return piece === null ? null : sealed(piece, region, count);
    },
  };
}

/** Whether bytes are all zeros; quick where they begin on a multiple of 4. */
export function isZero(bytes: Uint8Array): boolean {
  if (bytes.byteOffset % 4 !== 0) return bytes.every((byte) => byte === 0);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let at = 0; at < words.length; at++) if (words[at] !== 0) return false;
  for (let at = words.length * 4; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

function sealed(piece: OwnBytes, region: number, count: number): OwnBytes {
  const bytes = count === pagesPerPiece ? piece : piece.slice(0, pagesAt + count * page);
  PieceHead.write(new DataView(bytes.buffer), 0, { magic, region, count, crc: 0 });
  new DataView(bytes.buffer).setUint32(PieceHead.at.crc, crcOf(bytes), true);
  return bytes;
}

function crcOf(bytes: Uint8Array): number {
  return crc32c(bytes.subarray(PieceHead.size), crc32c(bytes.subarray(0, PieceHead.at.crc)));
}

/** Length of the piece that begins with these bytes, or `null` when they are no beginning of one. */
export function pieceLength(head: Uint8Array): number | null {
  if (head.length < PieceHead.size) return null;
  const { magic: found, count } = readHead(head);
  if (found !== magic || count === 0 || count > pagesPerPiece) return null;
  return pagesAt + count * page;
}

/** What the pages of a piece belong to, if it is one. */
export function pieceRegion(piece: Uint8Array): number {
  return piece.length < PieceHead.size ? 0 : readHead(piece).region;
}

/** A piece that is whole. */
export interface Piece {
  readonly region: number;
  /** Calls with each page and the byte address it belongs to. The bytes are the piece's. */
  each(visit: (at: number, bytes: Uint8Array) => void): void;
}

/**
 * Reads a piece, which may be anything.
 *
 * @param sizeOf  bytes of a region, 0 of one that is not there: no page lies beyond
 * @returns `null` when it is damaged
 */
export function readPiece(bytes: Uint8Array, sizeOf: (region: number) => number): Piece | null {
  if (pieceLength(bytes) !== bytes.length) return null;
  const { region, count, crc } = readHead(bytes);
  if (crcOf(bytes) !== crc) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pages = Math.floor(sizeOf(region) / page);
  const numberAt = (place: number): number => view.getUint32(numbersAt + place * 4, true);
  for (let place = 0; place < count; place++) if (numberAt(place) >= pages) return null;
  return {
    region,
    each(visit) {
      for (let place = 0; place < count; place++) {
        const from = pagesAt + place * page;
        visit(numberAt(place) * page, bytes.subarray(from, from + page));
      }
    },
  };
}

function readHead(bytes: Uint8Array): PieceHead {
  return PieceHead.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
}
