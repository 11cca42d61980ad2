import { mouseVersion } from "../../hvdef/index.ts";
import { type CheckedLine, checkSavedLine, type DriverLine } from "../driver-line.ts";

/** The driver knows what the mouse is, and has not said so. */
export interface MouseDescribed {
  readonly kind: "described";
  readonly version: number;
}

/** How far the guest's driver and we have agreed. */
export type MouseLine = DriverLine<MouseDescribed>;

/** What is saved of a mouse. */
export interface MouseState {
  readonly format: 1;
  readonly line: MouseLine;
}

/** Checks a saved state, which may be anything. */
export function checkMouseState(value: unknown): CheckedLine<MouseLine> {
  return checkSavedLine<MouseDescribed>("mouse", value, (kind, version) =>
    (kind === "described" || kind === "ready") && version === mouseVersion ? { kind, version } : null,
  );
}
