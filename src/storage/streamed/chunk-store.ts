import type { ChunkSource } from "./chunk-source.ts";
import type { KeptChunks } from "./kept-chunks.ts";
import { chunkCount } from "./kept-layout.ts";

/** The chunks of a streamed disk that are here, wherever that is. */
export interface ChunkStore {
  isHere(chunk: number): boolean;
  /** Chunks that are here. */
  count(): number;
  /** Chunks of them that were never fetched, because they are known to be zeros. */
  readonly zeros: number;
  /** Chunks held in memory, because they cannot be kept. */
  inMemory(): number;
  /** Takes ownership of a chunk that has arrived. */
  takeIn(chunk: number, bytes: Uint8Array<ArrayBuffer>): void;
  /** Fills `into` from byte `at` of the disk, inside one chunk. `false` when it is not here. */
  read(at: number, into: Uint8Array<ArrayBuffer>): boolean;
}

/** Bytes held in memory when the browser's storage has no room for them. */
const memoryLimit = 64 << 20;

/** Puts chunks into `kept`, which is borrowed, and what does not fit there into a bounded memory. */
export function openChunkStore(source: ChunkSource, kept: KeptChunks): ChunkStore {
  const { chunkBytes } = source;
  const capacity = Math.floor(memoryLimit / chunkBytes);
  /** Least recently used first. */
  const memory = new Map<number, Uint8Array<ArrayBuffer>>();
  const isZero = (chunk: number): boolean => source.isZero?.(chunk) === true;
  const isHere = (chunk: number): boolean => kept.has(chunk) || memory.has(chunk) || isZero(chunk);
  let onlyZero = 0;
  for (let chunk = 0; chunk < chunkCount(source); chunk++) {
    if (isZero(chunk) && !kept.has(chunk)) onlyZero++;
  }

  function takeIn(chunk: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (isHere(chunk) || kept.write(chunk, bytes)) return;
    for (const oldest of memory.keys()) {
      if (memory.size < capacity) break;
      memory.delete(oldest);
    }
    memory.set(chunk, bytes);
  }

  function read(at: number, into: Uint8Array<ArrayBuffer>): boolean {
    const chunk = Math.floor(at / chunkBytes);
    const held = memory.get(chunk);
    if (held !== undefined) {
      memory.delete(chunk);
      memory.set(chunk, held);
      const offset = at - chunk * chunkBytes;
      into.set(held.subarray(offset, offset + into.length));
      return true;
    }
    if (kept.has(chunk) && kept.read(at, into)) return true;
    if (!isZero(chunk)) return false;
    into.fill(0);
    return true;
  }

  return {
    isHere,
    count: () => kept.count() + memory.size + onlyZero,
    zeros: onlyZero,
    inMemory: () => memory.size,
    takeIn,
    read,
  };
}
