import { addBlock, type Block, type BlockStore, fillBlock, type Stream, touch } from "./blocks.ts";

/** From this many bytes on a missing range is read straight into the caller's buffer. */
const directBytes = 256 << 10;

/** Sequential readers that are told apart. */
const streamLimit = 8;

/** Fills `into` from `at`; answers the bytes read, fewer only at the end of the file. @throws what the file throws */
export function cachedRead(store: BlockStore, at: number, into: Uint8Array<ArrayBuffer>): number {
  const end = Math.min(at + into.length, store.length);
  for (let pos = at; pos < end; ) {
    const block = store.blocks.get(Math.floor(pos / store.blockBytes));
    const rest = into.subarray(pos - at, end - at);
    if (block === undefined) {
      store.count.misses++;
      pos += fetch(store, pos, rest);
    } else {
      store.count.hits++;
      pos += copyOut(store, block, { offset: pos % store.blockBytes, into: rest });
    }
  }
  return Math.max(0, end - at);
}

function copyOut(
  store: BlockStore,
  block: Block,
  want: { offset: number; into: Uint8Array<ArrayBuffer> },
): number {
  const { offset, into } = want;
  const stop = Math.min(store.blockBytes, offset + into.length);
  if (!block.full && (offset < block.from || stop > block.to)) fillBlock(store, block);
  into.set(block.bytes.subarray(offset, stop));
  touch(store, block);
  return stop - offset;
}

/** Reads a range that starts in a missing block, and what probably follows. Answers the bytes put into `into`. */
function fetch(store: BlockStore, at: number, into: Uint8Array<ArrayBuffer>): number {
  const { blockBytes, file, scratch } = store;
  const first = Math.floor(at / blockBytes);
  const wanted = missingRun(store, first, Math.ceil((at + into.length) / blockBytes) - first);
  const direct = Math.min(into.length, (first + wanted) * blockBytes - at);
  store.count.fileReads++;
  if (direct >= directBytes) {
    const target = into.subarray(0, direct);
    target.fill(0, file.readAt(at, target));
    streamFor(store, first, wanted);
    return direct;
  }
  const stream = streamFor(store, first, Math.min(wanted, store.maxRun));
  const run = missingRun(store, first, Math.min(stream.window, blocksAfter(store, first)));
  stream.next = first + run;
  const fresh = scratch.subarray(0, run * blockBytes);
  fresh.fill(0, file.readAt(first * blockBytes, fresh));
  for (let place = 0; place < run; place++) {
    const bytes = fresh.subarray(place * blockBytes, (place + 1) * blockBytes);
    addBlock(store, first + place, true).bytes.set(bytes);
  }
  const offset = at - first * blockBytes;
  const count = Math.min(into.length, fresh.length - offset);
  into.set(fresh.subarray(offset, offset + count));
  return count;
}

/** Blocks from `first` on that are not cached, at least 1 and at most `limit`. */
function missingRun(store: BlockStore, first: number, limit: number): number {
  let run = 1;
  while (run < limit && !store.blocks.has(first + run)) run++;
  return run;
}

function blocksAfter(store: BlockStore, first: number): number {
  return Math.ceil(store.length / store.blockBytes) - first;
}

/** The stream this miss continues, with a doubled window, or a new one that fetches only what is wanted. */
function streamFor(store: BlockStore, first: number, wanted: number): Stream {
  const { streams, maxRun } = store;
  const known = streams.find((stream) => stream.next === first);
  if (known !== undefined) {
    known.window = Math.min(maxRun, Math.max(wanted, known.window * 2));
    known.next = first + wanted;
    return known;
  }
  const fresh = { next: first + wanted, window: wanted };
  if (streams.length >= streamLimit) streams.shift();
  streams.push(fresh);
  return fresh;
}
