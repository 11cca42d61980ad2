/**
 * Ones' complement of the sum of the first `size` bytes, leaving out the four of the checksum field itself.
 * @vhd hard-disk-footer checksum, dynamic-disk-header checksum
 */
export function checksumBut(bytes: Uint8Array, size: number, field: number): number {
  let sum = 0;
  for (let at = 0; at < size; at++) {
    if (at < field || at >= field + 4) sum += bytes[at] ?? 0;
  }
  return ~sum >>> 0;
}
