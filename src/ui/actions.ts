import type { ShutdownProgress, VmState } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";

/** What a visitor can ask of a machine, in Hyper-V Manager's words. */
export type Action =
  | "start"
  | "coldBoot"
  | "pause"
  | "resume"
  | "reset"
  | "shutDown"
  | "turnOff"
  | "save"
  | "deleteSavedState";

/** One button of the action bar. */
export interface ActionButton {
  readonly action: Action;
  readonly label: string;
  readonly available: boolean;
  /** The one thing a visitor most likely wants now. */
  readonly primary: boolean;
}

const labels: { readonly [A in Action]: { readonly rest: string; readonly underWay: string } } = {
  start: { rest: "Start", underWay: "Starting…" },
  coldBoot: { rest: "Cold boot", underWay: "Starting…" },
  pause: { rest: "Pause", underWay: "Pausing…" },
  resume: { rest: "Resume", underWay: "Resuming…" },
  reset: { rest: "Reset", underWay: "Resetting…" },
  shutDown: { rest: "Shut down", underWay: "Shutting down…" },
  turnOff: { rest: "Turn off", underWay: "Turning off…" },
  save: { rest: "Save", underWay: "Saving…" },
  deleteSavedState: { rest: "Discard saved state", underWay: "Discarding…" },
};

/** Whether the guest's memory is lost by it, so that the visitor must say so twice. */
export function needsConfirmation(action: Action): action is "reset" | "turnOff" | "deleteSavedState" {
  return action === "reset" || action === "turnOff" || action === "deleteSavedState";
}

/** Nothing of it runs and nothing is on its way: it has no partition, and Start brings it on. */
export function isAtRest(state: VmState): boolean {
  return state === "off" || state === "saved";
}

/**
 * Whether an action makes sense now.
 *
 * @param pending the call that is under way for this machine; nothing runs beside it, except that
 *                Turn off ends any other: a start that never answers must not lock the machine
 */
export function isAvailable(action: Action, state: VmState, pending: Action | null): boolean {
  if (pending !== null && (action !== "turnOff" || pending === "turnOff")) return false;
  switch (action) {
    case "start":
      return isAtRest(state);
    case "coldBoot":
      return state === "off";
    case "save":
      return state === "running" || state === "paused";
    case "deleteSavedState":
      return state === "saved";
    case "pause":
    case "shutDown":
      return state === "running";
    case "resume":
      return state === "paused" || state === "pausedCritical";
    case "reset":
      return state === "running" || state === "paused" || state === "pausedCritical";
    case "turnOff":
      return !isAtRest(state) && state !== "saving" && state !== "stopping";
    default:
      return unreachable(action);
  }
}

/** The action a state or a call under way is the middle of, if any. */
export function actionUnderWay(state: VmState, pending: Action | null): Action | null {
  if (pending !== null) return pending;
  switch (state) {
    case "starting":
    case "restoring":
      return "start";
    case "saving":
      return "save";
    case "pausing":
      return "pause";
    case "resuming":
      return "resume";
    case "resetting":
      return "reset";
    case "stopping":
      return "turnOff";
    case "off":
    case "saved":
    case "running":
    case "paused":
    case "pausedCritical":
      return null;
    default:
      return unreachable(state);
  }
}

function leadingAction(state: VmState, underWay: Action | null): Action {
  if (underWay === "coldBoot") return "start";
  if (underWay === "start" || underWay === "pause" || underWay === "resume") return underWay;
  if (isAtRest(state) || state === "stopping") return "start";
  return state === "paused" || state === "pausedCritical" ? "resume" : "pause";
}

/**
 * The buttons for a machine: Start, Pause or Resume share the first place, so nothing jumps about.
 * @param more  `shutdown`: a guest that agreed to shut down takes its time; it is asked again when it took too long.
 *   `startsWarm`: Start does not begin with power-on, which is then a button of its own
 */
export function actionButtons(
  state: VmState,
  pending: Action | null,
  more: { readonly shutdown?: ShutdownProgress; readonly startsWarm?: boolean } = {},
): readonly ActionButton[] {
  const { shutdown = "none", startsWarm = false } = more;
  const underWay = actionUnderWay(state, pending);
  const leading = leadingAction(state, underWay);
  const isSaved = state === "saved" || underWay === "deleteSavedState";
  const offersColdBoot = state === "off" && startsWarm;
  const shown: readonly Action[] = [
    leading,
    isSaved ? "deleteSavedState" : offersColdBoot ? "coldBoot" : "save",
    "reset",
    "shutDown",
    "turnOff",
  ];
  const lasts = (action: Action): boolean =>
    action === underWay ||
    (action === "start" && underWay === "coldBoot") ||
    (action === "shutDown" && shutdown === "asked");
  return shown.map((action) => ({
    action,
    label: lasts(action) ? labels[action].underWay : labels[action].rest,
    available: isAvailable(action, state, pending) && !(action === "shutDown" && shutdown === "asked"),
    primary: action === leading && action !== "pause",
  }));
}

const stateWords: { readonly [S in VmState]: string } = {
  off: "Off",
  starting: "Starting",
  running: "Running",
  pausing: "Pausing",
  paused: "Paused",
  pausedCritical: "Paused-Critical",
  resuming: "Resuming",
  resetting: "Resetting",
  stopping: "Stopping",
  saving: "Saving",
  saved: "Saved",
  restoring: "Restoring",
};

/** The state as the list shows it. */
export function stateWord(state: VmState): string {
  return stateWords[state];
}
