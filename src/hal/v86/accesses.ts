import {
  type AccessCounts,
  accessCounts,
  type EmulatedDevice,
  emulatedDevices,
  noTrace,
  type TraceSink,
} from "../../hvdef/index.ts";
import type { V86Cpu, V86Ne2k } from "./shape.ts";

/** Ports of the fixed devices of a PC, first and last. The rest below 1000h belongs to nobody we name. */
const fixedPorts: readonly (readonly [device: EmulatedDevice, first: number, last: number])[] = [
  ["interrupts", 0x20, 0x21],
  ["interrupts", 0xa0, 0xa1],
  ["timer", 0x40, 0x43],
  ["timer", 0x61, 0x61],
  ["timer", 0x70, 0x71],
  ["keyboard", 0x60, 0x60],
  ["keyboard", 0x64, 0x64],
  ["ide", 0x170, 0x177],
  ["ide", 0x1f0, 0x1f7],
  ["ide", 0x376, 0x376],
  ["ide", 0x3f6, 0x3f6],
  ["serial", 0x2e8, 0x2ef],
  ["serial", 0x2f8, 0x2ff],
  ["serial", 0x3e8, 0x3ef],
  ["serial", 0x3f8, 0x3ff],
  ["display", 0x1ce, 0x1cf],
  ["display", 0x3b0, 0x3df],
  ["diskette", 0x3f0, 0x3f5],
  ["diskette", 0x3f7, 0x3f7],
  ["pci", 0xcf8, 0xcff],
];
/** Above are the ports of PCI devices, which firmware and guest may move. */
const firstPciPort = 0x1000;
/** Memory of the display adapter: the window of a VGA, and all of it. */
const vgaWindow = { first: 0xa0000, last: 0xbffff };
const frameBuffer = { first: 0xe000_0000, last: 0xe7ff_ffff };
/** Interrupt controllers of the processor and beside it. */
const controllers = { first: 0xfec0_0000, last: 0xfeef_ffff };

/** Imports of the core that carry a guest's accesses to devices, by the number of their parameters. */
const readImports = ["io_port_read8", "io_port_read16", "io_port_read32", "mmap_read8", "mmap_read32"];
const writeImports = [
  ["io_port_write8", 1],
  ["io_port_write16", 2],
  ["io_port_write32", 4],
  ["mmap_write8", 1],
  ["mmap_write16", 2],
  ["mmap_write32", 4],
] as const;
const wideImports = [
  ["mmap_write64", 8],
  ["mmap_write128", 16],
] as const;

/** Counts what a guest reaches of emulated devices. */
export interface AccessCounter {
  /** The core's imports, counted. Others are left out. */
  readonly imports: WebAssembly.ModuleImports;
  /** The machine is there: its PCI devices are told apart from now on. */
  know(cpu: V86Cpu, cards: readonly V86Ne2k[]): void;
  /** A port below 1000h that belongs to no device: a hypercall goes through it. */
  leaveOut(port: number): void;
  counts(): AccessCounts;
}

const other = emulatedDevices.indexOf("other");
const network = emulatedDevices.indexOf("network");
const ide = emulatedDevices.indexOf("ide");
const display = emulatedDevices.indexOf("display");
const interrupts = emulatedDevices.indexOf("interrupts");
const nobody = 255;

function fixedTable(): Uint8Array {
  const table = new Uint8Array(firstPciPort).fill(other);
  for (const [device, first, last] of fixedPorts)
    table.fill(emulatedDevices.indexOf(device), first, last + 1);
  return table;
}

/** Number of the device whose memory it is. */
function memoryDevice(address: number): number {
  if (address >= vgaWindow.first && address <= vgaWindow.last) return display;
  if (address >= frameBuffer.first && address <= frameBuffer.last) return display;
  return address >= controllers.first && address <= controllers.last ? interrupts : other;
}

/**
 * Counts accesses between the core and its devices, one addition each.
 *
 * @param env  the engine's own imports of the core
 */
export function countAccesses(
  env: Readonly<Record<string, WebAssembly.ImportValue>>,
  trace: TraceSink = noTrace,
): AccessCounter {
  const table = fixedTable();
  const counts = new Float64Array(emulatedDevices.length);
  let machine: { readonly cpu: V86Cpu; readonly cards: readonly object[] } | null = null;

  function pciDevice(port: number): number {
    if (machine === null) return other;
    const owner = (machine.cpu.io.ports[port] as { readonly device?: object } | undefined)?.device;
    if (owner === undefined) return other;
    if (machine.cards.includes(owner)) return network;
    const { primary, secondary } = machine.cpu.devices.ide;
    return owner === primary || owner === secondary ? ide : other;
  }
  function port(address: number, bytes: number): void {
    const device = address < firstPciPort ? (table[address] ?? other) : pciDevice(address);
    if (device !== nobody) count(device, address, bytes);
  }
  function memory(address: number, bytes: number): void {
    count(memoryDevice(address >>> 0), address >>> 0, bytes);
  }
  function count(device: number, address: number, bytes: number): void {
    counts[device] = (counts[device] ?? 0) + 1;
    if (!trace.on) return;
    trace.note({ kind: "access", subject: address, bytes, text: emulatedDevices[device] ?? "other" });
  }

  return {
    imports: countedImports(env, (name) => (name.startsWith("io_") ? port : memory)),
    know(cpu, cards) {
      machine = { cpu, cards };
    },
    leaveOut(port) {
      table[port] = nobody;
    },
    counts: () => accessCounts((place) => counts[place] ?? 0),
  };
}

type Import = (...words: number[]) => number | undefined;
type Notice = (address: number, bytes: number) => void;

function countedImports(
  env: Readonly<Record<string, WebAssembly.ImportValue>>,
  noticeOf: (name: string) => Notice,
): WebAssembly.ModuleImports {
  const counted: Record<string, WebAssembly.ImportValue> = {};
  const take = (name: string, wrap: (inner: Import, notice: Notice) => Import): void => {
    const inner = env[name];
    if (typeof inner === "function") counted[name] = wrap(inner as Import, noticeOf(name));
  };
  for (const name of readImports) {
    const bytes = Number.parseInt(name.replace(/\D+/, ""), 10) / 8;
    take(name, (inner, notice) => (address = 0) => {
      notice(address, bytes);
      return inner(address);
    });
  }
  for (const [name, bytes] of writeImports)
    take(name, (inner, notice) => (address = 0, value = 0) => {
      notice(address, bytes);
      inner(address, value);
      return undefined;
    });
  for (const [name, bytes] of wideImports)
    take(name, (inner, notice) => (address = 0, ...words) => {
      notice(address, bytes);
      inner(address, ...words);
      return undefined;
    });
  return counted;
}
