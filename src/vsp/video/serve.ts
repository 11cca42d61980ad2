import { VideoChange, VideoPicture, VideoTell, videoNoteBytes } from "../../hvdef/index.ts";
import { type InspectNode, unreachable } from "../../support/index.ts";
import type { Channel, ChannelHandlers, ChannelOwner } from "../../vmbus/index.ts";
import { inspectVideo, type VideoCounters } from "./inspect.ts";
import {
  featureRequest,
  memoryAnswer,
  readGuestWord,
  resolutionAnswer,
  situationAnswer,
  versionAnswer,
} from "./message.ts";
import { resolutions } from "./offer.ts";
import { checkVideoState, type VideoSaved } from "./state.ts";
import { type Picture, stepVideo, type VideoAction, type VideoEvent, type VideoState } from "./step.ts";

/** The synthetic screen of one machine, from power-on to its end. */
export interface Video {
  /** For the channel of the screen. */
  readonly owner: ChannelOwner;
  inspect(): InspectNode;
  /** What a saved machine keeps of it. */
  save(): VideoSaved;
}

/** A screen that goes on from a saved state, or why there is none, for a person. */
export type VideoRestored =
  | { readonly kind: "restored"; readonly video: Video }
  | { readonly kind: "refused"; readonly text: string };

/** Opens the screen of a machine that starts. */
export function openVideo(): Video {
  return open(null);
}

/**
 * Opens the screen of a machine whose guest was saved: the first opening of the channel goes on where it was.
 *
 * @param saved  from `Video.save`, by whatever way it came: it may be anything
 */
export function restoreVideo(saved: unknown): VideoRestored {
  const checked = checkVideoState(saved);
  if (checked.kind === "unusable") return { kind: "refused", text: checked.text };
  return { kind: "restored", video: open(checked.state.screen) };
}

function open(saved: VideoState | null): Video {
  let state: VideoState = { kind: "closed" };
  let resume = saved;
  let live: Channel | null = null;
  /** Somebody looks. Whoever draws notes it with every opening of the channel. */
  let watched = false;
  const counters: VideoCounters = { messages: 0, strange: 0, changes: 0 };

  function feed(event: VideoEvent): void {
    const step = stepVideo(state, event);
    state = step.state;
    for (const action of step.actions) perform(action);
  }
  function perform(action: VideoAction): void {
    switch (action.kind) {
      case "answerVersion":
        live?.send(versionAnswer(action.version, action.accepted));
        return;
      case "answerResolutions":
        live?.send(resolutionAnswer(resolutions, action.most));
        return;
      case "answerMemory":
        live?.send(memoryAnswer(action.context));
        return;
      case "answerSituation":
        live?.send(situationAnswer(action.context));
        return;
      case "askForChanges":
        live?.send(featureRequest(watched));
        return;
      case "show":
        show(action.picture);
        return;
      case "change":
        counters.changes++;
        live?.tell(VideoChange.bytes({ kind: VideoTell.change, top: action.top, bottom: action.bottom }));
        return;
      case "refuse":
        counters.strange++;
        return;
      default:
        unreachable(action);
    }
  }
  function show(picture: Picture | null): void {
    const { offset, width, height, pitch } = picture ?? { offset: 0, width: 0, height: 0, pitch: 0 };
    live?.tell(VideoPicture.bytes({ kind: VideoTell.picture, offset, width, height, pitch }));
  }
  function opened(): void {
    const before = resume;
    resume = null;
    if (before === null || before.kind === "closed") {
      feed({ kind: "opened" });
      return;
    }
    state = before;
    if (before.kind === "agreed") show(before.picture);
  }
  function noted(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.length !== videoNoteBytes) return;
    watched = payload[0] === 1;
    // A guest that is told before it knows its memory may lose it: it is told again when it does.
    if (state.kind === "agreed" && state.memory !== "unknown") perform({ kind: "askForChanges" });
  }
  function owner(channel: Channel): ChannelHandlers {
    live = channel;
    watched = false;
    return {
      opened,
      request({ payload, wantsCompletion, transactionId }) {
        counters.messages++;
        feed({ kind: "said", word: readGuestWord(payload) });
        if (wantsCompletion) channel.complete(transactionId, nothing);
      },
      noted,
      closed() {
        feed({ kind: "closed" });
        live = null;
      },
    };
  }
  return {
    owner,
    inspect: () => inspectVideo(state, { ...counters, watched }),
    save: () => ({ format: 1, screen: state }),
  };
}

const nothing = new Uint8Array(0);
