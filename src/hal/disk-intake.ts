import type { FileRole, JobId, RecognisedFile, VmGuid } from "../hvdef/index.ts";
import type { DeviceFile, ImageSample } from "../storage/index.ts";
import { HvError, type OwnBytes } from "../support/index.ts";
import type { Departure, IncomingFile, VirtualMachineManagement, VisitorDevice } from "../vmms/index.ts";
import { openersOf, sampleOf } from "./machine-files.ts";
import { fileContents } from "./opfs.ts";
import { isFirmwareName, keepFirmware } from "./own-firmware.ts";
import { pickedFile, pickedHandle } from "./picked-file.ts";
import type { DiskIntake } from "./start-messages.ts";
import { streamPieces } from "./stream-pieces.ts";
import { unpackImage } from "./unpack/unpack-image.ts";

/** What the intake is made of. */
export interface IntakeParts {
  readonly management: Pick<
    VirtualMachineManagement,
    "giveDisk" | "takeIn" | "depart" | "addDevice" | "copyToGuest" | "received" | "makeMachine"
  >;
  /** Where disk files lie; `null` when they live in memory. */
  readonly disks: FileSystemDirectoryHandle | null;
  /** What a file of the visitor is as a device. @throws HvError when it cannot be one */
  deviceOf(name: string, file: DeviceFile): VisitorDevice;
  /** What a file is, by a sample of it. */
  recognise(role: FileRole, name: string, sample: ImageSample & { readonly head: OwnBytes }): RecognisedFile;
}

/** Answers what crosses between the visitor's device and the library. */
export function diskIntake({ management, disks, deviceOf, recognise }: IntakeParts): DiskIntake {
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
      const file = source instanceof File ? pickedFile(source) : await pickedHandle(source);
      return management.addDevice(deviceOf(source.name, file));
    },
    copyToGuest: async (vm, file, place) =>
      management.copyToGuest(vm as VmGuid, {
        ...place,
        byteLength: file.size,
        pieces: streamPieces(file.stream()),
      }),
    async receivedFile(id) {
      const { name, pieces } = management.received(id);
      return { name, contents: new Blob([...pieces], { type: "application/octet-stream" }) };
    },
    async recognise(role, file) {
      const { name, sample } = await sampleOf(role, file);
      return recognise(role, name, sample);
    },
    makeMachine: (plan, files) => management.makeMachine(plan, openersOf(files)),
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
