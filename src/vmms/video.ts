import type { ChannelId, OfferDescription } from "../hvdef/index.ts";
import { openVideo, type Video, videoOffer } from "../vsp/index.ts";

/** Who serves the synthetic screen of a machine. */
export interface VideoServices {
  readonly owners: readonly { readonly channel: ChannelId; readonly owner: Video["owner"] }[];
  readonly offers: readonly OfferDescription[];
  readonly video: Video;
}

/** The channel of the screen comes after those of the integration services. */
const videoChannel = 56 as ChannelId;

/** Makes what serves a machine's synthetic screen. */
export function openVideoServices(): VideoServices {
  const video = openVideo();
  return {
    owners: [{ channel: videoChannel, owner: video.owner }],
    offers: [videoOffer(videoChannel)],
    video,
  };
}
