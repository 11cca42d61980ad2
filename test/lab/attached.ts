import type { DriveSlot } from "../../src/hvdef/index.ts";
import type { Disk } from "../../src/storage/index.ts";
import type { AttachedDrive } from "../../src/vmms/index.ts";

/** A disk at a position of the first controller of its kind. */
export function attachedDisk(controller: "IDE" | "SCSI", location: number, disk: Disk): AttachedDrive {
  const slot: DriveSlot = { controller, number: 0, location };
  const medium = { kind: "memory", byteLength: disk.byteLength } as const;
  return { drive: { slot, kind: "disk", medium }, medium: { disk, kept: "memory", writeBack() {} } };
}

/** The DVD drive of every new machine, with nothing in it. */
export const emptyDvd: AttachedDrive = {
  drive: {
    slot: { controller: "IDE", number: 1, location: 0 },
    kind: "dvd",
    medium: { kind: "empty" },
  },
  medium: null,
};

/** The guest's name of a disk, for its shell. It is found by its size: names go by who answered first. */
export function deviceOf(disk: Disk): string {
  return `/dev/$(grep -lx ${disk.byteLength / 512} /sys/block/sd?/size | cut -d/ -f4)`;
}

/** The DVD drive of every new machine, with a disc in it. */
export function attachedDisc(disc: Disk): AttachedDrive {
  return { ...emptyDvd, medium: { disk: disc, kept: "memory", writeBack() {} } };
}

/** A diskette drive with a diskette in it. */
export function attachedDiskette(diskette: Disk): AttachedDrive {
  const slot: DriveSlot = { controller: "floppy", number: 0, location: 0 };
  const medium = { kind: "file", name: "diskette.vfd" } as const;
  return {
    drive: { slot, kind: "floppy", medium },
    medium: { disk: diskette, kept: "memory", writeBack() {} },
  };
}
