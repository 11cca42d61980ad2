import { type Clock, HvError } from "../../support/index.ts";
import type { FrameSink } from "../port.ts";
import { find, insert, openAddresses, removeAt, removeWhere, restOf } from "./addresses.ts";
import { add, openCounters, SwitchCell } from "./counters.ts";
import type { Fabric } from "./forward.ts";
import { applySettings, carries, type FrameObserver, newPort, type Port } from "./port-state.ts";
import { allotQueues } from "./queues.ts";
import {
  checkRole,
  checkSettings,
  checkSingle,
  duplicateMac,
  fullSettings,
  type NewPort,
  type PortChange,
  type PortSettings,
  portGone,
  type SwitchKind,
  switchGone,
  tooManyPorts,
} from "./settings.ts";

/** Ports of a switch at most. Hyper-V names no limit; ours bounds the copies that one broadcast can cause. */
export const portLimit = 512;

/** Addresses that a switch learns at most. @wmi Msvm_VirtualSwitch.NumLearnableAddresses */
export const addressLimit = 1024;

/** Seconds after which an address that sent nothing is forgotten. @wmi Msvm_TransparentBridgingService.AgingTime */
export const ageingSeconds = 300;

/** Queues for adapters when nobody says otherwise. @wmi Msvm_VirtualSwitch.MaxVMQOffloads */
const usualQueues = 8;

/** What a switch is made with. */
export interface NewSwitch {
  readonly name: string;
  readonly kind: SwitchKind;
  readonly clock: Clock;
  /** 32 random bits. Without it guests who know this program can choose addresses that take long to find. */
  readonly entropy?: () => number;
  /** Queues that adapters may have. Default 8. */
  readonly queues?: number;
}

/** Somebody who watches one port, or all when `port` is null. */
interface Tap {
  readonly port: Port | null;
  readonly observer: FrameObserver;
}

/** A switch: what the path needs, and what only its owner asks for. */
export interface SwitchState extends Fabric {
  name: string;
  readonly kind: SwitchKind;
  readonly clock: Clock;
  readonly queues: number;
  readonly taps: Set<Tap>;
  epoch: number;
  lastNumber: number;
  removed: boolean;
}

/** A switch without ports. */
export function newSwitch(wanted: NewSwitch): SwitchState {
  const seed = wanted.entropy?.() ?? 0;
  return {
    name: wanted.name,
    kind: wanted.kind,
    clock: wanted.clock,
    queues: wanted.queues ?? usualQueues,
    taps: new Set(),
    epoch: 1,
    lastNumber: 0,
    removed: false,
    ports: [],
    mirrors: [],
    own: openAddresses(portLimit, seed),
    learned: openAddresses(addressLimit, seed),
    second: secondOf(wanted.clock),
    counters: openCounters(Object.keys(SwitchCell).length),
    passages: [],
    depth: 0,
  };
}

/** Adds a port. @throws HvError with the reason when the switch cannot take it */
export function plug(state: SwitchState, wanted: NewPort, sink: FrameSink): Port {
  const settings = fullSettings(wanted);
  if (state.removed) throw switchGone(state.name);
  checkRole(state.name, state.kind, settings.role);
  checkSettings(settings);
  checkSingle(
    state.name,
    settings.role,
    state.ports.some((port) => port.settings.role === settings.role),
  );
  checkUnique(state, settings, null);
  if (state.ports.length >= portLimit) throw tooManyPorts(state.name, portLimit);
  const port = newPort(++state.lastNumber, settings, sink);
  state.ports = [...state.ports, port];
  settle(state, port);
  return port;
}

/** Takes a port out. Frames its holder still sends are dropped and counted. */
export function unplug(state: SwitchState, port: Port): void {
  if (!port.connected) return;
  disown(state, port);
  port.connected = false;
  forget(state, (slot) => state.learned.ports[slot] === port);
  state.ports = state.ports.filter((other) => other !== port);
  for (const tap of [...state.taps]) if (tap.port === port) state.taps.delete(tap);
  refresh(state);
}

/** Gives a port other settings, between two frames. @throws HvError with the reason; nothing has changed then */
export function reshape(state: SwitchState, port: Port, change: PortChange): void {
  if (!port.connected) throw portGone();
  const settings = { ...port.settings, ...change };
  checkSettings(settings);
  checkUnique(state, settings, port);
  disown(state, port);
  applySettings(port, settings);
  settle(state, port);
}

/** Gives a port a wish for a queue. @throws HvError when there is no such weight or port */
export function wishQueue(state: SwitchState, port: Port, weight: number): void {
  if (!port.connected) throw portGone();
  if (!Number.isInteger(weight) || weight < 0 || weight > 100) {
    throw new HvError("network.badWeight", `A queue weight of ${weight} does not exist: choose 0 to 100.`, {
      hresult: 0x80070057,
    });
  }
  if (port.queueWeight === weight) return;
  port.queueWeight = weight;
  refresh(state);
}

/** Lets somebody watch a port, or all of them when it is null, those to come included. */
export function watch(state: SwitchState, port: Port | null, observer: FrameObserver): Disposable {
  if (port !== null && !port.connected) throw portGone();
  const tap: Tap = { port, observer };
  state.taps.add(tap);
  refresh(state);
  return {
    [Symbol.dispose]() {
      if (state.taps.delete(tap)) refresh(state);
    },
  };
}

/** Follows the clock: forgets addresses that were silent for too long. */
export function age(state: SwitchState): void {
  const now = secondOf(state.clock);
  if (now === state.second) return;
  state.second = now;
  if (state.learned.used === 0) return;
  forget(state, (slot) => now - (state.learned.seen[slot] ?? 0) > ageingSeconds);
}

/** Enters a port's new settings into the tables. */
function settle(state: SwitchState, port: Port): void {
  if (port.head >= 0) {
    const slot = insert(state.own, port.head, restOf(port.tail, 0));
    state.own.ports[slot] = port;
  }
  const { learned } = state;
  forget(state, (slot) => {
    if (learned.heads[slot] === port.head && (learned.rests[slot] ?? 0) >> 12 === port.tail) return true;
    return (
      learned.ports[slot] === port && (port.guarded || !carries(port, (learned.rests[slot] ?? 0) & 0xfff))
    );
  });
  refresh(state);
}

function disown(state: SwitchState, port: Port): void {
  const slot = find(state.own, port.head, restOf(port.tail, 0));
  if (port.head >= 0 && slot >= 0) removeAt(state.own, slot);
}

function forget(state: SwitchState, gone: (slot: number) => boolean): void {
  add(state.counters, SwitchCell.purged, removeWhere(state.learned, gone));
}

/** Works out again what depends on more than one port. Whoever remembers a direct path must ask again. */
function refresh(state: SwitchState): void {
  state.mirrors = state.ports.filter((port) => port.settings.mirror === "destination");
  for (const port of state.ports) {
    const taps = [...state.taps].filter((tap) => tap.port === null || tap.port === port);
    port.observers = taps.length === 0 ? null : taps.map((tap) => tap.observer);
  }
  allotQueues(state.ports, state.queues);
  state.epoch++;
}

function checkUnique(state: SwitchState, settings: PortSettings, self: Port | null): void {
  const { mac } = settings;
  if (mac === null) return;
  const holder = state.ports.find((port) => port !== self && port.settings.mac === mac);
  if (holder !== undefined) throw duplicateMac(mac, holder.settings.name);
}

function secondOf(clock: Clock): number {
  return Math.floor(clock.now() / 1e6);
}
