import { type Guid, toWire } from "../../support/index.ts";
import { ascii, checksumOf } from "./acpi.ts";
import type { FirmwareFile } from "./table-loader.ts";

/** What a machine says of itself. @smbios 2.4, values as a Hyper-V machine shows them */
export interface SmbiosIdentity {
  readonly uuid: Guid;
  readonly serial: string;
}

const anchorBytes = 31;

/** One structure: formatted part, then its strings, then two zeros. */
function structure(type: number, handle: number, body: Uint8Array, strings: readonly string[]): Uint8Array {
  const text = strings.map((s) => `${s}\0`).join("") + (strings.length === 0 ? "\0\0" : "\0");
  const out = new Uint8Array(4 + body.length + text.length);
  out[0] = type;
  out[1] = 4 + body.length;
  new DataView(out.buffer).setUint16(2, handle, true);
  out.set(body, 4);
  out.set(ascii(text), 4 + body.length);
  return out;
}

function structures(identity: SmbiosIdentity): readonly Uint8Array[] {
  const system = new Uint8Array(23);
  system.set([1, 2, 3, 4], 0); // manufacturer, product, version, serial
  toWire(identity.uuid, system, 4);
  system[20] = 6; // woken by the power switch
  return [
    // BIOS: vendor, version, segment F000h, date, 64 KiB, PCI and boot from CD
    structure(
      0,
      0,
      Uint8Array.from([1, 2, 0, 0xf0, 3, 0, 0x80, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 9, 0, 0xff, 0xff]),
      ["American Megatrends Inc.", "090004 ", "03/19/2009"],
    ),
    structure(1, 1, system, ["Microsoft Corporation", "Virtual Machine", "7.0", identity.serial]),
    structure(2, 2, Uint8Array.from([1, 2, 3, 4]), [
      "Microsoft Corporation",
      "Virtual Machine",
      "7.0",
      identity.serial,
    ]),
    structure(3, 3, Uint8Array.from([1, 3, 2, 3, 4, 3, 3, 3, 3]), [
      "Microsoft Corporation",
      "7.0",
      identity.serial,
      identity.serial,
    ]),
    structure(127, 127, new Uint8Array(0), []),
  ];
}

/** Tables and their entry point. The entry point's address and checksums are right for tables at `base`. */
export function smbios(
  identity: SmbiosIdentity,
  base: number,
): { readonly anchor: Uint8Array<ArrayBuffer>; readonly tables: Uint8Array<ArrayBuffer> } {
  const all = structures(identity);
  const tables = Uint8Array.from(all.flatMap((bytes) => [...bytes]));
  const anchor = new Uint8Array(anchorBytes);
  const view = new DataView(anchor.buffer);
  anchor.set(ascii("_SM_"), 0);
  anchor[5] = anchorBytes;
  anchor[6] = 2;
  anchor[7] = 4;
  view.setUint16(8, Math.max(...all.map((bytes) => bytes.length)), true);
  anchor.set(ascii("_DMI_"), 16);
  view.setUint16(22, tables.length, true);
  view.setUint32(24, base, true);
  view.setUint16(28, all.length, true);
  anchor[30] = 0x24;
  anchor[21] = checksumOf(anchor.subarray(16));
  anchor[4] = checksumOf(anchor);
  return { anchor, tables };
}

/** The same for the BIOS, which moves the tables itself. */
export function smbiosFirmwareFiles(identity: SmbiosIdentity): readonly FirmwareFile[] {
  const { anchor, tables } = smbios(identity, 0);
  return [
    { name: "etc/smbios/smbios-anchor", data: anchor },
    { name: "etc/smbios/smbios-tables", data: tables },
  ];
}

/** A serial number in Hyper-V's form, made of the machine's identity. */
export function machineSerial(vm: string): string {
  const digits = [...vm.replaceAll("-", "")].map((digit) => Number.parseInt(digit, 16) % 10).join("");
  return `${[0, 4, 8, 12, 16, 20].map((at) => digits.slice(at, at + 4)).join("-")}-${digits.slice(24, 26)}`;
}
