import { StorVersion } from "../../hvdef/index.ts";

/** How far the guest's driver and we have agreed. `version` is major << 8 | minor. */
export type StorState =
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  | { readonly kind: "initializing" }
  | { readonly kind: "versionAgreed"; readonly version: number }
  | { readonly kind: "propertiesKnown"; readonly version: number }
  | { readonly kind: "ready"; readonly version: number };

/**
 * What is saved of a storage provider. Requests are not: they are completed before a machine is saved.
 * Disks are not either.
 */
export interface StorvspState {
  readonly format: 1;
  readonly negotiation: StorState;
}

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedState =
  | { readonly kind: "usable"; readonly state: StorvspState }
  | { readonly kind: "unusable"; readonly text: string };

/** Checks a saved state, which may be anything. */
export function checkStorvspState(value: unknown): CheckedState {
  const format = isRecord(value) ? value["format"] : undefined;
  if (!isRecord(value) || format === undefined) {
    return unusable("It is not the saved state of a storage controller.");
  }
  if (format !== 1) {
    const shown = typeof format === "number" ? ` ${format}` : "";
    return unusable(`Its format${shown} is not known here. Start the machine anew, or use a newer version.`);
  }
  const negotiation = checkNegotiation(value["negotiation"]);
  if (negotiation === null)
    return unusable("It is damaged: the guest's driver cannot have been in that state.");
  return { kind: "usable", state: { format: 1, negotiation } };
}

function checkNegotiation(value: unknown): StorState | null {
  if (!isRecord(value)) return null;
  const kind = value["kind"];
  switch (kind) {
    case "closed":
    case "opened":
    case "initializing":
      return { kind };
    case "versionAgreed":
    case "propertiesKnown":
    case "ready":
      return value["version"] === StorVersion.win10 ? { kind, version: StorVersion.win10 } : null;
    default:
      return null;
  }
}

function unusable(text: string): CheckedState {
  return { kind: "unusable", text: `The storage controller cannot go on from its saved state. ${text}` };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
