import type { InspectLeaf, InspectNode } from "../support/index.ts";

/** One ring of a channel. */
export interface RingPicture {
  /** Bytes the ring can hold. */
  readonly size: number;
  /** Bytes waiting in it, at most `size`. */
  readonly used: number;
}

/** What moved one way through a channel. `null` says that the tree does not tell. */
export interface FlowPicture {
  readonly ring: RingPicture | null;
  readonly packets: number | null;
  readonly bytes: number | null;
}

/** One VMBus channel as the panel draws it. */
export interface ChannelPicture {
  readonly id: string;
  readonly className: string;
  readonly instance: string | null;
  readonly state: string | null;
  readonly guestToHost: FlowPicture;
  readonly hostToGuest: FlowPicture;
  readonly doorbells: number | null;
  readonly interrupts: number | null;
  readonly inFlight: number | null;
}

/** Counters of the partition; `null` says that the tree does not tell. */
export interface PartitionCounters {
  readonly messagesToHost: number | null;
  readonly messagesToGuest: number | null;
  readonly postMessage: number | null;
  readonly signalEvent: number | null;
  readonly unknownHypercalls: number | null;
  readonly interrupts: number | null;
}

/** What the panel knows of one partition at one moment. */
export interface VmbusPicture {
  /** `null` while the guest has not agreed on a version. */
  readonly version: string | null;
  readonly state: string | null;
  readonly connected: boolean;
  readonly counters: PartitionCounters;
  readonly channels: readonly ChannelPicture[];
}

/** More channels than this are not drawn: the list comes from what a guest did. */
export const channelLimit = 64;

type Value = InspectLeaf | InspectNode | undefined;

function isNode(value: Value): value is InspectNode {
  return typeof value === "object" && value !== null;
}

/** Walks down a dotted path; `undefined` where it ends early. */
export function lookUp(tree: Value, path: string): Value {
  let here = tree;
  for (const step of path.split(".")) {
    if (!isNode(here) || !Object.hasOwn(here, step)) return undefined;
    here = here[step];
  }
  return here;
}

function firstOf<T>(tree: Value, paths: readonly string[], read: (value: Value) => T | null): T | null {
  for (const path of paths) {
    const found = read(lookUp(tree, path));
    if (found !== null) return found;
  }
  return null;
}

function asCount(value: Value): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function asText(value: Value): string | null {
  if (typeof value !== "string") return null;
  const text = value.trim().slice(0, 80);
  return text === "" ? null : text;
}

function asVersion(value: Value): string | null {
  // On the wire a version is major and minor in 16 bits each. @vmbus 4.1
  if (typeof value === "number") return value > 0xffff ? `${value >>> 16}.${value & 0xffff}` : null;
  return asText(value);
}

function count(tree: Value, ...paths: string[]): number | null {
  return firstOf(tree, paths, asCount);
}

function sum(...parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((total, part) => total + part, 0);
}

function readRing(value: Value): RingPicture | null {
  const size = count(value, "size");
  const used = count(value, "used");
  if (size === null || used === null || size === 0) return null;
  return { size, used: Math.min(used, size) };
}

function readChannel(id: string, node: InspectNode): ChannelPicture {
  return {
    id,
    className: asText(lookUp(node, "className")) ?? "Unknown device",
    instance: asText(lookUp(node, "instance")),
    state: asText(lookUp(node, "state")),
    guestToHost: {
      ring: readRing(lookUp(node, "ringOut")),
      packets: count(node, "packetsIn"),
      bytes: count(node, "bytesIn"),
    },
    hostToGuest: {
      ring: readRing(lookUp(node, "ringIn")),
      packets: count(node, "packetsOut"),
      bytes: count(node, "bytesOut"),
    },
    doorbells: count(node, "doorbells"),
    interrupts: count(node, "interrupts"),
    inFlight: count(node, "inFlight"),
  };
}

function byChannelNumber(a: ChannelPicture, b: ChannelPicture): number {
  return a.id.localeCompare(b.id, "en", { numeric: true });
}

function readChannels(value: Value): readonly ChannelPicture[] {
  if (!isNode(value)) return [];
  const channels: ChannelPicture[] = [];
  for (const [id, node] of Object.entries(value)) {
    if (isNode(node)) channels.push(readChannel(id.slice(0, 40), node));
    if (channels.length === channelLimit) break;
  }
  return channels.sort(byChannelNumber);
}

function readCounters(tree: InspectNode, channels: readonly ChannelPicture[]): PartitionCounters {
  return {
    messagesToHost: count(tree, "vmbus.connection.messagesIn"),
    messagesToGuest: count(tree, "vmbus.connection.messagesOut"),
    postMessage: count(tree, "hypervisor.hypercalls.postMessage"),
    signalEvent: count(tree, "hypervisor.hypercalls.signalEvent"),
    unknownHypercalls: count(tree, "hypervisor.hypercalls.unknown"),
    interrupts: count(tree, "hypervisor.interrupts") ?? sum(...channels.map((channel) => channel.interrupts)),
  };
}

/**
 * Reads the partition's inspect tree. This is the only place that knows its shape; whatever is
 * missing or of another type becomes `null`, never zero.
 *
 * @returns `null` when the tree says nothing of VMBus at all
 */
export function readVmbus(tree: InspectNode): VmbusPicture | null {
  const bus = lookUp(tree, "vmbus");
  if (!isNode(bus)) return null;
  const version = asVersion(lookUp(bus, "connection.version"));
  const state = asText(lookUp(bus, "connection.state"));
  const channels = readChannels(lookUp(bus, "channels"));
  return {
    version,
    state,
    connected: version !== null && !/^(dis|not|un)|closed|none|waiting|idle/i.test(state ?? ""),
    counters: readCounters(tree, channels),
    channels,
  };
}
