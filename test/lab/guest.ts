import { DeviceClass, integrationServices, type SavedUnits } from "../../src/hvdef/index.ts";
import {
  type AdapterServices,
  type AttachedDrive,
  type DriveServices,
  describeEmulated,
  type IntegrationServices,
  openServices,
  type StockVm,
} from "../../src/vmms/index.ts";
import { type GuestLab, openWorkerLab, type SavedLab } from "./worker.ts";

export { builtFile, type GuestLab, prompt, saveLab } from "./worker.ts";

/** What the lab boots. */
export interface GuestLabOptions {
  readonly vm: Pick<StockVm, "id" | "memoryBytes" | "boot" | "scsiControllers">;
  readonly drives?: readonly AttachedDrive[];
  /** Whether the bus offers IDE disks, as Hyper-V does; yes when absent. */
  readonly offersIde?: boolean;
  /** Its integration services, all enabled; none when absent. */
  readonly integration?: IntegrationServices;
  /** Its adapters; none when absent. */
  readonly adapters?: AdapterServices;
  /** It goes on from this, with the units of its providers. */
  readonly saved?: SavedLab & { readonly units: SavedUnits };
}

/** Units of the providers, once their machine is saved. */
export type LabServices = Pick<DriveServices, "save">;

/** Starts a machine as the management service would. @throws when it cannot be put together */
export async function openGuestLab(
  options: GuestLabOptions,
): Promise<GuestLab & { readonly services: LabServices }> {
  const { vm, drives: attached = [], offersIde = true, integration, adapters, saved } = options;
  const { id, memoryBytes, boot, scsiControllers } = vm;
  const plan = { vm: id, drives: attached.map(({ drive }) => drive), scsiControllers, onStalled() {} };
  const services = openServices(plan, saved?.units);
  for (const { drive, medium } of attached) services.place(drive.slot, medium?.disk ?? null);
  const devices = services.offers.filter(
    ({ interfaceType }) => offersIde || interfaceType !== DeviceClass.ide,
  );
  const offers = [
    ...devices,
    ...(adapters?.offers ?? []),
    ...(integration?.offers(integrationServices) ?? []),
  ];
  const legacyAdapters = adapters?.legacy ?? [];
  const configuration = {
    memoryBytes,
    boot,
    drives: await describeEmulated(attached),
    offers,
    legacyAdapters,
  };
  const owners = [...services.owners, ...(adapters?.owners ?? []), ...(integration?.owners ?? [])];
  const frameOwners = adapters?.frameOwners ?? [];
  const lab = await openWorkerLab({
    id,
    configuration,
    owners,
    frameOwners,
    ...(saved === undefined ? {} : { saved }),
  });
  return { ...lab, services };
}
