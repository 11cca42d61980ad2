import {
  type ChannelId,
  decodeSaved,
  encodeSaved,
  type OfferDescription,
  type SavedUnits,
} from "../hvdef/index.ts";
import { HvError, type OwnBytes } from "../support/index.ts";
import { openVideo, restoreVideo, type Video, videoOffer } from "../vsp/index.ts";

/** Who serves the synthetic screen of a machine. */
export interface VideoServices {
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: Video["owner"] }[];
  readonly offers: readonly OfferDescription[];
  readonly video: Video;
  /** What a saved machine keeps of it. */
  save(): SavedUnits;
}

/** The channel of the screen comes after those of the integration services. */
const videoChannel = 56 as ChannelId;

/** Name of its unit in a saved machine. */
const unit = "video";

/**
 * Makes what serves a machine's synthetic screen.
 * @param saved  of a machine whose guest goes on. @throws HvError `state.damaged`
 */
export function openVideoServices(saved: SavedUnits | null = null): VideoServices {
  const state = saved?.[unit];
  const video = state === undefined ? openVideo() : revived(state);
  return {
    owners: [{ channel: videoChannel, owner: video.owner }],
    offers: [videoOffer(videoChannel)],
    video,
    save: () => ({ [unit]: encodeSaved(video.save()) }),
  };
}

function revived(state: OwnBytes): Video {
  const restored = restoreVideo(decodeSaved(state));
  if (restored.kind === "restored") return restored.video;
  throw new HvError("state.damaged", restored.text);
}
