import { type ChannelId, DeviceClass, type OfferDescription } from "../../hvdef/index.ts";

/** Stays the same for ever, so that the guest knows its mouse again. */
const instance = "58f75a6d-d949-4320-99e1-a2a2576d581c";

/** What the bus announces for the mouse. Every machine has it. */
export function mouseOffer(channel: ChannelId): OfferDescription {
  return { channel, interfaceType: DeviceClass.mouse, instance, gather: "none" };
}
