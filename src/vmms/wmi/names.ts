import {
  type AdapterConfiguration,
  type ChannelId,
  type DriveSlot,
  type IntegrationService,
  type NetworkId,
  sameSlot,
  type VmGuid,
  type VmSummary,
} from "../../hvdef/index.ts";
import { icOffer, netOffer, scsiOffer } from "../../vsp/index.ts";
import { printPath } from "../../wmi/index.ts";

/** The namespace of Windows Server 2008 R2. */
export const namespaceName = "root\\virtualization";

/** A path with its host and namespace, for text that is one: references get theirs from the namespace itself. */
export function absolute(hostName: string, path: string): string {
  return `\\\\${hostName}\\${namespaceName}:${path}`;
}

/** Names of a machine's objects: `Microsoft:` and the machine, then the device as Hyper-V's own ids have it. */
const processorId = "b637f346-6a0e-4dec-af52-bd70cb80a21d";
const memoryId = "4764334d-e001-4176-82ee-5594ec9b530e";
const ideId = "83f8638b-8dca-4152-9eda-2ca8b33039b4";
const floppyId = "8f0d2762-0b00-4e04-af4f-19010527cb93";
/** Ours: legacy adapters have no instance on a bus. */
const legacyPortId = "7ab71502-0000-4000-8000-00000000001a";

/** The channel means nothing to an instance. */
const anyChannel = 0 as ChannelId;

/** The GUID of a machine as WMI shows it. */
export function systemName(vm: VmGuid): string {
  return vm.toUpperCase();
}

/** InstanceID of a machine's settings; what belongs to it goes on with a backslash. */
export function settingId(vm: VmGuid): string {
  return `Microsoft:${systemName(vm)}`;
}

/** What a machine has, one resource each. */
export type ResourceName =
  | { readonly kind: "processor" }
  | { readonly kind: "memory" }
  | { readonly kind: "controller"; readonly slot: Pick<DriveSlot, "controller" | "number"> }
  | { readonly kind: "drive" | "medium"; readonly slot: DriveSlot }
  | { readonly kind: "adapter"; readonly adapter: Pick<AdapterConfiguration, "type" | "index"> }
  | { readonly kind: "integration"; readonly service: IntegrationService };

/** Name of a resource within its machine. */
function resourceSuffix(name: ResourceName): string {
  switch (name.kind) {
    case "processor":
      return `${processorId}\\0`;
    case "memory":
      return memoryId;
    case "controller":
      return controllerSuffix(name.slot);
    case "drive":
      return `${controllerSuffix(name.slot)}\\${name.slot.location}\\D`;
    case "medium":
      return `${controllerSuffix(name.slot)}\\${name.slot.location}\\L`;
    case "adapter":
      return name.adapter.type === "synthetic"
        ? netOffer(name.adapter.index, anyChannel).instance
        : `${legacyPortId}\\${name.adapter.index}`;
    case "integration":
      return icOffer(name.service, anyChannel).instance;
  }
}

function controllerSuffix({ controller, number }: Pick<DriveSlot, "controller" | "number">): string {
  if (controller === "SCSI") return `${scsiOffer(number, anyChannel).instance}\\0`;
  return `${controller === "IDE" ? ideId : floppyId}\\${number}`;
}

/** InstanceID of a resource's setting, and DeviceID of the device it is while the machine has power. */
export function resourceId(vm: VmGuid, name: ResourceName): string {
  return `${settingId(vm)}\\${resourceSuffix(name).toUpperCase()}`;
}

/** Class of the settings of a resource. */
export function settingClass(name: ResourceName): string {
  switch (name.kind) {
    case "processor":
      return "Msvm_ProcessorSettingData";
    case "memory":
      return "Msvm_MemorySettingData";
    case "adapter":
      return name.adapter.type === "synthetic"
        ? "Msvm_SyntheticEthernetPortSettingData"
        : "Msvm_EmulatedEthernetPortSettingData";
    case "integration":
      return `${componentClass(name.service)}SettingData`;
    default:
      return "Msvm_ResourceAllocationSettingData";
  }
}

const components: { readonly [S in IntegrationService]: string } = {
  heartbeat: "Msvm_HeartbeatComponent",
  shutdown: "Msvm_ShutdownComponent",
  timeSync: "Msvm_TimeSyncComponent",
  keyValuePair: "Msvm_KvpExchangeComponent",
  backup: "Msvm_VssComponent",
};

/** Class of an integration service of a machine that has power. */
export function componentClass(service: IntegrationService): string {
  return components[service];
}

/** A path within the namespace. Its keys are in the order of the alphabet, as WMI has them. */
export function pathOf(className: string, keys: { readonly [key: string]: string }): string {
  const named = { kind: "named", values: Object.entries(keys).sort() } as const;
  return printPath({ server: null, namespace: null, className, keys: named });
}

const systemClass = "Msvm_ComputerSystem";

/** Path of a machine, or of the host by its name. */
export function systemPath(name: string): string {
  return pathOf(systemClass, { CreationClassName: systemClass, Name: name });
}

/** Path of something that an InstanceID names. */
export function settingPath(className: string, id: string): string {
  return pathOf(className, { InstanceID: id });
}

/** Path of a resource's setting. */
export function resourcePath(vm: VmGuid, name: ResourceName): string {
  return settingPath(settingClass(name), resourceId(vm, name));
}

/** Path of a device, service or access point: all have keys of the same kind. */
export function partPath(
  className: string,
  system: string,
  last: readonly [key: string, value: string],
): string {
  const [key, value] = last;
  return pathOf(className, {
    SystemCreationClassName: systemClass,
    SystemName: system,
    CreationClassName: className,
    [key]: value,
  });
}

/** Path of a virtual network. */
export function switchPath(network: NetworkId): string {
  return pathOf("Msvm_VirtualSwitch", {
    CreationClassName: "Msvm_VirtualSwitch",
    Name: network.toUpperCase(),
  });
}

/** Everything that a machine has. */
export function resourcesOf(vm: VmSummary): readonly ResourceName[] {
  const controllers = [
    { controller: "IDE", number: 0 },
    { controller: "IDE", number: 1 },
    ...Array.from(
      { length: vm.scsiControllers },
      (_none, number) => ({ controller: "SCSI", number }) as const,
    ),
    { controller: "floppy", number: 0 },
  ] as const;
  return [
    { kind: "processor" },
    { kind: "memory" },
    ...controllers.map((slot) => ({ kind: "controller", slot }) as const),
    ...vm.drives.map(({ slot }) => ({ kind: "drive", slot }) as const),
    ...vm.drives.flatMap(({ slot, medium }) =>
      medium.kind === "empty" ? [] : [{ kind: "medium", slot } as const],
    ),
    ...vm.adapters.map((adapter) => ({ kind: "adapter", adapter }) as const),
    ...vm.integration.map(({ service }) => ({ kind: "integration", service }) as const),
  ];
}

/** The resource of a machine that has this InstanceID; `null`: none. */
export function resourceNamed(vm: VmSummary, id: string): ResourceName | null {
  return resourcesOf(vm).find((name) => resourceId(vm.id, name).toLowerCase() === id.toLowerCase()) ?? null;
}

/** The drive of a place. */
export function driveOf(vm: VmSummary, slot: DriveSlot): VmSummary["drives"][number] | undefined {
  return vm.drives.find((drive) => sameSlot(drive.slot, slot));
}
