import { adapterTitle, DeviceClass, type DriveSlot, floppyDrive } from "../hvdef/index.ts";
import type { InspectNode } from "../support/index.ts";
import { slotLabel } from "./drive-rules.ts";
import type { VmView } from "./host.ts";
import { lookUp } from "./vmbus-picture.ts";

/** Which way a device of a machine goes: through a device that is copied, through the VMBus, or neither. */
export type DeviceWay = "emulated" | "synthetic" | "unused";

/** One device of a running machine and the way it goes now. */
export interface DeviceRow {
  /** Stays the same while the machine runs. */
  readonly key: string;
  /** "Hard disk, IDE 0:0". */
  readonly device: string;
  readonly way: DeviceWay;
  /** What stands behind it there: "IDE controller", "VMBus channel 8". */
  readonly through: string;
  /** Bytes both ways since the machine started; `null` when nobody counts them. */
  readonly bytes: number | null;
}

/** A synthetic device as the bus tells of it. */
interface Offer {
  readonly channel: string;
  readonly instance: string;
  readonly open: boolean;
  readonly bytes: number;
}

/** Devices of a person: their rows appear when the bus offers their synthetic form. */
const consoleDevices = [
  { key: "screen", device: "Screen", deviceClass: DeviceClass.video, emulated: "VGA" },
  { key: "keyboard", device: "Keyboard", deviceClass: DeviceClass.keyboard, emulated: "PS/2" },
  { key: "mouse", device: "Mouse", deviceClass: DeviceClass.mouse, emulated: "PS/2" },
] as const;

/**
 * The devices of a machine and the way each goes, from its partition's own counters: a device is synthetic while the
 * guest has its channel open, emulated when it can only be reached, or was, through the copied one.
 */
export function deviceRows(vm: Pick<VmView, "drives" | "adapters">, tree: InspectNode): readonly DeviceRow[] {
  return [
    ...ideRows(vm, tree),
    ...scsiRows(vm, tree),
    ...adapterRows(vm, tree),
    ...consoleDevices.flatMap(({ deviceClass, ...device }) => {
      const [offer] = offersOf(tree, deviceClass);
      if (offer === undefined) return [];
      const { key } = device;
      if (offer.open) return [synthetic(key, device.device, offer)];
      const through = device.emulated;
      return [{ key, device: device.device, way: "emulated", through, bytes: null } as const];
    }),
  ];
}

/** Both ways of each device in a few words, for a table that is closed. */
export function waysInShort(rows: readonly DeviceRow[]): string {
  const count = (way: DeviceWay): number => rows.filter((row) => row.way === way).length;
  const words = (["synthetic", "emulated"] as const).flatMap((way) =>
    count(way) === 0 ? [] : [`${count(way)} ${way}`],
  );
  return words.length === 0 ? "none in use" : words.join(", ");
}

function ideRows({ drives }: Pick<VmView, "drives">, tree: InspectNode): readonly DeviceRow[] {
  const offers = offersOf(tree, DeviceClass.ide);
  return drives
    .filter(({ slot }) => slot.controller !== "SCSI")
    .map(({ slot, kind }) => {
      const label = slotLabel(slot);
      const key = `drive ${label}`;
      if (kind === "floppy") {
        const bytes = bytesOf(nodeAt(tree, "floppy", String(floppyDrive)), driveCounters);
        return row(key, "Diskette drive", { through: "diskette controller", bytes });
      }
      const device = `${kind === "dvd" ? "DVD drive" : "Hard disk"}, ${label}`;
      const offer = offers.find(({ instance }) => instance.startsWith(idePrefix(slot)));
      if (offer?.open === true) return synthetic(key, device, offer);
      const place = String(slot.number * 2 + slot.location);
      const bytes = bytesOf(nodeAt(tree, "ide", place), driveCounters);
      return row(key, device, { through: "IDE controller", bytes });
    });
}

/** How the instance of an IDE disk on the bus begins: it names controller and position. */
function idePrefix({ number, location }: DriveSlot): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  return `${hex(number, 8)}-${hex(location, 4)}-`;
}

/** The disks of a SCSI controller share its channel. There is no emulated one. */
function scsiRows({ drives }: Pick<VmView, "drives">, tree: InspectNode): readonly DeviceRow[] {
  const numbers = new Set(drives.flatMap(({ slot }) => (slot.controller === "SCSI" ? [slot.number] : [])));
  const offers = [...offersOf(tree, DeviceClass.scsi)].sort((one, other) =>
    one.instance < other.instance ? -1 : 1,
  );
  return [...numbers].sort().map((number) => {
    const disks = drives.filter(({ slot }) => slot.controller === "SCSI" && slot.number === number).length;
    const device = `${disks === 1 ? "Hard disk" : `${disks} hard disks`}, SCSI ${number}`;
    return syntheticOnly(`scsi ${number}`, device, offers[number]);
  });
}

function adapterRows({ adapters }: Pick<VmView, "adapters">, tree: InspectNode): readonly DeviceRow[] {
  const offers = offersOf(tree, DeviceClass.network);
  return adapters.map((adapter) => {
    const device = adapterTitle(adapter);
    const { type, index } = adapter;
    const key = `${type} adapter ${index}`;
    if (type === "synthetic") {
      const own = offers.find(({ instance }) => instance.charAt(7) === index.toString(16));
      return syntheticOnly(key, device, own);
    }
    const counters = nodeAt(tree, "nic", String(index));
    const bytes = bytesOf(counters, ["bytesSent", "bytesReceived"]);
    // Frames for everybody reach an adapter that no driver looks after too: whoever uses one sends.
    const way = bytesOf(counters, ["framesSent"]) === 0 ? "unused" : "emulated";
    return { key, device, way, through: way === "unused" ? "" : "NE2000", bytes };
  });
}

const driveCounters = ["bytesRead", "bytesWritten"];

function row(
  key: string,
  device: string,
  found: { readonly through: string; readonly bytes: number | null },
): DeviceRow {
  return { key, device, way: "emulated", ...found };
}

function synthetic(key: string, device: string, { channel, bytes }: Offer): DeviceRow {
  return { key, device, way: "synthetic", through: `VMBus channel ${channel}`, bytes };
}

function syntheticOnly(key: string, device: string, offer: Offer | undefined): DeviceRow {
  if (offer?.open === true) return synthetic(key, device, offer);
  return { key, device, way: "unused", through: "needs integration services", bytes: null };
}

function nodeAt(tree: InspectNode, ...path: readonly string[]): InspectNode | null {
  const found = lookUp(tree, path.join("."));
  return typeof found === "object" && found !== null ? found : null;
}

/** `null`: nobody counts. */
function bytesOf(counters: InspectNode | null, names: readonly string[]): number | null {
  const found = names.map((name) => counters?.[name]);
  return found.every((count) => typeof count === "number")
    ? found.reduce((sum, count) => sum + count, 0)
    : null;
}

/** What the bus offers of a class, whether the guest has it open, and what has gone through it. */
function offersOf(tree: InspectNode, deviceClass: string): readonly Offer[] {
  const channels = nodeAt(tree, "vmbus", "channels") ?? {};
  return Object.entries(channels).flatMap(([channel, node]) => {
    if (typeof node !== "object" || node === null || node["interfaceType"] !== deviceClass) return [];
    const { instance, state } = node;
    const bytes = bytesOf(node, ["bytesIn", "bytesOut"]) ?? 0;
    return [{ channel, instance: String(instance), open: state === "open", bytes }];
  });
}
