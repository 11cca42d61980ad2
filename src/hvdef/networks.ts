import type { Brand } from "../support/index.ts";
import type { VmGuid } from "./ids.ts";

/** Names a virtual network of one host. Stable over reloads. */
export type NetworkId = Brand<string, "NetworkId">;

/** Limits of a machine and of a network. @wmi Msvm_VirtualSwitch */
export const syntheticAdapterLimit = 8;
export const legacyAdapterLimit = 4;
export const learnableAddresses = 1024;
/** Bytes of the files that all networks of a host share with their guests together: they stay in memory. */
export const sharedFileBytes = 64 * 2 ** 20;

/** Addresses are dotted text here. */
export interface ManagementAddress {
  readonly address: string;
  /** Bits of the network, 8 to 30. */
  readonly prefix: number;
}

/** What the management OS does on an internal or external network. Hyper-V has none of it: the page says so. */
export interface ManagementServices {
  /** `null`: no DHCP server. Both ends lie in the network; the management OS's own address is never given away. */
  readonly dhcp: { readonly from: string; readonly to: string; readonly leaseSeconds: number } | null;
  /** Names of the machines are answered under it, `web01.tabvisor`. */
  readonly domain: string;
  /** Serves the lab's files at port 80. */
  readonly http: boolean;
  readonly ntp: boolean;
}

/** How an external network leaves the tab. @wmi Msvm_ExternalEthernetPort */
export type UplinkConfiguration =
  /** All tabs of this site that use the same segment name. */
  | { readonly kind: "tabLan"; readonly segment: string }
  /** Ethernet frames over a WebSocket. */
  | { readonly kind: "relay"; readonly address: string }
  /** Streams to a user's own Wisp server, with address translation. */
  | { readonly kind: "wisp"; readonly address: string }
  /** HTTP of the guests through the browser. */
  | { readonly kind: "webGateway" };

/** What a virtual network is configured to be. */
export interface NetworkConfiguration {
  readonly id: NetworkId;
  /** Unique without regard to case. */
  readonly name: string;
  readonly notes: string;
  readonly kind: "private" | "internal" | "external";
  /** External networks only. Nothing is connected before `connectUplink`. */
  readonly uplink: UplinkConfiguration | null;
  /** The adapter of the management OS; `null` on private networks, and on external ones that are not shared. */
  readonly management: {
    readonly address: ManagementAddress;
    /** 0 is untagged, else 1 to 4094. */
    readonly vlan: number;
    readonly services: ManagementServices;
  } | null;
}

/** How an adapter takes part in VLANs. @cmdlet Set-VMNetworkAdapterVlan */
export type AdapterVlan =
  | { readonly kind: "untagged" }
  | { readonly kind: "access"; readonly id: number }
  | { readonly kind: "trunk"; readonly native: number; readonly allowed: readonly number[] };

/** A network adapter of a machine. @wmi Msvm_SyntheticEthernetPortSettingData, Msvm_EmulatedEthernetPortSettingData */
export interface AdapterConfiguration {
  readonly type: "synthetic" | "legacy";
  /** 0 to 7 synthetic, 0 to 3 legacy. */
  readonly index: number;
  /** `00-15-5D-01-0A-03`; `null`: taken from the host's range at the first start and kept. */
  readonly mac: string | null;
  /** `true`: {@link mac} was chosen by a person. */
  readonly staticMac: boolean;
  /** `null`: not connected. */
  readonly network: NetworkId | null;
  readonly vlan: AdapterVlan;
  /** It may send from other addresses than its own. */
  readonly spoofing: boolean;
  readonly mirroring: "none" | "source" | "destination";
  /** 0 to 100; 0 is never. @wmi Msvm_SwitchPort.VMQOffloadWeight */
  readonly vmqWeight: number;
}

/** Kinds of adapters as titles, as Hyper-V Manager has them. */
export const adapterTitles: { readonly [T in AdapterConfiguration["type"]]: string } = {
  synthetic: "Network Adapter",
  legacy: "Legacy Network Adapter",
};

/** What a person calls an adapter among those of its machine: "Network Adapter", "Legacy Network Adapter 2". */
export function adapterTitle({ type, index }: Pick<AdapterConfiguration, "type" | "index">): string {
  const title = adapterTitles[type];
  return index === 0 ? title : `${title} ${index + 1}`;
}

/** A port of a network as it is now. Counters grow only. */
export interface PortSummary {
  readonly id: number;
  readonly holder:
    | { readonly kind: "machine"; readonly vm: VmGuid; readonly name: string; readonly adapter: string }
    | { readonly kind: "management" }
    | { readonly kind: "uplink"; readonly name: string };
  readonly mac: string | null;
  readonly vlan: AdapterVlan;
  readonly linkUp: boolean;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly dropped: number;
  /** Frames for it come past the switch, by a queue of its own. */
  readonly queue: boolean;
}

/** What has gone past the switch between two ports since both were plugged in. Counters grow only. */
export interface DirectPath {
  /** The ports' ids. */
  readonly from: number;
  readonly to: number;
  readonly frames: number;
  readonly bytes: number;
}

/** A network as it is now. */
export interface NetworkSummary extends NetworkConfiguration {
  readonly uplinkState: {
    readonly kind: "none" | "closed" | "connecting" | "up" | "lost";
    /** A sentence when there is something to say. */
    readonly text: string;
  };
  readonly ports: readonly PortSummary[];
  /** The capture that runs: of one port or (`null`) of all, since when (milliseconds since 1970). `null`: none runs. */
  readonly capture: { readonly port: number | null; readonly since: number } | null;
  /** Frames that went past the switch, straight into the queue of their target. The ports' counters hold them too. */
  readonly direct: readonly DirectPath[];
}

/** What the switch has learned, and what the management OS has given away. */
export interface NetworkTables {
  readonly addresses: readonly {
    readonly mac: string;
    readonly vlan: number;
    readonly port: number;
    readonly ageSeconds: number;
  }[];
  readonly leases: readonly {
    readonly address: string;
    readonly mac: string;
    readonly name: string;
    readonly secondsLeft: number;
  }[];
  /** Answers of others that the host should know of: a second DHCP server, an address taken twice. */
  readonly notices: readonly string[];
  /** What the uplink dropped or refused since it was made, a sentence each with its count at the end. */
  readonly dropped: readonly string[];
  /** What guests may fetch from the management OS's web server under `/files/`, by name. */
  readonly files: readonly SharedFile[];
}

/** A file that the visitor shares with the guests of a network. It lasts as long as the page. */
export interface SharedFile {
  readonly name: string;
  readonly bytes: number;
}

/** One captured frame, decoded. */
export interface CapturedFrame {
  /** Grows by one. */
  readonly sequence: number;
  /** Microseconds since 1970. */
  readonly at: number;
  readonly port: number;
  readonly direction: "in" | "out";
  readonly length: number;
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly text: string;
}

/** Main → parent: virtual networks and adapters. @throws HvError with the way out */
export interface NetworkSession {
  listNetworks(): Promise<readonly NetworkSummary[]>;
  createNetwork(wanted: Omit<NetworkConfiguration, "id">): Promise<NetworkId>;
  changeNetwork(network: NetworkConfiguration): Promise<void>;
  /** Ports that are plugged in are unplugged: their adapters are not connected afterwards. */
  removeNetwork(network: NetworkId): Promise<void>;
  connectUplink(network: NetworkId): Promise<void>;
  disconnectUplink(network: NetworkId): Promise<void>;
  networkTables(network: NetworkId): Promise<NetworkTables>;
  /** From the management OS. Answers the microseconds of each echo, `null` for one that did not come. */
  ping(network: NetworkId, address: string, count: number): Promise<readonly (number | null)[]>;
  startCapture(network: NetworkId, port: number | null): Promise<void>;
  stopCapture(network: NetworkId): Promise<void>;
  /** Frames after `sequence` that match, the first `limit` of them. @throws HvError with the position of a mistake */
  readCapture(
    network: NetworkId,
    wanted: { readonly after: number; readonly limit: number; readonly filter: string },
  ): Promise<readonly CapturedFrame[]>;
  /** Everything captured, as pcapng. */
  saveCapture(network: NetworkId): Promise<Uint8Array<ArrayBuffer>>;
  /** Lets guests fetch a file. It is kept in memory; one of the same name is replaced. */
  shareFile(network: NetworkId, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  unshareFile(network: NetworkId, name: string): Promise<void>;
  /** Adds an adapter; only while the machine is off. */
  addAdapter(vm: VmGuid, adapter: AdapterConfiguration): Promise<void>;
  removeAdapter(vm: VmGuid, type: AdapterConfiguration["type"], index: number): Promise<void>;
  /** Network, VLAN, spoofing, mirroring and weight also while it runs; the address only when it is off. */
  changeAdapter(vm: VmGuid, adapter: AdapterConfiguration): Promise<void>;
}
