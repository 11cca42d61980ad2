import type { PropertySet } from "../../wmi/index.ts";
import { allDevices, devicePath } from "./device-objects.ts";
import { keyboardPath } from "./keyboard.ts";
import { mousePaths } from "./mice.ts";
import {
  resourcePath,
  resourcesOf,
  settingId,
  settingPath,
  switchPath,
  systemName,
  systemPath,
} from "./names.ts";
import { endpointPathOf, internalPortPath, portPathOf, portsOf, vlanSettingPathOf } from "./ports.ts";
import { servicePaths } from "./service-objects.ts";
import type { InstanceTable, World, WorldMachine } from "./world.ts";

const currentPath = ({ vm }: WorldMachine): string =>
  settingPath("Msvm_VirtualSystemSettingData", settingId(vm.id));
const globalPath = ({ vm }: WorldMachine): string =>
  settingPath("Msvm_VirtualSystemGlobalSettingData", `${settingId(vm.id)}\\Global`);
const machinePath = ({ vm }: WorldMachine): string => systemPath(systemName(vm.id));

const settingOf = (ManagedElement: string, SettingData: string): PropertySet => ({
  ManagedElement,
  SettingData,
});
const partOf = (GroupComponent: string, PartComponent: string): PropertySet => ({
  GroupComponent,
  PartComponent,
});
const needs = (Dependent: string, Antecedent: string): PropertySet => ({ Antecedent, Dependent });

/** What is linked with what. */
export const linkObjects: InstanceTable = {
  Msvm_SettingsDefineState: (world) => [
    ...world.machines.map((machine) => settingOf(machinePath(machine), currentPath(machine))),
    ...allDevices(world).map((device) =>
      settingOf(devicePath(device), resourcePath(device.machine.vm.id, device.name)),
    ),
  ],
  Msvm_ElementSettingData: ({ machines }) =>
    machines.map((machine) => settingOf(machinePath(machine), globalPath(machine))),
  Msvm_VirtualSystemSettingDataComponent: ({ machines }) =>
    machines.flatMap((machine) =>
      resourcesOf(machine.vm).map((name) => partOf(currentPath(machine), resourcePath(machine.vm.id, name))),
    ),
  Msvm_SystemDevice: (world) => [
    ...allDevices(world).map((device) => partOf(machinePath(device.machine), devicePath(device))),
    ...world.machines.flatMap((machine) =>
      [keyboardPath(machine), ...mousePaths(machine)].map((path) => partOf(machinePath(machine), path)),
    ),
    ...internalPorts(world),
  ],
  Msvm_HostedService: (world) => servicePaths(world).map((path) => needs(path, systemPath(world.hostName))),
  Msvm_HostedAccessPoint: (world) =>
    portsOf(world).map((port) => needs(portPathOf(port), switchPath(port.network.id))),
  Msvm_BindsTo: (world) => portsOf(world).map((port) => needs(endpointPathOf(port), portPathOf(port))),
  Msvm_NetworkElementSettingData: (world) =>
    portsOf(world).map((port) => settingOf(endpointPathOf(port), vlanSettingPathOf(port))),
};

function internalPorts(world: World): readonly PropertySet[] {
  return world
    .networks()
    .filter(({ ports }) => ports.some(({ holder }) => holder.kind === "management"))
    .map((network) => partOf(systemPath(world.hostName), internalPortPath(world.hostName, network)));
}
