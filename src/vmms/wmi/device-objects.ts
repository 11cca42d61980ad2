import type { DriveKind } from "../../hvdef/index.ts";
import type { PropertySet } from "../../wmi/index.ts";
import { integrationObject } from "./integration-objects.ts";
import {
  componentClass,
  driveOf,
  partPath,
  type ResourceName,
  resourceId,
  resourcesOf,
  systemName,
} from "./names.ts";
import { megabyte } from "./resource-kinds.ts";
import type { InstanceTable, World, WorldMachine } from "./world.ts";

/** Bytes of a block, of memory and of a disk. */
const memoryBlock = megabyte;
const sector = 512;

const driveClasses: { readonly [K in DriveKind]: string } = {
  disk: "Msvm_DiskDrive",
  dvd: "Msvm_DVDDrive",
  floppy: "Msvm_DisketteDrive",
};

/** Devices of machines that have power. */
export const deviceObjects: InstanceTable = Object.fromEntries(
  [
    "Msvm_Processor",
    "Msvm_Memory",
    "Msvm_IDEController",
    "Msvm_SCSIProtocolController",
    ...Object.values(driveClasses),
    "Msvm_LogicalDisk",
    "Msvm_SyntheticEthernetPort",
    "Msvm_EmulatedEthernetPort",
    "Msvm_HeartbeatComponent",
    "Msvm_ShutdownComponent",
    "Msvm_TimeSyncComponent",
    "Msvm_KvpExchangeComponent",
    "Msvm_VssComponent",
  ].map((className) => [className, (world: World) => devicesOf(world, className)]),
);

/** A device of a machine, and the resource it is made of. */
export interface Device {
  readonly machine: WorldMachine;
  readonly name: ResourceName;
  readonly className: string;
}

/** Every device that is there now. */
export function allDevices({ machines }: World): readonly Device[] {
  return machines.flatMap((machine) =>
    machine.vm.partition === null
      ? []
      : resourcesOf(machine.vm).flatMap((name) => {
          const className = classOf(machine, name);
          return className === null ? [] : [{ machine, name, className }];
        }),
  );
}

/** Path of a device. */
export function devicePath({ machine, name, className }: Device): string {
  const { id } = machine.vm;
  return partPath(className, systemName(id), ["DeviceID", resourceId(id, name)]);
}

/** `null`: Hyper-V has no class for it that we have. */
function classOf({ vm }: WorldMachine, name: ResourceName): string | null {
  switch (name.kind) {
    case "processor":
      return "Msvm_Processor";
    case "memory":
      return "Msvm_Memory";
    case "controller":
      if (name.slot.controller === "floppy") return null;
      return name.slot.controller === "IDE" ? "Msvm_IDEController" : "Msvm_SCSIProtocolController";
    case "drive":
      return driveClasses[driveOf(vm, name.slot)?.kind ?? "disk"];
    case "medium":
      return "Msvm_LogicalDisk";
    case "adapter":
      return name.adapter.type === "synthetic" ? "Msvm_SyntheticEthernetPort" : "Msvm_EmulatedEthernetPort";
    case "integration":
      return componentClass(name.service);
  }
}

function devicesOf(world: World, wanted: string): readonly PropertySet[] {
  return allDevices(world)
    .filter(({ className }) => className === wanted)
    .map(({ machine, name, className }) => ({
      SystemCreationClassName: "Msvm_ComputerSystem",
      SystemName: systemName(machine.vm.id),
      CreationClassName: className,
      DeviceID: resourceId(machine.vm.id, name),
      EnabledState: 2,
      RequestedState: 12,
      HealthState: 5,
      OperationalStatus: [2],
      ...factsOf(machine, name),
    }));
}

function factsOf(machine: WorldMachine, name: ResourceName): PropertySet {
  const { vm } = machine;
  switch (name.kind) {
    case "processor":
      return { ElementName: "Processor" };
    case "memory":
      return { ElementName: "Memory", ...blocksOf(vm.memoryBytes, memoryBlock) };
    case "controller":
      return {
        ElementName:
          name.slot.controller === "IDE" ? `IDE Controller ${name.slot.number}` : "SCSI Controller",
      };
    case "drive":
      return { ElementName: driveOf(vm, name.slot)?.title ?? null };
    case "medium":
      return { ElementName: driveOf(vm, name.slot)?.title ?? null, ...diskBlocks(vm, name.slot) };
    case "adapter": {
      const { type, index } = name.adapter;
      const adapter = vm.adapters.find((one) => one.type === type && one.index === index);
      return {
        ElementName: "Network Adapter",
        PermanentAddress: adapter?.mac?.replaceAll("-", "") ?? null,
        PortNumber: index,
      };
    }
    case "integration":
      return integrationObject(machine, name.service);
  }
}

function diskBlocks(vm: WorldMachine["vm"], slot: Parameters<typeof driveOf>[1]): PropertySet {
  const bytes = driveOf(vm, slot)?.byteLength ?? null;
  return bytes === null ? {} : blocksOf(bytes, sector);
}

function blocksOf(bytes: number, block: number): PropertySet {
  return { BlockSize: BigInt(block), NumberOfBlocks: BigInt(Math.ceil(bytes / block)) };
}
