import { keyboardVersion } from "../../hvdef/index.ts";
import { type CheckedLine, checkSavedLine, type DriverLine } from "../driver-line.ts";

/** How far the guest's driver and we have agreed. */
export type KeyboardLine = DriverLine;

/** What is saved of a keyboard. Keys that are down are not: they went up before the machine was saved. */
export interface KeyboardState {
  readonly format: 1;
  readonly line: KeyboardLine;
}

/** Checks a saved state, which may be anything. */
export function checkKeyboardState(value: unknown): CheckedLine<KeyboardLine> {
  return checkSavedLine("keyboard", value, (kind, version) =>
    kind === "ready" && version === keyboardVersion ? { kind, version } : null,
  );
}
