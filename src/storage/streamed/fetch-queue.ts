/** In which order chunks are brought. */
export interface FetchQueue extends Disposable {
  /** Settles when each of the chunks has been brought or given up; never rejects. */
  demand(chunks: readonly number[]): Promise<void>;
  foresee(chunks: readonly number[]): void;
  /** Chunks that are being brought. */
  inFlight(): number;
}

/** Somebody waits, and somebody says when it is over. (`Promise.withResolvers` is missing in Node 20.) */
interface Wait {
  readonly promise: Promise<void>;
  settle(): void;
}

function openWait(): Wait {
  let settle = (): void => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle: () => settle() };
}

/** Fetches at once. Browsers keep six connections to a host that speaks HTTP/1. */
const flightLimit = 6;
/** Fetches at once while nobody waits: a demand must find a free connection. */
const foreseenFlights = 4;
/** Chunks foreseen and not begun. The oldest are dropped: their reader has gone elsewhere. */
const foreseenLimit = 16;

/**
 * Opens a queue. Demands come first, in the order of asking; several demands of one chunk share its fetch.
 * What was foreseen comes after them, the nearest to the last demand first, and not while fetches fail.
 *
 * @param work  `bring` fetches one chunk and says whether it came, and never rejects; `missing` tells whether
 *              a chunk that was foreseen is still not here
 */
export function openFetchQueue(work: {
  readonly bring: (chunk: number) => Promise<boolean>;
  readonly missing: (chunk: number) => boolean;
}): FetchQueue {
  const demanded = new Map<number, Wait>();
  const flights = new Map<number, Wait>();
  let foreseen: number[] = [];
  let lastDemand = 0;
  let lastCame = true;
  let disposed = false;

  function demand(chunks: readonly number[]): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const chunk of disposed ? [] : chunks) {
      lastDemand = chunk;
      const wait = flights.get(chunk) ?? demanded.get(chunk) ?? openWait();
      if (!flights.has(chunk)) demanded.set(chunk, wait);
      waits.push(wait.promise);
    }
    launch();
    return Promise.all(waits).then(() => {});
  }

  function foresee(chunks: readonly number[]): void {
    if (disposed) return;
    foreseen = [...foreseen.filter((chunk) => !chunks.includes(chunk)), ...chunks].slice(-foreseenLimit);
    launch();
  }

  function launch(): void {
    for (const [chunk, wait] of demanded) {
      if (flights.size >= flightLimit) return;
      demanded.delete(chunk);
      begin(chunk, wait);
    }
    if (!lastCame || foreseen.length === 0) return;
    foreseen.sort((one, other) => Math.abs(one - lastDemand) - Math.abs(other - lastDemand));
    while (flights.size < foreseenFlights) {
      const chunk = foreseen.shift();
      if (chunk === undefined) return;
      if (!flights.has(chunk) && work.missing(chunk)) begin(chunk, openWait());
    }
  }

  function begin(chunk: number, wait: Wait): void {
    flights.set(chunk, wait);
    void work.bring(chunk).then((came) => {
      lastCame = came;
      flights.delete(chunk);
      wait.settle();
      launch();
    });
  }

  return {
    demand,
    foresee,
    inFlight: () => flights.size,
    [Symbol.dispose]() {
      disposed = true;
      foreseen = [];
      for (const wait of [...flights.values(), ...demanded.values()]) wait.settle();
      demanded.clear();
    },
  };
}
