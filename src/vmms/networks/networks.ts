import type { NetworkConfiguration, NetworkId, NetworkSession, NetworkSummary } from "../../hvdef/index.ts";
import { HvError, reasonOf } from "../../support/index.ts";
import { type KeepingSurroundings, openKeptNetworks } from "./kept-networks.ts";
import { type LiveNetwork, type NetworkSurroundings, openLiveNetwork, type Plug } from "./live-network.ts";
import { checkNetwork } from "./rules.ts";
import { type UplinkSources, wayOutOf } from "./uplinks.ts";

/** What the networks need of their host. */
export interface NetworksSurroundings
  extends Omit<NetworkSurroundings, "openWayOut" | "log" | "sharedMemory" | "newNumber">,
    KeepingSurroundings {
  readonly uplinks: UplinkSources;
  /** A name that no other network has, for a new one. */
  newId(): string;
}

/** What a client asks of networks; adapters are the machines' part. */
type NetworkCalls = Omit<NetworkSession, "addAdapter" | "removeAdapter" | "changeAdapter">;

/** The virtual networks of one host. */
export interface VirtualNetworks extends Disposable {
  readonly session: NetworkCalls;
  list(): readonly NetworkSummary[];
  /** Plugs an adapter in where its configuration says. One whose network is gone stays unconnected. */
  plug(plug: Plug): void;
  /** Unplugs an adapter from wherever it is. */
  unplug: LiveNetwork["unplug"];
  /** Waits until what was changed last holds for frames past the switches as well. */
  settled(): Promise<void>;
  tick(): void;
}

/** The network that a host begins with. */
const firstNetwork: NetworkConfiguration = {
  id: "7ab71502-0000-4000-8000-0000000000e1" as NetworkId,
  name: "Internal",
  notes: "",
  kind: "internal",
  uplink: null,
  management: {
    address: { address: "192.168.77.1", prefix: 24 },
    vlan: 0,
    services: {
      dhcp: { from: "192.168.77.100", to: "192.168.77.199", leaseSeconds: 86_400 },
      domain: "tabvisor",
      http: true,
      ntp: true,
    },
  },
};

/** The network that stock machines are plugged into. */
export const firstNetworkId = firstNetwork.id;

/** Opens the networks that were kept, or the first one. */
export async function openNetworks(around: NetworksSurroundings): Promise<VirtualNetworks> {
  const networks = new Map<NetworkId, LiveNetwork>();
  let lastNumber = 0;
  const parts: NetworkSurroundings = {
    ...around,
    newNumber: () => ++lastNumber,
    log: around.tell,
    sharedMemory: { used: 0 },
    openWayOut: (configuration) =>
      wayOutOf(configuration, { ...around, sources: around.uplinks, log: around.tell }),
  };
  const kept = openKeptNetworks(around);
  const closed: NetworkConfiguration[] = [];
  for (const configuration of (await kept.load()) ?? [firstNetwork]) {
    try {
      networks.set(configuration.id, openLiveNetwork(configuration, parts));
    } catch (failure) {
      closed.push(configuration);
      around.tell("warning", `The network ${configuration.name} cannot be opened. ${reasonOf(failure)}`);
    }
  }
  // Kept beside, so that the next change of a network does not lose them.
  if (closed.length > 0) await kept.putAside(closed).catch(() => {});

  const configurations = (): readonly NetworkConfiguration[] =>
    [...networks.values()].map((network) => network.configuration);
  const keep = (): Promise<void> => kept.save(configurations);
  function find(id: NetworkId): LiveNetwork {
    const network = networks.get(id);
    if (network === undefined) throw new HvError("network.unknown", "There is no such network on this host.");
    return network;
  }

  const session: NetworkCalls = {
    listNetworks: async () => [...networks.values()].map((network) => network.summary()),
    async createNetwork(wanted) {
      checkNetwork(wanted, configurations());
      const configuration = { ...wanted, name: wanted.name.trim(), id: around.newId() as NetworkId };
      const network = openLiveNetwork(configuration, parts);
      networks.set(configuration.id, network);
      try {
        await keep();
      } catch (failure) {
        networks.delete(configuration.id);
        network[Symbol.dispose]();
        throw failure;
      }
      return configuration.id;
    },
    async changeNetwork(wanted) {
      const network = find(wanted.id);
      const before = network.configuration;
      checkNetwork(
        wanted,
        configurations().filter(({ id }) => id !== wanted.id),
      );
      const next = { ...wanted, name: wanted.name.trim() };
      network.change(next);
      try {
        await keep();
      } catch (failure) {
        // Unless it was changed again meanwhile.
        if (network.configuration === next) network.change(before);
        throw failure;
      }
    },
    async removeNetwork(id) {
      const network = find(id);
      networks.delete(id);
      try {
        await keep();
      } catch (failure) {
        networks.set(id, network);
        throw failure;
      }
      network[Symbol.dispose]();
      await network.settled();
    },
    connectUplink: async (id) => find(id).connectUplink(),
    disconnectUplink: async (id) => find(id).disconnectUplink(),
    networkTables: async (id) => find(id).tables(),
    ping: async (id, address, count) => find(id).ping(address, count),
    async startCapture(id, port) {
      find(id).startCapture(port);
      await find(id).settled();
    },
    stopCapture: async (id) => find(id).stopCapture(),
    readCapture: async (id, wanted) => find(id).readCapture(wanted),
    saveCapture: async (id) => find(id).saveCapture(),
    shareFile: async (id, name, bytes) => find(id).files.share(name, bytes),
    unshareFile: async (id, name) => find(id).files.unshare(name),
  };

  return {
    session,
    list: () => [...networks.values()].map((network) => network.summary()),
    plug(plug) {
      const id = plug.adapter.network;
      if (id !== null) networks.get(id)?.plug(plug);
    },
    unplug(vm, adapter) {
      for (const network of networks.values()) network.unplug(vm, adapter);
    },
    async settled() {
      await Promise.all([...networks.values()].map((network) => network.settled()));
    },
    tick() {
      for (const network of networks.values()) network.tick();
    },
    [Symbol.dispose]() {
      for (const network of networks.values()) network[Symbol.dispose]();
      networks.clear();
    },
  };
}
