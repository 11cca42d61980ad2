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

/** Where the relay's part may hang in the tree. */
const relayPlaces = ["vmbus.relay", "relay"];
/** Where the processor's part may hang in the tree. */
const processorPlaces = ["hypervisor", "hypervisor.vp", "vp"];

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

function firstOf<S, T>(sources: readonly S[], read: (source: S) => T | null): T | null {
  for (const source of sources) {
    const found = read(source);
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

function countIn(sources: readonly InspectNode[], path: string): number | null {
  return firstOf(sources, (source) => asCount(lookUp(source, path)));
}

/** In and out are the host's: a guest's packet comes in. */
function readFlow(sources: readonly InspectNode[], way: "In" | "Out"): FlowPicture {
  const size = countIn(sources, `ringBytes${way}`);
  const used = countIn(sources, `waiting${way}`);
  const ring = size === null || used === null || size === 0 ? null : { size, used: Math.min(used, size) };
  return { ring, packets: countIn(sources, `packets${way}`), bytes: countIn(sources, `bytes${way}`) };
}

/** @param sources what the bus says of the channel, then what the relay says while it is open */
function readChannel(id: string, sources: readonly InspectNode[]): ChannelPicture {
  const text = (key: string) => firstOf(sources, (source) => asText(lookUp(source, key)));
  return {
    id,
    className: text("class") ?? "Unknown device",
    instance: text("instance"),
    state: text("state"),
    guestToHost: readFlow(sources, "In"),
    hostToGuest: readFlow(sources, "Out"),
    doorbells: countIn(sources, "doorbells"),
    interrupts: countIn(sources, "interrupts"),
    inFlight: countIn(sources, "inFlight"),
  };
}

function byChannelNumber(a: ChannelPicture, b: ChannelPicture): number {
  return a.id.localeCompare(b.id, "en", { numeric: true });
}

function readChannels(tree: InspectNode): readonly ChannelPicture[] {
  const offered = lookUp(tree, "vmbus.channels");
  const lanes = relayPlaces.map((place) => lookUp(tree, `${place}.channels`)).find(isNode);
  if (!isNode(offered)) return [];
  const channels: ChannelPicture[] = [];
  for (const [id, node] of Object.entries(offered)) {
    const lane = lanes !== undefined && Object.hasOwn(lanes, id) ? lanes[id] : undefined;
    if (isNode(node)) channels.push(readChannel(id.slice(0, 40), [node, lane].filter(isNode)));
    if (channels.length === channelLimit) break;
  }
  return channels.sort(byChannelNumber);
}

function readCounters(tree: InspectNode): PartitionCounters {
  const processors = processorPlaces.map((place) => lookUp(tree, place)).filter(isNode);
  return {
    messagesToHost: asCount(lookUp(tree, "vmbus.connection.messagesIn")),
    messagesToGuest: asCount(lookUp(tree, "vmbus.connection.messagesOut")),
    postMessage: countIn(processors, "hypercalls.postMessage"),
    signalEvent: countIn(processors, "hypercalls.signalEvent"),
    unknownHypercalls: countIn(processors, "hypercalls.unknown"),
    interrupts: countIn(processors, "synic.interrupts"),
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
  return {
    version,
    state,
    connected: version !== null && (state ?? "connected") === "connected",
    counters: readCounters(tree),
    channels: readChannels(tree),
  };
}
