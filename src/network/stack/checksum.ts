/**
 * The checksum of the Internet protocols: the ones' complement of a ones' complement sum of 16-bit words.
 *
 * Sums are plain numbers that `finishSum` folds. 64 KiB of words stay far below 2^53. @rfc 1071
 */

/** Adds bytes to a sum, an odd last byte as the high half of a word. The caller has checked the range. */
export function addWords(sum: number, bytes: Uint8Array, at: number, length: number): number {
  const end = at + length - 1;
  let next = at;
  for (; next < end; next += 2) sum += ((bytes[next] ?? 0) << 8) | (bytes[next + 1] ?? 0);
  return next === end ? sum + ((bytes[next] ?? 0) << 8) : sum;
}

/** Sum of the pseudo header that TCP and UDP include. `length` is that of header and payload. @rfc 9293 3.1 */
export function pseudoHeaderSum(from: number, to: number, protocol: number, length: number): number {
  return (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff) + protocol + length;
}

/** The checksum that belongs into the packet; 0 when the sum covered a correct one. */
export function finishSum(sum: number): number {
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
