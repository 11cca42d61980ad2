import { type Micros, micros, reasonOf } from "../../support/index.ts";
import { type FetchQueue, openFetchQueue } from "./fetch-queue.ts";

/** Waits; ends early when the signal is aborted. Never rejects. */
export type Pause = (time: Micros, signal: AbortSignal) => Promise<void>;

/** What a fetcher needs of its surroundings. */
export interface FetcherOptions {
  /** Brings one chunk and checks it. Whatever it throws counts as a failure that may pass. */
  readonly fetch: (chunk: number, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>;
  /** Takes a chunk in, at once. */
  readonly arrived: (chunk: number, bytes: Uint8Array<ArrayBuffer>) => void;
  /** Whether a chunk that was foreseen is still missing. */
  readonly missing: (chunk: number) => boolean;
  readonly pause: Pause;
}

/** Brings chunks, each once at a time, a few at once, and tries again what fails. */
export interface ChunkFetcher extends Disposable {
  /**
   * Brings these chunks: in the order of asking, before anything foreseen.
   * Settles when each has arrived or failed for good; never rejects.
   */
  demand(chunks: readonly number[]): Promise<void>;
  /** Brings these chunks when there is room beside the demands, the ones nearest to the last demand first. */
  foresee(chunks: readonly number[]): void;
  /** Chunks on their way; chunks that arrived; times that one failed for good. */
  counts(): { readonly inFlight: number; readonly fetched: number; readonly failed: number };
  /** Why the last fetch that failed did; `null` when none has. */
  lastFailure(): string | null;
}

/** Pauses before a chunk that failed is tried again. Together a fraction of the time Linux waits for a disk. */
const pauses = [500_000, 1_500_000, 4_000_000];
/** Longest wait for one chunk. A server that accepts and then says nothing must not hold a guest for ever. */
const patience = micros(20_000_000);

/** Opens a fetcher. Disposing gives up what is on its way and settles every demand. */
export function openChunkFetcher(options: FetcherOptions): ChunkFetcher {
  const queue: FetchQueue = openFetchQueue({ bring, missing: options.missing });
  /** Of the fetches and pauses under way. */
  const stops = new Set<AbortController>();
  /** The last chunk failed for good. The server is probably gone: others are tried only once. */
  let troubled = false;
  let disposed = false;
  let fetched = 0;
  let failed = 0;
  let failure: string | null = null;

  /** Whether the chunk has arrived. Never rejects. */
  async function bring(chunk: number): Promise<boolean> {
    for (let attempt = 0; !disposed; attempt++) {
      if (await bringOnce(chunk)) return true;
      const rest = troubled ? undefined : pauses[attempt];
      if (rest === undefined) break;
      await stoppable((signal) => options.pause(micros(rest), signal));
    }
    troubled = true;
    failed++;
    return false;
  }

  async function bringOnce(chunk: number): Promise<boolean> {
    try {
      const bytes = await stoppable((signal) => inTime(options.fetch(chunk, signal)));
      if (!disposed) options.arrived(chunk, bytes);
      troubled = false;
      fetched++;
      return true;
    } catch (thrown) {
      failure = reasonOf(thrown);
      return false;
    }
  }

  /** Runs an action with a signal that is aborted when it is over, failed or given up. */
  async function stoppable<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    stops.add(stop);
    try {
      return await action(stop.signal);
    } finally {
      stops.delete(stop);
      stop.abort();
    }
  }

  function inTime<T>(work: Promise<T>): Promise<T> {
    return stoppable((signal) => {
      const late = options.pause(patience, signal).then((): never => {
        throw new Error("The server does not answer.");
      });
      return Promise.race([work, late]);
    });
  }

  return {
    demand: (chunks) => queue.demand(chunks),
    foresee: (chunks) => queue.foresee(chunks),
    counts: () => ({ inFlight: queue.inFlight(), fetched, failed }),
    lastFailure: () => failure,
    [Symbol.dispose]() {
      disposed = true;
      queue[Symbol.dispose]();
      for (const stop of [...stops]) stop.abort();
    },
  };
}
