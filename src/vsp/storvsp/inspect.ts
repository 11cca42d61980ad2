import type { InspectNode } from "../../support/index.ts";
import type { SrbResult } from "./reply.ts";
import type { StorController, StorCounters } from "./session.ts";
import type { StorState } from "./state.ts";

/** Counters at zero. */
export function freshCounters(): StorCounters {
  return { requests: 0, reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0, flushes: 0, errors: 0 };
}

/** Counts one SCSI request by what it was and how it ended. */
export function countResult(counters: StorCounters, command: string, result: SrbResult): void {
  if (result.kind !== "good") {
    counters.errors++;
  } else if (command === "read") {
    counters.reads++;
    counters.bytesRead += result.transferred;
  } else if (command === "write" || command === "writeSame") {
    counters.writes++;
    counters.bytesWritten += result.transferred;
  } else if (command === "synchronizeCache") {
    counters.flushes++;
  }
}

/** A provider as a plain tree. */
export function storTree(shown: {
  readonly controller: StorController;
  readonly state: StorState;
  readonly counters: StorCounters;
  readonly inFlight: number;
  /** Of these, held because the store is full. */
  readonly stalled: number;
}): InspectNode {
  const luns: Record<string, InspectNode> = {};
  for (const [lun, unit] of shown.controller.luns) luns[lun] = unit.disk.inspect();
  const { inFlight, stalled } = shown;
  return { state: shown.state.kind, ...shown.counters, inFlight, stalled, luns };
}
