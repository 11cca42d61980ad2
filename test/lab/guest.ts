import { DeviceClass, integrationServices } from "../../src/hvdef/index.ts";
import {
  type AdapterServices,
  type AttachedDrive,
  describeEmulated,
  type IntegrationServices,
  openServices,
  type StockVm,
} from "../../src/vmms/index.ts";
import { type GuestLab, openWorkerLab } from "./worker.ts";

export { builtFile, type GuestLab, prompt } from "./worker.ts";

/** What the lab boots. */
export interface GuestLabOptions {
  readonly vm: Pick<StockVm, "id" | "memoryBytes" | "boot" | "scsiControllers">;
  readonly drives?: readonly AttachedDrive[];
  /** Whether the bus offers IDE disks, as Hyper-V does; yes when absent. */
  readonly offersIde?: boolean;
  /** Its integration services, all enabled; none when absent. */
  readonly integration?: IntegrationServices;
  /** Who serves its network adapters; none when absent. */
  readonly adapters?: Pick<AdapterServices, "owners" | "frameOwners" | "offers" | "legacy">;
}

const noAdapters = { owners: [], frameOwners: [], offers: [], legacy: [] };

/** Starts a machine as the management service would. @throws when it cannot be put together */
export async function openGuestLab(options: GuestLabOptions): Promise<GuestLab> {
  const { vm, drives: attached = [], offersIde = true, integration, adapters = noAdapters } = options;
  const { id, memoryBytes, boot, scsiControllers } = vm;
  const services = openServices({
    vm: id,
    drives: attached.map(({ drive }) => drive),
    scsiControllers,
    onStalled() {},
  });
  for (const { drive, medium } of attached) services.place(drive.slot, medium?.disk ?? null);
  const devices = services.offers.filter(
    ({ interfaceType }) => offersIde || interfaceType !== DeviceClass.ide,
  );
  const offers = [...devices, ...adapters.offers, ...(integration?.offers(integrationServices) ?? [])];
  const drives = await describeEmulated(attached);
  return openWorkerLab({
    id,
    configuration: { memoryBytes, boot, drives, offers, legacyAdapters: adapters.legacy },
    owners: [...services.owners, ...adapters.owners, ...(integration?.owners ?? [])],
    frameOwners: adapters.frameOwners,
  });
}
