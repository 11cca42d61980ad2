import type { AdapterConfiguration, NetworkId, QueueCalls, VmGuid } from "../../hvdef/index.ts";
import type { MacAddress } from "../../network/index.ts";
import { HvError, openTurns } from "../../support/index.ts";
import type { VirtualNetworks } from "../networks/networks.ts";
import type { StraightEnd } from "../networks/straight-paths.ts";
import { savedError } from "../saved/locked.ts";
import {
  type AdapterSet,
  type AddressedAdapter,
  adapterAt,
  checkMac,
  samePlace,
  withAdapter,
  withChange,
  withoutAdapter,
  withoutNetwork,
} from "./rules.ts";
import type { AdapterEnd } from "./services.ts";

/** The adapters of one machine. Changes reject with HvError `adapter.*` or `network.*`. */
export interface MachineAdapters {
  set(): AdapterSet;
  /** Every adapter with its MAC address; dynamic ones get theirs with the first start and keep it. */
  prepare(): Promise<readonly AddressedAdapter[]>;
  /** The machine has these ends and this worker process now: plugs them in where they belong. */
  plugIn(ends: readonly AdapterEnd[], worker: QueueCalls): void;
  /** The machine ends: every adapter is unplugged. */
  unplugAll(): void;
  /** The machine stands still and is saved, or goes on. Settles when no frame goes past the switch. */
  hold(still: boolean): Promise<void>;
  add(adapter: AdapterConfiguration): Promise<void>;
  remove(place: Pick<AdapterConfiguration, "type" | "index">): Promise<void>;
  change(adapter: AdapterConfiguration): Promise<void>;
  /** A network was removed, and with it the ports: its adapters are not connected from now on. */
  networkGone(network: NetworkId): Promise<void>;
}

/** What the adapters need of their machine. */
export interface AdaptersOf {
  readonly vm: VmGuid;
  readonly name: string;
  readonly networks: Pick<VirtualNetworks, "plug" | "unplug" | "settled">;
  /** A MAC address from the host's range that no adapter has. */
  newMac(): MacAddress;
  isOff(): boolean;
  isSaved(): boolean;
  /** The set should be so again after a reload. */
  keep(set: AdapterSet): Promise<void>;
  changed(): void;
}

/** An end with what it needs for frames past the switch. */
interface PluggedEnd extends AdapterEnd {
  readonly straightEnd: StraightEnd | null;
}

/** Takes the adapters of a machine under management. */
export function openMachineAdapters(first: AdapterSet, machine: AdaptersOf): MachineAdapters {
  let set = first;
  let ends: readonly PluggedEnd[] = [];
  /** One change at a time: each sees what the one before has made. */
  const turns = openTurns();

  function take(next: AdapterSet): void {
    set = next;
    machine.changed();
  }
  async function adopt(next: AdapterSet): Promise<void> {
    await machine.keep(next);
    take(next);
  }
  function needOff(): void {
    needNotSaved();
    if (!machine.isOff())
      throw new HvError("adapter.running", `Turn ${machine.name} off before you add or remove an adapter.`);
  }
  function needNotSaved(): void {
    if (machine.isSaved()) throw savedError(machine.name, "network adapters");
  }
  function plug(end: PluggedEnd, adapter: AdapterConfiguration): void {
    machine.networks.plug({
      vm: machine.vm,
      name: machine.name,
      adapter,
      mac: end.mac,
      sink: end.sink,
      straight: end.straightEnd,
      connect: end.connect,
    });
  }
  /** Plugs an adapter in anew. Where it cannot be plugged in, it is as it was. */
  function replug(end: PluggedEnd, before: AdapterConfiguration, next: AdapterConfiguration): void {
    machine.networks.unplug(machine.vm, before);
    try {
      plug(end, next);
    } catch (failure) {
      plug(end, before);
      throw failure;
    }
  }

  return {
    set: () => set,
    async prepare() {
      await turns.take(async () => {
        const next = set.map((adapter) =>
          adapter.mac === null ? { ...adapter, mac: machine.newMac() } : adapter,
        );
        if (next.some((adapter, place) => adapter !== set[place])) await adopt(next);
      });
      return set.map((adapter) => ({ adapter, mac: checkMac(adapter.mac ?? "") }));
    },
    plugIn(all, worker) {
      ends = all.map((end) => {
        const { straight } = end;
        return { ...end, straightEnd: straight === null ? null : { adapter: straight, worker } };
      });
      // It may have been changed since the ends were made.
      for (const end of ends) plug(end, adapterAt(set, end.adapter));
    },
    unplugAll() {
      for (const { adapter } of ends) machine.networks.unplug(machine.vm, adapter);
      ends = [];
    },
    async hold(still) {
      for (const end of ends) end.hold(still);
      await machine.networks.settled();
    },
    add: (adapter) =>
      turns.take(async () => {
        needOff();
        await adopt(withAdapter(set, adapter));
      }),
    remove: (place) =>
      turns.take(async () => {
        needOff();
        await adopt(withoutAdapter(set, place));
      }),
    change: (wanted) =>
      turns.take(async () => {
        needNotSaved();
        const isOff = machine.isOff();
        const next = withChange(set, wanted, isOff ? "off" : "on");
        if (isOff) return adopt(next);
        const end = ends.find((one) => samePlace(one.adapter, wanted));
        if (end !== undefined) replug(end, adapterAt(set, wanted), adapterAt(next, wanted));
        // What a running machine has got is so, whether it lasts or not.
        take(next);
        await machine.keep(next);
        await machine.networks.settled();
      }),
    networkGone: (network) =>
      turns.take(async () => {
        if (!set.some((adapter) => adapter.network === network)) return;
        take(withoutNetwork(set, network));
        await machine.keep(set);
      }),
  };
}
