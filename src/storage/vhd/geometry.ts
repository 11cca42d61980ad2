import { sectorSize } from "../disk.ts";

/** What a BIOS shows of a disk. */
export interface Geometry {
  /** 0 to 65535. */
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
}

/** Most cylinders, heads and sectors a track that the format can describe. */
const limit = 65535 * 16 * 255;

/** The geometry the specification computes for a disk. It may describe less than the disk has, never more. @vhd appendix CHS calculation */
export function geometryOf(byteLength: number): Geometry {
  const sectors = Math.min(Math.floor(byteLength / sectorSize), limit);
  if (sectors >= 65535 * 16 * 63)
    return { cylinders: tracks(sectors, 16 * 255), heads: 16, sectorsPerTrack: 255 };
  const perHead = tracks(sectors, 17);
  const heads = Math.max(4, Math.ceil(perHead / 1024));
  if (heads <= 16 && perHead < heads * 1024) {
    return { cylinders: tracks(perHead, heads), heads, sectorsPerTrack: 17 };
  }
  const sectorsPerTrack = tracks(sectors, 31) < 16 * 1024 ? 31 : 63;
  return { cylinders: tracks(sectors, 16 * sectorsPerTrack), heads: 16, sectorsPerTrack };
}

function tracks(sectors: number, size: number): number {
  return Math.floor(sectors / size);
}
