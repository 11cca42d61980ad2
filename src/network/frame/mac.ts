import type { Brand } from "../../support/index.ts";

/** A MAC address as text in Hyper-V's form, e.g. `00-15-5D-01-0A-03`. For settings and pictures, not for the path. */
export type MacAddress = Brand<string, "MacAddress">;

/** Bytes of a MAC address. */
export const macBytes = 6;

/** The address of everybody. */
export const broadcastMac = "FF-FF-FF-FF-FF-FF" as MacAddress;

const separated = /^[0-9A-F]{2}([-:][0-9A-F]{2}){5}$/;
const joined = /^[0-9A-F]{12}$/;

/** Reads what a person or a file wrote: with hyphens, with colons or without either. `null`: it is no MAC address. */
export function parseMac(text: string): MacAddress | null {
  const upper = text.trim().toUpperCase();
  if (!separated.test(upper) && !joined.test(upper)) return null;
  const pairs = upper.replace(/[-:]/g, "").match(/../g) ?? [];
  return pairs.join("-") as MacAddress;
}

/** Makes the text of the six bytes at `at`. Allocates: not for the path. */
export function macAt(bytes: Uint8Array, at: number): MacAddress {
  const pairs: string[] = [];
  for (let place = at; place < at + macBytes; place++) {
    pairs.push((bytes[place] ?? 0).toString(16).padStart(2, "0").toUpperCase());
  }
  return pairs.join("-") as MacAddress;
}

/** Writes the six bytes of an address at `at`. */
export function putMac(mac: MacAddress, into: Uint8Array, at: number): void {
  for (let place = 0; place < macBytes; place++) {
    into[at + place] = Number.parseInt(mac.slice(place * 3, place * 3 + 2), 16);
  }
}

/** The six bytes of an address, in a buffer of the caller's own. */
export function bytesOfMac(mac: MacAddress): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(macBytes);
  putMac(mac, out, 0);
  return out;
}

/**
 * The first 30 bits of the address at `at`; with {@link macTail} the whole of it.
 * Two numbers instead of one, because no engine has to box a number of 30 bits.
 */
export function macHead(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 22) |
    ((bytes[at + 1] ?? 0) << 14) |
    ((bytes[at + 2] ?? 0) << 6) |
    ((bytes[at + 3] ?? 0) >> 2)
  );
}

/** The last 18 bits of the address at `at`. */
export function macTail(bytes: Uint8Array, at: number): number {
  return (((bytes[at + 3] ?? 0) & 3) << 16) | ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0);
}

/** The address that `head` and `tail` are the two numbers of. Allocates: not for the path. */
export function macFrom(head: number, tail: number): MacAddress {
  const digits = (head * 2 ** 18 + tail).toString(16).padStart(12, "0").toUpperCase();
  return (digits.match(/../g) ?? []).join("-") as MacAddress;
}

/** Whether the address at `at` means many: multicast or broadcast. Such an address is never a sender's. */
export function isGroupAt(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] ?? 0) & 1) === 1;
}

/** Whether the address at `at` is that of everybody. */
export function isBroadcastAt(bytes: Uint8Array, at: number): boolean {
  return macHead(bytes, at) === 0x3fffffff && macTail(bytes, at) === 0x3ffff;
}
