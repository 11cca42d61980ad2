import type { InspectNode } from "../../support/index.ts";
import { type MacAddress, macFrom } from "../frame/index.ts";
import type { AddressTable } from "./addresses.ts";
import { inspectSwitchCounters, readCounters } from "./counters.ts";
import type { SwitchState } from "./membership.ts";
import type { Port } from "./port-state.ts";
import { vlanText } from "./vlan.ts";

/** A line of the switch's address table. @wmi Msvm_DynamicForwardingEntry */
export interface TableEntry {
  readonly mac: MacAddress;
  /** 0 without a tag; the native one for the own address of a trunk, which holds in all its VLANs. */
  readonly vlan: number;
  /** The port's number. */
  readonly port: number;
  /** `self`: the address of the adapter on this port. `learned`: seen behind it. */
  readonly status: "self" | "learned";
  /** Seconds since it last sent; 0 for `self`. */
  readonly age: number;
}

/** The table: adapters' own addresses, then the learned ones. */
export function tableEntries(state: SwitchState): readonly TableEntry[] {
  const own = entries(state.own, (slot, port) => ({
    mac: macOf(state.own, slot),
    vlan: port.vlan,
    port: port.number,
    status: "self",
    age: 0,
  }));
  const learned = entries(state.learned, (slot, port) => ({
    mac: macOf(state.learned, slot),
    vlan: (state.learned.rests[slot] ?? 0) & 0xfff,
    port: port.number,
    status: "learned",
    age: state.second - (state.learned.seen[slot] ?? 0),
  }));
  return [...own, ...learned];
}

/** A port as the inspect tree shows it. */
export function inspectPort(port: Port): InspectNode {
  const { settings } = port;
  const { dropped, ...passed } = readCounters(port.counters);
  return {
    number: port.number,
    name: settings.name,
    role: settings.role,
    connected: port.connected,
    mac: settings.mac,
    vlan: vlanText(settings.vlan),
    allowSpoofing: !port.guarded,
    mirror: settings.mirror,
    watched: port.observers !== null,
    queueWeight: port.queueWeight,
    hasQueue: port.hasQueue,
    ...passed,
    dropped: { ...dropped },
  };
}

/** A switch as the inspect tree shows it. */
export function inspectSwitch(state: SwitchState): InspectNode {
  return {
    name: state.name,
    kind: state.kind,
    removed: state.removed,
    epoch: state.epoch,
    learnedAddresses: state.learned.used,
    queues: state.queues,
    frames: inspectSwitchCounters(state.counters),
    ports: Object.fromEntries(state.ports.map((port) => [port.number, inspectPort(port)])),
  };
}

function entries(table: AddressTable, entry: (slot: number, port: Port) => TableEntry): TableEntry[] {
  return table.ports.flatMap((port, slot) => (port === null ? [] : [entry(slot, port)]));
}

function macOf(table: AddressTable, slot: number): MacAddress {
  return macFrom(table.heads[slot] ?? 0, (table.rests[slot] ?? 0) >> 12);
}
