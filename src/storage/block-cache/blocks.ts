import type { BlockFile } from "../disk.ts";

/** One cached piece of the file. */
export interface Block {
  readonly index: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Every byte is valid, zeros beyond the end of the file. Otherwise only the dirty range is. */
  full: boolean;
  /** Dirty range inside the block, valid and newer than the file; empty when both are equal. */
  from: number;
  to: number;
}

/** A sequence of reads that seems to walk through the file. */
export interface Stream {
  /** Block it would miss next. */
  next: number;
  /** Blocks fetched last time. */
  window: number;
}

/**
 * State of a cache. Invariants: `dirty` holds exactly the blocks whose range is not empty, oldest first;
 * `dirty.size` ≤ `dirtyLimit` < `capacity`; no dirty range reaches beyond `length`, which is the file's.
 */
export interface BlockStore {
  readonly file: BlockFile;
  readonly blockBytes: number;
  readonly capacity: number;
  readonly dirtyLimit: number;
  /** Most blocks moved by one file operation. */
  readonly maxRun: number;
  /** By index, least recently used first. */
  readonly blocks: Map<number, Block>;
  readonly dirty: Map<number, Block>;
  readonly spare: Uint8Array<ArrayBuffer>[];
  readonly scratch: Uint8Array<ArrayBuffer>;
  readonly streams: Stream[];
  length: number;
  readonly count: { hits: number; misses: number; fileReads: number; fileWrites: number };
}

/** Size of a cache. */
export interface CacheShape {
  /** Bytes of one block, a power of two, at least 512. */
  readonly blockBytes: number;
  /** Blocks held at most, at least 2. At most half of them are ever dirty. */
  readonly blocks: number;
}

/** Most bytes moved by one file operation of the cache. */
const longestRun = 1 << 20;

/** An empty store over a file. */
export function openStore(file: BlockFile, shape: CacheShape): BlockStore {
  const capacity = Math.max(2, shape.blocks);
  const most = Math.max(1, Math.floor(longestRun / shape.blockBytes));
  const maxRun = Math.max(1, Math.min(most, capacity >> 2));
  return {
    file,
    blockBytes: shape.blockBytes,
    capacity,
    dirtyLimit: capacity >> 1,
    maxRun,
    blocks: new Map(),
    dirty: new Map(),
    spare: [],
    scratch: new Uint8Array(maxRun * shape.blockBytes),
    streams: [],
    length: file.size(),
    count: { hits: 0, misses: 0, fileReads: 0, fileWrites: 0 },
  };
}

/** Marks a block as used just now. */
export function touch(store: BlockStore, block: Block): void {
  store.blocks.delete(block.index);
  store.blocks.set(block.index, block);
}

/** Adds a block with undefined contents and an empty dirty range; makes room by dropping a clean one. */
export function addBlock(store: BlockStore, index: number, full: boolean): Block {
  if (store.blocks.size >= store.capacity) dropOldestClean(store);
  const bytes = store.spare.pop() ?? new Uint8Array(store.blockBytes);
  const block: Block = { index, bytes, full, from: 0, to: 0 };
  store.blocks.set(index, block);
  return block;
}

/** Forgets a block, whatever it holds. */
export function dropBlock(store: BlockStore, block: Block): void {
  store.blocks.delete(block.index);
  store.dirty.delete(block.index);
  store.spare.push(block.bytes);
}

/** Takes the dirt off a block whose range has reached the file, or no longer matters. */
export function markClean(store: BlockStore, block: Block): void {
  store.dirty.delete(block.index);
  block.from = 0;
  block.to = 0;
  if (!block.full) dropBlock(store, block);
}

/** Reads what a block lacks. @throws what the file throws; the block is unchanged then */
export function fillBlock(store: BlockStore, block: Block): void {
  const { scratch, blockBytes } = store;
  const fresh = scratch.subarray(0, blockBytes);
  const got = store.file.readAt(block.index * blockBytes, fresh);
  store.count.fileReads++;
  fresh.fill(0, got);
  block.bytes.set(fresh.subarray(0, block.from), 0);
  block.bytes.set(fresh.subarray(block.to), block.to);
  block.full = true;
}

/** Follows a change of the file's length. */
export function setLength(store: BlockStore, length: number): void {
  if (length < store.length) {
    for (const block of [...store.blocks.values()]) {
      const kept = length - block.index * store.blockBytes;
      if (kept < store.blockBytes) cutBlock(store, block, kept);
    }
  }
  store.length = length;
}

function cutBlock(store: BlockStore, block: Block, kept: number): void {
  if (kept <= 0) {
    dropBlock(store, block);
    return;
  }
  if (block.full) block.bytes.fill(0, kept);
  block.to = Math.min(block.to, kept);
  if (block.from >= block.to) markClean(store, block);
}

function dropOldestClean(store: BlockStore): void {
  for (const block of store.blocks.values()) {
    if (block.from === block.to) {
      dropBlock(store, block);
      return;
    }
  }
}
