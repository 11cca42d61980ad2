import type { AdapterConfiguration, VmGuid } from "../../hvdef/index.ts";
import type { MacAddress } from "../../network/index.ts";
import { HvError } from "../../support/index.ts";
import type { VirtualNetworks } from "../networks/networks.ts";
import { type AdapterSet, checkMac, samePlace, withAdapter, withChange, withoutAdapter } from "./rules.ts";
import type { AdapterEnd } from "./services.ts";

/** An adapter that has its address. */
export interface AddressedAdapter {
  readonly adapter: AdapterConfiguration;
  readonly mac: MacAddress;
}

/** The adapters of one machine. Changes reject with HvError `adapter.*` or `network.*`. */
export interface MachineAdapters {
  set(): AdapterSet;
  /** Every adapter with its MAC address; dynamic ones get theirs with the first start and keep it. */
  prepare(): Promise<readonly AddressedAdapter[]>;
  /** The machine has these ends now: plugs them in where they belong. */
  plugIn(ends: readonly AdapterEnd[]): void;
  /** The machine ends: every adapter is unplugged. */
  unplugAll(): void;
  add(adapter: AdapterConfiguration): Promise<void>;
  remove(place: Pick<AdapterConfiguration, "type" | "index">): Promise<void>;
  change(adapter: AdapterConfiguration): Promise<void>;
}

/** What the adapters need of their machine. */
export interface AdaptersOf {
  readonly vm: VmGuid;
  readonly name: string;
  readonly networks: Pick<VirtualNetworks, "plug" | "unplug">;
  /** A MAC address from the host's range that no adapter has. */
  newMac(): MacAddress;
  isOff(): boolean;
  /** The set should be so again after a reload. */
  keep(set: AdapterSet): Promise<void>;
  changed(): void;
}

/** Takes the adapters of a machine under management. */
export function openMachineAdapters(first: AdapterSet, machine: AdaptersOf): MachineAdapters {
  let set = first;
  let ends: readonly AdapterEnd[] = [];

  async function adopt(next: AdapterSet): Promise<void> {
    await machine.keep(next);
    set = next;
    machine.changed();
  }
  function needOff(): void {
    if (!machine.isOff())
      throw new HvError("adapter.running", `Turn ${machine.name} off before you add or remove an adapter.`);
  }
  function plug(end: AdapterEnd, adapter: AdapterConfiguration): void {
    machine.networks.plug({
      vm: machine.vm,
      name: machine.name,
      adapter,
      mac: end.mac,
      sink: end.sink,
      connect: end.connect,
    });
  }

  return {
    set: () => set,
    async prepare() {
      const next = set.map((adapter) =>
        adapter.mac === null ? { ...adapter, mac: machine.newMac() } : adapter,
      );
      if (next.some((adapter, place) => adapter !== set[place])) await adopt(next);
      return set.map((adapter) => ({ adapter, mac: checkMac(adapter.mac ?? "") }));
    },
    plugIn(all) {
      ends = all;
      for (const end of all) plug(end, end.adapter);
    },
    unplugAll() {
      for (const { adapter } of ends) machine.networks.unplug(machine.vm, adapter);
      ends = [];
    },
    async add(adapter) {
      needOff();
      await adopt(withAdapter(set, adapter));
    },
    async remove(place) {
      needOff();
      await adopt(withoutAdapter(set, place));
    },
    async change(adapter) {
      await adopt(withChange(set, adapter, machine.isOff() ? "off" : "on"));
      const end = ends.find((one) => samePlace(one.adapter, adapter));
      if (end === undefined) return;
      machine.networks.unplug(machine.vm, adapter);
      plug(end, adapter);
    },
  };
}
