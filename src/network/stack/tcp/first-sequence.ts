/**
 * First sequence numbers that the other side cannot guess and that still rise for one pair of ends.
 *
 * A clock of 4 µs plus a keyed hash of both ends. @rfc 6528 3
 */

/** Two halves of a key, unsigned 32-bit. */
export type HashKey = readonly [number, number];

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** HalfSipHash-2-4 over 32-bit words: small, keyed, good for short inputs. */
export function keyedHash(key: HashKey, words: readonly number[]): number {
  let [v0, v1, v2, v3] = [key[0], key[1], 0x6c79_6765 ^ key[0], 0x7465_6462 ^ key[1]];
  function rounds(count: number): void {
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
  }
  for (const word of [...words, (words.length * 4) << 24]) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  v2 ^= 0xff;
  rounds(4);
  return (v1 ^ v3) >>> 0;
}

/** Both ends of a connection, addresses and ports as numbers. */
export interface Ends {
  readonly localAddress: number;
  readonly localPort: number;
  readonly remoteAddress: number;
  readonly remotePort: number;
}

/** @param now  microseconds */
export function firstSequence(key: HashKey, ends: Ends, now: number): number {
  const ports = (ends.localPort << 16) | ends.remotePort;
  const hash = keyedHash(key, [ends.localAddress | 0, ends.remoteAddress | 0, ports]);
  return (Math.floor(now / 4) + hash) >>> 0;
}
