import { type GuestMemory, LoadFlag, pageSize, SetupHeader } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";
import type { BootAccess } from "../../vid/index.ts";
import { ascii, placeAcpi } from "../firmware/acpi.ts";
import { type SmbiosIdentity, smbios } from "../firmware/smbios.ts";
import { type LoadedKernel, loadKernel } from "./kernel.ts";

/** What a direct start of Linux needs. All bytes are copied into guest memory. */
export interface LinuxBoot {
  /** A bzImage, or an uncompressed kernel: an ELF file linked for its physical address. */
  readonly kernel: Uint8Array<ArrayBuffer>;
  /** Archive of the first file system, as the kernel unpacks it; `null`: none. */
  readonly initrd: Uint8Array<ArrayBuffer> | null;
  readonly commandLine: string;
  readonly dsdt: Uint8Array<ArrayBuffer>;
  readonly identity: SmbiosIdentity;
}

const parametersAt = 0x90000;
const commandLineAt = 0x91000;
const lowMemoryEnd = 0x9fc00;
const acpiAt = 0xe0000;
const rsdpAt = 0xf0000;
const smbiosAt = 0xf0100;
const smbiosTablesAt = 0xf0200;
const highMemoryAt = 0x100000;

const ram = 1;
const reserved = 2;

/** Fields of the boot parameters page outside the kernel's header. @linux Documentation/x86/zero-page.rst; protocol 2.15 */
const at = {
  videoMode: 0x06,
  columns: 0x07,
  egaMemory: 0x0a,
  lines: 0x0e,
  isVga: 0x0f,
  glyphLines: 0x10,
  rsdpAddress: 0x70,
  mapEntries: 0x1e8,
  map: 0x2d0,
} as const;
/** The protocol that a kernel without a header of its own is started by. */
const usualProtocol = 0x20f;
/** A loader without a number of its own. */
const noLoaderType = 0xff;

/**
 * Places kernel, initrd, firmware tables and boot parameters in guest memory and sets the processor to
 * the kernel's 32-bit entry point, as a boot loader would.
 *
 * @throws HvError `boot.kernel` or `boot.memory` with the way out
 */
export function startLinux(memory: GuestMemory, boot: BootAccess, linux: LinuxBoot): void {
  const kernel = loadKernel(memory, linux.kernel);
  const initrdAt = linux.initrd === null ? 0 : placeInitrd(memory, linux.initrd, kernel);

  const ramBytes = memory.bytes();
  const acpi = placeAcpi(linux.dsdt, acpiAt);
  ramBytes.set(acpi.tables, acpiAt);
  ramBytes.set(acpi.rsdp, rsdpAt);
  const dmi = smbios(linux.identity, smbiosTablesAt);
  ramBytes.set(dmi.anchor, smbiosAt);
  ramBytes.set(dmi.tables, smbiosTablesAt);

  const initrdSize = linux.initrd?.length ?? 0;
  writeParameters(memory, { kernel, initrdAt, initrdSize, commandLine: linux.commandLine });
  boot.startProtected({ eip: kernel.entry, esi: parametersAt });
}

/** The highest place that the kernel looks at, page aligned, clear of the kernel. */
function placeInitrd(memory: GuestMemory, initrd: Uint8Array, kernel: LoadedKernel): number {
  const top = Math.min(memory.size, kernel.ramdiskEnd);
  const place = Math.floor((top - initrd.length) / pageSize) * pageSize;
  if (place < kernel.end) {
    const megabytes = Math.ceil((kernel.end + initrd.length) / 2 ** 20);
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
  start: {
    readonly kernel: LoadedKernel;
    readonly initrdAt: number;
    readonly initrdSize: number;
    readonly commandLine: string;
  },
): void {
  const { header, commandLineLimit } = start.kernel;
  if (start.commandLine.length > commandLineLimit) {
    throw new HvError(
      "boot.commandLine",
      `The kernel command line is longer than the ${commandLineLimit} characters that this kernel reads.`,
    );
  }
  const page = new Uint8Array(pageSize);
  const view = new DataView(page.buffer);
  writeScreen(page);
  view.setUint32(at.rsdpAddress, rsdpAt, true);
  page.set(header ?? usualHeader(), SetupHeader.start);
  page[SetupHeader.loaderType] = noLoaderType;
  view.setUint32(SetupHeader.ramdiskImage, start.initrdAt, true);
  view.setUint32(SetupHeader.ramdiskSize, start.initrdSize, true);
  view.setUint32(SetupHeader.commandLine, commandLineAt, true);
  view.setUint32(SetupHeader.commandLineSize, commandLineLimit, true);

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

/** The header that an uncompressed kernel has left behind. */
function usualHeader(): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(SetupHeader.end - SetupHeader.start);
  const view = new DataView(header.buffer);
  view.setUint16(SetupHeader.bootFlag - SetupHeader.start, 0xaa55, true);
  header.set(ascii("HdrS"), SetupHeader.magic - SetupHeader.start);
  view.setUint16(SetupHeader.version - SetupHeader.start, usualProtocol, true);
  header[SetupHeader.loadFlags - SetupHeader.start] = LoadFlag.loadedHigh;
  return header;
}
