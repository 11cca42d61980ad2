import type { Steps } from "../../src/storage/index.ts";

/** Steps that never wait, taken as often as the work allows. `calls` tells what was reported. */
export interface LabSteps extends Steps {
  readonly calls: (readonly [done: number, total: number])[];
}

/** Steps that are cancelled at the one with this ordinal, counted from 0; never when absent. */
export function labSteps(cancelAt = Number.POSITIVE_INFINITY): LabSteps {
  const controller = new AbortController();
  const calls: (readonly [number, number])[] = [];
  return {
    signal: controller.signal,
    everyBytes: 1,
    calls,
    async step(done, total) {
      if (calls.length === cancelAt) controller.abort(new Error("cancelled by the test"));
      calls.push([done, total]);
      controller.signal.throwIfAborted();
    },
  };
}
