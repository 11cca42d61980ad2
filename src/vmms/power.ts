import type { VmState } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";

/** What a client may ask of a machine. @wmi Msvm_ComputerSystem.RequestStateChange */
export type PowerRequest = "start" | "pause" | "resume" | "reset" | "turnOff" | "save" | "deleteSavedState";

/** The in-between state a request leads to, or a sentence that says why it cannot be. */
export type PowerDecision = { readonly next: VmState } | { readonly refused: string };

const verbs: Record<PowerRequest, string> = {
  start: "started",
  pause: "paused",
  resume: "resumed",
  reset: "reset",
  turnOff: "turned off",
  save: "saved",
  deleteSavedState: "freed of its saved state",
};

const allowed: Record<PowerRequest, readonly VmState[]> = {
  start: ["off", "saved"],
  pause: ["running"],
  resume: ["paused", "pausedCritical"],
  reset: ["running", "paused", "pausedCritical"],
  turnOff: [
    "starting",
    "restoring",
    "running",
    "paused",
    "pausedCritical",
    "pausing",
    "resuming",
    "resetting",
  ],
  save: ["running", "paused"],
  deleteSavedState: ["saved"],
};

function title(state: VmState): string {
  return state === "pausedCritical" ? "paused for lack of space" : state;
}

/** Decides whether a machine in `state` may do what was asked. */
export function decidePower(name: string, state: VmState, request: PowerRequest): PowerDecision {
  if (!allowed[request].includes(state)) {
    return { refused: `${name} cannot be ${verbs[request]} while it is ${title(state)}.` };
  }
  switch (request) {
    case "start":
      return { next: state === "saved" ? "restoring" : "starting" };
    case "pause":
      return { next: "pausing" };
    case "resume":
      return { next: "resuming" };
    case "reset":
      return { next: "resetting" };
    case "turnOff":
      return { next: "stopping" };
    case "save":
      return { next: "saving" };
    case "deleteSavedState":
      return { next: "off" };
    default:
      return unreachable(request);
  }
}
