import { HvError } from "../support/index.ts";

/** What a start is told of whether it is still wanted. */
export interface Start {
  /** Aborted when it is not. */
  readonly signal: AbortSignal;
  /** Rejects at the same time: whatever takes long races it. Nobody need listen. */
  readonly unwanted: Promise<never>;
}

/** A start under way. */
export interface Attempt {
  /** Gives it up. */
  cancel(): void;
  /** It was given up. */
  cancelled(): boolean;
  /** Settles as the start does. */
  readonly over: Promise<void>;
}

/**
 * Begins a start.
 * @param failed  takes apart what there is and throws what the caller hears; it gets the attempt that failed
 */
export function beginAttempt(
  work: (start: Start) => Promise<void>,
  failed: (failure: unknown, attempt: Attempt) => Promise<never>,
): Attempt {
  const stop = new AbortController();
  let refuse: (reason: HvError) => void = () => {};
  const unwanted = new Promise<never>((_resolve, reject) => {
    refuse = reject;
  });
  unwanted.catch(() => {});
  const over = work({ signal: stop.signal, unwanted }).catch((failure: unknown) => failed(failure, attempt));
  const attempt: Attempt = {
    over,
    cancelled: () => stop.signal.aborted,
    cancel() {
      const reason = new HvError("vm.turnedOff", "It was turned off.");
      stop.abort(reason);
      refuse(reason);
    },
  };
  return attempt;
}
