import type { AnyBytes } from "./brand.ts";

/**
 * Most bytes that a loop copies. Reason: the engine's own copy wants a view, an object of 80 ns. Of short frames,
 * which are the most, none is to be made; for a full one the loop takes forty times as long.
 */
const loopBytes = 128;

/**
 * Copies `length` bytes of `source` from `at` on to `to` and on in `target`; both lie within bounds. For paths on
 * which objects are counted, hence five arguments.
 */
export function copyBytes(target: AnyBytes, to: number, source: AnyBytes, at: number, length: number): void {
  if (length > loopBytes) {
    target.set(source.subarray(at, at + length), to);
    return;
  }
  for (let place = 0; place < length; place++) target[to + place] = source[at + place] ?? 0;
}
