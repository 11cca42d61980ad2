import { wordAt } from "./bits.ts";

/** How states of an entropy decoder turn into symbols and further states. @zstd 4.1 */
export interface FseTable {
  /** The table has `1 << log` states. */
  readonly log: number;
  readonly symbols: Uint8Array;
  /** Bits to read for the next state, and what they are added to. */
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** Most symbols and states of a table. */
export interface FseLimits {
  readonly symbols: number;
  readonly log: number;
}

/**
 * Reads a table's description from byte `at` on.
 * @returns the table, and the byte behind its description
 * @throws when the description is wrong
 */
export function readFse(
  bytes: Uint8Array,
  range: { readonly at: number; readonly end: number },
  limits: FseLimits,
): { readonly table: FseTable; readonly at: number } {
  const start = range.at * 8;
  const log = (wordAt(bytes, start) & 15) + 5;
  if (log > limits.log) throw new Error("a table is too large");
  const counts: number[] = [];
  let at = start + 4;
  for (let left = 1 << log; left > 0; ) {
    if (counts.length >= limits.symbols || at > range.end * 8) throw new Error("a table is wrong");
    const bits = 32 - Math.clz32(left + 1);
    const value = wordAt(bytes, at) & ((1 << bits) - 1);
    const low = value & ((1 << (bits - 1)) - 1);
    // The smallest values need one bit less.
    const short = (1 << bits) - 2 - left;
    at += low < short ? bits - 1 : bits;
    const count = (low < short ? low : value >> (bits - 1) === 1 ? value - short : value) - 1;
    left -= Math.abs(count);
    counts.push(count);
    if (count === 0) at = readZeros(bytes, at, counts);
    if (left < 0) throw new Error("a table is wrong");
  }
  const next = (at + 7) >>> 3;
  if (counts.length > limits.symbols || next > range.end) throw new Error("a table is wrong");
  return { table: buildFse(counts, log), at: next };
}

/** Further symbols that never occur: two bits tell how many, three of them that more follow. */
function readZeros(bytes: Uint8Array, at: number, counts: number[]): number {
  for (;;) {
    const repeat = wordAt(bytes, at) & 3;
    at += 2;
    for (let place = 0; place < repeat; place++) counts.push(0);
    if (repeat < 3 || counts.length > 255) return at;
  }
}

/**
 * Builds a table of symbols that occur this often among its states; −1 stands for less than once.
 * @throws when the counts do not fill the table
 */
export function buildFse(counts: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = counts.map((count) => Math.abs(count));
  let high = size;
  for (const [symbol, count] of counts.entries()) if (count === -1) symbols[--high] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let occurrence = 0; occurrence < count; occurrence++) {
      symbols[place] = symbol;
      do place = (place + step) & (size - 1);
      while (place >= high);
    }
  }
  if (place !== 0) throw new Error("a table is wrong");
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0;
    const order = next[symbol] ?? 1;
    next[symbol] = order + 1;
    const count = log - (31 - Math.clz32(order));
    bits[state] = count;
    bases[state] = (order << count) - size;
  }
  return { log, symbols, bits, bases };
}

/** A table that knows one symbol. */
export function oneSymbol(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) };
}
