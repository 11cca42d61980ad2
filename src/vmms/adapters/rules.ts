import {
  type AdapterConfiguration,
  legacyAdapterLimit,
  type NetworkId,
  syntheticAdapterLimit,
} from "../../hvdef/index.ts";
import { bytesOfMac, isGroupAt, type MacAddress, parseMac } from "../../network/index.ts";
import { HvError, unreachable } from "../../support/index.ts";

/** The adapters of a machine; every place at most once. */
export type AdapterSet = readonly AdapterConfiguration[];

/** An adapter that has its address. */
export interface AddressedAdapter {
  readonly adapter: AdapterConfiguration;
  readonly mac: MacAddress;
}

type Place = Pick<AdapterConfiguration, "type" | "index">;

export const samePlace = (one: Place, other: Place): boolean =>
  one.type === other.type && one.index === other.index;

/** An adapter as Hyper-V makes it. */
export function usualAdapter(place: Place, network: NetworkId | null): AdapterConfiguration {
  const { type, index } = place;
  return {
    type,
    index,
    mac: null,
    staticMac: false,
    network,
    vlan: { kind: "untagged" },
    spoofing: false,
    mirroring: "none",
    vmqWeight: type === "synthetic" ? 100 : 0,
  };
}

/** The set with one more adapter. @throws HvError `adapter.*` */
export function withAdapter(set: AdapterSet, adapter: AdapterConfiguration): AdapterSet {
  const checked = checkAdapter(adapter);
  if (set.some((known) => samePlace(known, checked)))
    throw refused("adapter.taken", "There is an adapter at this place already.");
  return inOrder([...set, checked]);
}

/** The set without the adapter at a place. @throws HvError `adapter.none` */
export function withoutAdapter(set: AdapterSet, place: Place): AdapterSet {
  adapterAt(set, place);
  return set.filter((known) => !samePlace(known, place));
}

/** The set with an adapter as it is to be. @throws HvError `adapter.*` */
export function withChange(set: AdapterSet, wanted: AdapterConfiguration, power: "off" | "on"): AdapterSet {
  const before = adapterAt(set, wanted);
  const next = checkAdapter(wanted);
  if (power === "on" && (next.mac !== before.mac || next.staticMac !== before.staticMac))
    throw refused("adapter.running", "Turn the machine off before you change a MAC address.");
  return set.map((known) => (known === before ? next : known));
}

/** The set when a network is gone: its adapters are not connected. */
export function withoutNetwork(set: AdapterSet, network: NetworkId): AdapterSet {
  return set.map((known) => (known.network === network ? { ...known, network: null } : known));
}

/** @throws HvError `adapter.none` */
export function adapterAt(set: AdapterSet, place: Place): AdapterConfiguration {
  const adapter = set.find((known) => samePlace(known, place));
  if (adapter === undefined)
    throw refused("adapter.none", "There is no such network adapter in this machine.");
  return adapter;
}

/** The same adapter, its address in Hyper-V's form. @throws HvError `adapter.*` that says what is wrong with it */
export function checkAdapter(adapter: AdapterConfiguration): AdapterConfiguration {
  const { type, index, mac, staticMac, vmqWeight, vlan } = adapter;
  const limit = type === "synthetic" ? syntheticAdapterLimit : legacyAdapterLimit;
  if (!Number.isInteger(index) || index < 0 || index >= limit)
    throw refused("adapter.place", `A machine has at most ${limit} ${type} network adapters.`);
  if (staticMac && mac === null) throw refused("adapter.mac", "A static MAC address must be given.");
  const address = mac === null ? null : checkMac(mac);
  if (!Number.isInteger(vmqWeight) || vmqWeight < 0 || vmqWeight > 100)
    throw refused("adapter.weight", "The VMQ weight must be 0 to 100.");
  if (!vlanNumbers(vlan).every((id) => Number.isInteger(id) && id >= 1 && id <= 4094))
    throw refused("adapter.vlan", "A VLAN has a number of 1 to 4094.");
  return { ...adapter, mac: address };
}

/** The numbers that must be those of VLANs. A native VLAN of 0 is none. */
function vlanNumbers(vlan: AdapterConfiguration["vlan"]): readonly number[] {
  switch (vlan.kind) {
    case "untagged":
      return [];
    case "access":
      return [vlan.id];
    case "trunk":
      return vlan.native === 0 ? vlan.allowed : [vlan.native, ...vlan.allowed];
    default:
      return unreachable(vlan);
  }
}

/** @throws HvError `adapter.mac` */
export function checkMac(text: string): MacAddress {
  const mac = parseMac(text);
  if (mac === null)
    throw refused("adapter.mac", `${text} is no MAC address: write six pairs of digits, 00-15-5D-01-0A-03.`);
  const bytes = bytesOfMac(mac);
  if (isGroupAt(bytes, 0) || bytes.every((byte) => byte === 0))
    throw refused("adapter.mac", `${text} cannot be the address of one adapter.`);
  return mac;
}

/** Reads a set that was kept. @throws whatever is wrong with it */
export function parseAdapters(text: string): AdapterSet {
  const found = JSON.parse(text) as { format?: unknown; adapters?: unknown } | null;
  if (found?.format !== 1 || !Array.isArray(found.adapters)) throw new Error("its format is not known");
  return readAdapters(found.adapters);
}

/** Reads a set out of what was kept. @throws whatever is wrong with it */
export function readAdapters(found: readonly unknown[]): AdapterSet {
  return found.reduce<AdapterSet>((set, one) => withAdapter(set, parseAdapter(one)), []);
}

function parseAdapter(found: unknown): AdapterConfiguration {
  const one = (found ?? {}) as Record<string, unknown>;
  const { type, index, mac, staticMac, network, spoofing, mirroring, vmqWeight } = one;
  const sound =
    (type === "synthetic" || type === "legacy") &&
    typeof index === "number" &&
    (mac === null || typeof mac === "string") &&
    typeof staticMac === "boolean" &&
    (network === null || typeof network === "string") &&
    typeof spoofing === "boolean" &&
    (mirroring === "none" || mirroring === "source" || mirroring === "destination") &&
    typeof vmqWeight === "number";
  if (!sound) throw new Error("one of its adapters makes no sense");
  return {
    type,
    index,
    mac,
    staticMac,
    network: network as NetworkId | null,
    vlan: parseVlan(one["vlan"]),
    spoofing,
    mirroring,
    vmqWeight,
  };
}

function parseVlan(found: unknown): AdapterConfiguration["vlan"] {
  const { kind, id, native, allowed } = (found ?? {}) as Record<string, unknown>;
  if (kind === "untagged") return { kind };
  if (kind === "access" && typeof id === "number") return { kind, id };
  if (kind === "trunk" && typeof native === "number" && Array.isArray(allowed))
    return { kind, native, allowed: allowed.filter((one): one is number => typeof one === "number") };
  throw new Error("the VLAN of an adapter makes no sense");
}

function inOrder(set: AdapterSet): AdapterSet {
  return [...set].sort((a, b) => b.type.localeCompare(a.type) || a.index - b.index);
}

function refused(code: string, text: string): HvError {
  return new HvError(code, text, { hresult: 0x80070057 });
}
