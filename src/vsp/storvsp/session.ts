import type { Attentions, ScsiUnit } from "../../storage/index.ts";
import type { Channel } from "../../vmbus/index.ts";
import type { StorState } from "./state.ts";
import type { Waiting } from "./waiting.ts";

/**
 * A SCSI controller: its units at path 0 of one target, by LUN 0 to 255. The map may change while it is
 * served; call `busChanged` afterwards. A unit stays the same one as long as its object or its disk does:
 * what was held for another is not carried out on it.
 */
export interface StorController {
  readonly luns: ReadonlyMap<number, ScsiUnit>;
}

/** What a provider counts. Grows only. */
export interface StorCounters {
  requests: number;
  reads: number;
  writes: number;
  bytesRead: number;
  bytesWritten: number;
  flushes: number;
  errors: number;
}

/** One channel being served. */
export interface StorSession {
  readonly channel: Channel;
  readonly controller: StorController;
  /** Target that the units answer at; nothing is at any other. */
  readonly target: number;
  readonly counters: StorCounters;
  readonly waiting: Waiting;
  /** `null` for our own emulated controller, which tells its guest of changes by itself. */
  readonly attentions: Attentions | null;
  /** Somebody looks after a full store; without, the guest gets an error. */
  readonly onStalled: (() => void) | null;
  state: StorState;
}
