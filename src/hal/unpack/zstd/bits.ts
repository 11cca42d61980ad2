/** A stream of bits that is read from its end to its beginning. @zstd 4.1 */
export interface BackwardBits {
  /** Next bits, at most 31. Beyond the beginning they are zeros, and {@link left} turns negative. */
  read(count: number): number;
  /** Bits left. */
  left(): number;
}

/**
 * Opens the bits from `start` to `end`. The highest bit set in the last byte only marks the end.
 * @throws when the mark is missing
 */
export function backwardBits(bytes: Uint8Array, start: number, end: number): BackwardBits {
  const origin = start * 8;
  let at = bitEnd(bytes, start, end);

  function few(count: number): number {
    at -= count;
    const mask = (1 << count) - 1;
    if (at < origin) {
      const missing = Math.min(31, origin - at);
      return missing > count ? 0 : (wordAt(bytes, origin) << missing) & mask;
    }
    return wordAt(bytes, at) & mask;
  }
  return {
    read(count) {
      if (count <= 16) return few(count);
      const high = few(count - 16);
      return high * 0x10000 + few(16);
    },
    left: () => at - origin,
  };
}

/** Position behind the last bit of a stream, in bits of the whole array. */
export function bitEnd(bytes: Uint8Array, start: number, end: number): number {
  const last = end > start ? (bytes[end - 1] ?? 0) : 0;
  if (last === 0) throw new Error("a stream of bits has no end");
  return end * 8 - 1 - (Math.clz32(last) - 24);
}

/** At least 17 bits from a position on, the first one lowest. */
export function wordAt(bytes: Uint8Array, at: number): number {
  const byte = at >>> 3;
  const word = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16);
  return word >>> (at & 7);
}
