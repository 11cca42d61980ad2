import type { EmulatedDevice } from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { formatByteRate, formatBytes, formatCount, formatRate, formatShare } from "../format.ts";
import { lookUp } from "../vmbus-picture.ts";
import { counterAt, type MachineFigures, packetClasses, touchedDevices } from "./figures.ts";
import {
  type BoxKey,
  type LaneKind,
  lineRate,
  type MapLine,
  type MapMachine,
  type MapPicture,
  type MapSources,
} from "./model.ts";
import { type HostPart, hostParts, type MachinePart, machineParts } from "./parts.ts";

/** The two short lines that a box shows of itself; empty where there is nothing to say. */
export type BoxFigures = readonly [first: string, second: string];

const deviceNames: { readonly [D in EmulatedDevice]: string } = {
  ide: "IDE",
  network: "NE2000",
  display: "VGA",
  keyboard: "PS/2",
  serial: "COM1",
  diskette: "diskette",
  timer: "timer",
  interrupts: "PIC, APIC",
  pci: "PCI",
  other: "others",
};

/** What the emulated devices of a count are called. */
export function deviceName(device: EmulatedDevice): string {
  return deviceNames[device];
}

/** The line of a key; `null`: nothing is counted on it. */
function lineAt(picture: MapPicture, key: string): MapLine | null {
  return picture.lines.find((line) => line.key === key) ?? null;
}

function rateOf(picture: MapPicture, key: string, kinds?: readonly LaneKind[]): number | null {
  const line = lineAt(picture, key);
  return line === null ? null : lineRate(line, kinds);
}

function bytesOf(picture: MapPicture, key: string): number | null {
  const rates = lineAt(picture, key)?.lanes.flatMap(({ bytes }) => bytes?.rate ?? []) ?? [];
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

/** A sum over machines; `null`: none has a rate. */
function sumRate(picture: MapPicture, name: string): number | null {
  const rates = picture.machines.flatMap(({ vm }) => rateOf(picture, `${name} ${vm.id}`) ?? []);
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

const quiet = (rate: number | null, words: (rate: string) => string): string =>
  rate === null ? "" : words(formatRate(rate));

function provider(picture: MapPicture, kind: (typeof packetClasses)[number]): BoxFigures {
  const key = `serve ${kind}`;
  const bytes = bytesOf(picture, key);
  return [
    quiet(rateOf(picture, key), (rate) => rate),
    bytes === null || bytes === 0 ? "" : formatByteRate(bytes),
  ];
}

function hostFigures(part: HostPart, picture: MapPicture, sources: MapSources): BoxFigures {
  const hypervisor = sources.hypervisor?.tree;
  const { platform } = sources;
  switch (part) {
    case "manager":
      return [quiet(rateOf(picture, "asks"), (rate) => `${rate} calls`), ""];
    case "wmi":
      return [
        `${formatCount(counterAt(sources.host?.tree, "wmi"))} calls`,
        quiet(rateOf(picture, "wmi"), (rate) => rate),
      ];
    case "vmms":
      return [`${formatCount(counterAt(hypervisor, "created"))} started`, ""];
    case "kernel":
      return [formatByteRate(bytesOf(picture, "files")), "files"];
    case "vid":
      return [quiet(sumRate(picture, "vid"), (rate) => rate), "accesses"];
    case "bus":
      return [quiet(sumRate(picture, "bus"), (rate) => `${rate} packets`), ""];
    case "storage":
      return provider(picture, "disk");
    case "network":
      return provider(picture, "network");
    case "console":
      return provider(picture, "console");
    case "services":
      return provider(picture, "services");
    case "sockets":
      return provider(picture, "sockets");
    case "partitions":
      return [
        `${formatCount(partitionCount(hypervisor))} + parent`,
        formatBytes(counterAt(hypervisor, "memoryInUse")),
      ];
    case "scheduler":
      return [shareOfAll(hypervisor), "in use"];
    case "disks":
      return [
        formatByteRate(bytesOf(picture, "files")),
        sources.space === null ? "" : `${formatBytes(sources.space.usedBytes)} used`,
      ];
    case "wires":
      return [
        wiresWord(sources),
        bytesOf(picture, "wires") === null ? "" : formatByteRate(bytesOf(picture, "wires")),
      ];
    case "processors":
      return [platform === null ? "" : `${platform.logicalProcessors} logical`, ""];
    case "memory":
      return [platform === null ? "" : formatBytes(platform.guestMemoryBytes), "for guests"];
    case "person":
      return ["keyboard, mouse,", "screen"];
  }
}

function partitionCount(hypervisor: InspectNode | undefined): number | null {
  const partitions = lookUp(hypervisor, "partitions");
  return typeof partitions === "object" && partitions !== null ? Object.keys(partitions).length : null;
}

function shareOfAll(hypervisor: InspectNode | undefined): string {
  const partitions = lookUp(hypervisor, "partitions");
  const total = counterAt(hypervisor, "logicalProcessors");
  if (typeof partitions !== "object" || partitions === null || total === null) return "–";
  const used = Object.keys(partitions)
    .map((id) => counterAt(partitions, `${id}.processor`) ?? 0)
    .reduce((sum, share) => sum + share, 0);
  return formatShare(used / total);
}

function wiresWord({ networks }: MapSources): string {
  const external = networks?.networks.filter(({ kind }) => kind === "external") ?? [];
  if (external.length === 0) return "none external";
  const up = external.filter(({ uplinkState }) => uplinkState.kind === "up").length;
  return up === 0 ? "not connected" : `${up} connected`;
}

function openClasses(figures: MachineFigures): string {
  const names = packetClasses.filter((kind) =>
    figures.channels.some((one) => one.class === kind && one.open),
  );
  return names.length === 0 ? "none loaded" : names.join(", ");
}

function machineBox(part: MachinePart, picture: MapPicture, { vm, figures }: MapMachine): BoxFigures {
  if (figures === null) return ["", ""];
  switch (part) {
    case "process": {
      const devices = touchedDevices(figures).slice(0, 4).map(deviceName);
      return [devices.join(", "), quiet(rateOf(picture, `device ${vm.id}`), (rate) => `${rate} accesses`)];
    }
    case "programs":
      return ["", ""];
    case "clients":
      return [openClasses(figures), quiet(rateOf(picture, `rings ${vm.id}`), (rate) => `${rate} packets`)];
    case "drivers":
      return [quiet(rateOf(picture, `exit ${vm.id}`), (rate) => rate), "accesses"];
    case "guestBus":
      return figures.version === null
        ? ["not contacted", ""]
        : [`version ${figures.version}`, quiet(rateOf(picture, `bus ${vm.id}`), (rate) => `${rate} packets`)];
    case "vp": {
      const calls = rateOf(picture, `processor ${vm.id}`, ["hypercall"]);
      const back = rateOf(picture, `processor ${vm.id}`, ["interrupt"]);
      return [
        `${formatShare(vm.processor)} of a processor`,
        calls === null ? "" : `${formatRate(calls)} intercepts, ${formatRate(back)} interrupts`,
      ];
    }
  }
}

/** What a box shows of itself. */
export function boxFigures(key: BoxKey, picture: MapPicture, sources: MapSources): BoxFigures {
  const found = splitBox(key);
  if (found.vm === null) return hostFigures(found.part, picture, sources);
  const machine = picture.machines.find(({ vm }) => vm.id === found.vm);
  return machine === undefined ? ["", ""] : machineBox(found.part, picture, machine);
}

/** A box's part, and the machine that it is of. */
export function splitBox(
  key: BoxKey,
): { readonly part: HostPart; readonly vm: null } | { readonly part: MachinePart; readonly vm: string } {
  const [part, vm] = [key.slice(0, key.indexOf(" ")), key.slice(key.indexOf(" ") + 1)];
  for (const one of machineParts) if (key.includes(" ") && one === part) return { part: one, vm };
  for (const one of hostParts) if (one === key) return { part: one, vm: null };
  throw new Error(`there is no box ${key}`);
}
