import { packetClasses } from "./figures.ts";
import { at, type Point, type Rect, stepped, tidy } from "./geometry.ts";
import { type BoxKey, boxOf, providerOf } from "./model.ts";

/** The way of a line: corners from its first box to its last. */
export type Route = readonly Point[];

/** Boxes by their keys; one that is not there is a point at the corner. */
type Boxes = ReadonlyMap<BoxKey, Rect>;

/** A border with a name: a partition, the hypervisor, the hardware. */
export interface Frame {
  readonly key: string;
  readonly rect: Rect;
  /** Where user mode ends and kernel mode begins; `null`: it has no such line. */
  readonly ringY: number | null;
}

/** Where everything is drawn, pixels. */
export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Frame[];
  readonly boxes: ReadonlyMap<BoxKey, Rect>;
  /** The way of each line, by its key. */
  readonly routes: ReadonlyMap<string, Route>;
}

const nowhere: Rect = { x: 0, y: 0, width: 0, height: 0 };

/** The rectangle of a box. */
function rectOf(boxes: Boxes, key: BoxKey): Rect {
  return boxes.get(key) ?? nowhere;
}

/** Heights and columns between the boxes in which lines run, by machine where each has its own. */
export interface Channels {
  /** Between the services and the worker processes. */
  readonly calls: (place: number) => number;
  /** Between the worker processes and the kernel's boxes. */
  readonly devices: (place: number) => number;
  /** Between the providers and VMBus. */
  readonly serving: number;
  /** The way of VMBus from a guest to the parent. */
  readonly bus: (guest: Rect, parent: Rect, place: number) => Route;
  /** The way of an access from a virtual processor to the VID. */
  readonly vid: (vp: Rect, vid: Rect, place: number) => Route;
  /** The way of an access from the VID to the emulated device. */
  readonly device: (vid: Rect, process: Rect, place: number) => Route;
  /** The way of the management OS's drivers to the hardware. */
  readonly hardware: (kernel: Rect, device: Rect, place: number) => Route;
}

/** The lines of one machine. */
function machineRoutes(boxes: Boxes, channels: Channels, vm: string, place: number): [string, Route][] {
  const box = (part: Parameters<typeof boxOf>[0]): Rect => rectOf(boxes, boxOf(part, vm));
  const [process, drivers, clients] = [box("process"), box("drivers"), box("clients")];
  const [guestBus, vp] = [box("guestBus"), box("vp")];
  const vid = rectOf(boxes, "vid");
  const over = channels.calls(place);
  const under = channels.devices(place);
  const down = (from: Rect, to: Rect, share: number): Route => {
    const start = at(from, share, 1);
    return [start, { x: start.x, y: to.y }];
  };
  return [
    [`calls ${vm}`, stepped(at(rectOf(boxes, "vmms"), 0.5, 1), at(process, 0.62, 0), over)],
    [`shown ${vm}`, stepped(at(process, 0.3, 0), at(rectOf(boxes, "manager"), 0.5, 1), over - 12)],
    [`exit ${vm}`, down(drivers, vp, 0.5)],
    [`vid ${vm}`, channels.vid(vp, vid, place)],
    [`device ${vm}`, channels.device(vid, process, place)],
    [`drives ${vm}`, stepped(at(process, 0.5, 1), at(rectOf(boxes, "storage"), 0.4, 0), under + 14)],
    [`frames ${vm}`, stepped(at(process, 0.8, 1), at(rectOf(boxes, "network"), 0.4, 0), under + 21)],
    [`rings ${vm}`, down(clients, guestBus, 0.5)],
    [`bus ${vm}`, channels.bus(guestBus, rectOf(boxes, "bus"), place)],
    [`processor ${vm}`, down(guestBus, vp, 0.5)],
  ];
}

/** The lines of a drawing. */
export function routesOf(
  boxes: Boxes,
  channels: Channels,
  vms: readonly string[],
): ReadonlyMap<string, Route> {
  const box = (key: BoxKey): Rect => rectOf(boxes, key);
  const [bus, kernel, storage, network] = [box("bus"), box("kernel"), box("storage"), box("network")];
  const serving = packetClasses.map((kind, place): [string, Route] => {
    const provider = box(providerOf[kind]);
    const start = at(bus, (place + 1) / (packetClasses.length + 1), 0);
    return [`serve ${kind}`, stepped(start, at(provider, 0.62, 1), channels.serving + place * 4 - 8)];
  });
  const through = (from: Point, share: number, device: Rect, place: number): Route => {
    const top = at(kernel, share, 0);
    const way = channels.hardware(kernel, device, place);
    const [first] = way;
    return tidy([
      ...stepped(from, top, channels.serving + 8 - place * 5),
      ...(first === undefined ? [] : way),
    ]);
  };
  return new Map([
    ["asks", stepped(at(box("manager"), 0.85, 0), at(box("vmms"), 0.15, 0), box("manager").y - 9)],
    ["wmi", [at(box("manager"), 1, 0.5), at(box("wmi"), 0, 0.5)]],
    ["provider", [at(box("wmi"), 1, 0.5), at(box("vmms"), 0, 0.5)]],
    ...serving,
    ["files", through(at(storage, 0.3, 1), 0.3, box("disks"), 0)],
    ["wires", through(at(network, 0.3, 1), 0.75, box("wires"), 1)],
    ["management", stepped(at(network, 0.45, 1), at(kernel, 0.9, 0), channels.serving + 12)],
    ...vms.flatMap((vm, place) => machineRoutes(boxes, channels, vm, place)),
  ] satisfies [string, Route][]);
}
