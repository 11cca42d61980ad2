import { isZero, type OwnBytes } from "../support/index.ts";

/** Arrays of numbers, as devices keep them. */
export type SavedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Plain data that a saved state is made of. Members that are `undefined` are left out. */
export type SavedValue =
  | null
  | boolean
  | number
  /** -2^63 to 2^64 - 1. */
  | bigint
  | string
  | SavedArray
  | readonly SavedValue[]
  | { readonly [name: string]: SavedValue | undefined };

/** Values within values at most. Reason: the deepest device has seven levels. */
const depthLimit = 24;
/**
 * Bytes of all arrays of one value at most. Reason: an array of zeros takes no room in a file, so a file of nothing
 * could ask for everything; the largest device has 8 MiB of video memory and a drive's buffer of 32.
 */
export const savedArraysLimit = 96 << 20;
/** Arrays are stored in pages of which those of zeros are left out. */
const page = 4096;

const Tag = {
  nothing: 0,
  no: 1,
  yes: 2,
  number: 3,
  unsigned: 4,
  signed: 5,
  text: 6,
  list: 7,
  record: 8,
  array: 9,
} as const;

const arrayKinds = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
] as const;

/**
 * Writes a value: a {@link SavedValue}, whatever type of plain data it has.
 * @throws RangeError for what is none, a bug of ours
 */
export function encodeSaved(value: unknown): OwnBytes {
  const sink = openSink();
  put(sink, value, 0);
  return sink.take();
}

/** Reads a value, which may be anything. @returns `undefined` when it is damaged */
export function decodeSaved(bytes: Uint8Array): SavedValue | undefined {
  const source: Source = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    at: 0,
    room: savedArraysLimit,
  };
  try {
    const value = take(source, 0);
    return source.at === bytes.length ? value : undefined;
  } catch (failure) {
    // What lies about a length reaches beyond the end.
    if (failure instanceof RangeError || failure instanceof TypeError) return undefined;
    throw failure;
  }
}

/** Whether a value is an array of numbers. */
export function isSavedArray(value: unknown): value is SavedArray {
  return arrayKinds.some((kind) => value instanceof kind);
}

/** Bytes that grow. */
interface Sink {
  byte(value: number): void;
  word(value: number): void;
  number(value: number): void;
  big(value: bigint): void;
  bytes(bytes: Uint8Array): void;
  take(): OwnBytes;
}

function openSink(): Sink {
  let bytes = new Uint8Array(page);
  let view = new DataView(bytes.buffer);
  let used = 0;
  /** @returns where the next `length` bytes go */
  function room(length: number): number {
    if (used + length > bytes.length) {
      const larger = new Uint8Array(Math.max(bytes.length * 2, used + length));
      larger.set(bytes.subarray(0, used));
      bytes = larger;
      view = new DataView(bytes.buffer);
    }
    used += length;
    return used - length;
  }
  return {
    byte(value) {
      const at = room(1);
      view.setUint8(at, value);
    },
    word(value) {
      const at = room(4);
      view.setUint32(at, value, true);
    },
    number(value) {
      const at = room(8);
      view.setFloat64(at, value, true);
    },
    big(value) {
      const at = room(8);
      view.setBigUint64(at, BigInt.asUintN(64, value), true);
    },
    bytes(more) {
      const at = room(more.length);
      bytes.set(more, at);
    },
    take: () => bytes.slice(0, used),
  };
}

function put(sink: Sink, value: unknown, depth: number): void {
  if (depth > depthLimit) throw new RangeError("a saved value is too deep");
  if (value === null || value === undefined) sink.byte(Tag.nothing);
  else if (typeof value === "boolean") sink.byte(value ? Tag.yes : Tag.no);
  else if (typeof value === "number") {
    sink.byte(Tag.number);
    sink.number(value);
  } else if (typeof value === "bigint") {
    if (value < -(1n << 63n) || value >= 1n << 64n) throw new RangeError("a saved number is too large");
    sink.byte(value < 0n ? Tag.signed : Tag.unsigned);
    sink.big(value);
  } else if (typeof value === "string") {
    sink.byte(Tag.text);
    putText(sink, value);
  } else if (isSavedArray(value)) putArray(sink, value);
  else if (isList(value)) {
    sink.byte(Tag.list);
    sink.word(value.length);
    for (const one of value) put(sink, one, depth + 1);
  } else if (typeof value === "object") putRecord(sink, value, depth);
  else throw new RangeError(`a ${typeof value} cannot be saved`);
}

function isList(value: object): value is readonly unknown[] {
  return Array.isArray(value);
}

function putRecord(sink: Sink, record: object, depth: number): void {
  const members = Object.entries(record).filter(([, member]) => member !== undefined);
  sink.byte(Tag.record);
  sink.word(members.length);
  for (const [name, member] of members) {
    putText(sink, name);
    put(sink, member, depth + 1);
  }
}

function putText(sink: Sink, text: string): void {
  const bytes = new TextEncoder().encode(text);
  sink.word(bytes.length);
  sink.bytes(bytes);
}

/** Kind, bytes, one bit for each page that is not all zeros, and those pages. */
function putArray(sink: Sink, array: SavedArray): void {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const marks = new Uint8Array(Math.ceil(Math.ceil(bytes.length / page) / 8));
  const pages: Uint8Array[] = [];
  for (let at = 0, number = 0; at < bytes.length; at += page, number++) {
    const one = bytes.subarray(at, at + page);
    if (isZero(one)) continue;
    marks[number >> 3] = (marks[number >> 3] ?? 0) | (1 << (number & 7));
    pages.push(one);
  }
  sink.byte(Tag.array);
  sink.byte(arrayKinds.findIndex((kind) => array instanceof kind));
  sink.word(bytes.length);
  sink.bytes(marks);
  for (const one of pages) sink.bytes(one);
}

/** What is left to read. `room`: bytes that further arrays may have. */
interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  room: number;
}

function take(source: Source, depth: number): SavedValue {
  if (depth > depthLimit) throw damaged();
  const tag = source.view.getUint8(source.at++);
  switch (tag) {
    case Tag.nothing:
      return null;
    case Tag.no:
      return false;
    case Tag.yes:
      return true;
    case Tag.number:
      return source.view.getFloat64(skip(source, 8), true);
    case Tag.unsigned:
      return source.view.getBigUint64(skip(source, 8), true);
    case Tag.signed:
      return source.view.getBigInt64(skip(source, 8), true);
    case Tag.text:
      return takeText(source);
    case Tag.list:
      return takeList(source, depth);
    case Tag.record:
      return takeRecord(source, depth);
    case Tag.array:
      return takeArray(source);
    default:
      throw damaged();
  }
}

/** @returns where the next `length` bytes are. @throws RangeError when there are fewer */
function skip(source: Source, length: number): number {
  const at = source.at;
  if (length > source.bytes.length - at) throw damaged();
  source.at = at + length;
  return at;
}

function takeCount(source: Source): number {
  return source.view.getUint32(skip(source, 4), true);
}

function takeText(source: Source): string {
  const length = takeCount(source);
  const at = skip(source, length);
  return new TextDecoder().decode(source.bytes.slice(at, at + length));
}

function takeList(source: Source, depth: number): SavedValue {
  const count = takeCount(source);
  const list: SavedValue[] = [];
  // Every value takes a byte at least: what lies about the count comes to an end.
  for (let place = 0; place < count; place++) list.push(take(source, depth + 1));
  return list;
}

function takeRecord(source: Source, depth: number): SavedValue {
  const count = takeCount(source);
  const members = new Map<string, SavedValue>();
  for (let place = 0; place < count; place++) {
    const name = takeText(source);
    if (members.has(name)) throw damaged();
    members.set(name, take(source, depth + 1));
  }
  return Object.fromEntries(members);
}

function takeArray(source: Source): SavedValue {
  const kind = arrayKinds[source.view.getUint8(skip(source, 1))];
  const length = takeCount(source);
  if (kind === undefined || length > source.room || length % kind.BYTES_PER_ELEMENT !== 0) throw damaged();
  const pages = Math.ceil(length / page);
  const marksAt = skip(source, Math.ceil(pages / 8));
  source.room -= length;
  const bytes = new Uint8Array(length);
  for (let number = 0; number < pages; number++) {
    if (((source.bytes[marksAt + (number >> 3)] ?? 0) & (1 << (number & 7))) === 0) continue;
    const size = Math.min(page, length - number * page);
    const at = skip(source, size);
    bytes.set(source.bytes.subarray(at, at + size), number * page);
  }
  return new kind(bytes.buffer);
}

function damaged(): RangeError {
  return new RangeError("damaged");
}
