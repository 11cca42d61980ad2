import type { DiskFileSummary, DriveKind, DriveSummary } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { sameName } from "./disk-words.ts";
import { type ControllerView, type DriveOwner, driveTree } from "./drive-rules.ts";
import { asSentence, formatBytes } from "./format.ts";

type Files = readonly DiskFileSummary[];

const kindWords: { readonly [K in DriveKind]: string } = {
  disk: "Hard disk",
  dvd: "DVD drive",
  floppy: "Diskette drive",
};

/** What a person calls a drive of this kind. */
export function kindWord(kind: DriveKind): string {
  return kindWords[kind];
}

/** What is in a drive, in a few words. */
export function mediumWords(drive: DriveSummary): string {
  switch (drive.medium.kind) {
    case "empty":
      return "empty";
    case "memory":
      return "memory disk";
    case "file":
    case "device":
      return drive.title;
    default:
      return unreachable(drive.medium);
  }
}

function fileOf(drive: DriveSummary, files: Files): DiskFileSummary | undefined {
  const { medium } = drive;
  if (medium.kind !== "file" && medium.kind !== "device") return undefined;
  return files.find(({ name }) => sameName(name, medium.name));
}

/** Bytes of the medium. The library knows them while the machine is off; `null` when nobody does. */
function sizeOf(drive: DriveSummary, files: Files): number | null {
  if (drive.byteLength !== null) return drive.byteLength;
  if (drive.medium.kind === "memory") return drive.medium.byteLength;
  return fileOf(drive, files)?.byteLength || null;
}

function placeWords(drive: DriveSummary): readonly string[] {
  switch (drive.medium.kind) {
    case "empty":
      return [];
    case "memory":
      return ["forgotten at power-off"];
    case "device":
      return ["a file of your device"];
    case "file":
      return [drive.kept === "memory" ? "in memory, gone with this tab" : drive.kept];
    default:
      return unreachable(drive.medium);
  }
}

/** How large the medium is and where its content lives; empty for an empty drive. */
export function mediumFacts(drive: DriveSummary, files: Files): string {
  const bytes = sizeOf(drive, files);
  const size = bytes === null ? [] : [formatBytes(bytes)];
  return [...size, ...placeWords(drive)].join(", ");
}

/** Why the machine could not use the medium, as the library knows it; `null` when nothing is wrong. */
export function mediumTrouble(drive: DriveSummary, files: Files): string | null {
  const trouble = fileOf(drive, files)?.trouble ?? null;
  return trouble === null ? null : asSentence(trouble);
}

/** What there is room for on an IDE controller, or how much hangs on a SCSI controller. */
export function controllerNote(view: ControllerView): string {
  const { drives, free } = view;
  if (view.controller === "SCSI") {
    if (drives.length === 0) return "no disks";
    return drives.length === 1 ? "1 disk" : `${drives.length} disks`;
  }
  if (free.length === 0) return "no free location";
  return `${free.length === 1 ? "location" : "locations"} ${free.join(" and ")} free`;
}

/** The drives in one line, for a panel that is closed. */
export function drivesInShort(owner: DriveOwner, files: Files): string {
  const drives = driveTree(owner).flatMap((view) =>
    view.drives.filter((drive) => drive.medium.kind !== "empty"),
  );
  const words = drives.map((drive) => {
    const bytes = sizeOf(drive, files);
    return bytes === null ? mediumWords(drive) : `${mediumWords(drive)} ${formatBytes(bytes)}`;
  });
  return words.length === 0 ? "no disks" : words.join(", ");
}
