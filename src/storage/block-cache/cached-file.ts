import type { InspectNode } from "../../support/index.ts";
import type { BlockFile, DiskStatus } from "../disk.ts";
import { isNoSpace } from "../errors.ts";
import { type CacheShape, openStore, setLength } from "./blocks.ts";
import { cachedRead } from "./read.ts";
import { cachedWrite } from "./write.ts";
import { writeAll } from "./write-back.ts";

/** A file behind a cache. Its owner also owns the moments when unflushed writes leave for the file. */
export interface CachedFile extends BlockFile {
  /** Blocks with bytes that the file does not have yet. */
  dirtyBlocks(): number;
  /**
   * Writes every dirty block. Call it at most 100 ms after a write, when idle, and before disposing:
   * writes that were acknowledged but not flushed live in memory only until then. What fails stays
   * dirty and fails the next `flush` again, so the status is for inspection.
   */
  writeBack(): DiskStatus;
  inspect(): InspectNode;
}

/**
 * Blocks of 64 KiB, because a file operation costs the same for 4 KiB and for 64 KiB; 64 MiB of them at most,
 * taken only as the guest reads.
 */
const usualShape: CacheShape = { blockBytes: 64 << 10, blocks: 1024 };

/**
 * Puts a cache before a file: reads by whole blocks with read-ahead for sequential readers, writes of
 * less than a block gathered in memory, larger writes straight through. Owns the file.
 *
 * A write that fails for lack of space throws on the write itself or on a later `flush`. Dirty bytes are
 * never given up: they are read back from memory and written again by the next attempt. Bytes between two
 * small writes to one block are written again with them.
 */
export function cachedFile(file: BlockFile, shape: CacheShape = usualShape): CachedFile {
  const store = openStore(file, shape);
  let disposed = false;

  function flush(): void {
    const failure = writeAll(store);
    file.flush(); // what did reach the file becomes safe even when something else could not
    if (failure !== null) throw failure.thrown;
  }

  function writeBack(): DiskStatus {
    const failure = writeAll(store);
    if (failure === null) return "ok";
    return isNoSpace(failure.thrown) ? "noSpace" : "mediumError";
  }

  function resize(size: number): void {
    file.resize(size);
    setLength(store, size);
  }

  function dispose(): void {
    if (disposed) return;
    disposed = true;
    const failure = writeAll(store);
    file[Symbol.dispose]();
    if (failure !== null) throw failure.thrown;
  }

  return {
    size: () => store.length,
    readAt: (at, into) => cachedRead(store, at, into),
    writeAt: (at, from) => cachedWrite(store, at, from),
    resize,
    flush,
    dirtyBlocks: () => store.dirty.size,
    writeBack,
    inspect: () => ({ blocks: store.blocks.size, dirty: store.dirty.size, ...store.count }),
    [Symbol.dispose]: dispose,
  };
}
