import type { AdapterConfiguration, NetworkSummary, VmGuid } from "../hvdef/index.ts";
import type { NetworkHost } from "./host.ts";

/** What scripts call as views do. */
type SharedCalls = Omit<
  NetworkHost,
  "networks" | "trouble" | "watch" | "addAdapter" | "removeAdapter" | "changeAdapter"
>;

/** Virtual networks and the adapters of machines, as scripts use them. Calls reject with a sentence. */
export interface AutomationNetworks extends SharedCalls {
  /** As they are now. */
  list(): Promise<readonly NetworkSummary[]>;
  adapters(vm: string): readonly AdapterConfiguration[];
  addAdapter(vm: string, adapter: AdapterConfiguration): Promise<void>;
  removeAdapter(vm: string, type: AdapterConfiguration["type"], index: number): Promise<void>;
  changeAdapter(vm: string, adapter: AdapterConfiguration): Promise<void>;
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
  const { networks, trouble, watch, ...calls } = host;

  /** What is known at this moment may be old, and so may be a trouble: what comes next counts. */
  function list(): Promise<readonly NetworkSummary[]> {
    const before = { sample: networks.value, trouble: trouble.value };
    const ends: (() => void)[] = [];
    const next = new Promise<readonly NetworkSummary[]>((resolve, reject) => {
      ends.push(
        networks.subscribe((sample) => {
          if (sample !== null && sample !== before.sample) resolve(sample.networks);
        }),
        trouble.subscribe((text) => {
          if (text !== null && text !== before.trouble) reject(new Error(text));
        }),
        watch(),
      );
    });
    return next.finally(() => {
      for (const end of ends) end();
    });
  }
  return {
    ...calls,
    list,
    adapters: (vm) => find(vm).adapters,
    addAdapter: async (vm, adapter) => host.addAdapter(find(vm).id, adapter),
    removeAdapter: async (vm, type, index) => host.removeAdapter(find(vm).id, type, index),
    changeAdapter: async (vm, adapter) => host.changeAdapter(find(vm).id, adapter),
  };
}
