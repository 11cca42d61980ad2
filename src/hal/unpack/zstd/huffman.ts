import { backwardBits, bitEnd, wordAt } from "./bits.ts";
import { type FseTable, readFse } from "./fse.ts";

/** How bits turn into literals. @zstd 4.2 */
export interface HuffmanTable {
  /** Bits of the longest code. */
  readonly log: number;
  /** By the next `log` bits: the literal, and how many bits it takes. */
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

const longestCode = 11;
const weightLimits = { symbols: 16, log: 6 };

/** A part of an array of bytes. */
export interface Range {
  readonly at: number;
  readonly end: number;
}

/**
 * Reads a table's description.
 * @returns the table, and the byte behind its description
 * @throws when it is wrong
 */
export function readHuffman(
  bytes: Uint8Array,
  { at, end }: Range,
): { readonly table: HuffmanTable; readonly at: number } {
  const head = at < end ? (bytes[at] ?? 0) : 0;
  const next = at + 1 + (head < 128 ? head : (head - 127 + 1) >> 1);
  if (next > end || head === 0) throw new Error("a code is cut short");
  const weights = head < 128 ? packedWeights(bytes, { at: at + 1, end: next }) : [];
  for (let place = 0; place < head - 127; place++) {
    const pair = bytes[at + 1 + (place >> 1)] ?? 0;
    weights.push(place % 2 === 0 ? pair >> 4 : pair & 15);
  }
  return { table: buildHuffman(weights), at: next };
}

/** Weights from two decoders that take turns until the bits are used up. @zstd 4.2.1.2 */
function packedWeights(bytes: Uint8Array, range: Range): number[] {
  const { table, at } = readFse(bytes, range, weightLimits);
  const stream = backwardBits(bytes, at, range.end);
  const states: [number, number] = [stream.read(table.log), stream.read(table.log)];
  const weights: number[] = [];
  for (let turn: 0 | 1 = 0; weights.length < 255; turn = turn === 0 ? 1 : 0) {
    const state = states[turn];
    weights.push(table.symbols[state] ?? 0);
    states[turn] = nextState(table, state, stream.read(table.bits[state] ?? 0));
    if (stream.left() < 0) {
      weights.push(table.symbols[states[turn === 0 ? 1 : 0]] ?? 0);
      return weights;
    }
  }
  throw new Error("a code has too many symbols");
}

/** The state after one, with the bits it asked for. */
export function nextState(table: FseTable, state: number, bits: number): number {
  return (table.bases[state] ?? 0) + bits;
}

function buildHuffman(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > longestCode) throw new Error("a code is too long");
    if (weight > 0) sum += 1 << (weight - 1);
  }
  const log = 32 - Math.clz32(sum);
  const rest = (1 << log) - sum;
  // The last symbol takes what the others leave, which must be right for one.
  if (sum === 0 || log > longestCode || (rest & (rest - 1)) !== 0 || weights.length > 255) {
    throw new Error("a code is wrong");
  }
  weights.push(32 - Math.clz32(rest));
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let place = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue;
      const next = place + (1 << (weight - 1));
      symbols.fill(symbol, place, next);
      bits.fill(log + 1 - weight, place, next);
      place = next;
    }
  }
  return { log, symbols, bits };
}

/** Decodes a stream into exactly all of `into`. @throws when the stream says more or less */
export function decodeHuffman(table: HuffmanTable, bytes: Uint8Array, range: Range, into: Uint8Array): void {
  const { log, symbols, bits } = table;
  const mask = (1 << log) - 1;
  const origin = range.at * 8;
  let at = bitEnd(bytes, range.at, range.end);
  for (let place = 0; place < into.length; place++) {
    const low = at - log;
    const code = low >= origin ? wordAt(bytes, low) : wordAt(bytes, origin) << Math.min(31, origin - low);
    into[place] = symbols[code & mask] ?? 0;
    at -= bits[code & mask] ?? 0;
  }
  if (at !== origin) throw new Error("a stream of literals is wrong");
}
