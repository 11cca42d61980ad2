import { type AcpiBlock, ascii, checksumAt, checksummed, rsdpChecksumAt } from "./acpi.ts";

/** A file the BIOS finds through fw_cfg. */
export interface FirmwareFile {
  readonly name: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

const commandBytes = 128;
const nameBytes = 56;
const tablesFile = "etc/acpi/tables";
const rsdpFile = "etc/acpi/rsdp";
const highMemory = 1;
const fSegment = 2;

/** Commands of the BIOS linker: allocate a file, relocate a pointer, fill a checksum. */
const Command = { allocate: 1, addPointer: 2, addChecksum: 3 } as const;

function command(kind: number, write: (view: DataView, out: Uint8Array) => void): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(commandBytes);
  const view = new DataView(out.buffer);
  view.setUint32(0, kind, true);
  write(view, out);
  return out;
}

function allocate(file: string, align: number, zone: number): Uint8Array {
  return command(Command.allocate, (view, out) => {
    out.set(ascii(file, nameBytes), 4);
    view.setUint32(60, align, true);
    view.setUint8(64, zone);
  });
}

/** Adds the address of `source` to the 4-byte pointer at `offset` of `file`. */
function addPointer(file: string, source: string, offset: number): Uint8Array {
  return command(Command.addPointer, (view, out) => {
    out.set(ascii(file, nameBytes), 4);
    out.set(ascii(source, nameBytes), 60);
    view.setUint32(116, offset, true);
    view.setUint8(120, 4);
  });
}

function addChecksum(file: string, offset: number, range: { at: number; length: number }): Uint8Array {
  return command(Command.addChecksum, (view, out) => {
    out.set(ascii(file, nameBytes), 4);
    view.setUint32(60, offset, true);
    view.setUint32(64, range.at, true);
    view.setUint32(68, range.length, true);
  });
}

/**
 * The three files that make the BIOS install our tables instead of its own.
 * @param pointer  RSDP with RSDT's offset in the block, checksum zero
 */
export function acpiFirmwareFiles(
  block: AcpiBlock,
  pointer: Uint8Array<ArrayBuffer>,
): readonly FirmwareFile[] {
  for (const { at } of checksummed(block)) block.bytes[at + checksumAt] = 0;
  const commands = [
    allocate(tablesFile, 64, highMemory),
    allocate(rsdpFile, 16, fSegment),
    addPointer(tablesFile, tablesFile, block.fadtFacs),
    addPointer(tablesFile, tablesFile, block.fadtDsdt),
    addPointer(tablesFile, tablesFile, block.rsdtEntries),
    addPointer(tablesFile, tablesFile, block.rsdtEntries + 4),
    addPointer(rsdpFile, tablesFile, 16),
    ...checksummed(block).map((range) => addChecksum(tablesFile, range.at + checksumAt, range)),
    addChecksum(rsdpFile, rsdpChecksumAt, { at: 0, length: 20 }),
  ];
  const loader = new Uint8Array(commands.length * commandBytes);
  for (const [index, bytes] of commands.entries()) loader.set(bytes, index * commandBytes);
  return [
    { name: tablesFile, data: block.bytes },
    { name: rsdpFile, data: pointer },
    { name: "etc/table-loader", data: loader },
  ];
}
