import type { Disk } from "./disk.ts";
import { wholeSectors } from "./range.ts";

/**
 * The first bytes of a disk as one of their own, read-only: the contents of a fixed VHD without its footer.
 * Borrows the disk; disposing the part does nothing.
 */
export function firstPart(disk: Disk, byteLength: number): Disk {
  const inside = (at: number, length: number): boolean => wholeSectors(byteLength, at, length);
  return {
    byteLength,
    readOnly: true,
    prepare: (at, length) => (inside(at, length) ? disk.prepare(at, length) : null),
    read: (at, into) => (inside(at, into.length) ? disk.read(at, into) : "outOfRange"),
    write: (at, from) => (inside(at, from.length) ? "readOnly" : "outOfRange"),
    unmap: (at, length) => (inside(at, length) ? "readOnly" : "outOfRange"),
    flush: () => "ok",
    layers: () => disk.layers(),
    inspect: () => disk.inspect(),
    [Symbol.dispose]() {},
  };
}
