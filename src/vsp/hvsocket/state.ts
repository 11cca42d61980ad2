import { isSocketChannel } from "../../hvdef/index.ts";

/**
 * What is saved of a machine's sockets: the channels its guest still knows. Connections do not survive: as on Hyper-V
 * they are reset, and the guest is told so when it runs again.
 */
export interface HvSocketState {
  readonly format: 1;
  readonly channels: readonly number[];
}

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedSockets =
  | { readonly kind: "usable"; readonly state: HvSocketState }
  | { readonly kind: "unusable"; readonly text: string };

/** Checks a saved state, which may be anything. */
export function checkHvSocketState(value: unknown): CheckedSockets {
  if (!isRecord(value) || value["format"] === undefined)
    return unusable("It is not the saved state of sockets.");
  if (value["format"] !== 1)
    return unusable("Its format is not known here. Start the machine anew, or use a newer version.");
  const found: unknown = value["channels"];
  const channels = Array.isArray(found) ? found.filter(isChannel) : [];
  if (!Array.isArray(found) || channels.length !== found.length || new Set(channels).size !== channels.length)
    return unusable("It is damaged: the guest cannot have had these connections.");
  return { kind: "usable", state: { format: 1, channels } };
}

function isChannel(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && isSocketChannel(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function unusable(text: string): CheckedSockets {
  return { kind: "unusable", text: `The sockets cannot go on from their saved state. ${text}` };
}
