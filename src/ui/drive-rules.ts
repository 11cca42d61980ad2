import {
  type DriveSlot,
  type DriveSummary,
  ideControllers,
  idePositions,
  scsiControllerLimit,
  scsiPositions,
  type VmState,
} from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import type { VmView } from "./host.ts";

/** Why something cannot be done now, as a sentence with the way out; `null` when it can. */
export type Refusal = string | null;

/** What the rules ask about a machine. */
export type DriveOwner = Pick<VmView, "state" | "drives" | "scsiControllers">;

/** One controller with what a person sees of it. */
export interface ControllerView {
  readonly controller: DriveSlot["controller"];
  readonly number: number;
  /** "IDE Controller 0", as the settings of Hyper-V Manager call it. */
  readonly title: string;
  /** In the order of their locations. */
  readonly drives: readonly DriveSummary[];
  /** Free locations, lowest first. */
  readonly free: readonly number[];
}

/** A slot as a key and in a table: `IDE 0:1`. */
export function slotLabel(slot: DriveSlot): string {
  return slot.controller === "floppy" ? "Diskette" : `${slot.controller} ${slot.number}:${slot.location}`;
}

function titleOf(controller: DriveSlot["controller"], number: number): string {
  return controller === "floppy" ? "Diskette Drive" : `${controller} Controller ${number}`;
}

function viewOf(owner: DriveOwner, at: Pick<DriveSlot, "controller" | "number">): ControllerView {
  const { controller, number } = at;
  const size = controller === "SCSI" ? scsiPositions : controller === "IDE" ? idePositions : 1;
  const here = owner.drives.filter(({ slot }) => slot.controller === controller && slot.number === number);
  const taken = new Set(here.map(({ slot }) => slot.location));
  return {
    controller,
    number,
    title: titleOf(controller, number),
    drives: here.toSorted((one, other) => one.slot.location - other.slot.location),
    free: Array.from({ length: size }, (_, location) => location).filter((location) => !taken.has(location)),
  };
}

/** The controllers of a machine in the order of Hyper-V Manager's settings tree. */
export function driveTree(owner: DriveOwner): readonly ControllerView[] {
  const ide = Array.from({ length: ideControllers }, (_, number) =>
    viewOf(owner, { controller: "IDE", number }),
  );
  const count = Math.min(owner.scsiControllers, scsiControllerLimit);
  const scsi = Array.from({ length: count }, (_, number) => viewOf(owner, { controller: "SCSI", number }));
  return [...ide, ...scsi, viewOf(owner, { controller: "floppy", number: 0 })];
}

/** Whether a machine is off, on, or on its way from one to the other; of one that is saved nothing can be changed. */
export function phaseOf(state: VmState): "off" | "on" | "between" | "saved" {
  switch (state) {
    case "off":
      return "off";
    case "saved":
      return "saved";
    case "running":
    case "paused":
    case "pausedCritical":
      return "on";
    case "starting":
    case "pausing":
    case "resuming":
    case "resetting":
    case "stopping":
    case "saving":
    case "restoring":
      return "between";
    default:
      return unreachable(state);
  }
}

/** What a machine between two states has to say. */
export const waitWords = "The machine is changing its state. Wait until it has.";
const savedWords = "The machine is saved: start it, or discard its saved state, then change this.";

/** Why nothing of a machine can be changed now; `null`: something can. */
export function lockWords(state: VmState): string | null {
  const phase = phaseOf(state);
  return phase === "saved" ? savedWords : phase === "between" ? waitWords : null;
}

/** Why what changes only while a machine is off does not change now. @param what  "SCSI controllers change" */
export function offOnlyRefusal(state: VmState, what: string): Refusal {
  if (state === "off") return null;
  return state === "saved" ? savedWords : `${what} only while the machine is off. Turn it off first.`;
}

/** Whether drives may come to and go from a controller now. IDE only while the machine is off. */
export function changeRefusal(owner: DriveOwner, controller: DriveSlot["controller"]): Refusal {
  if (controller === "SCSI") return lockWords(owner.state);
  return offOnlyRefusal(
    owner.state,
    controller === "IDE" ? "IDE drives change" : "The diskette drive changes",
  );
}

/** Whether a drive can be added to a controller now. */
export function addRefusal(owner: DriveOwner, view: ControllerView): Refusal {
  if (view.free.length === 0) return `${view.title} has no free location. Remove a drive from it first.`;
  return changeRefusal(owner, view.controller);
}

/** Whether media may be inserted and ejected now: whenever the machine is not between two states. */
export function mediumRefusal(owner: DriveOwner): Refusal {
  return lockWords(owner.state);
}

/** Whether removing a drive may pull it from under a guest that writes to it, so that the page asks first. */
export function asksBeforeRemoval(owner: DriveOwner, drive: DriveSummary): boolean {
  return phaseOf(owner.state) !== "off" && drive.kind === "disk";
}

/** Whether a SCSI controller can be added now. */
export function addControllerRefusal(owner: DriveOwner): Refusal {
  if (owner.scsiControllers >= scsiControllerLimit) {
    return `A machine has at most ${scsiControllerLimit} SCSI controllers.`;
  }
  return offOnlyRefusal(owner.state, "SCSI controllers change");
}

/** Whether the last SCSI controller can be removed now. Only for a machine that has one. */
export function removeControllerRefusal(owner: DriveOwner): Refusal {
  const refusal = offOnlyRefusal(owner.state, "SCSI controllers change");
  if (refusal !== null) return refusal;
  const last = owner.scsiControllers - 1;
  const taken = owner.drives.some(({ slot }) => slot.controller === "SCSI" && slot.number === last);
  return taken ? `SCSI Controller ${last} still has drives. Remove them first.` : null;
}
