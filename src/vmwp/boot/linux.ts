import { type GuestMemory, inRam, pageSize } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import type { BootAccess } from "../../vid/index.ts";
import { ascii, placeAcpi } from "../firmware/acpi.ts";
import { type SmbiosIdentity, smbios } from "../firmware/smbios.ts";
import { type Executable, readElf } from "./elf.ts";

/** What a direct start of Linux needs. All bytes are copied into guest memory. */
export interface LinuxBoot {
  /** Uncompressed kernel, an ELF file linked for its physical address. */
  readonly kernel: Uint8Array<ArrayBuffer>;
  /** Uncompressed archive of the first file system. */
  readonly initrd: Uint8Array<ArrayBuffer>;
  readonly commandLine: string;
  readonly dsdt: Uint8Array<ArrayBuffer>;
  readonly identity: SmbiosIdentity;
}

const parametersAt = 0x90000;
const commandLineAt = 0x91000;
const commandLineLimit = 2047;
const lowMemoryEnd = 0x9fc00;
const acpiAt = 0xe0000;
const rsdpAt = 0xf0000;
const smbiosAt = 0xf0100;
const smbiosTablesAt = 0xf0200;
const highMemoryAt = 0x100000;
/** i386 maps this much directly; an initrd must lie below. */
const directMapEnd = 0x37fe0000;

const ram = 1;
const reserved = 2;

/** Fields of the boot parameters page that we fill. @linux Documentation/x86/boot.rst, zero-page.rst; protocol 2.15 */
const at = {
  videoMode: 0x06,
  columns: 0x07,
  egaMemory: 0x0a,
  lines: 0x0e,
  isVga: 0x0f,
  glyphLines: 0x10,
  rsdpAddress: 0x70,
  mapEntries: 0x1e8,
  bootFlag: 0x1fe,
  magic: 0x202,
  version: 0x206,
  loaderType: 0x210,
  loadFlags: 0x211,
  ramdiskImage: 0x218,
  ramdiskSize: 0x21c,
  commandLine: 0x228,
  commandLineSize: 0x238,
  map: 0x2d0,
} as const;

/**
 * Places kernel, initrd, firmware tables and boot parameters in guest memory and sets the processor to
 * the kernel's 32-bit entry point, as a boot loader would.
 *
 * @throws HvError `boot.kernel` or `boot.memory` with the way out
 */
export function startLinux(memory: GuestMemory, boot: BootAccess, linux: LinuxBoot): void {
  const executable = readElf(linux.kernel);
  if (typeof executable === "string")
    throw new HvError(
      "boot.kernel",
      `The kernel cannot be started: ${executable}. Build it again with npm run images, then reload.`,
    );
  loadKernel(memory, executable);
  const initrdAt = placeInitrd(memory, linux.initrd, endOf(executable));

  const ramBytes = memory.bytes();
  const acpi = placeAcpi(linux.dsdt, acpiAt);
  ramBytes.set(acpi.tables, acpiAt);
  ramBytes.set(acpi.rsdp, rsdpAt);
  const dmi = smbios(linux.identity, smbiosTablesAt);
  ramBytes.set(dmi.anchor, smbiosAt);
  ramBytes.set(dmi.tables, smbiosTablesAt);

  writeParameters(memory, { initrdAt, initrdSize: linux.initrd.length, commandLine: linux.commandLine });
  boot.startProtected({ eip: executable.entry, esi: parametersAt });
}

function endOf(executable: Executable): number {
  return Math.max(...executable.segments.map((segment) => segment.at + segment.memorySize));
}

function loadKernel(memory: GuestMemory, executable: Executable): void {
  for (const segment of executable.segments) {
    if (segment.at < highMemoryAt || !inRam(memory, segment.at, segment.memorySize)) {
      const megabytes = Math.ceil(endOf(executable) / 2 ** 20);
      throw new HvError(
        "boot.memory",
        `The kernel needs at least ${megabytes + 16} MB of memory. Assign more.`,
      );
    }
    const bytes = memory.bytes();
    bytes.set(segment.bytes, segment.at);
    bytes.fill(0, segment.at + segment.bytes.length, segment.at + segment.memorySize);
    memory.wrote(segment.at, segment.memorySize);
  }
}

/** Highest place below the direct map's end, page aligned, clear of the kernel. */
function placeInitrd(memory: GuestMemory, initrd: Uint8Array, kernelEnd: number): number {
  const top = Math.min(memory.size, directMapEnd);
  const place = Math.floor((top - initrd.length) / pageSize) * pageSize;
  if (place < kernelEnd) {
    const megabytes = Math.ceil((kernelEnd + initrd.length) / 2 ** 20);
    throw new HvError("boot.memory", `The guest needs at least ${megabytes + 32} MB of memory. Assign more.`);
  }
  memory.bytes().set(initrd, place);
  return place;
}

/** The display adapter shows text mode 3 with an empty page and has 256 KiB. @linux screen_info */
function writeScreen(page: Uint8Array): void {
  page[at.videoMode] = 3;
  page[at.columns] = 80;
  page[at.egaMemory] = 3;
  page[at.lines] = 25;
  page[at.isVga] = 1;
  page[at.glyphLines] = 16;
}

function writeParameters(
  memory: GuestMemory,
  start: { readonly initrdAt: number; readonly initrdSize: number; readonly commandLine: string },
): void {
  if (start.commandLine.length > commandLineLimit) {
    throw new HvError(
      "boot.commandLine",
      `The kernel command line is longer than ${commandLineLimit} characters.`,
    );
  }
  const page = new Uint8Array(pageSize);
  const view = new DataView(page.buffer);
  writeScreen(page);
  view.setUint32(at.rsdpAddress, rsdpAt, true);
  view.setUint16(at.bootFlag, 0xaa55, true);
  page.set(ascii("HdrS"), at.magic);
  view.setUint16(at.version, 0x020f, true);
  page[at.loaderType] = 0xff; // a loader without a number of its own
  page[at.loadFlags] = 1; // kernel lies high
  view.setUint32(at.ramdiskImage, start.initrdAt, true);
  view.setUint32(at.ramdiskSize, start.initrdSize, true);
  view.setUint32(at.commandLine, commandLineAt, true);
  view.setUint32(at.commandLineSize, commandLineLimit, true);

  const map = [
    { base: 0, size: lowMemoryEnd, type: ram },
    { base: lowMemoryEnd, size: 0xa0000 - lowMemoryEnd, type: reserved },
    { base: acpiAt, size: highMemoryAt - acpiAt, type: reserved },
    { base: highMemoryAt, size: memory.size - highMemoryAt, type: ram },
  ];
  page[at.mapEntries] = map.length;
  for (const [index, entry] of map.entries()) {
    const base = at.map + index * 20;
    view.setUint32(base, entry.base, true);
    view.setUint32(base + 8, entry.size, true);
    view.setUint32(base + 16, entry.type, true);
  }
  const bytes = memory.bytes();
  bytes.set(page, parametersAt);
  bytes.set(ascii(`${start.commandLine}\0`), commandLineAt);
}
