import type { JobId, VmGuid } from "../hvdef/index.ts";
import type { Disk } from "../storage/index.ts";
import { HvError } from "../support/index.ts";
import type { Departure, IncomingFile, VirtualMachineManagement } from "../vmms/index.ts";
import { fileContents } from "./opfs.ts";
import { isFirmwareName, keepFirmware } from "./own-firmware.ts";
import type { DiskIntake } from "./start-messages.ts";
import { unpackImage } from "./unpack/unpack-image.ts";

/** What the intake is made of. */
export interface IntakeParts {
  readonly management: Pick<VirtualMachineManagement, "giveDisk" | "takeIn" | "depart" | "addDevice">;
  /** Where disk files lie; `null` when they live in memory. */
  readonly disks: FileSystemDirectoryHandle | null;
  /** A pass-through disk over a file of the visitor. @throws HvError when it cannot be one */
  openDevice(source: File | FileSystemFileHandle): Promise<{ readonly byteLength: number; disk(): Disk }>;
}

/** Answers what crosses between the visitor's device and the library. */
export function diskIntake({ management, disks, openDevice }: IntakeParts): DiskIntake {
  return {
    async giveDisk(vm, files) {
      for (const file of files.filter((one) => isFirmwareName(one.name))) await keepFirmware(file);
      const disk = files.find((one) => !isFirmwareName(one.name));
      if (disk !== undefined) await management.giveDisk(vm as VmGuid, () => incoming(disk));
    },
    importFile: async (file): Promise<JobId> =>
      management.takeIn(`Import ${file.name}`, () => incoming(file)),
    async exportDisk(name) {
      const departure = await management.depart(name);
      return { name: departure.name, contents: await contentsOf(departure, disks) };
    },
    async passThrough(source) {
      const device = await openDevice(source);
      return management.addDevice({ name: source.name, byteLength: device.byteLength, disk: device.disk });
    },
  };
}

async function incoming(file: File): Promise<IncomingFile> {
  const { name, pieces, consumed } = await unpackImage(file);
  return { name, pieces, consumed, total: file.size };
}

/** The bytes of a departing disk, read only as they are saved. */
async function contentsOf(
  { stored, tail }: Departure,
  disks: FileSystemDirectoryHandle | null,
): Promise<Blob> {
  if (disks === null)
    throw new HvError(
      "storage.memory",
      "Disks live in memory here, because this browser gives the page no storage: they cannot be downloaded.",
    );
  return new Blob([await fileContents(disks, stored), tail], { type: "application/octet-stream" });
}
