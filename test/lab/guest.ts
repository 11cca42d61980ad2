import { DeviceClass, type DriveConfiguration, type DriveSlot } from "../../src/hvdef/index.ts";
import type { Disk } from "../../src/storage/index.ts";
import { type AttachedDrive, describeEmulated, openServices, type StockVm } from "../../src/vmms/index.ts";
import { type GuestLab, openWorkerLab } from "./worker.ts";

export { builtFile, engineCore, type GuestLab, prompt } from "./worker.ts";

/** What the lab boots. */
export interface GuestLabOptions {
  readonly vm: Pick<StockVm, "id" | "memoryBytes" | "boot" | "scsiControllers" | "drives">;
  /** Its hard disks; its DVD and diskette drives are there and empty. */
  readonly disks?: readonly { readonly slot: DriveSlot; readonly disk: Disk }[];
  /** Whether the bus offers IDE disks, as Hyper-V does; yes when absent. */
  readonly offersIde?: boolean;
}

/** A place on the first controller of its kind. */
export function slotAt(controller: "IDE" | "SCSI", location: number): DriveSlot {
  return { controller, number: 0, location };
}

/** Starts a machine as the management service would. @throws when it cannot be put together */
export async function openGuestLab({ vm, disks = [], offersIde = true }: GuestLabOptions): Promise<GuestLab> {
  const attached: readonly AttachedDrive[] = [
    ...disks.map(({ slot, disk }) => ({
      drive: { slot, kind: "disk", medium: { kind: "file", name: "lab.vhd" } } satisfies DriveConfiguration,
      medium: { disk, kept: "memory" as const, writeBack() {} },
    })),
    ...vm.drives.filter(({ kind }) => kind !== "disk").map((drive) => ({ drive, medium: null })),
  ];
  const services = openServices({
    vm: vm.id,
    drives: attached.map(({ drive }) => drive),
    scsiControllers: vm.scsiControllers,
    onStalled() {},
  });
  for (const { drive, medium } of attached) services.place(drive.slot, medium?.disk ?? null);
  const offers = services.offers.filter(
    ({ interfaceType }) => offersIde || interfaceType !== DeviceClass.ide,
  );
  const { memoryBytes, boot } = vm;
  const configuration = { memoryBytes, boot, drives: await describeEmulated(attached), offers };
  return openWorkerLab({ id: vm.id, configuration, owners: services.owners });
}
