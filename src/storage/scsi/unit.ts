import type { Disk } from "../disk.ts";

/** A disk as a SCSI logical unit. The owner of the unit keeps owning the disk. */
export interface ScsiUnit {
  readonly disk: Disk;
  /** 16 bytes, stable over the life of the disk: what guests name it by. */
  readonly id: Uint8Array<ArrayBuffer>;
}

/** Logical blocks of a unit. */
export function blockCount(unit: ScsiUnit): number {
  return Math.floor(unit.disk.byteLength / 512);
}
