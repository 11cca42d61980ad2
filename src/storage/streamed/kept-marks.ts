import { type BlockFile, sectorSize } from "../disk.ts";
import {
  chunkCount,
  chunksPerSector,
  dataAt,
  headerBytes,
  KeptMarks,
  type KeptShape,
  markSectors,
  marksChecksum,
} from "./kept-layout.ts";

/** Which chunks a kept file holds: one bit each. */
export interface Marks {
  has(chunk: number): boolean;
  /** Sets or clears a mark in memory. */
  set(chunk: number, here: boolean): void;
  /** Chunks marked. */
  count(): number;
  /** Some mark differs from what the file says. */
  stale(): boolean;
  /** Writes the sectors that differ. @throws what the file throws; they still differ then */
  writeTo(file: BlockFile): void;
}

/**
 * Reads the marks of a kept file. A sector of them that does not check out counts as empty, and so does a
 * mark of a chunk that the file is too short to hold.
 *
 * @returns `null` when the file is not about this image
 * @throws what the file throws
 */
export function readMarks(file: BlockFile, shape: KeptShape): Marks | null {
  const header = headerBytes(shape);
  const sector = new Uint8Array(sectorSize);
  if (file.readAt(0, sector) < sectorSize || !sector.every((byte, place) => byte === header[place]))
    return null;
  const bits = emptyBits(shape);
  for (const [index, part] of bits.entries()) {
    sector.fill(0);
    file.readAt((1 + index) * sectorSize, sector);
    const found = KeptMarks.read(new DataView(sector.buffer));
    if (found.checksum === marksChecksum(header, index, found.bits)) part.set(found.bits);
  }
  const marks = marksOver(shape, bits);
  const held = file.size() - dataAt(shape);
  for (let chunk = chunkCount(shape) - 1; chunk >= 0; chunk--) {
    if (Math.min((chunk + 1) * shape.chunkBytes, shape.byteLength) <= held) break;
    marks.set(chunk, false);
  }
  return marks;
}

/**
 * Makes a file ready to keep this image, whatever it held.
 * @throws what the file throws
 */
export function startOver(file: BlockFile, shape: KeptShape): Marks {
  // What the file held must be gone for certain before its header speaks of another image.
  file.resize(0);
  file.flush();
  file.resize(dataAt(shape));
  file.writeAt(0, headerBytes(shape));
  file.flush();
  return noMarks(shape);
}

/** Marks of nothing. */
export function noMarks(shape: KeptShape): Marks {
  return marksOver(shape, emptyBits(shape));
}

function emptyBits(shape: KeptShape): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: markSectors(shape) }, () => new Uint8Array(chunksPerSector / 8));
}

function marksOver(shape: KeptShape, bits: readonly Uint8Array<ArrayBuffer>[]): Marks {
  const header = headerBytes(shape);
  const chunks = chunkCount(shape);
  const differing = new Set<number>();
  let count = 0;
  for (let chunk = 0; chunk < chunks; chunk++) if (has(chunk)) count++;

  function has(chunk: number): boolean {
    const byte = bits[Math.floor(chunk / chunksPerSector)]?.[(chunk % chunksPerSector) >> 3] ?? 0;
    return (byte & (1 << (chunk & 7))) !== 0;
  }

  function set(chunk: number, here: boolean): void {
    const index = Math.floor(chunk / chunksPerSector);
    const part = bits[index];
    if (part === undefined || chunk >= chunks || has(chunk) === here) return;
    const place = (chunk % chunksPerSector) >> 3;
    part[place] = (part[place] ?? 0) ^ (1 << (chunk & 7));
    count += here ? 1 : -1;
    differing.add(index);
  }

  function writeTo(file: BlockFile): void {
    for (const index of differing) {
      const part = bits[index];
      if (part === undefined) continue;
      const checksum = marksChecksum(header, index, part);
      file.writeAt((1 + index) * sectorSize, KeptMarks.bytes({ bits: part, checksum }));
    }
    differing.clear();
  }
  return { has, set, count: () => count, stale: () => differing.size > 0, writeTo };
}
