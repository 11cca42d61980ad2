import type {
  CarrierEnd,
  CreatePartition,
  HypervisorApi,
  OfferDescription,
  PartitionId,
  SavedUnits,
  WorkerProcessApi,
} from "../hvdef/index.ts";
import { assemble, type Scope } from "../support/index.ts";
import type { HvSocketOptions, HvSockets, IntegrationOptions } from "../vsp/index.ts";
import type { MachineAdapters } from "./adapters/machine-adapters.ts";
import type { AddressedAdapter } from "./adapters/rules.ts";
import type { AdapterServices } from "./adapters/services.ts";
import type { Start } from "./attempt.ts";
import type { MachineDrives } from "./drives/machine-drives.ts";
import type { DriveRack } from "./drives/rack.ts";
import type { MachineInput } from "./input/machine-input.ts";
import type { InputOptions, InputServices } from "./input/services.ts";
import type { MachineIntegration } from "./integration/machine-integration.ts";
import type { IntegrationServices } from "./integration/services.ts";
import type { DrivePlan, DriveServices } from "./services.ts";
import type { MachineSockets } from "./sockets/machine-sockets.ts";
import type { VideoServices } from "./video.ts";

/** The data plane of one running machine, already serving. */
export interface DataPlane extends Disposable {
  /** The child's end. */
  readonly remote: CarrierEnd;
  readonly services: Pick<DriveServices, "offers" | "place" | "retryStalled" | "save">;
  readonly adapters: Pick<AdapterServices, "offers" | "legacy" | "ends" | "save">;
  readonly integration: IntegrationServices;
  readonly input: InputServices;
  readonly sockets: HvSockets;
  readonly video: VideoServices;
}

/** What a machine's lines carry. */
export interface ServicePlan extends DrivePlan {
  readonly adapters: readonly AddressedAdapter[];
  readonly integration: IntegrationOptions;
  readonly input: InputOptions;
  /** Of a machine whose guest goes on. */
  readonly saved: SavedUnits | null;
  readonly sockets: HvSocketOptions;
}

/** The control line to one worker process. */
export interface ControlLine extends Disposable {
  /** The child's end. */
  readonly remote: MessagePort;
  readonly api: WorkerProcessApi;
}

/** Where a machine gets its lines. */
export interface PowerSources {
  serve(plan: ServicePlan): DataPlane;
  openControl(): ControlLine;
}

/** Everything a machine holds while it has power. */
export interface Powered {
  /** Owns the rest. Disks are closed last: their caches are written. */
  readonly scope: Scope;
  readonly rack: DriveRack;
  readonly plane: DataPlane;
  readonly control: ControlLine;
  /** `null` until the hypervisor has made it, and when its end is no news any more. */
  partition: PartitionId | null;
}

/** What a machine gets its power with. */
export interface PowerOn {
  readonly vm: string;
  readonly drives: MachineDrives;
  readonly adapters: MachineAdapters;
  readonly integration: MachineIntegration;
  readonly input: MachineInput;
  readonly sockets: MachineSockets;
  readonly around: PowerSources;
  readonly onStalled: () => void;
  /** It goes on where it was saved. */
  readonly saved: SavedUnits | null;
}

/** Opens everything a machine holds while it runs. Nothing stays open when a part refuses. @throws HvError */
export function powerOn(
  { vm, drives, adapters, integration, sockets, input, around, onStalled, saved }: PowerOn,
  start: Start,
): Promise<Powered> {
  return assemble(async (building) => {
    const rack = building.own(await drives.openAll(start));
    const addressed = await adapters.prepare();
    const options = {
      integration: integration.options(),
      sockets: sockets.options(),
      input: input.options(),
    };
    const plan = { vm, ...drives.set(), adapters: addressed, ...options, onStalled, saved };
    const plane = building.own(around.serve(plan));
    building.defer(integration.end);
    integration.begin(plane.integration);
    building.defer(sockets.end);
    sockets.begin(plane.sockets);
    const control = building.own(around.openControl());
    building.defer(input.end);
    input.begin(plane.input, control.api);
    building.defer(adapters.unplugAll);
    adapters.plugIn(plane.adapters.ends, control.api);
    for (const { drive, medium } of rack.attached) plane.services.place(drive.slot, medium?.disk ?? null);
    return { scope: building.move(), rack, control, plane, partition: null };
  });
}

/** Asks for a partition. One that comes when nobody wants it any more is ended at once. */
export async function createPartition(
  hypervisor: HypervisorApi,
  request: CreatePartition,
  { unwanted }: Start,
): Promise<PartitionId> {
  const created = hypervisor.createPartition(request);
  let taken = false;
  unwanted.catch(() => {
    if (!taken) created.then((late) => hypervisor.terminate(late, { kind: "turnedOff" })).catch(() => {});
  });
  const partition = await Promise.race([created, unwanted]);
  taken = true;
  return partition;
}

/** What the bus of a machine offers beside integration services. */
export function deviceOffers({ plane }: Powered): readonly OfferDescription[] {
  return [...plane.services.offers, ...plane.adapters.offers, ...plane.input.offers, ...plane.video.offers];
}
