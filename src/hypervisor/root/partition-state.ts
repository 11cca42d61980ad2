import type { PartitionEnd } from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";

/**
 * Life of a partition.
 *
 * Invariants: `gone` is final; the child is terminated exactly once, on the way into `ending`, unless it was
 * gone by itself; the end that was decided first is the one that is told.
 */
export type PartitionState =
  | { readonly kind: "creating"; readonly silent: number }
  | { readonly kind: "running"; readonly silent: number; readonly isResponding: boolean }
  | { readonly kind: "ending"; readonly end: PartitionEnd }
  | { readonly kind: "gone"; readonly end: PartitionEnd };

/** What happens to a partition. */
export type PartitionEvent =
  | { readonly kind: "childReady" }
  /** A report came with a larger heartbeat. */
  | { readonly kind: "heartbeat" }
  /** So many microseconds passed in which a report might have come. */
  | { readonly kind: "timePassed"; readonly by: number }
  /** The machine slept or the page was throttled: silence up to now proves nothing. */
  | { readonly kind: "timeLost" }
  | { readonly kind: "childEnded"; readonly end: PartitionEnd }
  | { readonly kind: "terminate"; readonly end: PartitionEnd }
  /** The child's thread is no more. */
  | { readonly kind: "childGone"; readonly detail: string };

/** What the shell has to do. */
export type PartitionAction =
  | { readonly kind: "terminateChild" }
  | { readonly kind: "announce"; readonly what: "running" | "notResponding" | "responding" }
  | { readonly kind: "announceGone"; readonly end: PartitionEnd };

/** A step's result. A refused event changes nothing. */
export type PartitionStep =
  | { readonly state: PartitionState; readonly actions: readonly PartitionAction[] }
  | { readonly refused: string };

/** Silence in microseconds after which a partition is called not responding, and ended. */
export const silenceLimits = { notResponding: 10_000_000, hung: 60_000_000, neverReady: 30_000_000 } as const;

/** State of a partition whose child was just spawned. */
export const newborn: PartitionState = { kind: "creating", silent: 0 };

type Alive = Extract<PartitionState, { readonly kind: "creating" | "running" }>;

function end(end: PartitionEnd): PartitionStep {
  return { state: { kind: "ending", end }, actions: [{ kind: "terminateChild" }] };
}

function gone(end: PartitionEnd): PartitionStep {
  return { state: { kind: "gone", end }, actions: [{ kind: "announceGone", end }] };
}

function passTime(state: Alive, by: number): PartitionStep {
  const silent = state.silent + by;
  const seconds = Math.round(silent / 1_000_000);
  if (state.kind === "creating") {
    if (silent < silenceLimits.neverReady) return { state: { ...state, silent }, actions: [] };
    return end({ kind: "hung", detail: `The worker did not become ready within ${seconds} seconds.` });
  }
  if (silent >= silenceLimits.hung) {
    return end({ kind: "hung", detail: `The worker gave no sign of life for ${seconds} seconds.` });
  }
  if (silent < silenceLimits.notResponding || !state.isResponding) {
    return { state: { ...state, silent }, actions: [] };
  }
  return {
    state: { kind: "running", silent, isResponding: false },
    actions: [{ kind: "announce", what: "notResponding" }],
  };
}

function stepAlive(state: Alive, event: PartitionEvent): PartitionStep {
  switch (event.kind) {
    case "childReady":
      if (state.kind === "running") return { refused: "ready twice" };
      return {
        state: { kind: "running", silent: 0, isResponding: true },
        actions: [{ kind: "announce", what: "running" }],
      };
    case "heartbeat":
      if (state.kind === "creating") return { state: { ...state, silent: 0 }, actions: [] };
      return {
        state: { kind: "running", silent: 0, isResponding: true },
        actions: state.isResponding ? [] : [{ kind: "announce", what: "responding" }],
      };
    case "timePassed":
      return passTime(state, event.by);
    case "timeLost":
      return { state: { ...state, silent: 0 }, actions: [] };
    case "childEnded":
    case "terminate":
      return end(event.end);
    case "childGone":
      return gone({ kind: "crashed", detail: event.detail });
    default:
      return unreachable(event);
  }
}

/** One step of a partition's life. */
export function stepPartition(state: PartitionState, event: PartitionEvent): PartitionStep {
  switch (state.kind) {
    case "creating":
    case "running":
      return stepAlive(state, event);
    case "ending":
      return event.kind === "childGone" ? gone(state.end) : { refused: `${event.kind} while ending` };
    case "gone":
      return { refused: `${event.kind} while gone` };
    default:
      return unreachable(state);
  }
}
