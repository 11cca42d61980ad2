import {
  type AdapterConfiguration,
  adapterTitle,
  type DriveKind,
  type DriveSlot,
  type Medium,
} from "../../hvdef/index.ts";
import type { PropertySet } from "../../wmi/index.ts";
import {
  absolute,
  driveOf,
  type ResourceName,
  resourceId,
  resourcePath,
  resourcesOf,
  settingClass,
} from "./names.ts";
import { portPath } from "./ports.ts";
import { disketteController, megabyte, resourceTypes, subTypes, wholeProcessor } from "./resource-kinds.ts";
import { templatesOf } from "./templates.ts";
import type { InstanceTable, World, WorldMachine } from "./world.ts";

/** Settings of everything that machines have, and of what they may be given. */
export const resourceObjects: InstanceTable = {
  Msvm_ResourceAllocationSettingData: settingsOf("Msvm_ResourceAllocationSettingData"),
  Msvm_ProcessorSettingData: settingsOf("Msvm_ProcessorSettingData"),
  Msvm_MemorySettingData: settingsOf("Msvm_MemorySettingData"),
  Msvm_SyntheticEthernetPortSettingData: settingsOf("Msvm_SyntheticEthernetPortSettingData"),
  Msvm_EmulatedEthernetPortSettingData: settingsOf("Msvm_EmulatedEthernetPortSettingData"),
};

function settingsOf(className: string): (world: World) => readonly PropertySet[] {
  return (world) => [
    ...world.machines.flatMap((machine) =>
      resourcesOf(machine.vm)
        .filter((name) => settingClass(name) === className)
        .map((name) => ({ InstanceID: resourceId(machine.vm.id, name), ...settingOf(world, machine, name) })),
    ),
    ...templatesOf(className),
  ];
}

function settingOf({ hostName }: World, machine: WorldMachine, name: ResourceName): PropertySet {
  switch (name.kind) {
    case "processor":
      return processorSetting(machine);
    case "memory":
      return memorySetting(machine);
    case "controller":
      return controllerSetting(name.slot);
    case "drive":
      return driveSetting(hostName, machine, name.slot);
    case "medium":
      return mediumSetting(hostName, machine, name.slot);
    case "adapter":
      return adapterSetting(hostName, machine, name.adapter);
    case "integration":
      return {};
  }
}

/** The share of a machine in Hyper-V's numbers. */
function processorSetting({ share }: WorldMachine): PropertySet {
  const thousandths = (percent: number): bigint => BigInt(Math.round((percent * wholeProcessor) / 100));
  return {
    ElementName: "Processor",
    ResourceType: resourceTypes.processor,
    ResourceSubType: subTypes.processor,
    AllocationUnits: "count",
    VirtualQuantity: 1n,
    Reservation: thousandths(share.reserve),
    Limit: thousandths(share.limit),
    Weight: Math.round(share.weight),
    ProcessorsPerSocket: 1,
    SocketCount: 1,
  };
}

function memorySetting({ vm }: WorldMachine): PropertySet {
  const quantity = BigInt(Math.floor(vm.memoryBytes / megabyte));
  return {
    ElementName: "Memory",
    ResourceType: resourceTypes.memory,
    ResourceSubType: subTypes.memory,
    AllocationUnits: "MB",
    VirtualQuantity: quantity,
    Reservation: quantity,
    Limit: quantity,
    IsVirtualized: true,
    DynamicMemoryEnabled: false,
  };
}

function controllerSetting({ controller, number }: { controller: string; number: number }): PropertySet {
  switch (controller) {
    case "IDE":
      return {
        ElementName: `IDE Controller ${number}`,
        ResourceType: resourceTypes.ide,
        ResourceSubType: subTypes.ide,
        Address: String(number),
      };
    case "SCSI":
      return {
        ElementName: "SCSI Controller",
        ResourceType: resourceTypes.scsi,
        ResourceSubType: subTypes.scsi,
        Address: String(number),
      };
    default:
      return {
        ElementName: "Diskette Controller",
        ResourceType: resourceTypes.other,
        OtherResourceType: disketteController,
        Address: String(number),
      };
  }
}

const driveTypes: {
  readonly [K in DriveKind]: {
    readonly type: number;
    readonly title: string;
    readonly drive: string;
    readonly file: string;
  };
} = {
  disk: { type: resourceTypes.diskDrive, title: "Hard Drive", drive: subTypes.disk, file: subTypes.diskFile },
  dvd: { type: resourceTypes.dvdDrive, title: "DVD Drive", drive: subTypes.dvd, file: subTypes.dvdFile },
  floppy: {
    type: resourceTypes.floppyDrive,
    title: "Diskette Drive",
    drive: subTypes.floppy,
    file: subTypes.floppyFile,
  },
};

function driveSetting(hostName: string, { vm }: WorldMachine, slot: DriveSlot): PropertySet {
  const { kind, medium } = driveOf(vm, slot) ?? { kind: "disk", medium: { kind: "empty" } };
  const { type, title, drive } = driveTypes[kind];
  const isDevice = medium.kind === "device";
  const physical = kind === "dvd" ? subTypes.physicalDvd : subTypes.physicalDisk;
  return {
    ElementName: title,
    ResourceType: type,
    ResourceSubType: isDevice ? physical : drive,
    Parent: absolute(hostName, resourcePath(vm.id, { kind: "controller", slot })),
    Address: String(slot.location),
    HostResource: isDevice ? [medium.name] : null,
  };
}

function mediumSetting(hostName: string, { vm }: WorldMachine, slot: DriveSlot): PropertySet {
  const { kind, medium } = driveOf(vm, slot) ?? { kind: "disk", medium: { kind: "empty" } };
  return {
    ElementName: driveTypes[kind].file.replace("Microsoft ", ""),
    ResourceType: resourceTypes.storage,
    ResourceSubType: driveTypes[kind].file,
    Parent: absolute(hostName, resourcePath(vm.id, { kind: "drive", slot })),
    Connection: connectionOf(medium),
  };
}

/** The file of a medium. A memory disk has none. */
function connectionOf(medium: Medium): readonly string[] | null {
  return medium.kind === "file" || medium.kind === "device" ? [medium.name] : null;
}

function adapterSetting(
  hostName: string,
  { vm }: WorldMachine,
  place: Pick<AdapterConfiguration, "type" | "index">,
): PropertySet {
  const adapter = vm.adapters.find(({ type, index }) => type === place.type && index === place.index);
  const isSynthetic = place.type === "synthetic";
  const plugged = adapter === undefined ? null : portPath(vm.id, adapter);
  return {
    ElementName: adapterTitle(place),
    ResourceType: resourceTypes.ethernet,
    ResourceSubType: isSynthetic ? subTypes.synthetic : subTypes.legacy,
    StaticMacAddress: adapter?.staticMac ?? null,
    Address: adapter?.mac?.replaceAll("-", "") ?? null,
    Connection: plugged === null ? null : [absolute(hostName, plugged)],
    ...(isSynthetic ? { VirtualSystemIdentifiers: [identifierOf(vm.id, place)] } : {}),
  };
}

/** The GUID under which the guest knows the adapter. */
function identifierOf(
  vm: WorldMachine["vm"]["id"],
  adapter: Pick<AdapterConfiguration, "type" | "index">,
): string {
  return `{${resourceId(vm, { kind: "adapter", adapter }).split("\\").at(-1) ?? ""}}`;
}
