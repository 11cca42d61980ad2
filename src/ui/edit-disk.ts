import type { DiskFileSummary } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { type EditAction, editOffers, mergeRefusal, parentRefusal } from "./disk-actions.ts";
import { checkName, diskEndings, endingOf, freeName } from "./disk-name.ts";
import { checkSize, type TypedSize, typedSize } from "./disk-size.ts";
import { formatWord, sameName } from "./disk-words.ts";
import { formatBytes } from "./format.ts";
import type { Outcome } from "./new-disk.ts";

/** What the visitor has chosen so far in the Edit Virtual Hard Disk Wizard. */
export interface EditPlan {
  readonly action: EditAction | null;
  /** Form of the copy that Convert makes. */
  readonly type: "fixed" | "dynamic";
  /** Name of the file that Convert and Merge make. */
  readonly name: string;
  readonly size: TypedSize;
  readonly into: "parent" | "new";
  /** Parent that Reconnect gives; empty until one is chosen. */
  readonly parent: string;
  /** Reconnect to it even when it is not the disk the child was made on. */
  readonly force: boolean;
}

/** What the wizard begins with for one file. */
export function editPlan(file: DiskFileSummary, files: readonly DiskFileSummary[]): EditPlan {
  const stem = file.name.slice(0, file.name.length - endingOf(file.name).length);
  return {
    action: editOffers(file, files).find((offer) => offer.refusal === null)?.action ?? null,
    type: file.format === "dynamic" ? "fixed" : "dynamic",
    name: freeName(
      `${stem} copy.vhd`,
      files.map((other) => other.name),
    ),
    size: typedSize(file.byteLength),
    into: mergeRefusal(file, files) === null ? "parent" : "new",
    parent: "",
    force: false,
  };
}

/** Whether an action needs a Configure page. */
export function isConfigured(action: EditAction): boolean {
  return action === "convert" || action === "expand" || action === "merge" || action === "reconnect";
}

const about: { readonly [A in EditAction]: string } = {
  compact:
    "Gives back the parts of the file that hold nothing but zeros. What the guest sees stays the same.",
  convert: "Copies the disk into a new file of another type. This file stays as it is.",
  expand: "Lets the disk hold more. The guest finds the new room behind its last partition.",
  merge: "Puts the changes of this differencing disk together with the disk it builds on.",
  reconnect: "Tells this differencing disk which file its parent is now.",
  validate: "Reads the whole file and reports what is wrong with it. Nothing is changed.",
  repair: "Writes the footer of the file again from the copy at its beginning.",
};

/** What an action of the wizard does, in a sentence. */
export function editAbout(action: EditAction): string {
  return about[action];
}

/** Why a file cannot become the parent of another; `null` when it can. */
export function reconnectRefusal(file: DiskFileSummary, candidate: DiskFileSummary): string | null {
  return sameName(file.name, candidate.name) ? "is the disk itself" : parentRefusal(candidate);
}

function copyOutcome(plan: EditPlan, files: readonly DiskFileSummary[]) {
  return checkName(
    plan.name,
    diskEndings,
    files.map((other) => other.name),
  );
}

function convertOutcome(plan: EditPlan, file: DiskFileSummary, files: readonly DiskFileSummary[]): Outcome {
  const check = copyOutcome(plan, files);
  if (check.kind === "wrong") return check;
  return {
    kind: "ready",
    request: { kind: "convert", source: file.name, name: check.name, type: plan.type },
    facts: [
      ["New file", check.name],
      ["New type", formatWord(plan.type)],
      ["Stays", file.name],
    ],
  };
}

function expandOutcome(plan: EditPlan, file: DiskFileSummary): Outcome {
  const size = checkSize(plan.size, file.byteLength);
  if (size.kind === "wrong") return size;
  return {
    kind: "ready",
    request: { kind: "expand", name: file.name, byteLength: size.bytes },
    facts: [
      ["Size now", formatBytes(file.byteLength)],
      ["New size", formatBytes(size.bytes)],
    ],
  };
}

function mergeOutcome(plan: EditPlan, file: DiskFileSummary, files: readonly DiskFileSummary[]): Outcome {
  if (plan.into === "parent") {
    const refusal = mergeRefusal(file, files);
    if (refusal !== null) return { kind: "wrong", reason: refusal };
    return {
      kind: "ready",
      request: { kind: "merge", name: file.name, into: null },
      facts: [
        ["Into", file.parent ?? ""],
        ["Afterwards", `${file.name} is gone; the parent takes its place in every drive that holds it`],
      ],
    };
  }
  const check = copyOutcome(plan, files);
  if (check.kind === "wrong") return check;
  return {
    kind: "ready",
    request: { kind: "merge", name: file.name, into: check.name },
    facts: [
      ["Into", `${check.name}, a new dynamically expanding disk`],
      ["Stay", `${file.name} and the disks it builds on`],
    ],
  };
}

function reconnectOutcome(plan: EditPlan, file: DiskFileSummary, files: readonly DiskFileSummary[]): Outcome {
  const parent = files.find((other) => sameName(other.name, plan.parent));
  if (parent === undefined) return { kind: "wrong", reason: "Choose the disk that this one builds on." };
  const refusal = reconnectRefusal(file, parent);
  if (refusal !== null)
    return { kind: "wrong", reason: `${parent.name} cannot be the parent: it ${refusal}.` };
  return {
    kind: "ready",
    request: { kind: "reconnect", name: file.name, parent: parent.name, force: plan.force },
    facts: [
      ["Parent until now", file.parent ?? "none"],
      ["New parent", parent.name],
      ["If it is another disk", plan.force ? "Reconnect all the same" : "Refuse"],
    ],
  };
}

/** What the finished wizard asks the library for. */
export function editOutcome(
  plan: EditPlan,
  file: DiskFileSummary,
  files: readonly DiskFileSummary[],
): Outcome {
  const { action } = plan;
  const { name } = file;
  if (action === null) return { kind: "wrong", reason: "Choose what to do." };
  const offer = editOffers(file, files).find((one) => one.action === action);
  if (offer === undefined) return { kind: "wrong", reason: `This cannot be done with ${file.name}.` };
  if (offer.refusal !== null) return { kind: "wrong", reason: offer.refusal };
  switch (action) {
    case "compact":
    case "validate":
    case "repair":
      return { kind: "ready", request: { kind: action, name }, facts: [] };
    case "convert":
      return convertOutcome(plan, file, files);
    case "expand":
      return expandOutcome(plan, file);
    case "merge":
      return mergeOutcome(plan, file, files);
    case "reconnect":
      return reconnectOutcome(plan, file, files);
    default:
      return unreachable(action);
  }
}
