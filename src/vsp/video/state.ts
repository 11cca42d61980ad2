import { videoVersions } from "../../hvdef/index.ts";
import { fits, type MemoryPlace, type Picture, type VideoState } from "./step.ts";

/** What is saved of a machine's synthetic screen. The picture itself is in video memory, which the engine saves. */
export interface VideoSaved {
  readonly format: 1;
  readonly screen: VideoState;
}

/** A saved state that can be gone on from, or why it cannot, for a person. */
export type CheckedVideo =
  | { readonly kind: "usable"; readonly state: VideoSaved }
  | { readonly kind: "unusable"; readonly text: string };

/** Checks a saved state, which may be anything. */
export function checkVideoState(value: unknown): CheckedVideo {
  if (!isRecord(value) || value["format"] === undefined)
    return unusable("It is not the saved state of a screen.");
  if (value["format"] !== 1)
    return unusable("Its format is not known here. Start the machine anew, or use a newer version.");
  const screen = checkScreen(value["screen"]);
  if (screen === null) return unusable("It is damaged: the screen cannot have been in that state.");
  return { kind: "usable", state: { format: 1, screen } };
}

function checkScreen(value: unknown): VideoState | null {
  if (!isRecord(value)) return null;
  const { kind, version, memory, picture } = value;
  if (kind === "closed" || kind === "opened") return { kind };
  if (kind !== "agreed" || (version !== videoVersions.v35 && version !== videoVersions.v32)) return null;
  if (!isPlace(memory)) return null;
  if (picture === null) return { kind, version, memory, picture };
  const checked = checkPicture(picture);
  return checked === null || memory !== "right" ? null : { kind, version, memory, picture: checked };
}

function checkPicture(value: unknown): Picture | null {
  if (!isRecord(value)) return null;
  const { offset, width, height, pitch } = value;
  if (!isCount(offset) || !isCount(width) || !isCount(height) || !isCount(pitch)) return null;
  const picture = { offset, width, height, pitch };
  return fits(picture) ? picture : null;
}

function isPlace(value: unknown): value is MemoryPlace {
  return value === "right" || value === "wrong" || value === "unknown";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function unusable(text: string): CheckedVideo {
  return { kind: "unusable", text: `The screen cannot go on from its saved state. ${text}` };
}
