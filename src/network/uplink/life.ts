import { type Clock, type Micros, micros, unreachable } from "../../support/index.ts";
import type { UplinkState } from "./uplink.ts";

/** What happens to a connection. */
export type LifeEvent =
  | { readonly kind: "asked" }
  | { readonly kind: "cameUp" }
  | { readonly kind: "lost"; readonly reason: string }
  /** Trying again is no use: an address that cannot be, a password that is wrong. */
  | { readonly kind: "hopeless"; readonly reason: string }
  | { readonly kind: "closed" }
  | { readonly kind: "time" };

/** Time and luck of a step. `luck` is from 0 up to, not including, 1. */
export interface Moment {
  readonly now: Micros;
  readonly luck: number;
}

/** First pause before another attempt. */
const firstPause = 1_000_000;
/** Longest pause: a server that was restarted is found again within a minute or so. */
const longestPause = 60_000_000;
/** A call that is not answered so long is given up; browsers themselves may wait for minutes. */
const patience = 15_000_000;
/** A connection that lived so long makes the next pause short again; one that breaks at once does not. */
const steady = 30_000_000;

/** Before the first `open`. */
export const unasked: UplinkState = { kind: "closed", reason: null };

/**
 * The life of a connection: closed → connecting → up → lost → connecting … → closed.
 *
 * Invariants: the same object comes back when nothing changed; only `closed` ends it; pauses grow until one
 * connection was steady; nothing is tried before `retryAt`.
 */
export function stepLife(state: UplinkState, event: LifeEvent, moment: Moment): UplinkState {
  switch (event.kind) {
    case "asked":
      // Somebody who asks again does not wait for the pause.
      return state.kind === "closed" || state.kind === "lost" ? connecting(1, moment) : state;
    case "cameUp":
      return state.kind === "connecting" ? { kind: "up", attempt: state.attempt, since: moment.now } : state;
    case "lost":
      return lost(state, event.reason, moment);
    case "hopeless":
      return state.kind === "closed" ? state : { kind: "closed", reason: event.reason };
    case "closed":
      return state === unasked ? state : unasked;
    case "time":
      return passTime(state, moment);
    default:
      return unreachable(event);
  }
}

function connecting(attempt: number, moment: Moment): UplinkState {
  return { kind: "connecting", attempt, since: moment.now };
}

function lost(state: UplinkState, reason: string, { now, luck }: Moment): UplinkState {
  if (state.kind !== "connecting" && state.kind !== "up") return state;
  const wasSteady = state.kind === "up" && now - state.since >= steady;
  const attempt = wasSteady ? 1 : state.attempt;
  // A class of tabs that lost one server must not come back all at once.
  const pause = Math.min(longestPause, firstPause * 2 ** Math.min(attempt - 1, 16)) * (0.75 + luck / 2);
  return { kind: "lost", reason, attempt, retryAt: micros(now + pause) };
}

function passTime(state: UplinkState, moment: Moment): UplinkState {
  if (state.kind === "lost" && moment.now >= state.retryAt) return connecting(state.attempt + 1, moment);
  if (state.kind === "connecting" && moment.now - state.since >= patience) {
    return lost(state, `There was no answer within ${patience / 1_000_000} s.`, moment);
  }
  return state;
}

/** What a life acts on. */
export interface LifeOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly told: (state: UplinkState) => void;
  /** Calls the far side. May end in `cameUp`, `lost` or `hopeless` at once. */
  readonly dial: () => void;
  /** Lets go of the far side. Nothing may be heard of that connection afterwards. */
  readonly hangUp: () => void;
}

/** A life that dials and hangs up as its state changes. */
export interface Life {
  state(): UplinkState;
  isUp(): boolean;
  happen(event: LifeEvent): void;
}

/** Starts a life, closed. */
export function openLife(options: LifeOptions): Life {
  let state: UplinkState = unasked;

  function happen(event: LifeEvent): void {
    const before = state;
    const next = stepLife(before, event, { now: options.clock.now(), luck: options.random() });
    if (next === before) return;
    state = next;
    const held = before.kind === "connecting" || before.kind === "up";
    const holds = next.kind === "connecting" || next.kind === "up";
    if (held && !holds) options.hangUp();
    options.told(next);
    // The listener may have closed us meanwhile.
    if (next.kind === "connecting" && state === next) options.dial();
  }
  return { state: () => state, isUp: () => state.kind === "up", happen };
}
