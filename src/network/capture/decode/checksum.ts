import type { Dissection, Span } from "./dissection.ts";
import { hexNumber } from "./text.ts";

/** Adds the big-endian words of some bytes, an odd last one as if a zero followed, without folding. */
function wordSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return sum;
}

/** Folds carries back in. @rfc 1071 */
function folded(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** Whether bytes with their checksum among them add up, `more` being the sum of a pseudo header. */
export function addsUp(bytes: Uint8Array, more = 0): boolean {
  return folded(wordSum(bytes) + more) === 0xffff;
}

/** The sum of the pseudo header of UDP and TCP. @rfc 793 */
export function pseudoSum(
  frame: Dissection,
  addressesAt: number,
  transport: Span & { protocol: number },
): number {
  const addresses = frame.bytes.subarray(addressesAt, addressesAt + 8);
  return wordSum(addresses) + transport.protocol + (transport.end - transport.at);
}

/**
 * A checksum in words. One that does not fit is no malformed frame: adapters compute checksums late, so a frame
 * on its way out of a machine may not have its own yet.
 */
export function checksumText(value: number, fits: boolean | "unknown"): string {
  if (fits === "unknown") return hexNumber(value, 4);
  return `${hexNumber(value, 4)} (${fits ? "correct" : "does not match"})`;
}
