import { type ChannelId, DeviceClass, type OfferDescription } from "../../hvdef/index.ts";

/** Stays the same for ever, so that the guest knows its keyboard again. */
const instance = "d34b2567-b9b6-42b9-8778-0a4ec0b955bf";

/** What the bus announces for the keyboard. Every machine has it. */
export function keyboardOffer(channel: ChannelId): OfferDescription {
  return { channel, interfaceType: DeviceClass.keyboard, instance, gather: "none" };
}
