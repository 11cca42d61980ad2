import type { DiskFileSummary, DriveKind, VmGuid } from "../hvdef/index.ts";
import { formatWord, nameList } from "./disk-words.ts";
import type { Refusal } from "./drive-rules.ts";
import { asSentence, formatBytes } from "./format.ts";

/** A file of the library as something that could go into a drive. */
export interface MediumChoice {
  readonly name: string;
  /** "Dynamically expanding, 10 GB". */
  readonly facts: string;
  readonly refusal: Refusal;
}

/** What a visitor chooses from: media for a kind of drive, or pass-through devices. */
export type MediumFor = DriveKind | "device";

/** An unusable file belongs where its name says it wants to be. */
function homeOf(file: DiskFileSummary): MediumFor {
  switch (file.format) {
    case "iso":
      return "dvd";
    case "floppy":
      return "floppy";
    case "device":
      return "device";
    case "unusable":
      if (/\.iso$/i.test(file.name)) return "dvd";
      return /\.(vfd|flp|ima)$/i.test(file.name) ? "floppy" : "disk";
    default:
      return "disk";
  }
}

/**
 * Why a file cannot go into a drive of a machine.
 *
 * Discs are only read, so several machines may hold the same ISO image; everything else has one holder.
 */
export function fileRefusal(file: DiskFileSummary, vm: VmGuid): Refusal {
  if (file.format === "unusable") return asSentence(file.trouble ?? "It cannot be used");
  const others = file.usedBy.filter((user) => user.vm !== vm);
  if (others.length < file.usedBy.length) return "This machine has it already.";
  if (file.format === "iso" && others.length > 0) return null;
  if (others.length > 0) return `${nameList(others.map(({ name }) => name))} has it. Remove it there first.`;
  if (file.children.length > 0) {
    const many = file.children.length > 1;
    return `${nameList(file.children)} ${many ? "build" : "builds"} on it and would break if it changed.`;
  }
  return file.inUse ? "A task has it open. Wait until it is done." : null;
}

/** The files that go into a drive of this kind: those that can be chosen first, each part by name. */
export function mediaFor(
  files: readonly DiskFileSummary[],
  wanted: MediumFor,
  vm: VmGuid,
): readonly MediumChoice[] {
  const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  return files
    .filter((file) => homeOf(file) === wanted)
    .map((file) => ({
      name: file.name,
      facts:
        file.format === "unusable"
          ? formatWord(file.format)
          : `${formatWord(file.format)}, ${formatBytes(file.byteLength)}`,
      refusal: fileRefusal(file, vm),
    }))
    .sort(
      (one, other) =>
        Number(one.refusal !== null) - Number(other.refusal !== null) || byName.compare(one.name, other.name),
    );
}
