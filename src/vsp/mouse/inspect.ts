import type { InspectNode } from "../../support/index.ts";
import type { MouseLine } from "./state.ts";

/** What a mouse counts. Grows only. */
export interface MouseCounters {
  reports: number;
  /** Packets of the guest that make no sense. */
  strange: number;
}

/** A mouse as a plain tree. */
export function mouseTree(line: MouseLine, counters: MouseCounters): InspectNode {
  return { state: line.kind, ...counters };
}
