import type { V86Cpu } from "./shape.ts";

/** What v86's display adapter and its BIOS call themselves, device over vendor: a Bochs VGA. */
const bochs = 0x1111_1234;
/** What Hyper-V's call themselves. A guest's driver of the synthetic screen looks for it, and no other driver does. */
const hyperV = 0x5353_1414;
/** Place of the display adapter on the PCI bus: slot 12h. */
const slot = 0x12 << 3;

/** Where a ROM says where its PCI data is, and what those begin with. @pci firmware 3.0, 5.1 */
const pciDataPlace = 0x18;
const pciData = 0x5249_4350;
const identityAt = 4;
const blockBytes = 512;
const sizeAt = 2;

/**
 * Has a VGA BIOS say that it belongs to Hyper-V's adapter: a PCI BIOS starts only what names the device. Its sum
 * stays zero.
 * @param rom  changed in place; may be anything a visitor has given
 * @returns whether it belongs to that adapter now
 */
export function renameRom(rom: ArrayBuffer): boolean {
  const view = new DataView(rom);
  const at = rom.byteLength < pciDataPlace + 2 ? rom.byteLength : view.getUint16(pciDataPlace, true);
  if (at + identityAt + 4 > rom.byteLength || view.getUint32(at, true) !== pciData) return false;
  const identity = view.getUint32(at + identityAt, true);
  if (identity === hyperV) return true;
  const end = view.getUint8(sizeAt) * blockBytes;
  if (identity !== bochs || end === 0 || end > rom.byteLength) return false;
  view.setUint32(at + identityAt, hyperV, true);
  const sum = new Uint8Array(rom, 0, end - 1).reduce((total, byte) => total + byte, 0);
  view.setUint8(end - 1, -sum & 0xff);
  return true;
}

/** Has the display adapter call itself as Hyper-V's does. Before the machine runs. */
export function renameAdapter(cpu: V86Cpu): void {
  const space = cpu.devices.pci.device_spaces[slot];
  if (space?.[0] === (bochs | 0)) space[0] = hyperV;
}
