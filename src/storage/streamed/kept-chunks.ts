import { reasonOf } from "../../support/index.ts";
import type { BlockFile } from "../disk.ts";
import { dataAt, type KeptShape } from "./kept-layout.ts";
import { type Marks, noMarks, readMarks, startOver } from "./kept-marks.ts";

/** The chunks that a file keeps from one visit to the next. */
export interface KeptChunks extends Disposable {
  has(chunk: number): boolean;
  /** Chunks it has. */
  count(): number;
  /**
   * Fills `into` from byte `at` of the disk, inside one chunk that it has.
   * @returns `false` when it cannot be read; the chunk is forgotten then
   */
  read(at: number, into: Uint8Array<ArrayBuffer>): boolean;
  /** Takes in a chunk it does not have. `false` when it cannot be kept. */
  write(chunk: number, bytes: Uint8Array<ArrayBuffer>): boolean;
  /** Makes what was taken in survive: first the chunks, then the marks that say they are there. */
  writeBack(): void;
  /** Why the last thing that failed did; `null` when nothing has. */
  lastFailure(): string | null;
}

/**
 * Opens the kept file of an image, which the result owns. What an earlier visit left is used as far as it
 * checks out; a file that is damaged or about another image is started over. A file that cannot even be
 * started keeps nothing.
 */
export function openKeptChunks(file: BlockFile, shape: KeptShape): KeptChunks {
  const start = dataAt(shape);
  /** Chunks that could not be read back. Their marks may still stand in the file, so nothing is written there. */
  const spoiled = new Set<number>();
  let unflushed = false;
  let failure: string | null = null;

  function attempt<T>(action: () => T): T | null {
    try {
      return action();
    } catch (thrown) {
      failure = reasonOf(thrown);
      return null;
    }
  }

  const opened: Marks | null = attempt(() => readMarks(file, shape)) ?? attempt(() => startOver(file, shape));
  const marks = opened ?? noMarks(shape);

  function read(at: number, into: Uint8Array<ArrayBuffer>): boolean {
    const got = attempt(() => file.readAt(start + at, into));
    if (got === into.length) return true;
    const chunk = Math.floor(at / shape.chunkBytes);
    marks.set(chunk, false);
    spoiled.add(chunk);
    return false;
  }

  function write(chunk: number, bytes: Uint8Array<ArrayBuffer>): boolean {
    if (opened === null || spoiled.has(chunk)) return false;
    const written = attempt(() => {
      file.writeAt(start + chunk * shape.chunkBytes, bytes);
      return true;
    });
    if (written === null) return false;
    unflushed = true;
    marks.set(chunk, true);
    return true;
  }

  function writeBack(): void {
    if (opened === null || !marks.stale()) return;
    attempt(() => {
      // A mark must never reach the file before the chunk it speaks of.
      if (unflushed) file.flush();
      unflushed = false;
      marks.writeTo(file);
    });
  }

  return {
    has: (chunk) => marks.has(chunk),
    count: () => marks.count(),
    read,
    write,
    writeBack,
    lastFailure: () => failure,
    [Symbol.dispose]() {
      writeBack();
      file[Symbol.dispose]();
    },
  };
}
