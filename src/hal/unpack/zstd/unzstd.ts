import { HvError, reasonOf } from "../../../support/index.ts";
import { type ByteQueue, openByteQueue } from "./byte-queue.ts";
import { type FrameHeader, headerBytes, readFrameHeader } from "./frame-header.ts";
import type { HuffmanTable } from "./huffman.ts";
import { readLiterals } from "./literals.ts";
import { type Output, openOutput } from "./output.ts";
import { noTables, type Recent, runSequences, type SequenceTables } from "./sequences.ts";
import { openXxh64 } from "./xxh64.ts";

/** What is thrown. */
export interface ZstdErrors {
  damaged(why: string): HvError;
  /** The window would take too much memory. */
  tooLarge(): HvError;
}

const frameMagic = 0xfd2fb528;
const skippedMagic = 0x184d2a50;

/** Largest window: what the zstd program itself takes unless it is told otherwise. */
const windowLimit = 128 << 20;
/** Most bytes that a block makes. @zstd 3.1.1.2.4 */
const blockLimit = 128 << 10;

/**
 * Unpacks what zstd has packed: any number of frames, without a dictionary.
 *
 * A block makes at most 128 KiB however it is written, memory is bounded by the window, and checksums are
 * checked where there are any. @zstd RFC 8878
 *
 * @throws one of `errors`, or what reading the pieces throws
 */
export async function* unzstd(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  errors: ZstdErrors,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const iterator = pieces[Symbol.asyncIterator]();
  const queue = openByteQueue(iterator);
  try {
    while (!(await queue.atEnd())) {
      const magic = number(await need(queue, 4));
      if (magic === frameMagic) yield* frame(queue, errors);
      else if ((magic & 0xfffffff0) >>> 0 !== skippedMagic) throw new Error("something follows its end");
      else if (!(await queue.skip(number(await need(queue, 4))))) throw cutShort();
    }
  } catch (failure) {
    throw failure instanceof HvError ? failure : errors.damaged(reasonOf(failure));
  } finally {
    await iterator.return?.();
  }
}

/** What blocks of one frame hand on to the next. */
interface FrameState {
  readonly output: Output;
  readonly recent: Recent;
  table: HuffmanTable | null;
  tables: SequenceTables;
}

async function* frame(queue: ByteQueue, errors: ZstdErrors): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const header = await readHeader(queue);
  if (header.windowBytes > windowLimit) throw errors.tooLarge();
  const state: FrameState = {
    output: openOutput(header.windowBytes),
    recent: [1, 4, 8],
    table: null,
    tables: noTables,
  };
  const limit = Math.min(blockLimit, header.windowBytes);
  const hash = header.hasChecksum ? openXxh64() : null;
  let made = 0;
  for (let last = false; !last; ) {
    const head = number(await need(queue, 3));
    last = (head & 1) === 1;
    const piece = await block(queue, state, { kind: (head >> 1) & 3, size: head >> 3, limit });
    made += piece.length;
    hash?.update(piece);
    if (piece.length > 0) yield piece;
  }
  if (header.contentBytes !== null && made !== header.contentBytes) throw new Error("its length is wrong");
  if (hash !== null && number(await need(queue, 4)) !== hash.low()) {
    throw new Error("its checksum does not match");
  }
}

async function readHeader(queue: ByteQueue): Promise<FrameHeader> {
  const descriptor = number(await need(queue, 1));
  const bytes = headerBytes(descriptor);
  return readFrameHeader(descriptor, await need(queue, bytes));
}

/** Reads a block and answers what it makes. @zstd 3.1.1.2 */
async function block(
  queue: ByteQueue,
  state: FrameState,
  head: { readonly kind: number; readonly size: number; readonly limit: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { kind, size, limit } = head;
  const { output } = state;
  if (kind === 3 || size > limit) throw new Error("a block is of an unknown kind");
  output.begin(limit);
  if (kind === 0) output.append(await need(queue, size));
  else if (kind === 1) output.fill(number(await need(queue, 1)), size);
  else packedBlock(await need(queue, size), state, limit);
  return output.made();
}

function packedBlock(bytes: Uint8Array<ArrayBuffer>, state: FrameState, limit: number): void {
  const end = bytes.length;
  const literals = readLiterals(bytes, { at: 0, end }, { limit, previous: state.table });
  state.table = literals.table;
  state.tables = runSequences(
    bytes,
    { at: literals.at, end },
    { literals: literals.bytes, tables: state.tables, recent: state.recent, output: state.output },
  );
}

async function need(queue: ByteQueue, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await queue.take(count);
  if (bytes === null) throw cutShort();
  return bytes;
}

function cutShort(): Error {
  return new Error("its end is missing");
}

/** Up to four bytes as a number, the first one lowest. */
function number(bytes: Uint8Array<ArrayBuffer>): number {
  let value = 0;
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + (bytes[at] ?? 0);
  return value;
}
