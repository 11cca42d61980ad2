import {
  DeviceClass,
  type EmulatedDevice,
  emulatedDevices,
  firstInternalChannel,
  isSocketChannel,
} from "../../hvdef/index.ts";
import type { InspectLeaf, InspectNode } from "../../support/index.ts";
import { lookUp } from "../vmbus-picture.ts";

/** What packets are about, as far as the picture tells them apart. */
export const packetClasses = ["disk", "network", "console", "services", "sockets"] as const;
export type PacketClass = (typeof packetClasses)[number];

/** Packets and bytes both ways; `null`: nobody counts. In is towards the host. */
export interface Traffic {
  readonly packetsIn: number | null;
  readonly packetsOut: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
}

/** One channel of a machine. */
export interface ChannelFigures extends Traffic {
  readonly id: number;
  readonly class: PacketClass;
  /** "Network adapter". */
  readonly title: string;
  readonly open: boolean;
}

/** What the counters of a running machine say. `null`: they do not tell. */
export interface MachineFigures {
  /** Version that its guest has agreed on with the bus; `null` while it has not. */
  readonly version: string | null;
  readonly channels: readonly ChannelFigures[];
  readonly postMessage: number | null;
  readonly signalEvent: number | null;
  readonly registers: number | null;
  readonly cpuid: number | null;
  readonly interrupts: number | null;
  readonly timers: number | null;
  readonly accesses: Readonly<Record<EmulatedDevice, number | null>>;
  readonly accessesInAll: number | null;
  /** Requests of emulated drives, and their bytes. */
  readonly driveRequests: number | null;
  readonly driveBytes: number | null;
  /** Frames of emulated adapters. */
  readonly framesSent: number | null;
  readonly framesReceived: number | null;
  readonly calls: number | null;
  readonly serialIn: number | null;
  readonly serialOut: number | null;
  readonly screenFrames: number | null;
}

const byType: ReadonlyMap<string, PacketClass> = new Map([
  [DeviceClass.scsi, "disk"],
  [DeviceClass.ide, "disk"],
  [DeviceClass.network, "network"],
  [DeviceClass.keyboard, "console"],
  [DeviceClass.mouse, "console"],
  [DeviceClass.video, "console"],
]);

/** Channels that are looked at. Reason: the list is a guest's doing. */
const channelLimit = 512;

type Value = InspectLeaf | InspectNode | undefined;

function isNode(value: Value): value is InspectNode {
  return typeof value === "object" && value !== null;
}

function countOf(tree: Value, path: string): number | null {
  const found = lookUp(tree, path);
  return typeof found === "number" && Number.isFinite(found) && found >= 0 ? found : null;
}

/** The sum of those that are known; `null` when none is. */
function sumOf(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}

/** Sums a counter over all children of a node. */
function sumUnder(tree: InspectNode, path: string, names: readonly string[]): number | null {
  const node = lookUp(tree, path);
  if (!isNode(node)) return null;
  const children = Object.values(node).filter(isNode).slice(0, channelLimit);
  return sumOf(children.flatMap((child) => names.map((name) => countOf(child, name))));
}

/** What a channel carries, by its number and the type that it is offered as. */
function classOf(id: number, interfaceType: Value): PacketClass {
  if (isSocketChannel(id)) return "sockets";
  return byType.get(String(interfaceType)) ?? "services";
}

function channelsOf(tree: InspectNode): readonly ChannelFigures[] {
  const node = lookUp(tree, "vmbus.channels");
  if (!isNode(node)) return [];
  return Object.entries(node)
    .slice(0, channelLimit)
    .flatMap(([name, channel]) => {
      const id = Number(name);
      if (!isNode(channel) || !Number.isInteger(id)) return [];
      const title = typeof channel["class"] === "string" ? channel["class"].slice(0, 60) : "Device";
      return [
        {
          id,
          class: classOf(id, channel["interfaceType"]),
          title,
          open: channel["state"] === "open",
          packetsIn: countOf(channel, "packetsIn"),
          packetsOut: countOf(channel, "packetsOut"),
          bytesIn: countOf(channel, "bytesIn"),
          bytesOut: countOf(channel, "bytesOut"),
        },
      ];
    });
}

/** Reads the tree of a partition. The only place of the map that knows its shape. */
export function machineFigures(tree: InspectNode): MachineFigures {
  const version = lookUp(tree, "vmbus.connection.version");
  const connected = lookUp(tree, "vmbus.connection.state") === "connected";
  const vp = (name: string): number | null => countOf(tree, `hypervisor.${name}`);
  const drives = (names: readonly string[]): number | null =>
    sumOf([sumUnder(tree, "ide", names), sumUnder(tree, "floppy", names)]);
  const accesses = accessesOf(tree);
  return {
    version: connected && typeof version === "string" ? version.slice(0, 12) : null,
    channels: channelsOf(tree),
    postMessage: vp("hypercalls.postMessage"),
    signalEvent: vp("hypercalls.signalEvent"),
    registers: sumOf([vp("msrs.reads"), vp("msrs.writes")]),
    cpuid: countOf(tree, "passing.cpuid"),
    interrupts: vp("synic.interrupts"),
    timers: sumUnder(tree, "hypervisor.timers", ["expirations"]),
    accesses,
    accessesInAll: sumOf(Object.values(accesses)),
    driveRequests: drives(["reads", "writes", "flushes"]),
    driveBytes: drives(["bytesRead", "bytesWritten"]),
    framesSent: sumUnder(tree, "nic", ["framesSent"]),
    framesReceived: sumUnder(tree, "nic", ["framesReceived"]),
    calls: countOf(tree, "passing.calls"),
    serialIn: countOf(tree, "passing.serialIn"),
    serialOut: countOf(tree, "passing.serialOut"),
    screenFrames: countOf(tree, "screen.frames"),
  };
}

function accessesOf(tree: InspectNode): MachineFigures["accesses"] {
  const of = (device: EmulatedDevice): number | null => countOf(tree, `accesses.${device}`);
  return {
    ide: of("ide"),
    network: of("network"),
    display: of("display"),
    keyboard: of("keyboard"),
    serial: of("serial"),
    diskette: of("diskette"),
    timer: of("timer"),
    interrupts: of("interrupts"),
    pci: of("pci"),
    other: of("other"),
  };
}

/** Traffic of some channels together. */
export function trafficOf(channels: readonly Traffic[]): Traffic {
  const sum = (pick: (one: Traffic) => number | null): number | null => sumOf(channels.map(pick));
  return {
    packetsIn: sum((one) => one.packetsIn),
    packetsOut: sum((one) => one.packetsOut),
    bytesIn: sum((one) => one.bytesIn),
    bytesOut: sum((one) => one.bytesOut),
  };
}

/** Reads the parent's ends of one machine's channels, by class. @param channels  as its worker process tells them */
export function endTraffic(
  ends: Value,
  channels: readonly ChannelFigures[],
): Readonly<Record<PacketClass, Traffic>> {
  const classes = new Map(channels.map((one) => [one.id, one.class] as const));
  const node = lookUp(ends, "channels");
  const entries = (isNode(node) ? Object.entries(node) : []).slice(0, channelLimit);
  const of = (name: PacketClass): Traffic =>
    trafficOf(
      entries.flatMap(([key, end]) => {
        const id = Number(key);
        // Beyond are the lines of emulated devices.
        if (!isNode(end) || !(id < firstInternalChannel)) return [];
        return (classes.get(id) ?? classOf(id, undefined)) === name ? [trafficAtEnd(end)] : [];
      }),
    );
  return {
    disk: of("disk"),
    network: of("network"),
    console: of("console"),
    services: of("services"),
    sockets: of("sockets"),
  };
}

function trafficAtEnd(end: InspectNode): Traffic {
  const sum = (...names: readonly string[]): number | null => sumOf(names.map((name) => countOf(end, name)));
  return {
    packetsIn: sum("requests"),
    packetsOut: sum("completions", "sends", "transfers"),
    bytesIn: sum("bytesIn"),
    bytesOut: sum("bytesOut"),
  };
}

/** A counter of a tree by its path; `null`: it is not there. */
export function counterAt(tree: Value, path: string): number | null {
  return countOf(tree, path);
}

/** Emulated devices that were touched, the most touched first. */
export function touchedDevices(figures: MachineFigures): readonly EmulatedDevice[] {
  const count = (device: EmulatedDevice): number => figures.accesses[device] ?? 0;
  return emulatedDevices.filter((device) => count(device) > 0).sort((a, b) => count(b) - count(a));
}
