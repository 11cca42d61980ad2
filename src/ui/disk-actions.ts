import type { DiskFileSummary } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { nameList, sameName } from "./disk-words.ts";

/** What a visitor can ask of a file of the library. */
export type DiskAction = "inspect" | "edit" | "download" | "rename" | "remove";

/** What the Edit Virtual Hard Disk Wizard can do. @wmi Msvm_ImageManagementService */
export type EditAction = "compact" | "convert" | "expand" | "merge" | "reconnect" | "validate" | "repair";

/** Something that can be asked for, or the reason why not now. */
export interface Offer<A> {
  readonly action: A;
  readonly label: string;
  /** A sentence; `null` when it can be done. */
  readonly refusal: string | null;
}

const order: readonly DiskAction[] = ["inspect", "edit", "download", "rename", "remove"];
const labels: { readonly [A in DiskAction]: string } = {
  inspect: "Inspect…",
  edit: "Edit…",
  download: "Download",
  rename: "Rename…",
  remove: "Remove…",
};

/** Whether something writes to a file, as far as can be told: below a child it is only read. */
function isWritten(file: DiskFileSummary): boolean {
  return file.inUse && (file.usedBy.length > 0 || file.children.length === 0);
}

/** Why an open file cannot be touched; `null` when it is not open. */
function openReason(file: DiskFileSummary): string | null {
  if (!file.inUse) return null;
  if (file.usedBy.length > 0) {
    const holders = nameList(file.usedBy.map((user) => user.name));
    return `${file.name} is open. Turn off ${holders}, or wait for the job that works on it.`;
  }
  if (file.children.length > 0)
    return `${file.name} is open, because a disk that builds on it is. Turn off the machine that runs from ${nameList(file.children)}.`;
  return `A job works on ${file.name}. Wait until it is done, or cancel it.`;
}

function childReason(file: DiskFileSummary, harm: string): string | null {
  if (file.children.length === 0) return null;
  const many = file.children.length > 1;
  return `${nameList(file.children)} ${many ? "build" : "builds"} on ${file.name} and ${harm}.`;
}

function siteReason(file: DiskFileSummary, doing: string): string | null {
  if (file.fetched === null) return null;
  return `${file.name} belongs to this site and is fetched as it is read: it cannot be ${doing}.`;
}

const passThrough =
  "A pass-through disk is the device itself: it cannot be compacted, converted, expanded, or be the parent of a differencing disk.";

function editRefusal(file: DiskFileSummary): string | null {
  switch (file.format) {
    case "device":
      return passThrough;
    case "iso":
      return "An ISO image is only read: there is nothing to edit.";
    case "floppy":
      return "A diskette has one size and one form: there is nothing to edit.";
    case "fixed":
    case "dynamic":
    case "differencing":
    case "raw":
    case "unusable":
      return isWritten(file) ? openReason(file) : null;
    default:
      return unreachable(file.format);
  }
}

function renameRefusal(file: DiskFileSummary): string | null {
  if (file.format === "device") return `${file.name} is a file on your device: rename it there.`;
  return siteReason(file, "renamed") ?? openReason(file) ?? childReason(file, "would no longer find it");
}

function removeRefusal(file: DiskFileSummary): string | null {
  const kept = siteReason(file, "removed") ?? openReason(file);
  if (kept !== null) return kept;
  if (file.usedBy.length > 0)
    return `${file.name} is in a drive of ${nameList(file.usedBy.map((user) => user.name))}. Take it out of the drive first.`;
  return childReason(file, "would be lost with it. Merge or remove that first");
}

function refusalOf(action: DiskAction, file: DiskFileSummary): string | null {
  switch (action) {
    case "inspect":
      return null;
    case "edit":
      return editRefusal(file);
    case "download":
      if (file.format === "unusable") return `${file.name} cannot be read as a disk.`;
      return isWritten(file) ? openReason(file) : null;
    case "rename":
      return renameRefusal(file);
    case "remove":
      return removeRefusal(file);
    default:
      return unreachable(action);
  }
}

/** The buttons for a file. All stay in place; those that make no sense now say why. */
export function diskOffers(file: DiskFileSummary): readonly Offer<DiskAction>[] {
  return order.map((action) => ({ action, label: labels[action], refusal: refusalOf(action, file) }));
}

function parentOf(file: DiskFileSummary, files: readonly DiskFileSummary[]): DiskFileSummary | undefined {
  return files.find((other) => file.parent !== null && sameName(other.name, file.parent));
}

function editActions(file: DiskFileSummary, files: readonly DiskFileSummary[]): readonly EditAction[] {
  // Whether the parent is missing or another than it was, the way out is the same.
  const reconnect: readonly EditAction[] = file.parent !== null && file.trouble !== null ? ["reconnect"] : [];
  const missing = file.parent !== null && parentOf(file, files) === undefined;
  const repair: readonly EditAction[] = file.trouble === null || missing ? [] : ["repair"];
  switch (file.format) {
    case "fixed":
      return ["convert", "expand", "validate", ...repair];
    case "dynamic":
      return ["compact", "convert", "expand", "validate", ...repair];
    case "differencing":
      return [...reconnect, "compact", "convert", "merge", "validate", ...repair];
    case "raw":
      return ["convert"];
    case "unusable":
      return [...reconnect, "validate", ...repair];
    case "iso":
    case "floppy":
    case "device":
      return [];
    default:
      return unreachable(file.format);
  }
}

const editLabels: { readonly [A in EditAction]: string } = {
  compact: "Compact",
  convert: "Convert",
  expand: "Expand",
  merge: "Merge",
  reconnect: "Reconnect",
  validate: "Validate",
  repair: "Repair",
};

function editOfferRefusal(action: EditAction, file: DiskFileSummary): string | null {
  // A copy is all that can be made of what belongs to the site.
  const kept = action === "convert" ? null : siteReason(file, "changed, only converted into a copy");
  if (kept !== null) return kept;
  switch (action) {
    case "compact":
    case "expand":
      return childReason(file, "would no longer match it");
    case "convert":
    case "merge":
      return file.trouble === null || file.parent === null
        ? null
        : "It cannot be read as it is. Mend it first.";
    case "reconnect":
    case "repair":
      return openReason(file);
    case "validate":
      return null;
    default:
      return unreachable(action);
  }
}

/** What the Edit wizard lists for a file: only what its type allows. */
export function editOffers(
  file: DiskFileSummary,
  files: readonly DiskFileSummary[],
): readonly Offer<EditAction>[] {
  return editActions(file, files).map((action) => ({
    action,
    label: editLabels[action],
    refusal: editOfferRefusal(action, file),
  }));
}

/** Why the changes of a differencing disk cannot go into its parent; `null` when they can. */
export function mergeRefusal(file: DiskFileSummary, files: readonly DiskFileSummary[]): string | null {
  const own = childReason(file, "would lose what it builds on");
  if (own !== null) return own;
  const parent = parentOf(file, files);
  if (parent === undefined) return "Its parent is not here.";
  const others = parent.children.filter((name) => !sameName(name, file.name));
  if (others.length === 0) return null;
  return `${nameList(others)} ${others.length > 1 ? "build" : "builds"} on ${parent.name} too and would no longer match it.`;
}

/** Why a file cannot be the parent of a new differencing disk; `null` when it can. */
export function parentRefusal(file: DiskFileSummary): string | null {
  if (file.format === "device") return "is a pass-through disk, and those cannot be parents";
  if (file.trouble !== null || file.format === "unusable") return "cannot be used";
  if (file.format !== "fixed" && file.format !== "dynamic" && file.format !== "differencing")
    return "is no virtual hard disk";
  return isWritten(file) ? "is in use" : null;
}

/** Whether a list to choose a parent from names the file at all, if only to say why it cannot be one. */
export function isLikeDisk(file: DiskFileSummary): boolean {
  return file.format !== "iso" && file.format !== "floppy";
}
