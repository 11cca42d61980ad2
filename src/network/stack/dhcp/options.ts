import { putWire32 } from "../../frame/index.ts";
import { latin1Bytes } from "../octets.ts";

const padding = 0;
const end = 255;
/** Bytes of an option's value at most: its length is one byte. */
const longestValue = 255;

/** The value of an option: an address or number of 32 bits, several of them, a text, or bytes. */
export type OptionValue = number | readonly number[] | string | Uint8Array;

/** Adds the options in `field` to `into`, the first of a kind counts. What is cut short is left out. @rfc 2132 2 */
export function readOptions(field: Uint8Array, into: Map<number, Uint8Array>): void {
  let at = 0;
  while (at < field.length) {
    const option = field[at++] ?? end;
    if (option === end) return;
    if (option === padding) continue;
    const length = field[at++] ?? 0;
    if (at + length > field.length) return;
    if (!into.has(option)) into.set(option, field.subarray(at, at + length));
    at += length;
  }
}

/** Writes options and their end. A text that is too long is cut. */
export function writeOptions(options: readonly (readonly [number, OptionValue])[]): Uint8Array<ArrayBuffer> {
  const parts = options.map(([option, value]) => [option, bytesOf(value).subarray(0, longestValue)] as const);
  const out = new Uint8Array(parts.reduce((sum, [, value]) => sum + 2 + value.length, 1));
  let at = 0;
  for (const [option, value] of parts) {
    out.set([option, value.length], at);
    out.set(value, at + 2);
    at += 2 + value.length;
  }
  out[at] = end;
  return out;
}

function bytesOf(value: OptionValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return latin1Bytes(value);
  const numbers = typeof value === "number" ? [value] : value;
  const out = new Uint8Array(4 * numbers.length);
  for (const [index, number] of numbers.entries()) putWire32(out, 4 * index, number);
  return out;
}
