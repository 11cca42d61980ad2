import {
  ideControllers,
  idePositions,
  legacyAdapterLimit,
  machineMemory,
  scsiControllerLimit,
  scsiPositions,
  syntheticAdapterLimit,
} from "../../hvdef/index.ts";
import type { PropertySet } from "../../wmi/index.ts";
import { megabyte, resourceTypes, subTypes, wholeProcessor } from "./resource-kinds.ts";

/** What a setting that no machine has tells of its kind of resource. */
export type Bound = "Default" | "Minimum" | "Maximum" | "Increment";
/** All of them. */
export const bounds: readonly Bound[] = ["Default", "Minimum", "Maximum", "Increment"];

/** A kind of resource that machines have or may be given. */
export interface ResourceKind {
  /** Class of its settings. */
  readonly className: string;
  readonly type: number;
  readonly subType: string;
  /** What it can be set to. */
  readonly bounds: { readonly [B in Bound]: PropertySet };
}

/** How many of something a machine has. */
function counted(least: number, most: number, usual = 1): ResourceKind["bounds"] {
  const quantity = (count: number): PropertySet => ({ VirtualQuantity: BigInt(count) });
  return {
    Default: quantity(usual),
    Minimum: quantity(least),
    Maximum: quantity(most),
    Increment: quantity(1),
  };
}

interface Share {
  readonly reservation: number;
  readonly limit: number;
  readonly weight: number;
}

function share({ reservation, limit, weight }: Share): PropertySet {
  return {
    VirtualQuantity: 1n,
    Reservation: BigInt(reservation),
    Limit: BigInt(limit),
    Weight: weight,
    ProcessorsPerSocket: 1,
    SocketCount: 1,
  };
}

/** The smallest limit of a processor: one percent. */
const leastLimit = wholeProcessor / 100;
/** MB of a new machine in Hyper-V. */
const usualMemory = 512;

function memory(quantity: number): PropertySet {
  const amount = BigInt(quantity);
  return { VirtualQuantity: amount, Reservation: amount, Limit: amount, DynamicMemoryEnabled: false };
}

function adapters(title: string, most: number): ResourceKind["bounds"] {
  const count = counted(0, most);
  return { ...count, Default: { ...count.Default, ElementName: title, StaticMacAddress: false } };
}

const allocation = "Msvm_ResourceAllocationSettingData";
const idePlaces = ideControllers * idePositions;
const diskPlaces = idePlaces + scsiControllerLimit * scsiPositions;
const { storage } = resourceTypes;
const disks = { className: allocation, type: resourceTypes.diskDrive, bounds: counted(0, diskPlaces) };
const discs = { className: allocation, type: resourceTypes.dvdDrive, bounds: counted(0, idePlaces) };
const diskettes = { className: allocation, type: resourceTypes.floppyDrive, bounds: counted(0, 1) };

/** Everything that machines have or may be given. @wmi 4.4 templates */
export const resourceKinds: readonly ResourceKind[] = [
  {
    className: "Msvm_ProcessorSettingData",
    type: resourceTypes.processor,
    subType: subTypes.processor,
    bounds: {
      Default: share({ reservation: 0, limit: wholeProcessor, weight: 100 }),
      Minimum: share({ reservation: 0, limit: leastLimit, weight: 1 }),
      Maximum: share({ reservation: wholeProcessor, limit: wholeProcessor, weight: 10_000 }),
      Increment: share({ reservation: 1, limit: 1, weight: 1 }),
    },
  },
  {
    className: "Msvm_MemorySettingData",
    type: resourceTypes.memory,
    subType: subTypes.memory,
    bounds: {
      Default: memory(usualMemory),
      Minimum: memory(machineMemory.least / megabyte),
      Maximum: memory(machineMemory.most / megabyte),
      Increment: memory(1),
    },
  },
  {
    className: allocation,
    type: resourceTypes.ide,
    subType: subTypes.ide,
    bounds: counted(ideControllers, ideControllers, ideControllers),
  },
  {
    className: allocation,
    type: resourceTypes.scsi,
    subType: subTypes.scsi,
    bounds: counted(0, scsiControllerLimit),
  },
  { ...disks, subType: subTypes.disk },
  { ...disks, subType: subTypes.physicalDisk },
  { ...discs, subType: subTypes.dvd },
  { ...discs, subType: subTypes.physicalDvd },
  { ...diskettes, subType: subTypes.floppy },
  { ...disks, type: storage, subType: subTypes.diskFile },
  { ...discs, type: storage, subType: subTypes.dvdFile },
  { ...diskettes, type: storage, subType: subTypes.floppyFile },
  {
    className: "Msvm_SyntheticEthernetPortSettingData",
    type: resourceTypes.ethernet,
    subType: subTypes.synthetic,
    bounds: adapters("Network Adapter", syntheticAdapterLimit),
  },
  {
    className: "Msvm_EmulatedEthernetPortSettingData",
    type: resourceTypes.ethernet,
    subType: subTypes.legacy,
    bounds: adapters("Legacy Network Adapter", legacyAdapterLimit),
  },
];

/** InstanceID of what a kind of resource can be set to. */
export function templateId({ subType }: ResourceKind, bound: Bound): string {
  return `Microsoft:Definition\\${subType}\\${bound}`;
}

/** Settings of a class that no machine has. A client fills a Default in and hands it to AddVirtualSystemResources. */
export function templatesOf(className: string): readonly PropertySet[] {
  return resourceKinds
    .filter((kind) => kind.className === className)
    .flatMap((kind) =>
      bounds.map((bound) => ({
        InstanceID: templateId(kind, bound),
        ResourceType: kind.type,
        ResourceSubType: kind.subType,
        ...kind.bounds[bound],
      })),
    );
}
