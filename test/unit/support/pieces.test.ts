import { describe, expect, test } from "vitest";
import {
  crc32c,
  longestPiece,
  type OwnBytes,
  packPieces,
  pieceLength,
  pieceRegion,
  readPiece,
} from "../../../src/support/index.ts";

const page = 4096;
function pack(bytes: OwnBytes, region = 3): OwnBytes[] {
  const packer = packPieces({ region, size: bytes.length, pageAt: (at) => bytes.subarray(at, at + page) });
  const all: OwnBytes[] = [];
  for (let piece = packer.next(); piece !== null; piece = packer.next()) all.push(piece);
  return all;
}

test("CRC-32C is that of RFC 3720, whole or in parts", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  const ascending = Uint8Array.from({ length: 32 }, (_, at) => at);
  expect(crc32c(ascending)).toBe(0x46dd794e);
  expect(crc32c(ascending.subarray(7), crc32c(ascending.subarray(0, 7)))).toBe(0x46dd794e);
});

describe("pieces", () => {
  const bytes = new Uint8Array(700 * page);
  for (let at = 0; at < bytes.length; at += page)
    if (at % (3 * page) !== 0) bytes[at + (at % 97)] = 1 + (at % 200);

  test("hold every page that is not all zeros, and no other", () => {
    const pieces = pack(bytes);
    expect(pieces.map(({ length }) => length)).toEqual([
      longestPiece,
      longestPiece - 256 * page + 210 * page,
    ]);
    const back = new Uint8Array(bytes.length);
    for (const piece of pieces) {
      expect(pieceLength(piece)).toBe(piece.length);
      expect(pieceRegion(piece)).toBe(3);
      readPiece(piece, (region) => (region === 3 ? back.length : 0))?.each((at, from) => back.set(from, at));
    }
    expect(Buffer.from(back).equals(Buffer.from(bytes))).toBe(true);
    expect(pack(new Uint8Array(page))).toEqual([]);
  });

  test("that were changed anywhere are refused, and so are pages beyond the end", () => {
    const [piece] = pack(bytes.slice(0, 3 * page));
    if (piece === undefined) throw new Error("no piece");
    for (const at of [0, 5, 9, 13, 17, 1100, piece.length - 1]) {
      const bad = piece.slice();
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      expect(readPiece(bad, () => bytes.length)).toBeNull();
    }
    expect(readPiece(piece, () => 2 * page)).toBeNull();
    expect(readPiece(piece.slice(0, -1), () => bytes.length)).toBeNull();
    expect(readPiece(new Uint8Array(0), () => bytes.length)).toBeNull();
  });
});
