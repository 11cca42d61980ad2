import { keyboardVersion } from "../../hvdef/index.ts";

/** How far the guest's driver and we have agreed. */
export type KeyboardLine =
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  | { readonly kind: "ready"; readonly version: number };

/** What is saved of a keyboard. Keys that are down are not: they went up before the machine was saved. */
export interface KeyboardState {
  readonly format: 1;
  readonly line: KeyboardLine;
}

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedKeyboard =
  | { readonly kind: "usable"; readonly state: KeyboardState }
  | { readonly kind: "unusable"; readonly text: string };

/** Checks a saved state, which may be anything. */
export function checkKeyboardState(value: unknown): CheckedKeyboard {
  if (!isRecord(value) || value["format"] === undefined)
    return unusable("It is not the saved state of a keyboard.");
  if (value["format"] !== 1)
    return unusable("Its format is not known here. Start the machine anew, or use a newer version.");
  const line = checkLine(value["line"]);
  if (line === null) return unusable("It is damaged: the guest's driver cannot have been in that state.");
  return { kind: "usable", state: { format: 1, line } };
}

function checkLine(value: unknown): KeyboardLine | null {
  if (!isRecord(value)) return null;
  const { kind, version } = value;
  if (kind === "closed" || kind === "opened") return { kind };
  return kind === "ready" && version === keyboardVersion ? { kind, version } : null;
}

function unusable(text: string): CheckedKeyboard {
  return { kind: "unusable", text: `The keyboard cannot go on from its saved state. ${text}` };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
