import { addBlock, type Block, type BlockStore, dropBlock, fillBlock, setLength, touch } from "./blocks.ts";
import { makeDirtyRoom } from "./write-back.ts";

/**
 * Writes a range: less than a block inside the file stays dirty in the cache, everything else goes
 * straight to the file.
 *
 * @throws what the file throws. The range is undefined then; everything else is as before
 */
export function cachedWrite(store: BlockStore, at: number, from: Uint8Array<ArrayBuffer>): void {
  if (from.length >= store.blockBytes || at + from.length > store.length) {
    writeStraight(store, at, from);
    return;
  }
  for (let done = 0; done < from.length; ) {
    const offset = (at + done) % store.blockBytes;
    const count = Math.min(store.blockBytes - offset, from.length - done);
    const piece = from.subarray(done, done + count);
    dirtyBlock(store, (at + done - offset) / store.blockBytes, { from: offset, to: offset + count }).set(
      piece,
    );
    done += count;
  }
}

/** Makes a range of a block dirty and answers the bytes to put there, at once. */
function dirtyBlock(
  store: BlockStore,
  index: number,
  range: { from: number; to: number },
): Uint8Array<ArrayBuffer> {
  if (!store.dirty.has(index)) makeDirtyRoom(store);
  const block = store.blocks.get(index) ?? addBlock(store, index, false);
  if (block.from === block.to) {
    block.from = range.from;
    block.to = range.to;
    store.dirty.set(index, block);
  } else {
    // One range per block: a gap between old and new dirt must hold valid bytes before it is spanned.
    const gap = range.from > block.to || range.to < block.from;
    if (gap && !block.full) fillBlock(store, block);
    block.from = Math.min(block.from, range.from);
    block.to = Math.max(block.to, range.to);
  }
  if (block.to - block.from === store.blockBytes) block.full = true;
  touch(store, block);
  return block.bytes.subarray(range.from, range.to);
}

function writeStraight(store: BlockStore, at: number, from: Uint8Array<ArrayBuffer>): void {
  store.count.fileWrites++;
  try {
    store.file.writeAt(at, from);
  } catch (thrown) {
    eachOverlap(store, at, from.length, (block) => distrust(store, block));
    setLength(store, store.file.size());
    throw thrown;
  }
  eachOverlap(store, at, from.length, (block) => absorb(store, block, { at, from }));
  store.length = Math.max(store.length, at + from.length);
}

/** Brings a cached block up to date with bytes that are in the file already. */
function absorb(
  store: BlockStore,
  block: Block,
  written: { at: number; from: Uint8Array<ArrayBuffer> },
): void {
  const start = block.index * store.blockBytes;
  const low = Math.max(0, written.at - start);
  const high = Math.min(store.blockBytes, written.at + written.from.length - start);
  if (high - low === store.blockBytes) {
    dropBlock(store, block);
    return;
  }
  const first = block.full ? low : Math.max(low, block.from);
  const last = block.full ? high : Math.min(high, block.to);
  if (first >= last) return;
  block.bytes.set(written.from.subarray(start + first - written.at, start + last - written.at), first);
}

/** After a failed write nobody knows what the file holds under this block. */
function distrust(store: BlockStore, block: Block): void {
  if (block.from === block.to) dropBlock(store, block);
  else block.full = false;
}

function eachOverlap(store: BlockStore, at: number, length: number, visit: (block: Block) => void): void {
  const last = Math.ceil((at + length) / store.blockBytes);
  for (let index = Math.floor(at / store.blockBytes); index < last; index++) {
    const block = store.blocks.get(index);
    if (block !== undefined) visit(block);
  }
}
