import type { ScsiUnit } from "../../storage/index.ts";
import type { Channel } from "../../vmbus/index.ts";
import type { StorState } from "./state.ts";
import type { Waiting } from "./waiting.ts";

/** A SCSI controller: its units at path 0, target 0, by LUN 0 to 255. The map may change while it is served. */
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
  readonly counters: StorCounters;
  readonly waiting: Waiting;
  state: StorState;
}
