import { type DriveDescription, type DriveMedium, floppyDrive } from "../hvdef/index.ts";
import { HvError, type InspectNode } from "../support/index.ts";
import type { DriveContents, EngineDrive } from "../vid/index.ts";
import { discContents } from "./vdev/dvd/serve.ts";
import { checkDiskette } from "./vdev/floppy/serve.ts";
import {
  type DiskLine,
  type DriveCounters,
  freshDriveCounters,
  type ServedContents,
  servedContents,
} from "./vdev/ide/serve.ts";

/** The emulated drives of one machine. */
export interface Drives {
  readonly forEngine: readonly EngineDrive[];
  /**
   * Opens what is inserted into a DVD or diskette drive; what was in it answers errors from now on.
   * @throws HvError when there is no such drive or it cannot take the medium: nothing has changed then
   */
  change(channel: number, medium: DriveMedium | null): DriveContents | null;
  inspect(): { readonly ide: InspectNode; readonly floppy: InspectNode };
}

interface Drive {
  readonly kind: "dvd" | "floppy";
  readonly line: DiskLine;
  readonly counters: DriveCounters;
  inside: ServedContents | null;
}

/**
 * Opens the drives of a configuration.
 *
 * @param lineOf  the line to whoever serves a channel; nothing is asked of it before the machine runs
 * @throws HvError when drives do not fit where they are said to be
 */
export function openDrives(
  descriptions: readonly DriveDescription[],
  lineOf: (channel: number) => DiskLine,
): Drives {
  checkPlaces(descriptions);
  const removable = new Map<number, Drive>();
  const counters = new Map<number, DriveCounters>();

  function open(description: DriveDescription): EngineDrive {
    const { kind, channel } = description;
    const line = lineOf(channel);
    const counted = freshDriveCounters();
    counters.set(channel, counted);
    if (kind === "disk") {
      const { byteLength, firstSector } = description;
      const contents = servedContents({ byteLength, readOnly: false }, line, counted);
      return { kind, place: channel, contents, firstSector };
    }
    const drive: Drive = { kind, line, counters: counted, inside: null };
    removable.set(channel, drive);
    return { kind, place: channel, contents: insert(drive, description.medium) };
  }
  const forEngine = descriptions.map(open);

  return {
    forEngine,
    change(channel, medium) {
      const drive = removable.get(channel);
      if (drive === undefined)
        throw new HvError("drive.absent", "This machine has no DVD or diskette drive there.");
      return insert(drive, medium);
    },
    inspect() {
      const shown = [...counters].map(([channel, counted]) => [channel, { ...counted }] as const);
      return {
        ide: Object.fromEntries(shown.filter(([channel]) => channel !== floppyDrive)),
        floppy: Object.fromEntries(shown.filter(([channel]) => channel === floppyDrive)),
      };
    },
  };
}

function insert(drive: Drive, medium: DriveMedium | null): DriveContents | null {
  if (medium !== null && drive.kind === "floppy") checkDiskette(medium);
  drive.inside?.withdraw();
  drive.inside = medium === null ? null : servedContents(medium, drive.line, drive.counters);
  if (drive.inside === null || drive.kind === "floppy") return drive.inside;
  return discContents(drive.inside);
}

/** Diskettes at their own place, everything else on IDE, one drive at each. @throws HvError `drive.place` */
function checkPlaces(descriptions: readonly DriveDescription[]): void {
  const taken = new Set<number>();
  for (const { kind, channel } of descriptions) {
    const fits = kind === "floppy" ? channel === floppyDrive : channel >= 0 && channel < floppyDrive;
    if (!fits || !Number.isInteger(channel) || taken.has(channel))
      throw new HvError("drive.place", `A ${kind} drive cannot be at place ${channel} of a machine.`);
    taken.add(channel);
  }
}
