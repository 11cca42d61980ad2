import type { DriveKind, DriveSlot, Medium } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { checkSize, type TypedSize } from "./disk-size.ts";
import type { ControllerView, Refusal } from "./drive-rules.ts";

/** A file of the visitor's device that is about to become a pass-through disk. */
export interface PickedDevice {
  readonly source: File | FileSystemFileHandle;
  readonly name: string;
  /** Bytes. */
  readonly byteLength: number;
  /** Why the guest can only read it; `null` when it may write. */
  readonly readOnlyBecause: string | null;
}

/** A drive as the visitor is filling it in. */
export interface DriveDraft {
  /** A diskette drive is part of the machine, and nobody adds one. */
  readonly kind: Exclude<DriveKind, "floppy">;
  readonly source: "empty" | "file" | "memory" | "device";
  /** Name of the chosen library file. */
  readonly file: string | null;
  readonly size: TypedSize;
  /** A device the library knows, by name, or one just picked. */
  readonly device: string | PickedDevice | null;
  readonly location: number;
}

/** What a filled-in draft asks for. A picked device becomes a name first. */
export type DraftMedium =
  | { readonly kind: "ready"; readonly medium: Medium }
  | { readonly kind: "picked"; readonly device: PickedDevice }
  | { readonly kind: "unfinished"; readonly refusal: string };

/** The draft a visitor starts from: a disk file at the place they pressed. */
export function newDraft(location: number): DriveDraft {
  return {
    kind: "disk",
    source: "file",
    file: null,
    size: { text: "256", unit: "MB" },
    device: null,
    location,
  };
}

/** Changes the kind of drive; what was chosen for the other kind does not fit any more. */
export function withKind(draft: DriveDraft, kind: DriveDraft["kind"]): DriveDraft {
  if (kind === draft.kind) return draft;
  return { ...draft, kind, source: kind === "dvd" ? "empty" : "file", file: null };
}

/** What the draft asks for, or what is still missing. */
export function draftMedium(draft: DriveDraft): DraftMedium {
  switch (draft.source) {
    case "empty":
      return { kind: "ready", medium: { kind: "empty" } };
    case "file":
      if (draft.file === null) return { kind: "unfinished", refusal: "Choose a file." };
      return { kind: "ready", medium: { kind: "file", name: draft.file } };
    case "memory": {
      const size = checkSize(draft.size);
      // What is wrong with it stands below the field already.
      if (size.kind === "wrong") return { kind: "unfinished", refusal: "Correct the size." };
      return { kind: "ready", medium: { kind: "memory", byteLength: size.bytes } };
    }
    case "device":
      if (draft.device === null) return { kind: "unfinished", refusal: "Choose a file of your device." };
      if (typeof draft.device !== "string") return { kind: "picked", device: draft.device };
      return { kind: "ready", medium: { kind: "device", name: draft.device } };
    default:
      return unreachable(draft.source);
  }
}

/** What keeps the draft from being added; `null` when nothing does. */
export function draftRefusal(draft: DriveDraft, view: ControllerView): Refusal {
  if (!view.free.includes(draft.location))
    return `Location ${draft.location} is taken by now. Choose another.`;
  const asked = draftMedium(draft);
  return asked.kind === "unfinished" ? asked.refusal : null;
}

/** Where the draft would hang. */
export function draftSlot(draft: DriveDraft, view: ControllerView): DriveSlot {
  return { controller: view.controller, number: view.number, location: draft.location };
}
