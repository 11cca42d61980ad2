import type {
  AdapterConfiguration,
  NetworkConfiguration,
  NetworkId,
  NetworkSummary,
  NetworkTables,
  VmGuid,
} from "../hvdef/index.ts";
import type { NetworkHost } from "./host.ts";

/** Virtual networks and the adapters of machines, as scripts use them. Calls reject with a sentence. */
export interface AutomationNetworks {
  /** As they are now. */
  list(): Promise<readonly NetworkSummary[]>;
  create(wanted: Omit<NetworkConfiguration, "id">): Promise<NetworkId>;
  change(network: NetworkConfiguration): Promise<void>;
  remove(network: NetworkId): Promise<void>;
  connectUplink(network: NetworkId): Promise<void>;
  disconnectUplink(network: NetworkId): Promise<void>;
  tables(network: NetworkId): Promise<NetworkTables>;
  ping(network: NetworkId, address: string, count: number): Promise<readonly (number | null)[]>;
  startCapture(network: NetworkId, port: number | null): Promise<void>;
  stopCapture(network: NetworkId): Promise<void>;
  readCapture: NetworkHost["readCapture"];
  saveCapture(network: NetworkId, fileName: string): Promise<void>;
  /** Lets guests fetch it as `http://host/files/NAME`, until the page is closed. */
  share(network: NetworkId, name: string, contents: Blob | Uint8Array<ArrayBuffer>): Promise<void>;
  unshare(network: NetworkId, name: string): Promise<void>;
  addAdapter(vm: string, adapter: AdapterConfiguration): Promise<void>;
  removeAdapter(vm: string, type: AdapterConfiguration["type"], index: number): Promise<void>;
  changeAdapter(vm: string, adapter: AdapterConfiguration): Promise<void>;
  adapters(vm: string): readonly AdapterConfiguration[];
}

/** What of a machine scripts go by. */
export interface NamedMachine {
  readonly id: VmGuid;
  readonly adapters: readonly AdapterConfiguration[];
}

/** Builds the object. @param find  the machine of a name, or throws */
export function automationNetworks(
  host: NetworkHost,
  find: (name: string) => NamedMachine,
): AutomationNetworks {
  /** The next sample after this moment: the one at hand may be old. */
  function list(): Promise<readonly NetworkSummary[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly NetworkSummary[]>();
    const before = host.networks.value;
    const stopWatching = host.watch();
    const stopLooking = host.networks.subscribe((sample) => {
      if (sample !== null && sample !== before) resolve(sample.networks);
    });
    const stopTrouble = host.trouble.subscribe((trouble) => {
      if (trouble !== null) reject(new Error(trouble));
    });
    return promise.finally(() => {
      stopLooking();
      stopTrouble();
      stopWatching();
    });
  }
  return {
    list,
    create: host.create,
    change: host.change,
    remove: host.remove,
    connectUplink: host.connectUplink,
    disconnectUplink: host.disconnectUplink,
    tables: host.tables,
    ping: host.ping,
    startCapture: host.startCapture,
    stopCapture: host.stopCapture,
    readCapture: host.readCapture,
    saveCapture: host.saveCapture,
    share: host.share,
    unshare: host.unshare,
    addAdapter: async (vm, adapter) => host.addAdapter(find(vm).id, adapter),
    removeAdapter: async (vm, type, index) => host.removeAdapter(find(vm).id, type, index),
    changeAdapter: async (vm, adapter) => host.changeAdapter(find(vm).id, adapter),
    adapters: (vm) => find(vm).adapters,
  };
}
