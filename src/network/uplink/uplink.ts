import type { Clock, InspectNode, Log, Micros } from "../../support/index.ts";
import type { FrameSink, FrameSource } from "../port.ts";

/** Where an uplink stands. Reasons are sentences for the page. */
export type UplinkState =
  /** Not connected: nobody asked, somebody asked it to stop (`reason` is null), or trying again is no use. */
  | { readonly kind: "closed"; readonly reason: string | null }
  /** The far side has been called. `attempt` counts from 1. */
  | { readonly kind: "connecting"; readonly attempt: number; readonly since: Micros }
  | { readonly kind: "up"; readonly attempt: number; readonly since: Micros }
  /** Not connected for now: it is tried again at `retryAt`. */
  | { readonly kind: "lost"; readonly reason: string; readonly attempt: number; readonly retryAt: Micros };

/** What the page says of an uplink. */
export interface UplinkWords {
  /** Chosen from like a physical adapter, e.g. `LAN 1`. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly about: string;
  /** Who sees the guests' traffic, in a sentence. */
  readonly exposes: string;
  /** How it is now, in a sentence. */
  readonly status: string;
  /** What was dropped or refused since it was opened, with the reason, a sentence each. */
  readonly dropped: readonly string[];
}

/** What was counted, as sentences; what never happened is left out. */
export function droppedWords(counts: readonly (readonly [count: number, what: string])[]): readonly string[] {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${what}: ${count.toLocaleString("en")}.`);
}

/**
 * The end of a wire that leaves the host. The switch sends into it; what the far side sends goes into the port
 * it was opened with. Nothing is connected before `open`.
 *
 * Frames that come while it is not up are dropped and counted. A far side that lies or floods loses its own
 * frames, then the connection.
 */
export interface Uplink extends FrameSink, Disposable {
  /**
   * Connects, and connects again with growing pauses whenever the connection is lost.
   * Harmless when it is open already; one that is lost is tried again at once.
   *
   * @param port  takes what the far side sends; borrowed until `close`
   */
  open(port: FrameSource): void;
  /** Hangs up and stays closed. */
  close(): void;
  /** Lets time pass: call it about four times a second while the uplink is open. */
  tick(): void;
  state(): UplinkState;
  describe(): UplinkWords;
  inspect(): InspectNode;
}

/** What every uplink needs of its surroundings. */
export interface UplinkSurroundings {
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Hears every change of the state, at once. Must not throw. */
  readonly told: (state: UplinkState) => void;
  /** What an operator should know of the far side. Limited here, whatever the far side does. */
  readonly log: Log;
}

/** The state in a sentence. */
export function stateWords(state: UplinkState, clock: Clock): string {
  switch (state.kind) {
    case "closed":
      return state.reason === null ? "Not connected." : `Not connected: ${state.reason}`;
    case "connecting":
      return state.attempt === 1 ? "Connecting." : `Connecting, attempt ${state.attempt}.`;
    case "up":
      return "Connected.";
    case "lost": {
      const seconds = Math.max(0, Math.ceil((state.retryAt - clock.now()) / 1_000_000));
      return `${state.reason} The next attempt is in ${seconds} s.`;
    }
  }
}
