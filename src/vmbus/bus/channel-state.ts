import type { GpadlId } from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";

/** What the guest asks for when it opens a channel; its words. @vmbus 6 */
export interface OpenRequest {
  readonly openId: number;
  readonly gpadl: GpadlId;
  /** First page of the host-to-guest ring. */
  readonly downstreamPage: number;
  /** 120 bytes. */
  readonly userData: Uint8Array<ArrayBuffer>;
}

/**
 * Where one channel stands in the guest's eyes. @vmbus 6 @vmbus 10
 *
 * ```
 * hidden ─► offered ─► opening ─► open        any of the three right ones ─► revoked ─► (released)
 *              ▲──────────┴─────────┘         offered ─► declined: the guest gave the number back
 * ```
 */
export type ChannelState =
  /** The guest has not heard of it in this connection. */
  | { readonly kind: "hidden" }
  | { readonly kind: "offered" }
  /** The guest asked to open it; its ring is being checked. */
  | { readonly kind: "opening"; readonly request: OpenRequest }
  | { readonly kind: "open"; readonly gpadl: GpadlId }
  /** The guest released the number although nothing was rescinded: it hears of it again when it reconnects. */
  | { readonly kind: "declined" }
  /** Rescinded, the number not yet released by the guest. */
  | { readonly kind: "revoked" }
  /** Number and instance may be used again. The end. */
  | { readonly kind: "released" };

/** What happens to a channel. */
export type ChannelEvent =
  /** The guest listens: say that the channel exists. */
  | { readonly kind: "announce" }
  | { readonly kind: "guestOpens"; readonly request: OpenRequest }
  | { readonly kind: "ringAccepted" }
  | { readonly kind: "ringRefused" }
  | { readonly kind: "guestCloses" }
  | { readonly kind: "guestTearsDown"; readonly gpadl: GpadlId }
  | { readonly kind: "guestReleases" }
  | { readonly kind: "guestModifies" }
  /** The host takes the device away. */
  | { readonly kind: "rescind" }
  /** The connection ended. */
  | { readonly kind: "disconnect" };

/** What the bus does about it, in order. */
export type ChannelAction =
  | { readonly kind: "sendOffer" }
  | { readonly kind: "checkRing"; readonly request: OpenRequest }
  | { readonly kind: "answerOpen"; readonly openId: number; readonly ok: boolean }
  | { readonly kind: "answerModify"; readonly ok: boolean }
  /** Stop touching the ring, before anything else happens. */
  | { readonly kind: "stopRing" }
  | { readonly kind: "sendRescind" }
  /** Forget the channel's GPADLs. */
  | { readonly kind: "dropGpadls" }
  /** Number and instance are free. */
  | { readonly kind: "free" };

/** Next state and actions. `refused` is the guest's fault, for the counters; it may still get its answer. */
export interface ChannelStep {
  readonly state: ChannelState;
  readonly actions: readonly ChannelAction[];
  readonly refused?: string;
}

/** One step of a channel. Every open and every modify is answered exactly once, whatever the state. */
export function stepChannel(state: ChannelState, event: ChannelEvent): ChannelStep {
  switch (event.kind) {
    case "announce":
      if (state.kind !== "hidden") return { state, actions: [] };
      return { state: { kind: "offered" }, actions: [{ kind: "sendOffer" }] };
    case "guestOpens":
      return open(state, event);
    case "ringAccepted":
      if (state.kind !== "opening") return { state, actions: [] };
      return {
        state: { kind: "open", gpadl: state.request.gpadl },
        actions: [{ kind: "answerOpen", openId: state.request.openId, ok: true }],
      };
    case "ringRefused":
      if (state.kind !== "opening") return { state, actions: [] };
      return {
        state: { kind: "offered" },
        actions: [{ kind: "answerOpen", openId: state.request.openId, ok: false }],
        refused: "open with a bad ring",
      };
    case "guestCloses":
      if (state.kind === "open") return { state: { kind: "offered" }, actions: [{ kind: "stopRing" }] };
      // The close of a revoked channel arrives after its ring was stopped: expected.
      if (state.kind === "revoked") return { state, actions: [] };
      return { state, actions: [], refused: `close while ${state.kind}` };
    case "guestTearsDown":
      if (state.kind !== "open" || state.gpadl !== event.gpadl) return { state, actions: [] };
      return {
        state: { kind: "offered" },
        actions: [{ kind: "stopRing" }],
        refused: "ring torn down while open",
      };
    case "guestReleases":
      return release(state);
    case "guestModifies":
      return modify(state);
    case "rescind":
      return rescind(state);
    case "disconnect":
      return disconnect(state);
    default:
      return unreachable(event);
  }
}

function open(state: ChannelState, event: Extract<ChannelEvent, { kind: "guestOpens" }>): ChannelStep {
  const { request } = event;
  if (state.kind === "offered") {
    return { state: { kind: "opening", request }, actions: [{ kind: "checkRing", request }] };
  }
  const actions: ChannelAction[] = [{ kind: "answerOpen", openId: request.openId, ok: false }];
  // An open that crosses our rescind is nobody's fault.
  if (state.kind === "revoked") return { state, actions };
  return { state, actions, refused: `open while ${state.kind}` };
}

function release(state: ChannelState): ChannelStep {
  switch (state.kind) {
    case "revoked":
      return { state: { kind: "released" }, actions: [{ kind: "dropGpadls" }, { kind: "free" }] };
    case "open":
      return {
        state: { kind: "declined" },
        actions: [{ kind: "stopRing" }, { kind: "dropGpadls" }],
        refused: "released while open",
      };
    case "offered":
    case "opening":
      return { state: { kind: "declined" }, actions: [{ kind: "dropGpadls" }] };
    case "hidden":
    case "declined":
    case "released":
      return { state, actions: [], refused: `release while ${state.kind}` };
    default:
      return unreachable(state);
  }
}

function modify(state: ChannelState): ChannelStep {
  switch (state.kind) {
    case "offered":
    case "opening":
    case "open":
      return { state, actions: [{ kind: "answerModify", ok: true }] };
    case "revoked":
      return { state, actions: [{ kind: "answerModify", ok: false }] };
    case "hidden":
    case "declined":
    case "released":
      return { state, actions: [{ kind: "answerModify", ok: false }], refused: `modify while ${state.kind}` };
    default:
      return unreachable(state);
  }
}

function rescind(state: ChannelState): ChannelStep {
  switch (state.kind) {
    case "hidden":
    case "declined":
      return { state: { kind: "released" }, actions: [{ kind: "free" }] };
    case "offered":
      return { state: { kind: "revoked" }, actions: [{ kind: "sendRescind" }] };
    case "opening":
      return {
        state: { kind: "revoked" },
        actions: [{ kind: "answerOpen", openId: state.request.openId, ok: false }, { kind: "sendRescind" }],
      };
    case "open":
      return { state: { kind: "revoked" }, actions: [{ kind: "stopRing" }, { kind: "sendRescind" }] };
    case "revoked":
    case "released":
      return { state, actions: [] };
    default:
      return unreachable(state);
  }
}

function disconnect(state: ChannelState): ChannelStep {
  switch (state.kind) {
    case "open":
      return { state: { kind: "hidden" }, actions: [{ kind: "stopRing" }] };
    case "revoked":
      return { state: { kind: "released" }, actions: [{ kind: "free" }] };
    case "hidden":
    case "offered":
    case "opening":
    case "declined":
      return { state: { kind: "hidden" }, actions: [] };
    case "released":
      return { state, actions: [] };
    default:
      return unreachable(state);
  }
}
