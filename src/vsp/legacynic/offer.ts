import {
  firstInternalChannel,
  firstLegacyAdapter,
  type LegacyAdapterDescription,
  legacyAdapterLimit,
} from "../../hvdef/index.ts";
import { bytesOfMac, type MacAddress } from "../../network/index.ts";

/** Longest frame of an emulated adapter: 1500 bytes, their header and a VLAN tag. */
export const legacyLongestFrame = 1518;

/** An emulated adapter as its machine must know it before it runs. @param index  0 to 3 */
export function legacyDescription(index: number, mac: MacAddress): LegacyAdapterDescription {
  return { index, mac: bytesOfMac(mac) };
}

/** The channel of emulated adapter `index`, for `attachFrames`. */
export function legacyChannel(index: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= legacyAdapterLimit)
    throw new RangeError(`no legacy network adapter can be at ${index}`);
  return firstInternalChannel + firstLegacyAdapter + index;
}
