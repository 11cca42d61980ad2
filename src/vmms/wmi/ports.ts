import {
  type AdapterConfiguration,
  type AdapterVlan,
  adapterTitle,
  learnableAddresses,
  type NetworkSummary,
  type PortSummary,
  type VmGuid,
} from "../../hvdef/index.ts";
import type { PropertySet } from "../../wmi/index.ts";
import { partPath, pathOf, resourceId, settingPath } from "./names.ts";
import type { InstanceTable, World } from "./world.ts";

/** A place of a network where something is plugged in, with power or without. */
export interface WorldPort {
  readonly network: NetworkSummary;
  /** Unique on the host. */
  readonly name: string;
  readonly title: string;
  readonly vlan: AdapterVlan;
  /** `null`: it belongs to the management OS or leads out of the host. */
  readonly adapter: { readonly vm: VmGuid; readonly configuration: AdapterConfiguration } | null;
  /** The port of the switch; `null` while the adapter has no power. */
  readonly live: PortSummary | null;
}

/** Name of the port of a machine's adapter. */
function adapterPortName(vm: VmGuid, adapter: Pick<AdapterConfiguration, "type" | "index">): string {
  return resourceId(vm, { kind: "adapter", adapter });
}

/** Every port of every network. */
export function portsOf({ machines, networks }: World): readonly WorldPort[] {
  return networks().flatMap((network) => [
    ...machines.flatMap(({ vm }) =>
      vm.adapters
        .filter((adapter) => adapter.network === network.id)
        .map((configuration): WorldPort => {
          const live = network.ports.find(
            ({ holder }) =>
              holder.kind === "machine" &&
              holder.vm === vm.id &&
              holder.adapter === adapterTitle(configuration),
          );
          return {
            network,
            name: adapterPortName(vm.id, configuration),
            title: `${vm.name}: ${adapterTitle(configuration)}`,
            vlan: configuration.vlan,
            adapter: { vm: vm.id, configuration },
            live: live ?? null,
          };
        }),
    ),
    ...network.ports.flatMap((live) => hostPort(network, live)),
  ]);
}

function hostPort(network: NetworkSummary, live: PortSummary): readonly WorldPort[] {
  const { holder, vlan } = live;
  if (holder.kind === "machine") return [];
  const name = `${network.id.toUpperCase()}\\${holder.kind}`;
  const title = holder.kind === "management" ? "Management operating system" : holder.name;
  return [{ network, name, title, vlan, adapter: null, live }];
}

const portClass = "Msvm_SwitchPort";
const endpointClass = "Msvm_VLANEndpoint";
/** Ports belong to their network as devices belong to their machine. */
const systemClass = "Msvm_VirtualSwitch";

/** Path of the port that an adapter is plugged into; `null`: not connected. */
export function portPath(vm: VmGuid, adapter: AdapterConfiguration): string | null {
  return adapter.network === null
    ? null
    : accessPath(portClass, adapter.network, adapterPortName(vm, adapter));
}

function accessPath(className: string, network: string, Name: string): string {
  return pathOf(className, {
    SystemCreationClassName: systemClass,
    SystemName: network.toUpperCase(),
    CreationClassName: className,
    Name,
  });
}

/** Path of a port, and of its part in VLANs. */
export const portPathOf = ({ network, name }: WorldPort): string => accessPath(portClass, network.id, name);
export const endpointPathOf = ({ network, name }: WorldPort): string =>
  accessPath(endpointClass, network.id, name);
/** Path of what a port's VLANs are set to. */
export const vlanSettingPathOf = ({ name }: WorldPort): string =>
  settingPath("Msvm_VLANEndpointSettingData", vlanSettingId(name));
const vlanSettingId = (port: string): string => `Microsoft:VLAN\\${port}`;

const modes = { access: 2, trunk: 5 } as const;
/** Queues of a network. Reason: `networks/straight-paths.ts` gives that many away. */
const queuesOfNetwork = 4;

/** Objects of virtual networks. */
export const networkObjects: InstanceTable = {
  Msvm_VirtualSwitch: ({ networks }) => networks().map(switchObject),
  Msvm_SwitchPort: (world) => portsOf(world).map(portObject),
  Msvm_VLANEndpoint: (world) => portsOf(world).map(endpointObject),
  Msvm_VLANEndpointSettingData: (world) => portsOf(world).map(vlanObject),
  Msvm_InternalEthernetPort: (world) => portsOf(world).flatMap((port) => internalPort(world.hostName, port)),
};

function switchObject({ id, name, notes, kind }: NetworkSummary): PropertySet {
  return {
    CreationClassName: systemClass,
    Name: id.toUpperCase(),
    ElementName: name,
    Caption: "Virtual Switch",
    Description: notes === "" ? `A virtual network of the kind ${kind}` : notes,
    EnabledState: 2,
    RequestedState: 12,
    HealthState: 5,
    OperationalStatus: [2],
    NumLearnableAddresses: learnableAddresses,
    MaxVMQOffloads: queuesOfNetwork,
    ScopeOfResidence: "",
  };
}

function portObject({ network, name, title, adapter, live }: WorldPort): PropertySet {
  return {
    ...accessKeys(portClass, network, name),
    ElementName: title,
    Caption: "Switch Port",
    EnabledState: live?.linkUp === true ? 2 : 3,
    ScopeOfResidence: "",
    VMQOffloadWeight: adapter?.configuration.vmqWeight ?? null,
    VMQOffloadUsage: live === null ? null : Number(live.queue),
    AllowMacSpoofing: adapter?.configuration.spoofing ?? null,
  };
}

function endpointObject({ network, name, title, vlan }: WorldPort): PropertySet {
  const mode = vlan.kind === "trunk" ? modes.trunk : modes.access;
  return {
    ...accessKeys(endpointClass, network, name),
    ElementName: title,
    Caption: "VLAN Endpoint",
    DesiredEndpointMode: mode,
    OperationalEndpointMode: mode,
  };
}

function accessKeys(className: string, network: NetworkSummary, Name: string): PropertySet {
  return {
    SystemCreationClassName: systemClass,
    SystemName: network.id.toUpperCase(),
    CreationClassName: className,
    Name,
  };
}

function vlanObject({ name, title, vlan }: WorldPort): PropertySet {
  return {
    InstanceID: vlanSettingId(name),
    ElementName: title,
    AccessVLAN: vlan.kind === "access" ? vlan.id : 0,
    NativeVLAN: vlan.kind === "trunk" ? vlan.native : 0,
    DefaultVLAN: 0,
    TrunkedVLANList: vlan.kind === "trunk" ? vlan.allowed : [],
  };
}

const internalClass = "Msvm_InternalEthernetPort";

function internalPort(host: string, { network, live }: WorldPort): readonly PropertySet[] {
  if (live?.holder.kind !== "management") return [];
  return [
    {
      SystemCreationClassName: "Msvm_ComputerSystem",
      SystemName: host,
      CreationClassName: internalClass,
      DeviceID: `Microsoft:${network.id.toUpperCase()}`,
      ElementName: network.name,
      Caption: "Internal Ethernet Port",
      EnabledState: live.linkUp ? 2 : 3,
      PermanentAddress: live.mac?.replaceAll("-", "") ?? null,
    },
  ];
}

/** Path of the management OS's adapter on a network. */
export function internalPortPath(host: string, network: NetworkSummary): string {
  return partPath(internalClass, host, ["DeviceID", `Microsoft:${network.id.toUpperCase()}`]);
}
