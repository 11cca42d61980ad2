import type { BlockFile } from "./disk.ts";
import { noSpaceError } from "./errors.ts";
import { sparseMemory } from "./sparse-memory.ts";

/** How a file in memory begins. */
export interface RamFileOptions {
  /** First contents; copied. */
  readonly contents?: Uint8Array<ArrayBuffer>;
  /** Most bytes the file may be long, its quota; unlimited when absent. */
  readonly limit?: number;
}

/** A file in memory, for tests and for pages whose storage is blocked. Gone with its owner. */
export function ramFile(options: RamFileOptions = {}): BlockFile {
  const memory = sparseMemory();
  const limit = options.limit ?? Number.MAX_SAFE_INTEGER;
  let length = 0;
  if (options.contents !== undefined) writeAt(0, options.contents);

  function readAt(at: number, into: Uint8Array<ArrayBuffer>): number {
    const count = Math.max(0, Math.min(into.length, length - at));
    memory.read(at, into.subarray(0, count));
    return count;
  }
  function writeAt(at: number, from: Uint8Array<ArrayBuffer>): void {
    if (at + from.length > limit || !memory.write(at, from)) throw noSpaceError();
    length = Math.max(length, at + from.length);
  }
  function resize(size: number): void {
    if (size > limit) throw noSpaceError();
    if (size < length) memory.clear(size, length - size);
    length = size;
  }
  return {
    size: () => length,
    readAt,
    writeAt,
    resize,
    flush() {},
    [Symbol.dispose]: () => resize(0),
  };
}
