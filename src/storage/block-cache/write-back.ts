import { type Block, type BlockStore, markClean } from "./blocks.ts";

/** Brings the number of dirty blocks below the limit, oldest first. @throws what the file throws; nothing is lost */
export function makeDirtyRoom(store: BlockStore): void {
  while (store.dirty.size >= store.dirtyLimit) {
    for (const oldest of store.dirty.values()) {
      writeRun(store, oldest);
      break;
    }
  }
}

/** Tries to write every dirty block once. Answers the first failure; what failed stays dirty. */
export function writeAll(store: BlockStore): { readonly thrown: unknown } | null {
  let failure: { thrown: unknown } | null = null;
  for (const block of [...store.dirty.values()]) {
    if (!store.dirty.has(block.index)) continue; // went out with an older neighbour
    try {
      writeRun(store, block);
    } catch (thrown) {
      failure ??= { thrown };
    }
  }
  return failure;
}

/** Writes a dirty block together with the dirty blocks that touch it, in one operation. */
function writeRun(store: BlockStore, block: Block): void {
  const run = adjacentDirt(store, block);
  const head = run[0] ?? block;
  let bytes = head.bytes.subarray(head.from, head.to);
  if (run.length > 1) {
    let used = 0;
    for (const part of run) {
      store.scratch.set(part.bytes.subarray(part.from, part.to), used);
      used += part.to - part.from;
    }
    bytes = store.scratch.subarray(0, used);
  }
  store.count.fileWrites++;
  store.file.writeAt(head.index * store.blockBytes + head.from, bytes);
  for (const part of run) markClean(store, part);
}

/** Dirty blocks around `block` whose ranges meet without a gap, in order of position. */
function adjacentDirt(store: BlockStore, block: Block): readonly Block[] {
  const run = [block];
  for (let head = block; run.length < store.maxRun && head.from === 0; ) {
    const before = store.dirty.get(head.index - 1);
    if (before === undefined || before.to !== store.blockBytes) break;
    run.unshift(before);
    head = before;
  }
  for (let tail = block; run.length < store.maxRun && tail.to === store.blockBytes; ) {
    const after = store.dirty.get(tail.index + 1);
    if (after === undefined || after.from !== 0) break;
    run.push(after);
    tail = after;
  }
  return run;
}
