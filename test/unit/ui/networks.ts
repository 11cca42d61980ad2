import { signal } from "@preact/signals";
import type {
  AdapterConfiguration,
  NetworkId,
  NetworkSummary,
  PortSummary,
  VmGuid,
} from "../../../src/hvdef/index.ts";
import type { NetworkHost } from "../../../src/ui/host.ts";

export const networkId = (name: string): NetworkId => name as NetworkId;

/** A private network without ports where nothing else is said. Its id is its name. */
export function network(name: string, more: Partial<NetworkSummary> = {}): NetworkSummary {
  return {
    id: networkId(name),
    name,
    notes: "",
    kind: "private",
    uplink: null,
    management: null,
    uplinkState: { kind: "none", text: "" },
    ports: [],
    capture: null,
    direct: [],
    ...more,
  };
}

/** A port of the management OS, idle and up, where nothing else is said. */
export function port(id: number, more: Partial<PortSummary> = {}): PortSummary {
  return {
    id,
    holder: { kind: "management" },
    mac: null,
    vlan: { kind: "untagged" },
    linkUp: true,
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    dropped: 0,
    queue: false,
    ...more,
  };
}

/** Who holds a port of a machine. */
export function machine(name: string): PortSummary["holder"] {
  return { kind: "machine", vm: name as VmGuid, name, adapter: "Network Adapter" };
}

/** An adapter as it is when nothing was chosen. */
export function adapter(more: Partial<AdapterConfiguration> = {}): AdapterConfiguration {
  return {
    type: "synthetic",
    index: 0,
    mac: null,
    staticMac: false,
    network: null,
    vlan: { kind: "untagged" },
    spoofing: false,
    mirroring: "none",
    vmqWeight: 100,
    ...more,
  };
}

/** Networks that do what they are asked at once, and change nothing. */
export function quietNetworks(
  networks: readonly NetworkSummary[] = [],
  more: Partial<NetworkHost> = {},
): NetworkHost {
  const nothing = () => Promise.resolve();
  return {
    networks: signal({ at: 0, networks }),
    trouble: signal(null),
    watch: () => () => {},
    create: () => Promise.resolve(networkId("new")),
    change: nothing,
    remove: nothing,
    connectUplink: nothing,
    disconnectUplink: nothing,
    tables: () => Promise.resolve({ addresses: [], leases: [], notices: [], dropped: [], files: [] }),
    ping: () => Promise.resolve([]),
    startCapture: nothing,
    stopCapture: nothing,
    readCapture: () => Promise.resolve([]),
    saveCapture: nothing,
    share: nothing,
    unshare: nothing,
    addAdapter: nothing,
    removeAdapter: nothing,
    changeAdapter: nothing,
    ...more,
  };
}
