import { at, type Rect, tidy } from "./geometry.ts";
import { type BoxKey, boxOf } from "./model.ts";
import { type Channels, type Frame, type MapLayout, routesOf } from "./routes.ts";

/** Heights of the drawing, pixels from its top: the machine stands below the management OS. */
const rows = {
  services: 50,
  processes: 152,
  ring: 240,
  devices: 300,
  providers: 380,
  bus: 478,
  managementEnd: 550,
  machine: 568,
  programs: 618,
  guestRing: 730,
  clients: 760,
  guestBus: 856,
  machineEnd: 930,
  hypervisor: 948,
  shared: 978,
  virtual: 1052,
  hypervisorEnd: 1132,
  hardware: 1150,
  first: 1178,
  second: 1244,
  end: 1312,
} as const;
/** Room at both sides in which lines run past the boxes. */
const gutter = 24;
const between = 10;

function row(names: readonly BoxKey[], y: number, height: number, width: number): [BoxKey, Rect][] {
  const room = width - 2 * gutter - between * (names.length - 1);
  return names.map((name, place) => {
    const x = gutter + Math.round((room / names.length + between) * place);
    return [name, { x, y, width: Math.floor(room / names.length), height }] satisfies [BoxKey, Rect];
  });
}

function channelsAt(width: number): Channels {
  const right = width - gutter / 2;
  const left = gutter / 2;
  return {
    calls: () => rows.processes - 16,
    devices: () => rows.processes + 76,
    serving: rows.bus - 18,
    bus(guest, parent) {
      const [from, to] = [at(guest, 0, 0.5), at(parent, 0, 0.5)];
      return tidy([from, { x: left, y: from.y }, { x: left, y: to.y }, to]);
    },
    vid(vp, vid) {
      const [from, to] = [at(vp, 1, 0.5), at(vid, 1, 0.5)];
      return tidy([from, { x: right, y: from.y }, { x: right, y: to.y }, to]);
    },
    device: (vid, process) => {
      const [from, to] = [at(vid, 1, 0.3), at(process, 1, 0.6)];
      return tidy([from, { x: right, y: from.y }, { x: right, y: to.y }, to]);
    },
    hardware(kernel, device, place) {
      const from = at(kernel, place === 0 ? 0.3 : 0.75, 1);
      const x = width - 5 + place * 3;
      const to = at(device, 0.5, 0);
      const turn = rows.managementEnd - 12 + place * 5;
      const low = rows.hardware - 6 + place * 5;
      return tidy([from, { x: from.x, y: turn }, { x, y: turn }, { x, y: low }, { x: to.x, y: low }, to]);
    },
  };
}

/** Everything in one column: the management OS, one machine, the hypervisor, the hardware. */
export function narrowLayout(vm: string | null, width: number): MapLayout {
  const vms = vm === null ? [] : [vm];
  const whole = (y: number, end: number): Rect => ({ x: 0, y, width, height: end - y });
  const boxes = new Map<BoxKey, Rect>([
    ...row(["manager", "wmi", "vmms"], rows.services, 56, width),
    ...row(["console", "services", "sockets"], rows.devices, 60, width),
    ...row(["storage", "network", "vid"], rows.providers, 60, width),
    ...row(["bus", "kernel"], rows.bus, 54, width),
    ...row(["partitions", "scheduler"], rows.shared, 62, width),
    ...row(["processors", "memory", "disks"], rows.first, 56, width),
    ...row(["wires", "person"], rows.second, 56, width),
    ...vms.flatMap((one): [BoxKey, Rect][] => {
      const pair = row([boxOf("clients", one), boxOf("drivers", one)], rows.clients, 62, width);
      return [
        ...row([boxOf("process", one)], rows.processes, 66, width),
        ...row([boxOf("programs", one)], rows.programs, 96, width),
        ...pair,
        // Below the drivers only the line of their accesses runs.
        ...row([boxOf("guestBus", one), boxOf("vp", one)], rows.guestBus, 54, width).slice(0, 1),
        ...row([boxOf("vp", one)], rows.virtual, 66, width),
      ];
    }),
  ]);
  const frames: readonly Frame[] = [
    { key: "management", rect: whole(0, rows.managementEnd), ringY: rows.ring },
    ...vms.map(
      (one): Frame => ({
        key: `machine ${one}`,
        rect: whole(rows.machine, rows.machineEnd),
        ringY: rows.guestRing,
      }),
    ),
    { key: "hypervisor", rect: whole(rows.hypervisor, rows.hypervisorEnd), ringY: null },
    { key: "hardware", rect: whole(rows.hardware, rows.end), ringY: null },
  ];
  return { width, height: rows.end, frames, boxes, routes: routesOf(boxes, channelsAt(width), vms) };
}
