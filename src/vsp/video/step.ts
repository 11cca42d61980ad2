import { videoEdge, videoMegabytes, videoMemoryAt, videoVersions } from "../../hvdef/index.ts";
import { unreachable } from "../../support/index.ts";
import type { GuestWord } from "./message.ts";

/** What the guest shows. All lines lie in video memory; 32-bit pixels. */
export interface Picture {
  /** Of the first pixel in video memory, bytes; a multiple of 4, as is `pitch`. */
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly pitch: number;
}

/** Where the guest has put video memory: where it is, somewhere else, or it has not said. */
export type MemoryPlace = "right" | "wrong" | "unknown";

/** How far guest and host have come. */
export type VideoState =
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  | {
      readonly kind: "agreed";
      readonly version: number;
      readonly memory: MemoryPlace;
      /** `null`: the synthetic screen is dark. */
      readonly picture: Picture | null;
    };

/** What happens on the channel. */
export type VideoEvent =
  | { readonly kind: "opened" }
  | { readonly kind: "said"; readonly word: GuestWord }
  | { readonly kind: "closed" };

/** What is to be done, in order. */
export type VideoAction =
  | { readonly kind: "answerVersion"; readonly version: number; readonly accepted: boolean }
  | { readonly kind: "answerResolutions"; readonly most: number }
  | { readonly kind: "answerMemory"; readonly context: bigint }
  | { readonly kind: "answerSituation"; readonly context: bigint }
  /** Tell the guest whether changes are wanted. */
  | { readonly kind: "askForChanges" }
  /** Another picture, or none. */
  | { readonly kind: "show"; readonly picture: Picture | null }
  | { readonly kind: "change"; readonly top: number; readonly bottom: number }
  /** The event made no sense and changed nothing. */
  | { readonly kind: "refuse" };

/** The state afterwards, and what is to be done. */
export interface VideoStep {
  readonly state: VideoState;
  readonly actions: readonly VideoAction[];
}

const memoryBytes = videoMegabytes << 20;
const bytesPerPixel = 4;
const depth = 32;

/**
 * The provider as a step machine. Invariants: a picture is shown only in video memory the guest has put where it is,
 * and lies inside it as a whole; a change lies inside the picture; every request that waits is answered once.
 */
export function stepVideo(state: VideoState, event: VideoEvent): VideoStep {
  switch (event.kind) {
    case "opened":
      return { state: { kind: "opened" }, actions: [] };
    case "closed":
      return { state: { kind: "closed" }, actions: dark(state) };
    case "said":
      return state.kind === "closed" ? refused(state) : hear(state, event.word);
    default:
      return unreachable(event);
  }
}

type OpenState = Exclude<VideoState, { kind: "closed" }>;

function hear(state: OpenState, word: GuestWord): VideoStep {
  switch (word.kind) {
    case "version":
      return agree(state, word.version);
    case "strange":
    case "pointerShape":
      return word.kind === "strange" ? refused(state) : { state, actions: [] };
    case "pointer":
      return { state, actions: [] };
    case "resolutions":
      return { state, actions: [{ kind: "answerResolutions", most: word.most }] };
    case "memory":
    case "situation":
    case "changed":
      return state.kind === "agreed" ? draw(state, word) : refused(state);
    default:
      return unreachable(word);
  }
}

/** A guest may ask for one version after the other, and starts anew with each. */
function agree(state: OpenState, version: number): VideoStep {
  const accepted = version === videoVersions.v35 || version === videoVersions.v32;
  const answer: VideoAction = { kind: "answerVersion", version, accepted };
  const next: VideoState = accepted
    ? { kind: "agreed", version, memory: "unknown", picture: null }
    : { kind: "opened" };
  return { state: next, actions: [answer, ...dark(state)] };
}

type Agreed = VideoState & { readonly kind: "agreed" };

function draw(
  state: Agreed,
  word: GuestWord & { readonly kind: "memory" | "situation" | "changed" },
): VideoStep {
  switch (word.kind) {
    case "memory": {
      const memory =
        word.address === null ? "unknown" : word.address === BigInt(videoMemoryAt) ? "right" : "wrong";
      return {
        state: { ...state, memory, picture: null },
        actions: [{ kind: "answerMemory", context: word.context }, ...dark(state), { kind: "askForChanges" }],
      };
    }
    case "situation": {
      const picture = state.memory === "right" ? pictureOf(word.situation) : null;
      return {
        state: { ...state, picture },
        actions: [
          { kind: "answerSituation", context: word.situation.context },
          { kind: "show", picture },
        ],
      };
    }
    case "changed": {
      const { picture } = state;
      if (picture === null) return refused(state);
      const bottom = Math.min(word.bottom, picture.height);
      if (word.top >= bottom) return refused(state);
      return { state, actions: [{ kind: "change", top: word.top, bottom }] };
    }
    default:
      return unreachable(word);
  }
}

/** A picture as the guest describes it; `null` when it is switched off or cannot be shown. */
function pictureOf(situation: Extract<GuestWord, { kind: "situation" }>["situation"]): Picture | null {
  const { outputs, active, offset, width, height, pitch } = situation;
  if (outputs === 0 || active === 0 || situation.depth !== depth) return null;
  const picture = { offset, width, height, pitch };
  return fits(picture) ? picture : null;
}

/** Whether every line lies in video memory. Numbers are any that are not negative. */
export function fits({ offset, width, height, pitch }: Picture): boolean {
  if (width === 0 || height === 0 || width > videoEdge || height > videoEdge) return false;
  if (offset % bytesPerPixel !== 0 || pitch % bytesPerPixel !== 0 || pitch < width * bytesPerPixel)
    return false;
  return offset + pitch * (height - 1) + width * bytesPerPixel <= memoryBytes;
}

function dark(state: VideoState): readonly VideoAction[] {
  return state.kind === "agreed" && state.picture !== null ? [{ kind: "show", picture: null }] : [];
}

function refused(state: VideoState): VideoStep {
  return { state, actions: [{ kind: "refuse" }] };
}
