import { layout, raw, u8, u16, u32 } from "../../support/index.ts";

/** ACPI tables of a generation 1 machine with one processor. @acpi 1.0b for RSDP, RSDT, FADT, FACS; 2.0 for MADT */

const oemId = ascii("VRTUAL", 6);
const tableId = ascii("MICROSFT", 8);
const creator = ascii("MSFT", 4);
const headerBytes = 36;

const TableHeader = layout("TableHeader", "le", headerBytes, {
  signature: raw(4),
  length: u32,
  revision: u8,
  checksum: u8,
  oemId: raw(6),
  oemTableId: raw(8),
  oemRevision: u32,
  creatorId: raw(4),
  creatorRevision: u32,
});

/** Body of FADT revision 1, after the header. Ports are those of PIIX4's power management. */
const FadtBody = layout("FadtBody", "le", 80, {
  facs: u32,
  dsdt: u32,
  interruptModel: u8,
  reserved0: u8,
  sciInterrupt: u16,
  smiCommand: u32, // 0: the machine is in ACPI mode from the start
  acpiEnable: u8,
  acpiDisable: u8,
  s4BiosRequest: u8,
  reserved1: u8,
  pm1aEvent: u32,
  pm1bEvent: u32,
  pm1aControl: u32,
  pm1bControl: u32,
  pm2Control: u32,
  pmTimer: u32,
  gpe0: u32,
  gpe1: u32,
  pm1EventLength: u8,
  pm1ControlLength: u8,
  pm2ControlLength: u8,
  pmTimerLength: u8,
  gpe0Length: u8,
  gpe1Length: u8,
  gpe1Base: u8,
  reserved2: u8,
  c2Latency: u16, // above 100: no C2
  c3Latency: u16, // above 1000: no C3
  flushSize: u16,
  flushStride: u16,
  dutyOffset: u8,
  dutyWidth: u8,
  dayAlarm: u8,
  monthAlarm: u8,
  century: u8,
  bootArchitecture: u16Packed(),
  reserved3: u8,
  flags: u32,
});

/** 16-bit field at an odd offset, as FADT has one. */
function u16Packed(): typeof u16 {
  return { ...u16, align: 1 };
}

const pmBase = 0xb000;
const gpeBase = 0xafe0;
/** WBINVD works, C1 on all processors, power and sleep buttons are not fixed hardware, 24-bit timer. */
const fadtFlags = 0x0000_0001 | 0x0000_0004 | 0x0000_0010 | 0x0000_0020;
const fadtBoot = 0x0003; // legacy devices, 8042

/** Text as `length` bytes, zero padded. */
export function ascii(text: string, length = text.length): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  for (let i = 0; i < Math.min(length, text.length); i++) out[i] = text.charCodeAt(i);
  return out;
}

/** The byte that makes a range add up to 0 modulo 256. */
export function checksumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

function table(signature: string, revision: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(headerBytes + body.length);
  TableHeader.write(new DataView(out.buffer), 0, {
    signature: ascii(signature),
    length: out.length,
    revision,
    checksum: 0,
    oemId,
    oemTableId: tableId,
    oemRevision: 1,
    creatorId: creator,
    creatorRevision: 1,
  });
  out.set(body, headerBytes);
  return out;
}

/** Interrupts that PCI and the SCI use: active high and level triggered at the I/O APIC. */
const levelInterrupts = [5, 9, 10, 11];

function madtBody(): Uint8Array {
  const entries = [
    [0, 8, 0, 0, 1, 0, 0, 0], // local APIC 0, enabled
    [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0], // I/O APIC 0 at FEC00000h, first interrupt 0
    ...levelInterrupts.map((line) => [2, 10, 0, line, line, 0, 0, 0, 0x0d, 0]),
    [4, 6, 0xff, 0, 0, 1], // NMI on LINT1 of all processors
  ];
  return Uint8Array.from([0, 0, 0xe0, 0xfe, 1, 0, 0, 0, ...entries.flat()]);
}

/** Offsets of the tables in one block, all multiples of 64. */
export interface AcpiBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly facs: number;
  readonly dsdt: number;
  readonly fadt: number;
  readonly madt: number;
  readonly rsdt: number;
  /** Offset of the first of RSDT's pointers. */
  readonly rsdtEntries: number;
  /** Offsets in the FADT of its two pointers. */
  readonly fadtFacs: number;
  readonly fadtDsdt: number;
}

/** Offset of the checksum in every table header. */
export const checksumAt = 9;

/**
 * Builds all tables but the RSDP with pointers relative to the block's start and checksums zero.
 * @param dsdt  the compiled DSDT of `images/firmware`
 */
export function acpiBlock(dsdt: Uint8Array): AcpiBlock {
  const facs = new Uint8Array(64);
  facs.set(ascii("FACS"));
  new DataView(facs.buffer).setUint32(4, 64, true);
  const align = (n: number): number => (n + 63) & ~63;

  const dsdtAt = 64;
  const fadtAt = align(dsdtAt + dsdt.length);
  const fadt = table("FACP", 1, fadtBody(0, dsdtAt));
  const madtAt = align(fadtAt + fadt.length);
  const madt = table("APIC", 1, madtBody());
  const rsdtAt = align(madtAt + madt.length);
  const pointers = new Uint8Array(8);
  new DataView(pointers.buffer).setUint32(0, fadtAt, true);
  new DataView(pointers.buffer).setUint32(4, madtAt, true);
  const rsdt = table("RSDT", 1, pointers);

  const bytes = new Uint8Array(align(rsdtAt + rsdt.length));
  bytes.set(facs, 0);
  bytes.set(dsdt, dsdtAt);
  bytes.set(fadt, fadtAt);
  bytes.set(madt, madtAt);
  bytes.set(rsdt, rsdtAt);
  return {
    bytes,
    facs: 0,
    dsdt: dsdtAt,
    fadt: fadtAt,
    madt: madtAt,
    rsdt: rsdtAt,
    rsdtEntries: rsdtAt + headerBytes,
    fadtFacs: fadtAt + headerBytes,
    fadtDsdt: fadtAt + headerBytes + 4,
  };
}

function fadtBody(facs: number, dsdt: number): Uint8Array<ArrayBuffer> {
  return FadtBody.bytes({
    facs,
    dsdt,
    interruptModel: 1,
    reserved0: 0,
    sciInterrupt: 9,
    smiCommand: 0,
    acpiEnable: 0,
    acpiDisable: 0,
    s4BiosRequest: 0,
    reserved1: 0,
    pm1aEvent: pmBase,
    pm1bEvent: 0,
    pm1aControl: pmBase + 4,
    pm1bControl: 0,
    pm2Control: 0,
    pmTimer: pmBase + 8,
    gpe0: gpeBase,
    gpe1: 0,
    pm1EventLength: 4,
    pm1ControlLength: 2,
    pm2ControlLength: 0,
    pmTimerLength: 4,
    gpe0Length: 4,
    gpe1Length: 0,
    gpe1Base: 0,
    reserved2: 0,
    c2Latency: 0xffff,
    c3Latency: 0xffff,
    flushSize: 0,
    flushStride: 0,
    dutyOffset: 0,
    dutyWidth: 0,
    dayAlarm: 0,
    monthAlarm: 0,
    century: 0x32,
    bootArchitecture: fadtBoot,
    reserved3: 0,
    flags: fadtFlags,
  });
}

/** RSDP revision 0 pointing at `rsdt`; checksum left zero. */
export function rsdp(rsdt: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(20);
  out.set(ascii("RSD PTR "), 0);
  out.set(oemId, 9);
  new DataView(out.buffer).setUint32(16, rsdt, true);
  return out;
}

/** Offset of the checksum in the RSDP. */
export const rsdpChecksumAt = 8;

/** Every table of the block that carries a checksum: its offset and length. */
export function checksummed(block: AcpiBlock): readonly { readonly at: number; readonly length: number }[] {
  const view = new DataView(block.bytes.buffer);
  return [block.dsdt, block.fadt, block.madt, block.rsdt].map((at) => ({
    at,
    length: view.getUint32(at + 4, true),
  }));
}

/**
 * Places the tables at a fixed address for a start without BIOS: pointers made absolute, checksums filled.
 * @returns the block to copy to `base` and the RSDP to put anywhere the guest looks for it
 */
export function placeAcpi(
  dsdt: Uint8Array,
  base: number,
): { readonly tables: Uint8Array<ArrayBuffer>; readonly rsdp: Uint8Array<ArrayBuffer> } {
  const block = acpiBlock(dsdt);
  const view = new DataView(block.bytes.buffer);
  for (const at of [block.rsdtEntries, block.rsdtEntries + 4, block.fadtFacs, block.fadtDsdt]) {
    view.setUint32(at, view.getUint32(at, true) + base, true);
  }
  for (const { at, length } of checksummed(block)) {
    block.bytes[at + checksumAt] = 0;
    block.bytes[at + checksumAt] = checksumOf(block.bytes.subarray(at, at + length));
  }
  const pointer = rsdp(base + block.rsdt);
  pointer[rsdpChecksumAt] = checksumOf(pointer);
  return { tables: block.bytes, rsdp: pointer };
}
