import type { DriveConfiguration } from "../../hvdef/index.ts";
import { HvError, reasonOf } from "../../support/index.ts";
import type { FileStore } from "../file-store.ts";
import { loadKept, saveText } from "../kept-text.ts";
import { checkedSet, type DriveSet } from "./rules.ts";

/** The drives that machines were given, kept over reloads. */
export interface KeptDrives {
  /**
   * What was kept of a machine, or `null` when it is as it came.
   * @throws HvError `drives.damaged`, once; what the store refuses with
   */
  load(vm: string): Promise<DriveSet | null>;
  save(vm: string, set: DriveSet): Promise<void>;
}

const format = 1;

/** Opens what is kept in a store, one file a machine. */
export function openKeptDrives(store: FileStore): KeptDrives {
  const nameOf = (vm: string): string => `${vm}.drives.json`;
  return {
    load: (vm) => loadKept(store, nameOf(vm), parseOrSay),
    save: (vm, set) => saveText(store, nameOf(vm), JSON.stringify({ format, ...set })),
  };
}

/** As `parseSet`. @throws HvError `drives.damaged` */
function parseOrSay(text: string): DriveSet {
  try {
    return parseSet(text);
  } catch (failure) {
    throw new HvError(
      "drives.damaged",
      `The drives kept for this machine cannot be used (${reasonOf(failure)}). It has the drives it came with; its disks are all still in the library.`,
    );
  }
}

/** Reads a set. @throws whatever is wrong with it */
export function parseSet(text: string): DriveSet {
  const found = JSON.parse(text) as { format?: unknown; drives?: unknown; scsiControllers?: unknown } | null;
  if (typeof found !== "object" || found === null || found.format !== format)
    throw new Error("its format is not known");
  return readSet(found);
}

/** Reads a set out of what holds it. @throws whatever is wrong with it */
export function readSet(found: { drives?: unknown; scsiControllers?: unknown }): DriveSet {
  if (!Array.isArray(found.drives) || typeof found.scsiControllers !== "number")
    throw new Error("it does not say which drives there are");
  return checkedSet({
    drives: found.drives.map(parseDrive),
    scsiControllers: found.scsiControllers,
  });
}

function parseDrive(found: unknown): DriveConfiguration {
  const drive = found as Partial<DriveConfiguration> | null;
  const { slot, kind, medium } = drive ?? {};
  if (
    !isOneOf(slot?.controller, ["IDE", "SCSI", "floppy"]) ||
    !isOneOf(kind, ["disk", "dvd", "floppy"]) ||
    !isMedium(medium) ||
    slot === undefined ||
    kind === undefined
  )
    throw new Error("one of its drives makes no sense");
  const { controller, number, location } = slot;
  return { slot: { controller, number, location }, kind, medium };
}

function isMedium(found: DriveConfiguration["medium"] | undefined): found is DriveConfiguration["medium"] {
  switch (found?.kind) {
    case "empty":
      return true;
    case "file":
    case "device":
      return typeof found.name === "string";
    case "memory":
      return typeof found.byteLength === "number";
    default:
      return false;
  }
}

function isOneOf(value: unknown, known: readonly string[]): boolean {
  return typeof value === "string" && known.includes(value);
}
