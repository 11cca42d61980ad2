import { reasonOf } from "../../support/index.ts";
import { openReadAhead } from "../read-ahead.ts";
import type { DeviceFile } from "./device-file.ts";
import type { Overlay } from "./overlay.ts";

/** Brings chunks of a device into memory. */
export interface Loader {
  /**
   * Loads what misses of a range, at most {@link loadLimit} of it, and begins what a sequential reader
   * wants next. Settles when it is here or could not be read; never rejects. `null` when it is here.
   */
  load(at: number, length: number): Promise<void> | null;
  /** What is being loaded of this chunk is older than what has been written since. */
  forget(index: number): void;
  /** Why the last read that failed did; `null` when none has. */
  lastFailure(): string | null;
}

/** Most bytes of one range that are loaded: half of the clean memory, or the end would push out the beginning. */
export const loadLimit = 32 << 20;

/** Most chunks in one read. */
const longestRun = 4;
/** Chunks read ahead of a sequential reader at most. */
const aheadLimit = 8;

/** @param device  `byteLength` is that of the disk */
export function openLoader(device: {
  readonly file: DeviceFile;
  readonly byteLength: number;
  readonly chunkBytes: number;
  readonly overlay: Overlay;
}): Loader {
  const { file, byteLength, chunkBytes, overlay } = device;
  const chunks = Math.ceil(byteLength / chunkBytes);
  const ahead = openReadAhead(aheadLimit);
  const flights = new Map<number, Promise<void>>();
  let failure: string | null = null;

  function load(at: number, length: number): Promise<void> | null {
    if (length === 0) return null;
    const first = Math.floor(at / chunkBytes);
    const last = Math.floor((at + Math.min(length, loadLimit) - 1) / chunkBytes);
    const waits = start(first, last);
    void start(last + 1, Math.min(chunks - 1, last + ahead.follow(first, last)));
    return waits.length === 0 ? null : Promise.all(waits).then(() => {});
  }

  /** Begins to read what misses; answers what must be waited for. */
  function start(first: number, last: number): Promise<void>[] {
    const waits = new Set<Promise<void>>();
    for (let index = first; index <= last; index++) {
      if (overlay.get(index) !== undefined) continue;
      const known = flights.get(index);
      if (known !== undefined) {
        waits.add(known);
        continue;
      }
      const count = runFrom(index, last);
      const flight: Promise<void> = bring(index, count, () => flight);
      for (let place = 0; place < count; place++) flights.set(index + place, flight);
      waits.add(flight);
      index += count - 1;
    }
    return [...waits];
  }

  /** Chunks from `first` on that miss and that nobody reads yet. */
  function runFrom(first: number, last: number): number {
    let count = 1;
    while (
      count < longestRun &&
      first + count <= last &&
      overlay.get(first + count) === undefined &&
      !flights.has(first + count)
    ) {
      count++;
    }
    return count;
  }

  /** Never rejects. */
  async function bring(first: number, count: number, self: () => Promise<void>): Promise<void> {
    const at = first * chunkBytes;
    const length = Math.min(count * chunkBytes, byteLength - at);
    const bytes = await readAll(at, length);
    for (let index = first; index < first + count; index++) {
      if (flights.get(index) !== self()) continue; // it was written meanwhile
      flights.delete(index);
      const offset = (index - first) * chunkBytes;
      if (bytes !== null) overlay.addClean(index, bytes.slice(offset, offset + chunkBytes));
    }
  }

  async function readAll(at: number, length: number): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const bytes = await file.read(at, length);
      if (bytes.length === length) return bytes;
      failure = "The file has become shorter since it was opened.";
    } catch (thrown) {
      failure = reasonOf(thrown);
    }
    return null;
  }

  return { load, forget: (index) => flights.delete(index), lastFailure: () => failure };
}
