import { type ChannelId, DeviceClass, type OfferDescription, videoMegabytes } from "../../hvdef/index.ts";

/** What the bus announces: one screen for each machine, whose number never changes. */
export function videoOffer(channel: ChannelId): OfferDescription {
  return {
    channel,
    interfaceType: DeviceClass.video,
    instance: "5620e0c7-8062-4dce-aeb7-520c7ef76171",
    gather: "none",
    mmioMegabytes: videoMegabytes,
  };
}

/** A size a guest may choose. */
export interface Resolution {
  readonly width: number;
  readonly height: number;
}

/** Sizes we offer, all of which fit into video memory. A guest may choose any other that fits. */
export const resolutions: readonly Resolution[] = [
  { width: 640, height: 480 },
  { width: 800, height: 600 },
  { width: 1024, height: 768 },
  { width: 1152, height: 864 },
  { width: 1280, height: 720 },
  { width: 1280, height: 800 },
  { width: 1280, height: 960 },
  { width: 1280, height: 1024 },
  { width: 1366, height: 768 },
  { width: 1440, height: 900 },
  { width: 1600, height: 900 },
  { width: 1600, height: 1200 },
];

/** Place in the list of the one a guest starts with: 1024 by 768. */
export const preferredResolution = 2;
