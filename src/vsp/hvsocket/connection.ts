import { unreachable } from "../../support/index.ts";

/**
 * Where one connection stands. @vsock 4
 *
 * ```
 * offered ─► open ─► rescinded ─► released
 *    └──────────────────┘
 * ```
 */
export type ConnectionState =
  /** The guest may take it. */
  | { readonly kind: "offered" }
  /** Who has said everything. */
  | { readonly kind: "open"; readonly guestDone: boolean; readonly hostDone: boolean }
  /** The guest is to let go of it; until then channel and address are taken. */
  | { readonly kind: "rescinded" }
  /** The end. */
  | { readonly kind: "released" };

/** What happens to a connection. */
export type ConnectionEvent =
  | "opened"
  /** The guest has said everything. */
  | "guestDone"
  /** The host has, and all of it is in the guest's ring. */
  | "hostDone"
  /** The host ends it at once, or the guest breaks the rules. */
  | "aborted"
  /** Nobody has taken it in time. */
  | "expired"
  /** The guest has closed the channel, or its connection to the bus ended. */
  | "closed"
  | "released";

/** What is done about it, in order. */
export type ConnectionAction =
  /** Bytes can flow. */
  | "begin"
  /** It was never taken. */
  | "refuse"
  | "rescind"
  /** Both sides have said everything. */
  | "finish"
  /** It ended before that. */
  | "lose"
  /** Channel and address are free. */
  | "forget";

/** Next state and what is done. */
export interface ConnectionStep {
  readonly state: ConnectionState;
  readonly actions: readonly ConnectionAction[];
}

const rescinded: ConnectionState = { kind: "rescinded" };
const released: ConnectionState = { kind: "released" };

/** One step of a connection. A guest that sees one rescinded is told so exactly once. */
export function stepConnection(state: ConnectionState, event: ConnectionEvent): ConnectionStep {
  switch (state.kind) {
    case "offered":
      return stepOffered(state, event);
    case "open":
      return stepOpen(state, event);
    case "rescinded":
      return event === "released" ? { state: released, actions: ["forget"] } : { state, actions: [] };
    case "released":
      return { state, actions: [] };
    default:
      return unreachable(state);
  }
}

function stepOffered(state: ConnectionState, event: ConnectionEvent): ConnectionStep {
  switch (event) {
    case "opened":
      return { state: { kind: "open", guestDone: false, hostDone: false }, actions: ["begin"] };
    case "aborted":
    case "expired":
      return { state: rescinded, actions: ["rescind", "refuse"] };
    case "released":
      return { state: released, actions: ["refuse", "forget"] };
    case "guestDone":
    case "hostDone":
    case "closed":
      return { state, actions: [] };
    default:
      return unreachable(event);
  }
}

function stepOpen(state: Extract<ConnectionState, { kind: "open" }>, event: ConnectionEvent): ConnectionStep {
  switch (event) {
    case "guestDone":
    case "hostDone": {
      const next = { ...state, [event]: true };
      if (!next.guestDone || !next.hostDone) return { state: next, actions: [] };
      return { state: rescinded, actions: ["rescind", "finish"] };
    }
    case "aborted":
    case "closed":
      return { state: rescinded, actions: ["rescind", "lose"] };
    case "released":
      return { state: released, actions: ["lose", "forget"] };
    case "opened":
    case "expired":
      return { state, actions: [] };
    default:
      return unreachable(event);
  }
}
