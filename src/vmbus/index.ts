export { type Bus, type BusOptions, type OfferOutcome, openBus } from "./bus/bus.ts";
export type { BusEvents, ChannelOffer, ChannelOpening } from "./bus/offer.ts";
export * from "./channel.ts";
export { type Endpoints, openEndpoints } from "./endpoints.ts";
export type { FrameChannel, FrameHandlers, FrameOwner } from "./frame-ends.ts";
export { type FrameLine, type FrameListener, frameCost, frameWindow } from "./frames.ts";
export {
  type GuestSide,
  type GuestSideOptions,
  type GuestSideRestored,
  openGuestSide,
  restoreGuestSide,
} from "./guest-side.ts";
export { type Link, openLink } from "./link.ts";
export { type LoopbackCarriers, loopbackCarriers } from "./loopback.ts";
export type { InternalRequest } from "./relay/attach.ts";
export type {
  DeviceBeside,
  GatherPlan,
  GatherRule,
  InternalCompletion,
  RelayLimits,
  StampRule,
} from "./relay/lane.ts";
export { type InternalChannel, openRelay, type Relay, type RelayOptions } from "./relay/relay.ts";
export * from "./straight.ts";
