import { type ChannelId, DeviceClass, maxTransfer, type OfferDescription } from "../../hvdef/index.ts";

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

/**
 * What the bus announces for a disk of the emulated IDE controllers, 0 to 1. Its instance tells the guest where
 * the disk answers: wire bytes 4 and 5 of the GUID are the target; path and LUN are 0.
 *
 * @param location  0 master, 1 slave: the target
 */
export function ideOffer(controller: number, location: number, channel: ChannelId): OfferDescription {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return {
    channel,
    interfaceType: DeviceClass.ide,
    // The second group is little-endian on the wire, as the guest's target is: both read the same number.
    instance: `${hex(controller, 8)}-${hex(location, 4)}-8899-0000-000000000000`,
    gather: "storvsc",
  };
}
