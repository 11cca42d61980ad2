import type { Brand } from "./brand.ts";
import type { Field } from "./layout.ts";

/** A GUID in lower-case text form without braces, e.g. `ba6163d9-04a1-4d29-b605-72e2ffb1dc7f`. */
export type Guid = Brand<string, "Guid">;

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const wireOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/**
 * Checks a text and makes it a GUID. Braces and upper case are accepted.
 *
 * @throws when the text is no GUID: constants of ours are the only callers that may rely on it
 */
export function guid(text: string): Guid {
  const plain = text.replace(/^\{|\}$/g, "").toLowerCase();
  if (!pattern.test(plain)) throw new Error(`not a GUID: ${text}`);
  return plain as Guid;
}

/** As `guid`, for a text of others. @returns `null` when it is no GUID */
export function parseGuid(text: string): Guid | null {
  const plain = text.replace(/^\{|\}$/g, "").toLowerCase();
  return pattern.test(plain) ? (plain as Guid) : null;
}

/** Makes a version 4 GUID from 16 random bytes. */
export function randomGuid(random: Uint8Array): Guid {
  const bytes = Uint8Array.from(random.subarray(0, 16));
  bytes[7] = ((bytes[7] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return fromWire(bytes, 0);
}

/** Reads 16 wire bytes: first three groups little-endian, the rest as written. */
export function fromWire(bytes: Uint8Array, at: number): Guid {
  let text = "";
  for (const [place, source] of wireOrder.entries()) {
    if (place === 4 || place === 6 || place === 8 || place === 10) text += "-";
    text += (bytes[at + source] ?? 0).toString(16).padStart(2, "0");
  }
  return text as Guid;
}

/** Writes a GUID as 16 wire bytes. */
export function toWire(id: Guid, out: Uint8Array, at: number): void {
  const hex = id.replaceAll("-", "");
  for (const [place, target] of wireOrder.entries()) {
    out[at + target] = Number.parseInt(hex.slice(place * 2, place * 2 + 2), 16);
  }
}

/** GUID field of a layout, in wire order. */
export const guidField: Field<Guid> = {
  size: 16,
  align: 1,
  read: (view, at) => fromWire(new Uint8Array(view.buffer, view.byteOffset + at, 16), 0),
  write: (view, at, value) => toWire(value, new Uint8Array(view.buffer, view.byteOffset + at, 16), 0),
};
