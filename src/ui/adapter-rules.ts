import {
  type AdapterConfiguration,
  adapterTitle,
  legacyAdapterLimit,
  type NetworkSummary,
  type PortSummary,
  syntheticAdapterLimit,
  type VmGuid,
} from "../hvdef/index.ts";
import { lockWords, offOnlyRefusal, phaseOf, type Refusal } from "./drive-rules.ts";
import type { VmView } from "./host.ts";
import { networkName } from "./network-words.ts";
import { vlanWords } from "./vlan-text.ts";

/** What the rules ask about a machine. */
export type AdapterOwner = Pick<VmView, "state" | "adapters">;

type Adapter = AdapterConfiguration;
type AdapterType = Adapter["type"];

const limits: { readonly [T in AdapterType]: number } = {
  synthetic: syntheticAdapterLimit,
  legacy: legacyAdapterLimit,
};

/** What a guest needs for an adapter of a kind. */
export const adapterNeeds: { readonly [T in AdapterType]: string } = {
  synthetic: "needs the guest's VMBus driver, hv_netvsc in Linux; nothing happens before it is loaded. Fast.",
  legacy: "an emulated NE2000 card, ne2k-pci in Linux; works without integration services. Slow.",
};

/** Adapters in the order of the settings: synthetic before legacy, each by index. */
export function adapterRows(owner: AdapterOwner): readonly Adapter[] {
  const rank = (adapter: Adapter): number => (adapter.type === "synthetic" ? 0 : 100) + adapter.index;
  return owner.adapters.toSorted((one, other) => rank(one) - rank(other));
}

/** The lowest free index of a kind; `null` when there is none. */
export function freeIndex(owner: AdapterOwner, type: AdapterType): number | null {
  const taken = new Set(owner.adapters.filter((one) => one.type === type).map(({ index }) => index));
  for (let index = 0; index < limits[type]; index += 1) if (!taken.has(index)) return index;
  return null;
}

/** Whether adapters may come and go now: only while the machine is off. */
export function plugRefusal(owner: AdapterOwner): Refusal {
  return offOnlyRefusal(owner.state, "Adapters are added and removed");
}

/** Whether an adapter of a kind can be added now. */
export function addAdapterRefusal(owner: AdapterOwner, type: AdapterType): Refusal {
  if (freeIndex(owner, type) === null) {
    const words = type === "synthetic" ? "network adapters" : "legacy network adapters";
    return `A machine has at most ${limits[type]} ${words}.`;
  }
  return plugRefusal(owner);
}

/** Whether an adapter may be given another network, VLAN and the like now: whenever the machine stands still. */
export function changeAdapterRefusal(owner: AdapterOwner): Refusal {
  return lockWords(owner.state);
}

/** Whether the address of an adapter may change now. */
export function macRefusal(owner: AdapterOwner): Refusal {
  return owner.state === "off" ? null : "The address changes only while the machine is off.";
}

/** The port an adapter is plugged into, as its network knows it; `null` while it is in none. */
export function portOf(
  owner: Pick<VmView, "id">,
  adapter: Adapter,
  networks: readonly NetworkSummary[],
): PortSummary | null {
  const network = networks.find(({ id }) => id === adapter.network);
  const own =
    network?.ports.filter(({ holder }) => holder.kind === "machine" && holder.vm === owner.id) ?? [];
  return own.find(({ mac }) => mac !== null && mac === adapter.mac) ?? null;
}

/** A machine as far as the addresses of its adapters go. */
export type AddressOwner = Pick<VmView, "id" | "name" | "adapters">;

/**
 * Who else has an address on a network, running or not; `null`: nobody, or there is no network.
 *
 * @param self  the adapter that asks, and its machine
 */
export function addressHolder(
  mac: string,
  network: Pick<NetworkSummary, "id" | "ports"> | null,
  around: {
    readonly vms: readonly AddressOwner[];
    readonly self: { readonly vm: VmGuid; readonly adapter: Adapter };
  },
): string | null {
  if (network === null) return null;
  const { vm: own, adapter } = around.self;
  for (const vm of around.vms)
    for (const one of vm.adapters) {
      const isSelf = vm.id === own && one.type === adapter.type && one.index === adapter.index;
      if (!isSelf && one.network === network.id && one.mac === mac)
        return `${adapterTitle(one)} of ${vm.name}`;
    }
  const host = network.ports.find((port) => port.mac === mac && port.holder.kind === "management");
  return host === undefined ? null : "The management OS";
}

/** Whether the guest sees a link, in words. */
export function linkWords(owner: AdapterOwner, adapter: Adapter, port: PortSummary | null): string {
  if (adapter.network === null) return "not plugged in";
  if (phaseOf(owner.state) === "off") return "the machine is off";
  if (port === null) return adapter.type === "synthetic" ? "no driver has opened it" : "no link";
  return port.linkUp ? "link up" : "link down";
}

/** The adapters in one line, for a panel that is closed. @param networks  `null` while they are not known */
export function adaptersInShort(owner: AdapterOwner, networks: readonly NetworkSummary[] | null): string {
  const words = adapterRows(owner).map((adapter) => {
    const kind = adapter.type === "legacy" ? "legacy: " : "";
    if (adapter.network === null) return `${kind}not connected`;
    const place = networks === null ? "plugged in" : networkName(networks, adapter.network);
    const vlan = adapter.vlan.kind === "untagged" ? "" : ` (${vlanWords(adapter.vlan)})`;
    return `${kind}${place}${vlan}`;
  });
  return words.length === 0 ? "none" : words.join(", ");
}
