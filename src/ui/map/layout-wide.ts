import { at, type Rect, stepped, tidy } from "./geometry.ts";
import { type BoxKey, boxOf } from "./model.ts";
import { type Channels, type Frame, type MapLayout, routesOf } from "./routes.ts";

/** Heights of the drawing, pixels from its top. */
const rows = {
  partitions: 0,
  services: 42,
  processes: 134,
  ring: 224,
  providers: 268,
  bus: 372,
  partitionsEnd: 464,
  hypervisor: 480,
  virtual: 512,
  hypervisorEnd: 588,
  hardware: 604,
  devices: 630,
  end: 692,
} as const;
const heights = { service: 50, process: 66, provider: 62, bus: 52, virtual: 64, device: 50 } as const;
/** Room between a frame and its boxes, and between two partitions. */
const inset = 14;
const gap = 22;
/** Room for a line beside boxes. */
const lane = 16;

/** Share of the width that the management OS has, by the number of machines beside it. */
const managementShare = [1, 0.6, 0.5, 0.42] as const;

/** Cuts a stretch into columns of given weights, with a gap between them. */
function columns(x: number, width: number, weights: readonly number[], between: number): readonly Rect[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const room = width - between * (weights.length - 1);
  let left = x;
  return weights.map((weight) => {
    const own = (room * weight) / sum;
    const rect = { x: Math.round(left), y: 0, width: Math.round(left + own) - Math.round(left), height: 0 };
    left += own + between;
    return rect;
  });
}

function row(
  names: readonly BoxKey[],
  stretch: Rect,
  weights: readonly number[],
  between: number,
): [BoxKey, Rect][] {
  const cut = columns(stretch.x, stretch.width, weights, between);
  return names.flatMap((name, place) => {
    const { x, width } = cut[place] ?? stretch;
    return [[name, { x, width, y: stretch.y, height: stretch.height }] satisfies [BoxKey, Rect]];
  });
}

function managementBoxes(vms: readonly string[], frame: Rect): [BoxKey, Rect][] {
  const x = frame.x + inset;
  const width = frame.width - 2 * inset;
  const stretch = (y: number, height: number): Rect => ({ x, width, y, height });
  // Left of the providers the line of intercepted accesses runs on from the VID.
  const providers = { ...stretch(rows.providers, heights.provider), x: x + lane, width: width - lane };
  return [
    ...row(["manager", "wmi", "vmms"], stretch(rows.services, heights.service), [1.15, 1, 1], 32),
    ...row(
      vms.map((vm) => boxOf("process", vm)),
      stretch(rows.processes, heights.process),
      vms.map(() => 1),
      14,
    ),
    ...row(["storage", "network", "console", "services", "sockets"], providers, [1, 1, 1, 1, 1], 7),
    ...row(["vid", "kernel", "bus"], stretch(rows.bus, heights.bus), [0.75, 1, 1.4], 14),
  ];
}

function guestBoxes(vm: string, frame: Rect): [BoxKey, Rect][] {
  const x = frame.x + inset;
  const width = frame.width - 2 * inset;
  const [left, right] = columns(x, width, [1.3, 1], 12);
  if (left === undefined || right === undefined) return [];
  const programs = { x, width, y: rows.services, height: rows.processes + heights.process - rows.services };
  return [
    [boxOf("programs", vm), programs],
    [boxOf("clients", vm), { ...left, y: rows.providers, height: heights.provider }],
    [boxOf("drivers", vm), { ...right, y: rows.providers, height: heights.provider }],
    [boxOf("guestBus", vm), { ...left, y: rows.bus, height: heights.bus }],
    [boxOf("vp", vm), { x, width, y: rows.virtual, height: heights.virtual }],
  ];
}

function lowerBoxes(width: number, management: Rect, boxes: ReadonlyMap<BoxKey, Rect>): [BoxKey, Rect][] {
  const bus = boxes.get("bus") ?? management;
  const kernel = boxes.get("kernel") ?? management;
  const inner = { x: inset, width: width - 2 * inset, y: rows.devices, height: heights.device };
  // The drivers of the management OS reach the hardware directly: nothing of the hypervisor stands below them.
  const direct = { x: inset, width: kernel.x + kernel.width - inset };
  return [
    ...row(
      ["partitions", "scheduler"],
      {
        x: Math.round(kernel.x + kernel.width * 0.85),
        width: Math.round(bus.x + bus.width - kernel.x - kernel.width * 0.85),
        y: rows.virtual,
        height: heights.virtual,
      },
      [1, 1],
      10,
    ),
    ...row(["disks", "wires"], { ...inner, ...direct }, [1, 1], 12),
    ...row(
      ["processors", "memory", "person"],
      { ...inner, x: bus.x, width: inner.x + inner.width - bus.x },
      [1, 1, 1],
      12,
    ),
  ];
}

const channels: Channels = {
  calls: (place) => rows.processes - 13 - place * 4,
  devices: (place) => rows.processes + heights.process + 10 + place * 4,
  serving: rows.bus - 20,
  bus(guest, parent, place) {
    if (place === 0) return [at(guest, 0, 0.5), at(parent, 1, 0.5)];
    const y = rows.partitionsEnd - 27 + (place - 1) * 14;
    const [from, to] = [at(guest, 0.2, 1), at(parent, 1 - place * 0.12, 1)];
    return tidy([from, { x: from.x, y }, { x: to.x, y }, to]);
  },
  vid(vp, vid, place) {
    const y = rows.virtual - 16 + place * 5;
    const start = { x: vp.x + 12 + place * 4, y: vp.y };
    const end = at(vid, 0.5, 1);
    return tidy([start, { x: start.x, y }, { x: end.x, y }, end]);
  },
  device(vid, process, place) {
    // Past the providers, in the lane left of them.
    const start = { x: vid.x + 5 + place * 4, y: vid.y };
    return stepped(start, at(process, 0.2, 1), channels.devices(place));
  },
  hardware(kernel, device, place) {
    const from = at(kernel, place === 0 ? 0.3 : 0.75, 1);
    const to = at(device, 0.5, 0);
    const y = rows.hardware - 8 + place * 5;
    return tidy([from, { x: from.x, y }, { x: to.x, y }, to]);
  },
};

/** The management OS on the left, machines beside it, the hypervisor below them, the hardware below that. */
export function wideLayout(vms: readonly string[], width: number): MapLayout {
  const share = managementShare[vms.length] ?? managementShare[3];
  const partitionHeight = rows.partitionsEnd - rows.partitions;
  const [management, ...guests] = columns(
    0,
    width,
    [share, ...vms.map(() => (1 - share) / Math.max(1, vms.length))],
    gap,
  ).map((rect) => ({ ...rect, y: rows.partitions, height: partitionHeight }));
  const home = management ?? { x: 0, y: 0, width, height: partitionHeight };
  const upper = [
    ...managementBoxes(vms, home),
    ...vms.flatMap((vm, place) => guestBoxes(vm, guests[place] ?? home)),
  ];
  const boxes = new Map([...upper, ...lowerBoxes(width, home, new Map(upper))]);
  const frames: readonly Frame[] = [
    { key: "management", rect: home, ringY: rows.ring },
    ...vms.flatMap((vm, place): Frame[] => {
      const rect = guests[place];
      return rect === undefined ? [] : [{ key: `machine ${vm}`, rect, ringY: rows.ring }];
    }),
    { key: "hypervisor", rect: bar(width, rows.hypervisor, rows.hypervisorEnd), ringY: null },
    { key: "hardware", rect: bar(width, rows.hardware, rows.end), ringY: null },
  ];
  return { width, height: rows.end, frames, boxes, routes: routesOf(boxes, channels, vms) };
}

function bar(width: number, from: number, to: number): Rect {
  return { x: 0, y: from, width, height: to - from };
}
