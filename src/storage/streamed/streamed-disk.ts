import { type BlockFile, type Disk, type DiskStatus, sectorSize } from "../disk.ts";
import { wholeSectors } from "../range.ts";
import { openReadAhead } from "../read-ahead.ts";
import { type ChunkCheck, checkedFetch } from "./checked-fetch.ts";
import { type ChunkFetcher, openChunkFetcher, type Pause } from "./chunk-fetcher.ts";
import { type ChunkSource, shapeTrouble } from "./chunk-source.ts";
import { type ChunkStore, openChunkStore } from "./chunk-store.ts";
import { type KeptChunks, openKeptChunks } from "./kept-chunks.ts";
import { chunkCount } from "./kept-layout.ts";
import { shareOf } from "./share.ts";

/** A disk whose chunks come as they are read. */
export interface StreamedDisk extends Disk {
  /** Share of what has to be fetched that is here, 0 to 1. */
  fetchedShare(): number;
  /** Bytes that are here because they were fetched. */
  fetchedBytes(): number;
  writeBack(): DiskStatus;
}

/** What a streamed disk is opened with. */
export interface StreamedOptions {
  readonly source: ChunkSource;
  /** Where chunks are kept from one visit to the next. The disk owns it. */
  readonly kept: BlockFile;
  /** Names the contents, by their hash; 128 bytes count. A kept file about other contents is started over. */
  readonly identity: string;
  readonly pause: Pause;
  /** Absent means that only the length of what arrives is checked. */
  readonly check?: ChunkCheck;
}

/** What became of opening a streamed disk. Unless a disk came out of it, the kept file still belongs to the caller. */
export type StreamedOutcome =
  | { readonly kind: "disk"; readonly disk: StreamedDisk }
  | { readonly kind: "refused"; readonly text: string };

/** Chunks fetched ahead of a sequential reader at most. */
const aheadLimit = 8;

/**
 * Opens a read-only disk over a file of the site, at once: chunks are fetched as they are read, and kept.
 *
 * A range that is not here answers `mediumError`: ask with `prepare` first. When a fetch has failed for good
 * the read answers so as well, and the next `prepare` tries again. `prepare` for more than 32 MiB at once may
 * find the first of it gone when the browser's storage is full. Contents whose length is not whole sectors
 * read as if padded with zeros.
 */
export function openStreamedDisk(options: StreamedOptions): StreamedOutcome {
  const { source, identity, pause } = options;
  const { byteLength, chunkBytes } = source;
  const text = shapeTrouble(byteLength, chunkBytes);
  if (text !== null) return { kind: "refused", text };
  const kept = openKeptChunks(options.kept, { byteLength, chunkBytes, identity });
  const store = openChunkStore(source, kept);
  const fetcher = openChunkFetcher({
    fetch: (chunk, signal) => checkedFetch(source, options.check ?? null, { chunk, signal }),
    arrived: store.takeIn,
    missing: (chunk) => !store.isHere(chunk),
    pause,
  });
  return { kind: "disk", disk: diskOver({ source, kept, store, fetcher }) };
}

/** What a streamed disk is made of. It owns `kept` and `fetcher`. */
interface Parts {
  readonly source: ChunkSource;
  readonly kept: KeptChunks;
  readonly store: ChunkStore;
  readonly fetcher: ChunkFetcher;
}

function diskOver(parts: Parts): StreamedDisk {
  const { source, kept, store, fetcher } = parts;
  const { chunkBytes } = source;
  const byteLength = Math.ceil(source.byteLength / sectorSize) * sectorSize;
  const prepare = openPrepare(parts);
  const refuse = (at: number, length: number): DiskStatus =>
    wholeSectors(byteLength, at, length) ? "readOnly" : "outOfRange";
  let disposed = false;

  function read(at: number, into: Uint8Array<ArrayBuffer>): DiskStatus {
    if (!wholeSectors(byteLength, at, into.length)) return "outOfRange";
    return !disposed && readContents(parts, at, into) ? "ok" : "mediumError";
  }

  return {
    byteLength,
    readOnly: true,
    prepare: (at, length) => (disposed || !wholeSectors(byteLength, at, length) ? null : prepare(at, length)),
    read,
    write: (at, from) => refuse(at, from.length),
    flush: () => "ok",
    unmap: refuse,
    writeBack() {
      // At stake is only what would be fetched again: nobody need hear of a failure.
      if (!disposed) kept.writeBack();
      return "ok";
    },
    fetchedShare() {
      const wanted = chunkCount(source) - store.zeros;
      return wanted === 0 ? 1 : (store.count() - store.zeros) / wanted;
    },
    fetchedBytes: () => Math.min(byteLength, (store.count() - store.zeros) * chunkBytes),
    layers() {
      const { isHere } = store;
      return [
        { format: "streamed", allocation: (cells) => shareOf({ byteLength, chunkBytes, cells, isHere }) },
      ];
    },
    inspect: () => ({ kind: "streamed", byteLength, ...inspectParts(parts) }),
    [Symbol.dispose]() {
      if (disposed) return;
      disposed = true;
      fetcher[Symbol.dispose]();
      kept[Symbol.dispose]();
    },
  };
}

/** `Disk.prepare` for ranges that are right. */
function openPrepare({ source, store, fetcher }: Parts): Disk["prepare"] {
  const { chunkBytes } = source;
  const chunks = chunkCount(source);
  const ahead = openReadAhead(aheadLimit);

  function missing(first: number, last: number): number[] {
    const out: number[] = [];
    for (let chunk = first; chunk <= last; chunk++) if (!store.isHere(chunk)) out.push(chunk);
    return out;
  }

  return (at, length) => {
    if (length === 0 || store.count() === chunks) return null;
    const first = Math.floor(at / chunkBytes);
    const last = Math.floor((at + length - 1) / chunkBytes);
    const wanted = missing(first, last);
    const settled = wanted.length > 0 ? fetcher.demand(wanted) : null;
    const foreseen = missing(last + 1, Math.min(chunks - 1, last + ahead.follow(first, last)));
    if (foreseen.length > 0) fetcher.foresee(foreseen);
    return settled;
  };
}

/** `false` when something of the range is not here. */
function readContents({ source, store }: Parts, at: number, into: Uint8Array<ArrayBuffer>): boolean {
  const { byteLength, chunkBytes } = source;
  const end = Math.min(at + into.length, byteLength);
  for (let place = at; place < end; ) {
    const stop = Math.min(end, (Math.floor(place / chunkBytes) + 1) * chunkBytes);
    if (!store.read(place, into.subarray(place - at, stop - at))) return false;
    place = stop;
  }
  into.fill(0, Math.max(0, end - at));
  return true;
}

function inspectParts({ source, kept, store, fetcher }: Parts) {
  return {
    chunkBytes: source.chunkBytes,
    chunks: chunkCount(source),
    here: store.count(),
    kept: kept.count(),
    inMemory: store.inMemory(),
    ...fetcher.counts(),
    lastFailure: fetcher.lastFailure() ?? kept.lastFailure(),
  };
}
