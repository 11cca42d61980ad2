import type { InspectNode } from "../../support/index.ts";
import type { KeyboardLine } from "./state.ts";

/** What a keyboard counts. Grows only. */
export interface KeyboardCounters {
  /** Key movements sent. */
  events: number;
  /** Packets of the guest that make no sense. */
  strange: number;
}

/** A keyboard as a plain tree. */
export function keyboardTree(line: KeyboardLine, counters: KeyboardCounters, leds: number): InspectNode {
  return { state: line.kind, ...counters, leds };
}
