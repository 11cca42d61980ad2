/**
 * The parts of the pinned v86 build that the adapter leans on, as found in version 0.5.462. Its own
 * declarations leave these out. Checked once at start by `checkShape`, so that another version is
 * refused with the name of what is missing.
 */

import { displayParts, type V86Vga } from "./vga-shape.ts";

/** Exports of the hooked core that we call ourselves. */
export interface CoreExports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  /** One slice; answers milliseconds the machine may sleep, 0 when it wants more. */
  main_loop(): number;
  handle_irqs(): void;
  /** Byte address of the local APIC: 46 words, 16 to 23 requested, 32 to 39 trigger mode. */
  get_apic_addr(): number;
  read_tsc(): bigint;
  set_tsc(low: number, high: number): void;
  update_state_flags(): void;
  /** Index 1: most guest pages that one compiled module spans. */
  set_jit_config(index: number, value: number): void;
}

/** v86's processor object. Views of it go stale when the core's memory grows. */
export interface V86Cpu {
  readonly io: V86Io;
  readonly mem8: Uint8Array;
  readonly memory_size: Uint32Array;
  readonly option_roms: { readonly name: string; readonly data: Uint8Array }[];
  readonly devices: V86Devices;
  readonly cr: Int32Array;
  readonly protected_mode: Int32Array;
  readonly flags: Int32Array;
  readonly is_32: Int32Array;
  readonly stack_size_32: Int32Array;
  readonly instruction_pointer: Int32Array;
  readonly segment_is_null: Uint8Array;
  readonly segment_offsets: Int32Array;
  readonly segment_limits: Uint32Array;
  readonly segment_access_bytes: Uint8Array;
  readonly sreg: Uint16Array;
  readonly cpl: Uint8Array;
  readonly reg32: Int32Array;
  reboot_internal: () => void;
  /** What the guest reads of the firmware interface, and how far it is. */
  fw_value: unknown;
  fw_pointer: number;
  jit_dirty_cache(from: number, to: number): void;
  full_clear_tlb(): void;
  jit_clear_cache(): void;
  get_state_pic(): readonly unknown[];
  set_state_pic(state: readonly unknown[]): void;
  get_state_apic(): Uint8Array;
  set_state_apic(state: Uint8Array): void;
  get_state_ioapic(): Uint8Array;
  set_state_ioapic(state: Uint8Array): void;
  /** Room for a picture of so many pixels. @returns its place in the core's memory */
  svga_allocate_dest_buffer(pixels: number): number;
  /** All of video memory counts as changed. */
  svga_mark_dirty(): void;
  /** Brings what changed in video memory into the picture. @param offset  first pixel that is shown */
  svga_fill_pixel_buffer(depth: number, offset: number): void;
}

/** The devices that we touch. */
export interface V86Devices {
  ide: V86Ide;
  /** Absent unless asked for. */
  net?: V86Ne2k;
  readonly pci: V86Pci;
  readonly ps2: V86Ps2 & V86Stateful;
  readonly fdc: V86FloppyController;
  readonly rtc: V86Stateful & {
    cmos_write(index: number, value: number): void;
    cmos_read(index: number): number;
  };
  readonly dma: V86Stateful;
  readonly pit: V86Stateful;
  readonly vga: V86Vga & V86Stateful;
  /** COM1, with the bytes that the guest has not read. */
  readonly uart0: V86Stateful & { readonly input: number[] };
  readonly acpi: V86Stateful & {
    timer_last_value: number;
    timer_imprecision_offset: number;
    last_timer: number;
  };
}

/** What v86 expects of a drive's contents. */
export interface V86Buffer {
  readonly byteLength: number;
  get(at: number, length: number, done: (bytes: Uint8Array) => void): void;
  /** Asked for the first sector, to guess a disk's geometry. */
  get_from_cache(at: number, length: number): Uint8Array | undefined;
  set(at: number, bytes: Uint8Array<ArrayBuffer>, done: () => void): void;
  get_state(): readonly unknown[];
  set_state(state: readonly unknown[]): void;
}

/** What can be saved and restored: lists of plain values, arrays of numbers, and further such things. */
export interface V86Stateful {
  get_state(): readonly unknown[];
  set_state(state: readonly unknown[]): void;
}

/** One drive's configuration: nothing in it means that no drive is there. */
export interface V86DriveConfiguration {
  readonly buffer?: V86Buffer;
  readonly is_cdrom?: boolean;
}

/** Both IDE channels of the machine. */
export interface V86Ide extends V86Stateful {
  readonly bus: object;
  readonly primary: V86IdeChannel;
  readonly secondary: V86IdeChannel;
}

/** Its class, which v86 does not export. */
export type V86IdeClass = new (
  cpu: V86Cpu,
  bus: object,
  drives: readonly (readonly V86DriveConfiguration[])[],
) => V86Ide;

/** One IDE channel. */
export interface V86IdeChannel {
  master: V86IdeInterface;
  slave: V86IdeInterface;
  current_interface: V86IdeInterface;
  dma_status: number;
}

/** One drive with its registers. Sealed: it takes no properties of ours. */
export interface V86IdeInterface {
  readonly channel: V86IdeChannel;
  readonly data: Uint8Array;
  buffer: V86Buffer | null;
  sector_count: number;
  status_reg: number;
  error_reg: number;
  sector_count_reg: number;
  current_command: number;
  /** 0 no, 1 the next command hears of it, 2 that one hears that nothing is in it first. */
  medium_changed: number;
  ata_command(command: number): void;
  atapi_handle(): void;
  atapi_check_condition_response(senseKey: number, additional: number): void;
  create_identify_packet(): void;
  /** Data of operations under way is dropped when it comes. */
  cancel_io_operations(): void;
  push_irq(): void;
}

/** The PCI bus. Devices stand at their number in bits 3 to 7, functions in bits 0 to 2. */
export interface V86Pci extends V86Stateful {
  readonly device_spaces: (Int32Array | undefined)[];
  readonly devices: (object | undefined)[];
  raise_irq(id: number): void;
  lower_irq(id: number): void;
}

/** Registers and memory of a network adapter. Numbers are what the guest wrote, 0 to 255. */
export interface V86Ne2kRegisters {
  /** Command. */
  readonly cr: number;
  /** What is received, of those that may be. */
  readonly rxcr: number;
  /** Pages of 256 bytes: the receive buffer's first, and the one behind its last. */
  readonly pstart: number;
  readonly pstop: number;
  /** Where the next frame goes. */
  curpg: number;
  /** What the guest has not read yet begins behind it. */
  readonly boundary: number;
  readonly mac: Uint8Array;
  /** 32 KiB: the address in the first bytes, the buffer in the upper half. */
  readonly memory: Uint8Array;
}

/** The network adapter. */
export interface V86Ne2k extends V86Ne2kRegisters, V86Stateful {
  /** First of 32 ports. */
  readonly port: number;
  readonly pci_id: number;
  /** Interrupts that are due, and those the guest wants. */
  isr: number;
  readonly imr: number;
  do_interrupt(bits: number): void;
  /** Called when the guest wrote `isr` or `imr`, and by `do_interrupt`. */
  update_irq(): void;
}

/** Its class, which v86 does not export. The number decides about ports and place on the bus. */
export type V86Ne2kClass = new (
  cpu: V86Cpu,
  bus: { register(): void; send(name: string, value: unknown): void },
  keepsMac: boolean,
  translatesMac: boolean,
  id: number,
) => V86Ne2k;

/** The diskette controller. */
export interface V86FloppyController extends V86Stateful {
  readonly drives: readonly V86FloppyDrive[];
  readonly cmd_table: readonly { handler: (parameters: Uint8Array) => void }[];
  readonly curr_drive_no: number;
  /** 1 command, 2 execution, 3 result. */
  readonly cmd_phase: number;
  /** Bits 0 and 1: the data rate the guest has chosen. */
  readonly dsr: number;
  end_read_write(status0: number, status1: number, status2: number): void;
}

/** A diskette drive; the geometry is that of the diskette in it. */
export interface V86FloppyDrive {
  buffer: V86Buffer | null;
  max_track: number;
  max_head: number;
  max_sect: number;
  read_only: boolean;
  media_changed: boolean;
}

/** A queue of bytes. */
export interface V86Queue {
  readonly length: number;
  push(byte: number): void;
  shift(): number;
}

/** The keyboard controller with keyboard and mouse. */
export interface V86Ps2 {
  readonly kbd_buffer: V86Queue;
  readonly mouse_buffer: V86Queue;
  /** Whether the guest has a driver for the mouse. */
  readonly use_mouse: boolean;
  /** 0 plain, 3 with a wheel, 4 with a wheel and five buttons: what the guest has asked for. */
  readonly mouse_id: number;
  mouse_stream_active(): boolean;
  /** A keyboard that the guest has switched off swallows it. */
  kbd_send_code(code: number): void;
  raise_irq(): void;
}

/** v86's port table. */
export interface V86Io {
  readonly ports: unknown[];
  /** A port that nobody has registered. */
  create_empty_entry(): unknown;
  port_read8(port: number): number;
  port_write8(port: number, value: number): void;
  port_write32(port: number, value: number): void;
  register_write(
    port: number,
    device: object,
    write8?: (value: number) => void,
    write16?: (value: number) => void,
    write32?: (value: number) => void,
  ): void;
}

/** v86's outer object. */
export interface V86Machine {
  readonly v86: { readonly cpu: V86Cpu; unregister_yield?(): void };
  readonly bus: { send(name: string, value: unknown): void };
  add_listener(name: string, handler: (value: number) => void): void;
}

const cpuParts = [
  "io",
  "mem8",
  "option_roms",
  "reboot_internal",
  "jit_dirty_cache",
  "protected_mode",
  "devices",
  "svga_allocate_dest_buffer",
  "svga_mark_dirty",
  "svga_fill_pixel_buffer",
];
const savedParts = [
  "fw_value",
  "fw_pointer",
  "full_clear_tlb",
  "jit_clear_cache",
  "get_state_pic",
  "set_state_pic",
  "get_state_apic",
  "set_state_apic",
  "get_state_ioapic",
  "set_state_ioapic",
];
const savedDevices = [
  "rtc",
  "dma",
  "pit",
  "vga",
  "ps2",
  "uart0",
  "acpi",
  "ide",
  "pci",
  "fdc",
] as const satisfies readonly (keyof V86Devices)[];
const pmTimerParts = ["timer_last_value", "timer_imprecision_offset", "last_timer"];
const driveParts = [
  "data",
  "buffer",
  "sector_count",
  "status_reg",
  "error_reg",
  "sector_count_reg",
  "current_command",
  "medium_changed",
  "ata_command",
  "atapi_handle",
  "atapi_check_condition_response",
  "create_identify_packet",
  "cancel_io_operations",
  "push_irq",
];
const floppyParts = ["drives", "cmd_table", "curr_drive_no", "cmd_phase", "dsr", "end_read_write"];
const diskettePart = ["buffer", "max_track", "max_head", "max_sect", "read_only", "media_changed"];
const pciParts = ["device_spaces", "devices", "raise_irq", "lower_irq"];
const ps2Parts = [
  "kbd_buffer",
  "mouse_buffer",
  "use_mouse",
  "mouse_id",
  "mouse_stream_active",
  "kbd_send_code",
  "raise_irq",
];
const adapterParts = [
  "cr",
  "rxcr",
  "pstart",
  "pstop",
  "curpg",
  "boundary",
  "mac",
  "memory",
  "port",
  "pci_id",
  "isr",
  "imr",
  "do_interrupt",
  "update_irq",
];
/** @throws naming the part that this version of the engine lacks */
export function checkShape(machine: V86Machine): V86Cpu {
  const cpu = machine.v86?.cpu;
  if (cpu === undefined) throw new Error("this version of the engine hides its processor");
  requireParts("", cpu, cpuParts);
  requireParts("", cpu, savedParts);
  for (const name of savedDevices)
    requireParts(`savable ${name}: `, cpu.devices[name], ["get_state", "set_state"]);
  requireParts("power management's ", cpu.devices.acpi, pmTimerParts);
  requireParts("serial port's ", cpu.devices.uart0, ["input"]);
  requireParts("IDE drive's ", cpu.devices.ide?.secondary?.master, driveParts);
  requireParts("diskette controller's ", cpu.devices.fdc, floppyParts);
  requireParts("diskette drive's ", cpu.devices.fdc.drives[0], diskettePart);
  requireParts("display adapter's ", cpu.devices.vga, displayParts);
  requireParts("PCI bus's ", cpu.devices.pci, pciParts);
  requireParts("keyboard controller's ", cpu.devices.ps2, ps2Parts);
  if (cpu.devices.net !== undefined) requireParts("network adapter's ", cpu.devices.net, adapterParts);
  return cpu;
}

function requireParts(whose: string, thing: object | undefined, parts: readonly string[]): void {
  for (const part of parts) {
    if (thing === undefined || !(part in thing))
      throw new Error(`this version of the engine has no ${whose}${part}`);
  }
}
