import { type Disk, type DiskStatus, sectorSize } from "./disk.ts";
import { wholeSectors } from "./range.ts";
import { sparseMemory } from "./sparse-memory.ts";

/**
 * A disk in memory. Chunks of 1 MiB are allocated when first written and freed by `unmap`.
 *
 * @param bytes  size; rounded up to a whole sector
 */
export function ramDisk(bytes: number): Disk {
  const byteLength = Math.ceil(bytes / sectorSize) * sectorSize;
  const memory = sparseMemory();

  function read(at: number, into: Uint8Array<ArrayBuffer>): DiskStatus {
    if (!wholeSectors(byteLength, at, into.length)) return "outOfRange";
    memory.read(at, into);
    return "ok";
  }
  function write(at: number, from: Uint8Array<ArrayBuffer>): DiskStatus {
    if (!wholeSectors(byteLength, at, from.length)) return "outOfRange";
    return memory.write(at, from) ? "ok" : "noSpace";
  }
  function unmap(at: number, length: number): DiskStatus {
    if (!wholeSectors(byteLength, at, length)) return "outOfRange";
    memory.clear(at, length);
    return "ok";
  }
  return {
    byteLength,
    readOnly: false,
    thin: true,
    prepare: () => null,
    read,
    write,
    flush: () => "ok",
    unmap,
    layers: () => [{ format: "ram", allocation: (cells) => memory.share(byteLength, cells) }],
    inspect: () => ({ kind: "ram", byteLength, allocated: memory.allocated() }),
    [Symbol.dispose]: () => memory.clear(0, byteLength),
  };
}
