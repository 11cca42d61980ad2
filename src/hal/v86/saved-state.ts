import {
  decodeSaved,
  encodeSaved,
  readSavedUnit,
  type SavedArray,
  type SavedFields,
  type SavedValue,
} from "../../hvdef/index.ts";
import { type OwnBytes, reasonOf } from "../../support/index.ts";
import { deviceTree, fits, type Loose } from "./saved-device.ts";
import { restoreProcessor, saveProcessor } from "./saved-processor.ts";
import type {
  CoreExports,
  V86Cpu,
  V86FloppyController,
  V86IdeInterface,
  V86Ne2k,
  V86Queue,
  V86Stateful,
} from "./shape.ts";

/** What a state is taken from and put into. */
export interface StatefulMachine {
  readonly cpu: V86Cpu;
  readonly core: CoreExports;
  /** Lets a microsecond of the machine's clock pass. */
  readonly pass: () => void;
  /** The network adapters, which are not the engine's own. */
  readonly cards: readonly V86Ne2k[];
}

const format = 1;

/** Bytes that wait in a serial port at most. */
const serialLimit = 65_536;
/** What keyboard and mouse have room for. */
const unreadLimit = 1024;
const firmwareLimit = 1 << 20;
/** A transfer of the most sectors that one command names. */
const driveBufferLimit = 65_536 * 512;

/** Columns and rows of text, pixels of a line and lines: what a screen is built for. */
const vgaLimits: readonly (readonly [place: number, limit: number])[] = [
  [4, 256],
  [5, 256],
  [15, 8192],
  [16, 8192],
  [19, 32],
];
/** The picture as it was painted last; it is painted anew. */
const vgaPicture = 61;
const ne2kMemory = 16;

/** A device with how its state is looked at. */
interface SavedDevice {
  readonly name: string;
  readonly device: V86Stateful;
  readonly loose?: Loose;
}

/** The devices in the order in which the engine itself restores them: the bus after what hangs on it. */
function devicesOf({ cpu, cards }: StatefulMachine): readonly SavedDevice[] {
  const { rtc, dma, acpi, vga, ps2, uart0, fdc, ide, pci, pit } = cpu.devices;
  return [
    { name: "rtc", device: rtc },
    { name: "dma", device: dma },
    { name: "acpi", device: acpi },
    { name: "vga", device: vga },
    { name: "ps2", device: ps2 },
    { name: "uart0", device: uart0 },
    { name: "fdc", device: withDiskettes(fdc) },
    { name: "ide", device: ide, loose: { longest: driveBufferLimit } },
    { name: "pci", device: pci },
    { name: "pit", device: pit },
    ...cards.map((device, place) => ({ name: `net${place}`, device })),
    { name: "pic", device: { get_state: () => cpu.get_state_pic(), set_state: (s) => cpu.set_state_pic(s) } },
  ];
}

/** The controller's own way of restoring takes the diskettes out. */
function withDiskettes(fdc: V86FloppyController): V86Stateful {
  return {
    get_state: () => fdc.get_state(),
    set_state(state) {
      const media = fdc.drives.map(({ buffer }) => buffer);
      fdc.set_state(state);
      for (const [place, drive] of fdc.drives.entries()) drive.buffer = media[place] ?? null;
    },
  };
}

function treeOf({ name, device }: SavedDevice): readonly SavedValue[] {
  const tree = deviceTree(device);
  return name === "vga" ? tree.map((value, place) => (place === vgaPicture ? null : value)) : tree;
}

/** State of processor and devices. See `Engine.saveDevices`. */
export function saveState(machine: StatefulMachine): OwnBytes {
  const { cpu } = machine;
  const { acpi, uart0, ps2 } = cpu.devices;
  const devices: Record<string, SavedValue> = {};
  for (const saved of devicesOf(machine)) devices[saved.name] = treeOf(saved);
  return encodeSaved({
    format,
    processor: saveProcessor(machine),
    devices,
    apic: new Uint8Array(cpu.get_state_apic()),
    ioapic: new Uint8Array(cpu.get_state_ioapic()),
    mediaChanged: drivesOf(cpu).map(({ medium_changed }) => Number(medium_changed)),
    serialInput: Uint8Array.from(uart0.input),
    keys: unreadOf(ps2.kbd_buffer),
    movements: unreadOf(ps2.mouse_buffer),
    powerTimer: {
      last: acpi.timer_last_value,
      offset: acpi.timer_imprecision_offset,
      seen: acpi.last_timer,
    },
    firmware: {
      value: cpu.fw_value instanceof Uint8Array ? cpu.fw_value : new Uint8Array(0),
      pointer: cpu.fw_pointer,
    },
  });
}

/** Takes a state over. See `Engine.restoreDevices`. */
export function restoreState(machine: StatefulMachine, bytes: OwnBytes): string | null {
  const saved = decodeSaved(bytes);
  const unit = "processor and devices";
  try {
    const outcome = readSavedUnit(saved, { unit, format }, (fields) => restore(machine, saved, fields));
    return outcome.kind === "usable" ? null : outcome.text;
  } catch (failure) {
    // A device took its numbers for what they cannot be.
    return `The machine cannot go on from its saved state: that of ${unit} is damaged (${reasonOf(failure)}).`;
  }
}

function restore(machine: StatefulMachine, saved: SavedValue | undefined, fields: SavedFields): void {
  const { cpu } = machine;
  const apic = fields.bytes("apic", cpu.get_state_apic().length);
  const ioapic = fields.bytes("ioapic", cpu.get_state_ioapic().length);
  if (apic.length !== cpu.get_state_apic().length || ioapic.length !== cpu.get_state_ioapic().length)
    fields.refuse("interrupt controllers");
  const addresses = machine.cards.map(({ mac }) => mac.slice());
  for (const one of devicesOf(machine)) restoreDevice(one, memberOf(saved, "devices", one.name), fields);
  restoreCards(machine, saved, addresses);
  cpu.set_state_apic(apic);
  cpu.set_state_ioapic(ioapic);
  restoreRest(cpu, saved, fields);
  restoreProcessor(machine, fields.fields("processor"));
}

function restoreDevice(one: SavedDevice, value: SavedValue, fields: SavedFields): void {
  const { name, device, loose } = one;
  const fresh = treeOf(one);
  if (!fits(value, fresh, loose) || !isList(value)) fields.refuse(`device ${name}`);
  else {
    if (name === "vga") checkScreen(value, fields);
    if (name === "ide") checkDrives(value, fresh, fields);
    device.set_state(value);
  }
}

/** Sizes from which the engine makes pictures. */
function checkScreen(value: readonly SavedValue[], fields: SavedFields): void {
  for (const [place, limit] of vgaLimits) {
    const size = value[place];
    if (typeof size !== "number" || !(size >= 0 && size <= limit)) fields.refuse("size of the screen");
  }
}

/** Places in a drive's state: whether it takes discs, and its sectors. */
const fixedDriveParts = [13, 19] as const;

/** The drives must be what they were, and as large. */
function checkDrives(value: readonly SavedValue[], fresh: readonly SavedValue[], fields: SavedFields): void {
  for (const channel of [0, 1])
    for (const drive of [0, 1])
      for (const part of fixedDriveParts)
        if (at(value, channel, drive, part) !== at(fresh, channel, drive, part))
          fields.refuse("its IDE drives were others");
}

function at(tree: SavedValue, ...path: readonly number[]): SavedValue {
  return path.reduce<SavedValue>((node, place) => (isList(node) ? (node[place] ?? null) : null), tree);
}

/**
 * The engine leaves an adapter's memory as it was made, for the sake of its address. A guest that goes on with another
 * adapter than it was saved with has not read the old one's: it must find the new one everywhere.
 */
function restoreCards(
  { cards }: StatefulMachine,
  saved: SavedValue | undefined,
  addresses: readonly Uint8Array[],
): void {
  for (const [place, card] of cards.entries()) {
    const memory = at(memberOf(saved, "devices", `net${place}`), ne2kMemory);
    const address = addresses[place];
    if (!(memory instanceof Uint8Array) || address === undefined) continue;
    const rom = card.memory.slice(0, 2 * address.length);
    card.memory.set(memory);
    if (rom.every((byte, offset) => byte === card.memory[offset])) continue;
    card.memory.set(rom);
    card.mac.set(address);
  }
}

function restoreRest(cpu: V86Cpu, saved: SavedValue | undefined, fields: SavedFields): void {
  const { acpi, uart0, ps2 } = cpu.devices;
  const changed = memberOf(saved, "mediaChanged");
  for (const [place, drive] of drivesOf(cpu).entries()) {
    const mark = at(changed, place);
    if (mark !== 0 && mark !== 1 && mark !== 2) fields.refuse("mediaChanged");
    drive.medium_changed = Number(mark);
  }
  for (const key of fields.bytes("keys", unreadLimit)) ps2.kbd_buffer.push(key);
  for (const byte of fields.bytes("movements", unreadLimit)) ps2.mouse_buffer.push(byte);
  // Whether the guest was told is not in the state: told twice, it finds nothing the second time.
  ps2.raise_irq();
  uart0.input.splice(0, uart0.input.length, ...fields.bytes("serialInput", serialLimit));
  const timer = fields.fields("powerTimer");
  acpi.timer_last_value = timer.real("last");
  acpi.timer_imprecision_offset = timer.real("offset");
  acpi.last_timer = timer.real("seen");
  const firmware = fields.fields("firmware");
  cpu.fw_value = firmware.bytes("value", firmwareLimit);
  cpu.fw_pointer = firmware.integer("pointer", 0, 2 ** 31);
}

/** What the guest has not read of a keyboard or mouse, which keeps it. */
function unreadOf(queue: V86Queue): Uint8Array {
  const bytes = Uint8Array.from({ length: queue.length }, () => queue.shift());
  for (const byte of bytes) queue.push(byte);
  return bytes;
}

function drivesOf({ devices: { ide } }: V86Cpu): readonly V86IdeInterface[] {
  return [ide.primary.master, ide.primary.slave, ide.secondary.master, ide.secondary.slave];
}

function memberOf(value: SavedValue | undefined, ...path: readonly string[]): SavedValue {
  let node: SavedValue = value ?? null;
  for (const name of path) node = isRecord(node) && Object.hasOwn(node, name) ? (node[name] ?? null) : null;
  return node;
}

function isRecord(value: SavedValue): value is { readonly [name: string]: SavedValue | undefined } {
  return typeof value === "object" && value !== null && !isList(value) && !isArray(value);
}
function isArray(value: object): value is SavedArray {
  return ArrayBuffer.isView(value);
}
function isList(value: SavedValue): value is readonly SavedValue[] {
  return Array.isArray(value);
}
