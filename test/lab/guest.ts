import {
  type BootFileContents,
  type ChannelId,
  DeviceClass,
  integrationServices,
  type SavedUnits,
} from "../../src/hvdef/index.ts";
import {
  type AdapterServices,
  type AttachedDrive,
  type DriveServices,
  describeEmulated,
  type InputServices,
  type IntegrationServices,
  openServices,
  type StockVm,
  type VideoServices,
} from "../../src/vmms/index.ts";
import { type HvSockets, type Netvsp, netOffer } from "../../src/vsp/index.ts";
import { type GuestLab, openWorkerLab, type SavedLab } from "./worker.ts";

export { builtFile, type GuestLab, prompt, saveLab } from "./worker.ts";

/** What the lab boots. */
export interface GuestLabOptions {
  readonly vm: Pick<StockVm, "id" | "memoryBytes" | "boot" | "scsiControllers">;
  readonly drives?: readonly AttachedDrive[];
  /** Whether the bus offers IDE disks, as Hyper-V does; yes when absent. */
  readonly offersIde?: boolean;
  /** Boot files of the visitor, for a machine that starts from them. */
  readonly bootFiles?: BootFileContents;
  /** Its integration services, all enabled; none when absent. */
  readonly integration?: IntegrationServices;
  /** Its keyboard and mouse; emulated ones only when absent. */
  readonly input?: InputServices;
  /** Its synthetic network adapter; none when absent. */
  readonly adapter?: Netvsp;
  /** Who serves network adapters of both kinds; none when absent. */
  readonly adapters?: Pick<AdapterServices, "owners" | "frameOwners" | "offers" | "legacy">;
  /** Its sockets; none when absent. */
  readonly sockets?: HvSockets;
  /** Microseconds by which the machine's clocks are set on; none when absent. */
  readonly turned?: () => number;
  /** It goes on from this, with the units of its providers. */
  readonly saved?: SavedLab & { readonly units: SavedUnits };
  /** Its synthetic screen; none when absent. */
  readonly video?: VideoServices;
}

const adapterChannel = 16 as ChannelId;

/** Takes a driver away. Whoever looks for file systems may hold its disks for a moment. */
export const unload = (module: string): string =>
  `while grep -q "^${module} " /proc/modules; do rmmod ${module} 2>/dev/null || usleep 50000; done`;

/** Takes the driver of sockets and its program away, so that the one of the bus can go; waits until both are there. */
export const endSockets = [
  "[ -e /tmp/no-sockets ] || { until pidof tabvisor-guest >/dev/null; do usleep 50000; done",
  "killall tabvisor-guest",
  unload("hv_sock"),
  "touch /tmp/no-sockets; }",
].join("; ");
const noAdapters = { owners: [], frameOwners: [], offers: [], legacy: [] };

/** Units of the providers, once their machine is saved. */
export type LabServices = Pick<DriveServices, "save">;

/** Starts a machine as the management service would. @throws when it cannot be put together */
export async function openGuestLab(
  options: GuestLabOptions,
): Promise<GuestLab & { readonly services: LabServices }> {
  const { vm, drives: attached = [], offersIde = true, integration, adapter, sockets } = options;
  const { input, video, bootFiles, saved, adapters = noAdapters } = options;
  const { id, memoryBytes, boot, scsiControllers } = vm;
  const plan = { vm: id, drives: attached.map(({ drive }) => drive), scsiControllers, onStalled() {} };
  const services = openServices(plan, saved?.units);
  for (const { drive, medium } of attached) services.place(drive.slot, medium?.disk ?? null);
  const devices = services.offers.filter(
    ({ interfaceType }) => offersIde || interfaceType !== DeviceClass.ide,
  );
  const offers = [
    ...devices,
    ...(adapter === undefined ? [] : [netOffer(0, adapterChannel)]),
    ...adapters.offers,
    ...(integration?.offers(integrationServices) ?? []),
    ...(input?.offers ?? []),
    ...(video?.offers ?? []),
  ];
  const drives = await describeEmulated(attached);
  const owners = [
    ...services.owners,
    ...(adapter === undefined ? [] : [{ channel: adapterChannel, owner: adapter }]),
    ...adapters.owners,
    ...(integration?.owners ?? []),
    ...(sockets?.owners ?? []),
    ...(input?.owners ?? []),
    ...(video?.owners ?? []),
  ];
  const files = bootFiles === undefined ? {} : { bootFiles };
  const lab = await openWorkerLab({
    id,
    configuration: { memoryBytes, boot, drives, offers, legacyAdapters: adapters.legacy, ...files },
    owners,
    frameOwners: adapters.frameOwners,
    turned: options.turned ?? (() => 0),
    ...(saved === undefined ? {} : { saved }),
  });
  return { ...lab, services };
}
