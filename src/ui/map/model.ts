import type {
  InspectSample,
  NetworkSummary,
  PlatformReport,
  StorageSpace,
  VmGuid,
} from "../../hvdef/index.ts";
import type { VmView } from "../host.ts";
import { lookUp } from "../vmbus-picture.ts";
import {
  counterAt,
  endTraffic,
  type MachineFigures,
  machineFigures,
  type PacketClass,
  packetClasses,
  type Traffic,
  trafficOf,
} from "./figures.ts";
import type { Metered, Meters, Reading } from "./meters.ts";
import type { HostPart, MachinePart } from "./parts.ts";

/** Names a box: a part of the host, or of a machine. */
export type BoxKey = HostPart | `${MachinePart} ${string}`;

/** The box of a machine's part. */
export function boxOf(part: MachinePart, vm: string): BoxKey {
  return `${part} ${vm}`;
}

/** What moves on a line, which decides its colour. */
export type LaneKind = PacketClass | "access" | "call" | "hypercall" | "interrupt" | "file";

/** One way of a line, with what is counted on it. */
export interface Lane {
  readonly key: string;
  readonly kind: LaneKind;
  /** "Disk packets". */
  readonly title: string;
  /** From the line's first box to its last, or back. */
  readonly way: "forth" | "back";
  readonly count: Metered;
  /** Bytes, where somebody counts them. */
  readonly bytes: Metered | null;
}

/** How a line is drawn. */
export type LineStyle = "synthetic" | "emulated" | "management" | "hardware";

/** Two boxes and what crosses between them. */
export interface MapLine {
  readonly key: string;
  readonly from: BoxKey;
  readonly to: BoxKey;
  readonly style: LineStyle;
  readonly lanes: readonly Lane[];
}

/** A machine that is drawn. */
export interface MapMachine {
  readonly vm: VmView;
  /** `null` before its first counters. */
  readonly figures: MachineFigures | null;
  readonly kind: "waiting" | "legacy" | "enlightened" | "both";
}

/** Everything the picture shows at one moment. */
export interface MapPicture {
  readonly machines: readonly MapMachine[];
  readonly lines: readonly MapLine[];
}

/** What a picture is made from. `null`: not known yet. */
export interface MapSources {
  /** Those drawn, in their order. */
  readonly vms: readonly VmView[];
  readonly samples: ReadonlyMap<VmGuid, InspectSample>;
  readonly hypervisor: InspectSample | null;
  readonly host: InspectSample | null;
  readonly networks: { readonly at: number; readonly networks: readonly NetworkSummary[] } | null;
  readonly platform: PlatformReport | null;
  readonly space: StorageSpace | null;
}

const classTitles: { readonly [C in PacketClass]: string } = {
  disk: "Disk packets",
  network: "Network packets",
  console: "Packets of keyboard, mouse and screen",
  services: "Packets of integration services",
  sockets: "Packets of sockets",
};

/** Which provider serves a class. */
export const providerOf: { readonly [C in PacketClass]: HostPart } = {
  disk: "storage",
  network: "network",
  console: "console",
  services: "services",
  sockets: "sockets",
};

/** Makes the lanes of a line; counters that nobody has make none. */
function openLanes(meters: Meters, line: string, at: number) {
  const lanes: Lane[] = [];
  return {
    lanes,
    add(lane: Pick<Lane, "kind" | "title" | "way">, count: number | null, bytes: number | null = null): void {
      if (count === null) return;
      const key = `${line} ${lane.title} ${lane.way}`;
      const read = (what: string, value: number | null): Metered =>
        meters.read(`${key} ${what}`, { at, count: value } satisfies Reading);
      lanes.push({
        ...lane,
        key,
        count: read("count", count),
        bytes: bytes === null ? null : read("bytes", bytes),
      });
    },
  };
}
type Lanes = ReturnType<typeof openLanes>;

function addTraffic(to: Lanes, kind: PacketClass, traffic: Traffic): void {
  const title = classTitles[kind];
  to.add({ kind, title, way: "forth" }, traffic.packetsIn, traffic.bytesIn);
  to.add({ kind, title, way: "back" }, traffic.packetsOut, traffic.bytesOut);
}

type Ends = Pick<MapLine, "from" | "to" | "style">;

function lineOf(key: string, ends: Ends, lanes: Lanes): MapLine {
  return { key, ...ends, lanes: lanes.lanes };
}

/** Lines between the parts of one machine, and from them to the host's. */
function machineLines(sources: MapSources, meters: Meters, { vm, figures }: MapMachine): readonly MapLine[] {
  const sample = sources.samples.get(vm.id);
  if (figures === null || sample === undefined) return [];
  const { id } = vm;
  const box = (part: MachinePart): BoxKey => boxOf(part, id);
  const lanesOf = (name: string, at = sample.at): Lanes => openLanes(meters, `${name} ${id}`, at);

  const calls = lanesOf("calls");
  calls.add({ kind: "call", title: "Calls to the worker process", way: "forth" }, figures.calls);
  const shown = lanesOf("shown");
  shown.add({ kind: "console", title: "Characters of the serial port", way: "forth" }, figures.serialOut);
  shown.add({ kind: "console", title: "Pictures of the screen", way: "forth" }, figures.screenFrames);
  shown.add({ kind: "console", title: "Characters for the serial port", way: "back" }, figures.serialIn);
  const access = (name: string, title: string): Lanes => {
    const lanes = lanesOf(name);
    lanes.add({ kind: "access", title, way: "forth" }, figures.accessesInAll);
    return lanes;
  };
  const drives = lanesOf("drives");
  drives.add(
    { kind: "access", title: "Requests of emulated drives", way: "forth" },
    figures.driveRequests,
    figures.driveBytes,
  );
  const frames = lanesOf("frames");
  frames.add({ kind: "access", title: "Frames of emulated adapters", way: "forth" }, figures.framesSent);
  frames.add({ kind: "access", title: "Frames of emulated adapters", way: "back" }, figures.framesReceived);
  const processor = lanesOf("processor");
  processor.add({ kind: "hypercall", title: "HvPostMessage", way: "forth" }, figures.postMessage);
  processor.add({ kind: "hypercall", title: "HvSignalEvent", way: "forth" }, figures.signalEvent);
  processor.add(
    { kind: "hypercall", title: "Registers of the hypervisor (MSRs)", way: "forth" },
    figures.registers,
  );
  processor.add({ kind: "hypercall", title: "CPUID", way: "forth" }, figures.cpuid);
  processor.add({ kind: "interrupt", title: "Interrupts of VMBus", way: "back" }, figures.interrupts);
  processor.add({ kind: "interrupt", title: "Expired synthetic timers", way: "back" }, figures.timers);

  const rings = lanesOf("rings");
  const open = figures.channels.filter((one) => one.open);
  for (const kind of packetClasses)
    addTraffic(rings, kind, trafficOf(open.filter((one) => one.class === kind)));
  const host = sources.host;
  const bus = lanesOf("bus", host?.at);
  const ends = endTraffic(lookUp(host?.tree, `machines.${id}`), figures.channels);
  for (const kind of packetClasses) addTraffic(bus, kind, ends[kind]);

  return [
    lineOf(`calls ${id}`, { from: "vmms", to: box("process"), style: "management" }, calls),
    lineOf(`shown ${id}`, { from: box("process"), to: "manager", style: "management" }, shown),
    lineOf(
      `exit ${id}`,
      { from: box("drivers"), to: box("vp"), style: "emulated" },
      access("exit", "Intercepted accesses to devices"),
    ),
    lineOf(
      `vid ${id}`,
      { from: box("vp"), to: "vid", style: "emulated" },
      access("vid", "Intercepted accesses to devices"),
    ),
    lineOf(
      `device ${id}`,
      { from: "vid", to: box("process"), style: "emulated" },
      access("device", "Intercepted accesses to devices"),
    ),
    lineOf(`drives ${id}`, { from: box("process"), to: "storage", style: "emulated" }, drives),
    lineOf(`frames ${id}`, { from: box("process"), to: "network", style: "emulated" }, frames),
    lineOf(`rings ${id}`, { from: box("clients"), to: box("guestBus"), style: "synthetic" }, rings),
    lineOf(`bus ${id}`, { from: box("guestBus"), to: "bus", style: "synthetic" }, bus),
    lineOf(`processor ${id}`, { from: box("guestBus"), to: box("vp"), style: "management" }, processor),
  ];
}

/** Lines between parts of the host. */
function hostLines(sources: MapSources, meters: Meters, machines: readonly MapMachine[]): readonly MapLine[] {
  const { host, networks } = sources;
  const at = host?.at ?? 0;
  const asks = openLanes(meters, "asks", at);
  asks.add({ kind: "call", title: "Calls of the page", way: "forth" }, counterAt(host?.tree, "requests"));
  const wmi = (name: string): Lanes => {
    const lanes = openLanes(meters, name, at);
    lanes.add({ kind: "call", title: "WMI calls", way: "forth" }, counterAt(host?.tree, "wmi"));
    return lanes;
  };
  const ends = machines.map(({ vm, figures }) =>
    endTraffic(lookUp(host?.tree, `machines.${vm.id}`), figures?.channels ?? []),
  );
  const serving = packetClasses.map((kind) => {
    const lanes = openLanes(meters, `serve ${kind}`, at);
    addTraffic(lanes, kind, trafficOf(ends.map((end) => end[kind])));
    return lineOf(`serve ${kind}`, { from: "bus", to: providerOf[kind], style: "synthetic" }, lanes);
  });
  const files = openLanes(meters, "files", at);
  const file = (name: string): number | null => counterAt(host?.tree, `files.${name}`);
  files.add({ kind: "file", title: "Writes of files", way: "forth" }, file("writes"), file("bytesWritten"));
  files.add({ kind: "file", title: "Reads of files", way: "back" }, file("reads"), file("bytesRead"));
  const ports = networks?.networks.flatMap((network) => network.ports) ?? null;
  const portLanes = (name: string, holder: "uplink" | "management"): Lanes => {
    const lanes = openLanes(meters, name, networks?.at ?? 0);
    const held = ports?.filter((port) => port.holder.kind === holder) ?? [];
    if (held.length === 0) return lanes;
    const sum = (pick: (port: (typeof held)[number]) => number): number =>
      held.reduce((all, port) => all + pick(port), 0);
    const title = "Frames";
    lanes.add(
      { kind: "network", title, way: "forth" },
      sum((port) => port.framesOut),
      sum((port) => port.bytesOut),
    );
    lanes.add(
      { kind: "network", title, way: "back" },
      sum((port) => port.framesIn),
      sum((port) => port.bytesIn),
    );
    return lanes;
  };
  return [
    lineOf("asks", { from: "manager", to: "vmms", style: "management" }, asks),
    lineOf("wmi", { from: "manager", to: "wmi", style: "management" }, wmi("wmi")),
    lineOf("provider", { from: "wmi", to: "vmms", style: "management" }, wmi("provider")),
    ...serving,
    lineOf("files", { from: "storage", to: "disks", style: "hardware" }, files),
    lineOf("wires", { from: "network", to: "wires", style: "hardware" }, portLanes("wires", "uplink")),
    lineOf(
      "management",
      { from: "network", to: "kernel", style: "hardware" },
      portLanes("management", "management"),
    ),
  ];
}

/** What a machine speaks: with devices of the nineties, with the bus, or with both. */
function kindOf(figures: MachineFigures | null): MapMachine["kind"] {
  if (figures === null) return "waiting";
  if (figures.version === null) return "legacy";
  const synthetic = figures.channels.some((one) => one.class === "disk" && one.open);
  return (figures.driveRequests ?? 0) > 0 && !synthetic ? "both" : "enlightened";
}

/** Makes the picture of a moment. @param meters  those of the moment before: they turn counts into rates */
export function readMap(sources: MapSources, meters: Meters): MapPicture {
  const machines = sources.vms.map((vm): MapMachine => {
    const sample = sources.samples.get(vm.id);
    const figures = sample === undefined ? null : machineFigures(sample.tree);
    return { vm, figures, kind: kindOf(figures) };
  });
  const lines = [
    ...hostLines(sources, meters, machines),
    ...machines.flatMap((machine) => machineLines(sources, meters, machine)),
  ];
  meters.sweep();
  return { machines, lines: lines.filter(({ lanes }) => lanes.length > 0) };
}

/** A second, all lanes of a line together; `null`: none has a rate. */
export function lineRate(line: MapLine, kinds?: readonly LaneKind[]): number | null {
  const rates = line.lanes
    .filter(({ kind }) => kinds?.includes(kind) ?? true)
    .flatMap(({ count }) => count.rate ?? []);
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}
