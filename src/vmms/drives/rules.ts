import {
  type DriveConfiguration,
  type DriveSlot,
  ideControllers,
  idePositions,
  type Medium,
  sameSlot,
  scsiControllerLimit,
  scsiPositions,
} from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";

/** The drives of a machine. Every slot at most once; SCSI drives only on controllers there are. */
export interface DriveSet {
  readonly drives: readonly DriveConfiguration[];
  /** 0 to 4. */
  readonly scsiControllers: number;
}

/** Whether the machine has power: then only SCSI disks and media may change. */
export type Power = "off" | "on";

/** Largest memory disk. Reason: it lives in the page. */
const memoryDiskLimit = 1 << 30;

/** The name of a place, as Hyper-V Manager writes it. */
export function slotTitle({ controller, number, location }: DriveSlot): string {
  return controller === "floppy" ? "the diskette drive" : `${controller} ${number}:${location}`;
}

/** The set with one more drive. @throws HvError `drive.*` */
export function withDrive(set: DriveSet, drive: DriveConfiguration, power: Power): DriveSet {
  const { slot } = drive;
  checkPlace(set, drive);
  if (power === "on" && slot.controller !== "SCSI")
    throw refused("drive.running", `Turn the machine off before you change ${slotTitle(slot)}.`);
  if (set.drives.some((known) => sameSlot(known.slot, slot)))
    throw refused("drive.taken", `There is a drive at ${slotTitle(slot)} already.`);
  return { ...set, drives: inOrder([...set.drives, drive]) };
}

/** The set without the drive at a place. @throws HvError `drive.*` */
export function withoutDrive(set: DriveSet, slot: DriveSlot, power: Power): DriveSet {
  const drive = driveAt(set, slot);
  if (power === "on" && slot.controller !== "SCSI")
    throw refused("drive.running", `Turn the machine off before you change ${slotTitle(slot)}.`);
  return { ...set, drives: set.drives.filter((known) => known !== drive) };
}

/** The set with another medium in a drive. @throws HvError `drive.*` */
export function withMedium(
  set: DriveSet,
  slot: DriveSlot,
  wanted: { medium: Medium; power: Power },
): DriveSet {
  const drive = driveAt(set, slot);
  if (drive.kind === "disk" && wanted.power === "on")
    throw refused("drive.running", `Turn the machine off before you change the disk at ${slotTitle(slot)}.`);
  const next = { ...drive, medium: wanted.medium };
  checkMedium(next);
  return { ...set, drives: set.drives.map((known) => (known === drive ? next : known)) };
}

/** The set with that many SCSI controllers. @throws HvError `drive.*` */
export function withScsiControllers(set: DriveSet, count: number, power: Power): DriveSet {
  if (!Number.isInteger(count) || count < 0 || count > scsiControllerLimit)
    throw refused("drive.controllers", `A machine has 0 to ${scsiControllerLimit} SCSI controllers.`);
  if (power === "on")
    throw refused("drive.running", "Turn the machine off before you add or remove a SCSI controller.");
  const orphan = set.drives.find(({ slot }) => slot.controller === "SCSI" && slot.number >= count);
  if (orphan !== undefined)
    throw refused("drive.taken", `Remove the drive at ${slotTitle(orphan.slot)} first.`);
  return { ...set, scsiControllers: count };
}

/** The drive at a place. @throws HvError `drive.none` */
export function driveAt(set: DriveSet, slot: DriveSlot): DriveConfiguration {
  const drive = set.drives.find((known) => sameSlot(known.slot, slot));
  if (drive === undefined) throw refused("drive.none", `There is no drive at ${slotTitle(slot)}.`);
  return drive;
}

/** Checks a whole set, as it came out of a file. @throws HvError `drive.*` */
export function checkedSet(set: DriveSet): DriveSet {
  const empty = withScsiControllers({ drives: [], scsiControllers: 0 }, set.scsiControllers, "off");
  return set.drives.reduce((made, drive) => withDrive(made, drive, "off"), empty);
}

function checkPlace(set: DriveSet, drive: DriveConfiguration): void {
  const { slot, kind } = drive;
  const within = (value: number, count: number): boolean =>
    Number.isInteger(value) && value >= 0 && value < count;
  const rooms = {
    IDE: [ideControllers, idePositions],
    SCSI: [set.scsiControllers, scsiPositions],
    floppy: [1, 1],
  } as const;
  const [numbers, locations] = Object.hasOwn(rooms, slot.controller) ? rooms[slot.controller] : [0, 0];
  if (!within(slot.number, numbers) || !within(slot.location, locations))
    throw refused("drive.place", `There is no place ${slotTitle(slot)} in this machine.`);
  if ((kind === "floppy") !== (slot.controller === "floppy"))
    throw refused("drive.place", `A ${kindTitle(kind)} cannot hang at ${slotTitle(slot)}.`);
  if (kind === "dvd" && slot.controller !== "IDE")
    throw refused("drive.place", "DVD drives hang on IDE controllers only, as in Hyper-V R2.");
  checkMedium(drive);
}

function checkMedium({ kind, medium }: DriveConfiguration): void {
  if (medium.kind === "empty" && kind === "disk")
    throw refused("drive.medium", "A hard disk drive is never empty: choose a disk for it.");
  if (medium.kind === "memory" && kind !== "disk")
    throw refused("drive.medium", `A ${kindTitle(kind)} takes images, no memory disk.`);
  if (medium.kind === "device" && kind === "floppy")
    throw refused("drive.medium", "A diskette drive takes diskette images only.");
  if (medium.kind === "memory" && !isMemorySize(medium.byteLength))
    throw refused("drive.medium", "A memory disk has 512 bytes to 1 GB, in whole sectors.");
}

function isMemorySize(bytes: number): boolean {
  return Number.isInteger(bytes) && bytes > 0 && bytes <= memoryDiskLimit && bytes % 512 === 0;
}

function kindTitle(kind: DriveConfiguration["kind"]): string {
  return kind === "disk" ? "hard disk" : kind === "dvd" ? "DVD drive" : "diskette drive";
}

const order = { IDE: 0, SCSI: 1, floppy: 2 } as const;

function inOrder(drives: readonly DriveConfiguration[]): readonly DriveConfiguration[] {
  return [...drives].sort(
    (a, b) =>
      order[a.slot.controller] - order[b.slot.controller] ||
      a.slot.number - b.slot.number ||
      a.slot.location - b.slot.location,
  );
}

function refused(code: string, text: string): HvError {
  return new HvError(code, text, { hresult: 0x80070057 });
}
