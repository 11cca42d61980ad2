import type { BootDevice } from "../../hvdef/index.ts";
import type { PropertySet } from "../../wmi/index.ts";
import { settingId, systemName } from "./names.ts";
import { health, operational, stateNumbers } from "./states.ts";
import type { InstanceTable, World, WorldMachine } from "./world.ts";

/** Virtual machines only; the other types of Hyper-V are none of ours. @wmi VirtualSystemType */
const virtualMachine = 301;
const settingTypes = { current: 3, global: 32768 } as const;
const bootNumbers: { readonly [D in BootDevice]: number } = { floppy: 0, cd: 1, ide: 2, legacyNic: 3 };
/** Nothing starts by itself, a page that closes turns off, and a machine that crashes stays off. */
const actions = {
  AutomaticStartupAction: 0,
  AutomaticShutdownAction: 0,
  AutomaticRecoveryAction: 0,
} as const;

/** Objects of machines and their settings. */
export const machineObjects: InstanceTable = {
  Msvm_ComputerSystem: (world) => [hostObject(world), ...world.machines.map(machineObject)],
  Msvm_VirtualSystemSettingData: ({ machines }) => machines.map(settingObject),
  Msvm_VirtualSystemGlobalSettingData: ({ machines }) => machines.map(globalObject),
};

/** Whether a machine is between two states. */
export function isInService({ vm }: WorldMachine): boolean {
  return stateNumbers[vm.state].requested !== stateNumbers.off.requested;
}

function hostObject({ hostName }: World): PropertySet {
  return {
    CreationClassName: "Msvm_ComputerSystem",
    Name: hostName,
    ElementName: hostName,
    Caption: "Hosting Computer System",
    Description: "Microsoft Hosting Computer System",
    EnabledState: 2,
    RequestedState: 12,
    EnabledDefault: 2,
    HealthState: health.ok,
    OperationalStatus: [operational.ok],
    StatusDescriptions: ["Operating normally"],
  };
}

function machineObject(machine: WorldMachine): PropertySet {
  const { vm, onTime } = machine;
  const { enabled, requested } = stateNumbers[vm.state];
  return {
    CreationClassName: "Msvm_ComputerSystem",
    Name: systemName(vm.id),
    ElementName: vm.name,
    Caption: "Virtual Machine",
    Description: "Microsoft Virtual Machine",
    EnabledState: enabled,
    RequestedState: requested,
    EnabledDefault: 2,
    ...healthOf(machine),
    OnTimeInMilliseconds: BigInt(Math.floor(onTime ?? 0)),
  };
}

/** How a machine does: health and operational status. */
export function healthOf(machine: WorldMachine): PropertySet {
  const { vm } = machine;
  const isCritical = vm.state === "pausedCritical";
  const inService = isInService(machine);
  return {
    HealthState: isCritical ? health.critical : health.ok,
    OperationalStatus: [inService ? operational.inService : operational.ok],
    StatusDescriptions: [vm.trouble ?? (inService ? stateNumbers[vm.state].text : "Operating normally")],
  };
}

/** What a machine is set to now. */
export function settingObject({ vm, bootOrder }: WorldMachine): PropertySet {
  return {
    InstanceID: settingId(vm.id),
    Caption: "Virtual Machine Settings",
    Description: "Active settings for the virtual machine",
    ElementName: vm.name,
    SystemName: systemName(vm.id),
    SettingType: settingTypes.current,
    VirtualSystemType: virtualMachine,
    Notes: vm.description,
    BootOrder: bootOrder?.map((device) => bootNumbers[device]) ?? null,
  };
}

/** What a machine is set to, whatever snapshot is applied. */
export function globalObject({ vm }: WorldMachine): PropertySet {
  return {
    InstanceID: `${settingId(vm.id)}\\Global`,
    Caption: "Global Settings",
    Description: "Settings of the virtual machine that no snapshot changes",
    ElementName: vm.name,
    SystemName: systemName(vm.id),
    SettingType: settingTypes.global,
    VirtualSystemType: virtualMachine,
    ...actions,
    AllowFullSCSICommandSet: false,
  };
}
