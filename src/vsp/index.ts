export {
  type HvSocketOptions,
  type HvSockets,
  type HvSocketsRestored,
  openHvSockets,
  restoreHvSockets,
  type SocketRefusal,
} from "./hvsocket/serve.ts";
export type { HvSocketState } from "./hvsocket/state.ts";
export type { HostStream, StreamListener, StreamService } from "./hvsocket/stream.ts";
export { icOffer } from "./ic/offer.ts";
export {
  type Integration,
  type IntegrationOptions,
  type IntegrationRestored,
  openIntegration,
  restoreIntegration,
} from "./ic/serve.ts";
export type { IcDone, IcOutcome } from "./ic/service.ts";
export type { IntegrationState } from "./ic/state.ts";
export { keyboardOffer } from "./keyboard/offer.ts";
export {
  type KeyboardOptions,
  type KeyboardRestored,
  restoreKeyboard,
  type SyntheticKeyboard,
  syntheticKeyboard,
} from "./keyboard/serve.ts";
export type { KeyboardState } from "./keyboard/state.ts";
export type { LegacyNicCounters } from "./legacynic/inspect.ts";
export { legacyChannel, legacyDescription, legacyLongestFrame } from "./legacynic/offer.ts";
export { type LegacyNic, type LegacyNicOptions, legacyNic } from "./legacynic/serve.ts";
export { checkLegacyNicState, type LegacyNicState } from "./legacynic/state.ts";
export { mouseOffer } from "./mouse/offer.ts";
export {
  type MouseOptions,
  type MouseRestored,
  restoreMouse,
  type SyntheticMouse,
  syntheticMouse,
} from "./mouse/serve.ts";
export type { MouseState } from "./mouse/state.ts";
export { netAdapterLimit, netOffer } from "./netvsp/offer.ts";
export { netQueue } from "./netvsp/queue.ts";
export { netPathRule } from "./netvsp/rule.ts";
export {
  largestMtu,
  type Netvsp,
  type NetvspOptions,
  type NetvspRestored,
  netvsp,
  restoreNetvsp,
} from "./netvsp/serve.ts";
export type { NetvspState } from "./netvsp/state.ts";
export type { NetStraight } from "./netvsp/straight.ts";
export { ideOffer, scsiOffer, storMaxTransfer } from "./storvsp/offer.ts";
export {
  ideAccelerator,
  ideDisk,
  restoreStorvsp,
  type Storvsp,
  type StorvspOptions,
  type StorvspRestored,
  storvsp,
} from "./storvsp/serve.ts";
export type { StorController } from "./storvsp/session.ts";
export type { StorState, StorvspState } from "./storvsp/state.ts";
export { videoOffer } from "./video/offer.ts";
export { openVideo, restoreVideo, type Video, type VideoRestored } from "./video/serve.ts";
export type { VideoSaved } from "./video/state.ts";
