import { type BackwardBits, backwardBits } from "./bits.ts";
import { buildFse, type FseLimits, type FseTable, oneSymbol, readFse } from "./fse.ts";
import { nextState, type Range } from "./huffman.ts";
import type { Output } from "./output.ts";

/** What a kind of number in a sequence is coded with. */
interface Code {
  readonly limits: FseLimits;
  /** The table that needs no description. @zstd 3.1.1.3.2.2 */
  readonly usual: FseTable;
}

const literalLengths: Code = {
  limits: { symbols: 36, log: 9 },
  usual: buildFse(
    [
      4,
      3,
      ...Array<number>(11).fill(2),
      1,
      1,
      1,
      ...Array<number>(9).fill(2),
      3,
      2,
      1,
      1,
      1,
      1,
      1,
      -1,
      -1,
      -1,
      -1,
    ],
    6,
  ),
};
const offsets: Code = {
  limits: { symbols: 32, log: 8 },
  usual: buildFse(
    [...Array<number>(6).fill(1), 2, 2, 2, ...Array<number>(15).fill(1), ...Array<number>(5).fill(-1)],
    5,
  ),
};
const matchLengths: Code = {
  limits: { symbols: 53, log: 9 },
  usual: buildFse(
    [1, 4, 3, ...Array<number>(6).fill(2), ...Array<number>(37).fill(1), ...Array<number>(7).fill(-1)],
    6,
  ),
};

/** Extra bits of the codes of literal lengths and match lengths, where there are any. @zstd 3.1.1.3.2.1.1 */
const literalBits = [
  ...Array<number>(16).fill(0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
const matchBits = [
  ...Array<number>(32).fill(0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
const literalBases = bases(literalBits, 0);
const matchBases = bases(matchBits, 3);

function bases(bits: readonly number[], first: number): readonly number[] {
  let next = first;
  return bits.map((count) => {
    const base = next;
    next += 2 ** count;
    return base;
  });
}

/** The tables that the next block may use again; `null` before there was one. */
export interface SequenceTables {
  readonly literals: FseTable | null;
  readonly offsets: FseTable | null;
  readonly matches: FseTable | null;
}

/** Tables before the first block. */
export const noTables: SequenceTables = { literals: null, offsets: null, matches: null };

/** The three offsets used last. */
export type Recent = [number, number, number];

/** What a block's sequences begin with. */
interface Head {
  readonly count: number;
  readonly at: number;
  readonly tables: SequenceTables;
}

/**
 * Runs the sequences of a block: literals and copies in turn, then the literals that are left.
 *
 * @param recent  changed
 * @returns the tables for the next block
 * @throws when anything is wrong
 */
export function runSequences(
  bytes: Uint8Array,
  range: Range,
  work: {
    readonly literals: Uint8Array;
    readonly tables: SequenceTables;
    readonly recent: Recent;
    readonly output: Output;
  },
): SequenceTables {
  const { literals, recent, output } = work;
  const head = readHead(bytes, range, work.tables);
  let used = 0;
  if (head.count > 0) {
    const next = openSequences(head.tables, backwardBits(bytes, head.at, range.end));
    for (let left = head.count; left > 0; left--) {
      const { literalLength, offsetValue, matchLength } = next(left === 1);
      if (used + literalLength > literals.length) throw new Error("a block lacks literals");
      output.append(literals.subarray(used, used + literalLength));
      used += literalLength;
      output.copy(offsetFor(recent, offsetValue, literalLength), matchLength);
    }
  } else if (head.at !== range.end) {
    throw new Error("a block is too long");
  }
  output.append(literals.subarray(used));
  return head.tables;
}

function readHead(bytes: Uint8Array, range: Range, previous: SequenceTables): Head {
  const byte = (place: number): number => bytes[range.at + place] ?? 0;
  if (range.at >= range.end) throw new Error("a block is cut short");
  const first = byte(0);
  if (first === 0) return { count: 0, at: range.at + 1, tables: previous };
  const countBytes = first < 128 ? 1 : first < 255 ? 2 : 3;
  const counts = [first, ((first - 128) << 8) | byte(1), (byte(1) | (byte(2) << 8)) + 0x7f00];
  const modes = byte(countBytes);
  if ((modes & 3) !== 0) throw new Error("a block is of an unknown kind");
  let at = range.at + countBytes + 1;
  function table(code: Code, shift: number, before: FseTable | null): FseTable {
    const read = readTable(bytes, { at, end: range.end }, { code, mode: (modes >> shift) & 3, before });
    at = read.at;
    return read.table;
  }
  const tables = {
    literals: table(literalLengths, 6, previous.literals),
    offsets: table(offsets, 4, previous.offsets),
    matches: table(matchLengths, 2, previous.matches),
  };
  return { count: counts[countBytes - 1] ?? 0, at, tables };
}

/** One table: the usual one, of one symbol, described here, or that of the block before. */
function readTable(
  bytes: Uint8Array,
  range: Range,
  how: { readonly code: Code; readonly mode: number; readonly before: FseTable | null },
): { readonly table: FseTable; readonly at: number } {
  const { code, mode, before } = how;
  if (mode === 0) return { table: code.usual, at: range.at };
  if (mode === 2) return readFse(bytes, range, code.limits);
  if (mode === 1) {
    const symbol = bytes[range.at] ?? 0;
    if (range.at >= range.end || symbol >= code.limits.symbols) throw new Error("a table is wrong");
    return { table: oneSymbol(symbol), at: range.at + 1 };
  }
  if (before === null) throw new Error("a block wants a table that there is not");
  return { table: before, at: range.at };
}

interface Sequence {
  readonly literalLength: number;
  /** 1 to 3 name recent offsets. */
  readonly offsetValue: number;
  readonly matchLength: number;
}

/** @returns reads the next sequence; the last one must leave no bits */
function openSequences(tables: SequenceTables, bits: BackwardBits): (last: boolean) => Sequence {
  const { literals, offsets, matches } = tables;
  if (literals === null || offsets === null || matches === null) throw new Error("a block lacks tables");
  let literalState = bits.read(literals.log);
  let offsetState = bits.read(offsets.log);
  let matchState = bits.read(matches.log);
  return (last) => {
    const offsetCode = offsets.symbols[offsetState] ?? 0;
    const matchCode = matches.symbols[matchState] ?? 0;
    const literalCode = literals.symbols[literalState] ?? 0;
    const offsetValue = 2 ** offsetCode + bits.read(offsetCode);
    const matchLength = (matchBases[matchCode] ?? 0) + bits.read(matchBits[matchCode] ?? 0);
    const literalLength = (literalBases[literalCode] ?? 0) + bits.read(literalBits[literalCode] ?? 0);
    if (!last) {
      literalState = nextState(literals, literalState, bits.read(literals.bits[literalState] ?? 0));
      matchState = nextState(matches, matchState, bits.read(matches.bits[matchState] ?? 0));
      offsetState = nextState(offsets, offsetState, bits.read(offsets.bits[offsetState] ?? 0));
    }
    if (last ? bits.left() !== 0 : bits.left() < 0) throw new Error("a stream of sequences is wrong");
    return { literalLength, offsetValue, matchLength };
  };
}

/** Turns what a sequence says into an offset, and remembers it. @zstd 3.1.1.5 */
function offsetFor(recent: Recent, value: number, literalLength: number): number {
  const place = value > 3 ? 3 : value - 1 + (literalLength === 0 ? 1 : 0);
  const [first, second, third] = recent;
  if (value > 3) remember(recent, value - 3, second, first);
  else if (place === 1) remember(recent, second, third, first);
  else if (place === 2) remember(recent, third, second, first);
  else if (place === 3) remember(recent, first - 1, second, first);
  return recent[0];
}

/** Puts an offset first. */
function remember(recent: Recent, offset: number, third: number, second: number): void {
  recent[0] = offset;
  recent[1] = second;
  recent[2] = third;
}
