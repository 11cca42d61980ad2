import { HvError } from "../../support/index.ts";
import { parseMac, putWire16, putWire32, wire16, wire32 } from "../frame/index.ts";

/*
 * MAC addresses as unsigned 48-bit numbers: keys of the tables in this folder.
 */

/** The address that everybody listens to. */
export const macOfAll = 0xffff_ffff_ffff;

/** The address at `at`. */
export function wireMac(bytes: Uint8Array, at: number): number {
  return wire16(bytes, at) * 0x1_0000_0000 + wire32(bytes, at + 2);
}

/** Writes an address at `at`. */
export function putWireMac(into: Uint8Array, at: number, mac: number): void {
  putWire16(into, at, Math.floor(mac / 0x1_0000_0000));
  putWire32(into, at + 2, mac);
}

/** Whether the address means many: multicast or broadcast. */
export function isGroupMac(mac: number): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1;
}

/** The address as a person reads it: `00-15-5D-01-0A-03`. */
export function macText(mac: number): string {
  const digits = mac.toString(16).toUpperCase().padStart(12, "0");
  return digits.match(/../g)?.join("-") ?? digits;
}

/**
 * The MAC address of one adapter, from text.
 *
 * @throws HvError `network.badMac`
 */
export function checkMac(text: string): number {
  const mac = Number.parseInt((parseMac(text) ?? "").replaceAll("-", ""), 16) || 0;
  if (mac !== 0 && !isGroupMac(mac)) return mac;
  throw new HvError(
    "network.badMac",
    `"${text}" is not the MAC address of an adapter like 00-15-5D-01-0A-03.`,
    {
      hresult: 0x80070057,
    },
  );
}
