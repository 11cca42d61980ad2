import { type ChannelId, DeviceClass, maxTransfer, type OfferDescription } from "../../hvdef/index.ts";

/** SCSI controllers of one virtual machine at most, as in Hyper-V. */
export const scsiControllerLimit = 4;

/**
 * Most bytes of one request, told to the guest. A larger one than Hyper-V's 256 KiB means fewer packets;
 * with the ring Linux asks for (128 KiB each way) some fifty such requests still fit at once.
 */
export const storMaxTransfer = maxTransfer;

/** What the bus announces for SCSI controller `controller`, 0 to 3. Any instance that is unique and stable does. */
export function scsiOffer(controller: number, channel: ChannelId): OfferDescription {
  const digit = "abcd"[controller] ?? "a";
  return {
    channel,
    interfaceType: DeviceClass.scsi,
    instance: `f8b3781${digit}-1e82-4818-a1c3-63d806ec15bb`,
    gather: "storvsc",
  };
}
