/**
 * Arithmetic of sequence numbers: unsigned 32-bit numbers that wrap around. Two of them can be compared while
 * they are less than 2^31 apart. @rfc 9293 3.4
 */

/** The number `count` after `from`; a negative count goes back. */
export function plus(from: number, count: number): number {
  return (from + count) >>> 0;
}

/** How far `to` is after `from`; negative when it is before. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

/** Whether `a` comes before `b`. */
export function before(a: number, b: number): boolean {
  return distance(b, a) < 0;
}

/** Whether `a` comes after `b`. */
export function after(a: number, b: number): boolean {
  return distance(b, a) > 0;
}
