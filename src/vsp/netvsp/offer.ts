import { type ChannelId, DeviceClass, type OfferDescription } from "../../hvdef/index.ts";

/** Synthetic adapters of one machine at most, as in Hyper-V. */
export const netAdapterLimit = 8;

/**
 * What the bus announces for adapter `index`, 0 to 7. Its instance stays the same for ever: the guest's settings
 * and key-value pairs about addresses name it.
 */
export function netOffer(index: number, channel: ChannelId): OfferDescription {
  return {
    channel,
    interfaceType: DeviceClass.network,
    instance: `2c7d9a5${index.toString(16)}-6b1e-4f3a-9c40-5d3e8a7b1f2c`,
    gather: "netvsc",
  };
}
