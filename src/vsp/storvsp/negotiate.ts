import { StorNtStatus, StorOperation, StorVersion, StorVersionPacket } from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";
import type { StorState } from "./state.ts";

/** A request of the guest that is neither I/O nor a reset. */
export type StorEvent =
  | { readonly kind: "begin" }
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "properties" }
  | { readonly kind: "end" }
  | { readonly kind: "unknown"; readonly operation: number };

/** The state afterwards and the answer. `properties`: the answer carries them. */
export interface StorStep {
  readonly state: StorState;
  readonly status: StorNtStatus;
  readonly properties: boolean;
}

/** Reads a negotiation request from a whole packet. */
export function storEvent(operation: number, packet: Uint8Array): StorEvent {
  switch (operation) {
    case StorOperation.beginInitialization:
      return { kind: "begin" };
    case StorOperation.queryProtocolVersion: {
      const at = StorVersionPacket.at.version;
      return { kind: "version", version: (packet[at] ?? 0) | ((packet[at + 1] ?? 0) << 8) };
    }
    case StorOperation.queryProperties:
      return { kind: "properties" };
    case StorOperation.endInitialization:
      return { kind: "end" };
    default:
      return { kind: "unknown", operation };
  }
}

/**
 * The negotiation as a step machine. Invariants: every event gets a status; a refused event leaves the
 * state alone; `ready` is reached only over begin, version, properties and end, in this order.
 */
export function stepNegotiation(state: StorState, event: StorEvent): StorStep {
  switch (event.kind) {
    case "begin":
      return state.kind === "opened" ? accepted({ kind: "initializing" }) : refused(state);
    case "version":
      if (state.kind !== "initializing") return refused(state);
      return event.version === StorVersion.win10
        ? accepted({ kind: "versionAgreed", version: event.version })
        : refused(state, StorNtStatus.revisionMismatch);
    case "properties":
      if (state.kind !== "versionAgreed") return refused(state);
      return { ...accepted({ kind: "propertiesKnown", version: state.version }), properties: true };
    case "end":
      return state.kind === "propertiesKnown"
        ? accepted({ kind: "ready", version: state.version })
        : refused(state);
    case "unknown":
      return refused(state, StorNtStatus.invalidDeviceRequest);
    default:
      return unreachable(event);
  }
}

function accepted(state: StorState): StorStep {
  return { state, status: StorNtStatus.success, properties: false };
}

function refused(state: StorState, status: StorNtStatus = StorNtStatus.invalidDeviceState): StorStep {
  return { state, status, properties: false };
}
