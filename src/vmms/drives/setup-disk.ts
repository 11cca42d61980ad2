import { type DriveSlot, setupDiskName } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import { sameName } from "../library/names.ts";
import { type DriveSet, slotTitle } from "./rules.ts";

/**
 * The DVD drive that takes the setup disk: one that holds it, else an empty one, else, to `replace` what is in it, the
 * first.
 *
 * @returns `null`: it is in a drive already
 * @throws HvError `setupDisk.noDrive`, `setupDisk.otherDisc` with the way out
 */
export function setupDiskDrive(name: string, set: DriveSet, replace: boolean): DriveSlot | null {
  const dvds = set.drives.filter(({ kind }) => kind === "dvd");
  if (dvds.some(({ medium }) => medium.kind === "file" && sameName(medium.name, setupDiskName))) return null;
  const drive = dvds.find(({ medium }) => medium.kind === "empty") ?? dvds[0];
  if (drive === undefined)
    throw new HvError(
      "setupDisk.noDrive",
      `${name} has no DVD drive. Turn it off and add one to an IDE controller, then insert the setup disk.`,
      { hresult: 0x80070490 },
    );
  const { medium, slot } = drive;
  if (medium.kind !== "empty" && !replace) {
    const disc = "name" in medium ? medium.name : "A disc";
    throw new HvError(
      "setupDisk.otherDisc",
      `${disc} is in the DVD drive of ${name} at ${slotTitle(slot)}. Eject it, or insert the setup disk in its place.`,
      { hresult: 0x800700aa },
    );
  }
  return slot;
}
