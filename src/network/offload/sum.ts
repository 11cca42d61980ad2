/**
 * Adds bytes as the Internet checksum does: 16 bits each in the order of the wire, carries added again. An odd last
 * byte counts as the upper half. @spec RFC 1071
 *
 * @param seed  0 to 0xFFFF: what is added to
 * @returns 0 to 0xFFFF; not yet the complement that goes into a header
 */
export function sumBytes(
  bytes: Uint8Array,
  range: { readonly at: number; readonly end: number },
  seed: number,
): number {
  const { end } = range;
  let { at } = range;
  // Even and odd bytes apart: no shift and one bound for four bytes. Frames are far from the 2^53 of the sums.
  let upper = 0;
  let lower = 0;
  for (const last = end - 3; at < last; at += 4) {
    upper += (bytes[at] ?? 0) + (bytes[at + 2] ?? 0);
    lower += (bytes[at + 1] ?? 0) + (bytes[at + 3] ?? 0);
  }
  for (; at < end; at += 2) {
    upper += bytes[at] ?? 0;
    if (at + 1 < end) lower += bytes[at + 1] ?? 0;
  }
  return fold(upper * 256 + lower + seed);
}

/** Adds the carries of a sum until none is left. Zero stays zero; nothing else becomes zero. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}
