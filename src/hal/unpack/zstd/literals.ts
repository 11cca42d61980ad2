import { decodeHuffman, type HuffmanTable, type Range, readHuffman } from "./huffman.ts";

/** The literals of a block, and where its sequences begin. */
export interface Literals {
  readonly bytes: Uint8Array;
  readonly at: number;
  /** The code they were written in, for the next block; `null` when there has been none. */
  readonly table: HuffmanTable | null;
}

/**
 * Reads the literals section of a block. @zstd 3.1.1.3.1
 *
 * @param limit     bytes of literals at most
 * @param previous  the code of the block before
 * @throws when it is wrong
 */
export function readLiterals(
  bytes: Uint8Array,
  range: Range,
  context: { readonly limit: number; readonly previous: HuffmanTable | null },
): Literals {
  const head = bytes[range.at] ?? 0;
  const kind = head & 3;
  return kind < 2 ? readPlain(bytes, range, context) : readCoded(bytes, range, context);
}

type Context = Parameters<typeof readLiterals>[2];

/** As they are, or one byte repeated. */
function readPlain(bytes: Uint8Array, range: Range, { limit, previous }: Context): Literals {
  const word = word24(bytes, range.at);
  const form = (word >> 2) & 3;
  const headBytes = form === 3 ? 3 : form === 1 ? 2 : 1;
  const size = headBytes === 1 ? (word >> 3) & 31 : (word >> 4) & (headBytes === 2 ? 0xfff : 0xfffff);
  const repeated = (word & 3) === 1;
  const from = range.at + headBytes;
  const at = from + (repeated ? 1 : size);
  if (at > range.end || size > limit) throw new Error("literals are cut short");
  const literals = repeated ? new Uint8Array(size).fill(bytes[from] ?? 0) : bytes.subarray(from, at);
  return { bytes: literals, at, table: previous };
}

/** In a code of their own or that of the block before, in one stream or four. */
function readCoded(bytes: Uint8Array, range: Range, { limit, previous }: Context): Literals {
  const low = word24(bytes, range.at);
  const form = (low >> 2) & 3;
  const sizeBits = form < 2 ? 10 : form === 2 ? 14 : 18;
  const headBytes = (4 + 2 * sizeBits + 7) >> 3;
  const sizes = (low + word24(bytes, range.at + 3) * 2 ** 24) / 16;
  const size = Math.floor(sizes) % 2 ** sizeBits;
  const packed = Math.floor(sizes / 2 ** sizeBits) % 2 ** sizeBits;
  const from = range.at + headBytes;
  const end = from + packed;
  if (end > range.end || size > limit) throw new Error("literals are cut short");
  const own = (low & 3) === 2 ? readHuffman(bytes, { at: from, end }) : null;
  const table = own?.table ?? previous;
  if (table === null) throw new Error("literals have no code");
  const literals = new Uint8Array(size);
  const streams = { at: own?.at ?? from, end };
  if (form === 0) decodeHuffman(table, bytes, streams, literals);
  else decodeFour(table, bytes, streams, literals);
  return { bytes: literals, at: end, table };
}

/** Four streams, whose lengths but the last stand before them. */
function decodeFour(table: HuffmanTable, bytes: Uint8Array, range: Range, into: Uint8Array): void {
  const quarter = (into.length + 3) >> 2;
  let at = range.at + 6;
  for (let stream = 0; stream < 4; stream++) {
    const lengthAt = range.at + 2 * stream;
    const length = (bytes[lengthAt] ?? 0) | ((bytes[lengthAt + 1] ?? 0) << 8);
    const end = stream === 3 ? range.end : at + length;
    if (end > range.end || at > end || 3 * quarter > into.length) throw new Error("literals are cut short");
    const part = into.subarray(stream * quarter, stream === 3 ? into.length : (stream + 1) * quarter);
    decodeHuffman(table, bytes, { at, end }, part);
    at = end;
  }
}

function word24(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}
