import type { BootDevice } from "../../hvdef/index.ts";
import type { CoreExports, V86Cpu } from "./shape.ts";

const protectionEnable = 1;
const flagsAtStart = 2;
const codeSegment = 1;
const bootCode = 0x10;
const bootData = 0x18;
/** Present, ring 0, accessed; code: execute and read, data: read and write. */
const codeAccess = 0x9b;
const dataAccess = 0x93;
const esi = 6;

/** Configuration space of the emulated IDE controller: 00:1e.0, both channels' timing registers at 40h. */
const ideConfig = 0x8000_0000 | (0x1e << 11) | 0x40;
/** Bit 15 of each channel's register: the channel decodes its ports. */
const bothChannelsOn = 0x8000_8000;
/** The interrupt router's four inputs, in the ISA bridge at 00:01.0, and the lines that the DSDT names for them. */
const routerConfig = 0x8000_0000 | (1 << 11) | 0x60;
const routerLines = 0x0b0b_0a0a;
/** The keyboard controller takes its command byte: system flag, keyboard's interrupt, scan codes of set 1. */
const keyboardCommandPort = 0x64;
const keyboardDataPort = 0x60;
const writeCommandByte = 0x60;
const translatedKeyboard = 0x45;
const pciAddressPort = 0xcf8;
const pciDataPort = 0xcfc;

/**
 * Does what a BIOS does to the devices and what Linux relies on: without it ata_piix takes both IDE
 * channels for switched off, the interrupts of PCI devices go nowhere, and its keyboard is taken for one of another
 * scan code set than it has.
 */
export function prepareDevices(cpu: V86Cpu): void {
  cpu.io.port_write32(pciAddressPort, ideConfig | 0);
  cpu.io.port_write32(pciDataPort, bothChannelsOn | 0);
  cpu.io.port_write32(pciAddressPort, routerConfig | 0);
  cpu.io.port_write32(pciDataPort, routerLines);
  cpu.io.port_write8(keyboardCommandPort, writeCommandByte);
  cpu.io.port_write8(keyboardDataPort, translatedKeyboard);
}

/** SeaBIOS' numbers of what it can start. */
const bootCodes: Record<BootDevice, number> = { floppy: 1, ide: 2, cd: 3, legacyNic: 4 };

/**
 * The boot order as SeaBIOS reads it from the CMOS: four bits each, the first lowest. It has room for three;
 * what is not named comes after them.
 */
export function bootPriorities(order: readonly BootDevice[]): number {
  return order.slice(0, 3).reduce((all, device, at) => all | (bootCodes[device] << (at * 4)), 0);
}

/**
 * Puts the processor where a 32-bit boot loader leaves it: protected mode, flat segments, paging and
 * interrupts off. @param start `eip` physical entry point, `esi` physical address of the boot parameters
 */
export function startProtected(
  cpu: V86Cpu,
  core: CoreExports,
  start: { readonly eip: number; readonly esi: number },
): void {
  cpu.cr[0] = (cpu.cr[0] ?? 0) | protectionEnable;
  cpu.protected_mode[0] = 1;
  cpu.flags[0] = flagsAtStart;
  cpu.is_32[0] = 1;
  cpu.stack_size_32[0] = 1;
  cpu.cpl[0] = 0;
  for (let segment = 0; segment < 6; segment++) {
    const isCode = segment === codeSegment;
    cpu.segment_is_null[segment] = 0;
    cpu.segment_offsets[segment] = 0;
    cpu.segment_limits[segment] = 0xffffffff;
    cpu.segment_access_bytes[segment] = isCode ? codeAccess : dataAccess;
    cpu.sreg[segment] = isCode ? bootCode : bootData;
  }
  for (let register = 0; register < 8; register++) cpu.reg32[register] = 0;
  cpu.reg32[esi] = start.esi;
  cpu.instruction_pointer[0] = start.eip;
  core.update_state_flags();
}
