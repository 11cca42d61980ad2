import { mouseVersion } from "../../hvdef/index.ts";

/** How far the guest's driver and we have agreed. `described`: it knows what the mouse is, and has not said so. */
export type MouseLine =
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  | { readonly kind: "described"; readonly version: number }
  | { readonly kind: "ready"; readonly version: number };

/** What is saved of a mouse. */
export interface MouseState {
  readonly format: 1;
  readonly line: MouseLine;
}

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedMouse =
  | { readonly kind: "usable"; readonly state: MouseState }
  | { readonly kind: "unusable"; readonly text: string };

/** Checks a saved state, which may be anything. */
export function checkMouseState(value: unknown): CheckedMouse {
  if (!isRecord(value) || value["format"] === undefined)
    return unusable("It is not the saved state of a mouse.");
  if (value["format"] !== 1)
    return unusable("Its format is not known here. Start the machine anew, or use a newer version.");
  const line = checkLine(value["line"]);
  if (line === null) return unusable("It is damaged: the guest's driver cannot have been in that state.");
  return { kind: "usable", state: { format: 1, line } };
}

function checkLine(value: unknown): MouseLine | null {
  if (!isRecord(value)) return null;
  const { kind, version } = value;
  if (kind === "closed" || kind === "opened") return { kind };
  const agreed = kind === "described" || kind === "ready";
  return agreed && version === mouseVersion ? { kind, version } : null;
}

function unusable(text: string): CheckedMouse {
  return { kind: "unusable", text: `The mouse cannot go on from its saved state. ${text}` };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
