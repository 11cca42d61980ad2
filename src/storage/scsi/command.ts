/** Operation codes a disk knows. @spc4 @sbc3 */
export const ScsiOpcode = {
  testUnitReady: 0x00,
  read6: 0x08,
  write6: 0x0a,
  inquiry: 0x12,
  modeSense6: 0x1a,
  startStopUnit: 0x1b,
  readCapacity10: 0x25,
  read10: 0x28,
  write10: 0x2a,
  verify10: 0x2f,
  synchronizeCache10: 0x35,
  writeSame10: 0x41,
  unmap: 0x42,
  modeSense10: 0x5a,
  read16: 0x88,
  write16: 0x8a,
  verify16: 0x8f,
  synchronizeCache16: 0x91,
  writeSame16: 0x93,
  serviceActionIn16: 0x9e,
  reportLuns: 0xa0,
  read12: 0xa8,
  write12: 0xaa,
  verify12: 0xaf,
} as const;
export type ScsiOpcode = (typeof ScsiOpcode)[keyof typeof ScsiOpcode];

/** Bytes of a command descriptor block as transports carry it; shorter commands are padded. */
export const cdbBytes = 16;

/** Blocks of a transfer as a command names them. `lba` is exact up to 2^53 and beyond that only large. */
interface Extent {
  readonly lba: number;
  readonly blocks: number;
}

/** A decoded command. `allocation` is the most bytes of data it may return. */
export type ScsiCommand =
  | ({ readonly kind: "read" } & Extent)
  | ({ readonly kind: "write"; readonly forceUnitAccess: boolean } & Extent)
  | ({ readonly kind: "writeSame"; readonly noData: boolean } & Extent)
  | ({ readonly kind: "verify"; readonly byteCheck: number } & Extent)
  | ({ readonly kind: "synchronizeCache" } & Extent)
  | { readonly kind: "unmap"; readonly listLength: number }
  | { readonly kind: "testUnitReady" }
  | { readonly kind: "startStopUnit" }
  | {
      readonly kind: "inquiry";
      /** `null` asks for the standard data. */
      readonly page: number | null;
      readonly allocation: number;
    }
  | { readonly kind: "readCapacity"; readonly form: 10 | 16; readonly allocation: number }
  | { readonly kind: "reportLuns"; readonly allocation: number }
  | {
      readonly kind: "modeSense";
      readonly form: 6 | 10;
      readonly page: number;
      readonly subpage: number;
      /** 0 current, 1 changeable, 2 default, 3 saved. */
      readonly control: number;
      readonly allocation: number;
    }
  | { readonly kind: "invalidField" }
  | { readonly kind: "unknown"; readonly opcode: number };

/** Decodes 16 bytes (shorter ones read as padded with zeros). Any bytes may be given. */
export function decodeCommand(cdb: Uint8Array): ScsiCommand {
  switch (cdb[0] ?? 0) {
    case ScsiOpcode.read10:
      return { kind: "read", lba: be32(cdb, 2), blocks: be16(cdb, 7) };
    case ScsiOpcode.write10:
      return { kind: "write", lba: be32(cdb, 2), blocks: be16(cdb, 7), forceUnitAccess: bit(cdb, 1, 3) };
    case ScsiOpcode.read16:
      return { kind: "read", lba: be64(cdb, 2), blocks: be32(cdb, 10) };
    case ScsiOpcode.write16:
      return { kind: "write", lba: be64(cdb, 2), blocks: be32(cdb, 10), forceUnitAccess: bit(cdb, 1, 3) };
    case ScsiOpcode.read12:
      return { kind: "read", lba: be32(cdb, 2), blocks: be32(cdb, 6) };
    case ScsiOpcode.write12:
      return { kind: "write", lba: be32(cdb, 2), blocks: be32(cdb, 6), forceUnitAccess: bit(cdb, 1, 3) };
    case ScsiOpcode.read6:
      return { kind: "read", ...extent6(cdb) };
    case ScsiOpcode.write6:
      return { kind: "write", ...extent6(cdb), forceUnitAccess: false };
    case ScsiOpcode.synchronizeCache10:
      return { kind: "synchronizeCache", lba: be32(cdb, 2), blocks: be16(cdb, 7) };
    case ScsiOpcode.synchronizeCache16:
      return { kind: "synchronizeCache", lba: be64(cdb, 2), blocks: be32(cdb, 10) };
    case ScsiOpcode.writeSame10:
      return { kind: "writeSame", lba: be32(cdb, 2), blocks: be16(cdb, 7), noData: false };
    case ScsiOpcode.writeSame16:
      return { kind: "writeSame", lba: be64(cdb, 2), blocks: be32(cdb, 10), noData: bit(cdb, 1, 0) };
    case ScsiOpcode.verify10:
      return { kind: "verify", lba: be32(cdb, 2), blocks: be16(cdb, 7), byteCheck: bits(cdb, 1, 1, 3) };
    case ScsiOpcode.verify12:
      return { kind: "verify", lba: be32(cdb, 2), blocks: be32(cdb, 6), byteCheck: bits(cdb, 1, 1, 3) };
    case ScsiOpcode.verify16:
      return { kind: "verify", lba: be64(cdb, 2), blocks: be32(cdb, 10), byteCheck: bits(cdb, 1, 1, 3) };
    default:
      return decodeControl(cdb);
  }
}

/** Commands that are not sent per transfer. */
function decodeControl(cdb: Uint8Array): ScsiCommand {
  const opcode = cdb[0] ?? 0;
  switch (opcode) {
    case ScsiOpcode.testUnitReady:
      return { kind: "testUnitReady" };
    case ScsiOpcode.startStopUnit:
      return { kind: "startStopUnit" };
    case ScsiOpcode.unmap:
      return { kind: "unmap", listLength: be16(cdb, 7) };
    case ScsiOpcode.readCapacity10:
      return { kind: "readCapacity", form: 10, allocation: 8 };
    case ScsiOpcode.serviceActionIn16:
      if (bits(cdb, 1, 0, 31) !== 0x10) return { kind: "invalidField" };
      return { kind: "readCapacity", form: 16, allocation: be32(cdb, 10) };
    case ScsiOpcode.reportLuns:
      return { kind: "reportLuns", allocation: be32(cdb, 6) };
    case ScsiOpcode.inquiry:
      return decodeInquiry(cdb);
    case ScsiOpcode.modeSense6:
      return { ...modePage(cdb), form: 6, allocation: cdb[4] ?? 0 };
    case ScsiOpcode.modeSense10:
      return { ...modePage(cdb), form: 10, allocation: be16(cdb, 7) };
    default:
      return { kind: "unknown", opcode };
  }
}

function decodeInquiry(cdb: Uint8Array): ScsiCommand {
  const page = cdb[2] ?? 0;
  const vital = bit(cdb, 1, 0);
  const obsolete = bit(cdb, 1, 1); // command support data
  if (obsolete || (!vital && page !== 0)) return { kind: "invalidField" };
  return { kind: "inquiry", page: vital ? page : null, allocation: be16(cdb, 3) };
}

function modePage(cdb: Uint8Array) {
  const kind: "modeSense" = "modeSense";
  return { kind, page: bits(cdb, 2, 0, 63), subpage: cdb[3] ?? 0, control: bits(cdb, 2, 6, 3) };
}

/** The oldest form: 21 bits of address, and 0 blocks means 256. */
function extent6(cdb: Uint8Array): Extent {
  const lba = (bits(cdb, 1, 0, 31) << 16) | be16(cdb, 2);
  return { lba, blocks: (cdb[4] ?? 0) || 256 };
}

function bit(cdb: Uint8Array, at: number, place: number): boolean {
  return bits(cdb, at, place, 1) === 1;
}

function bits(cdb: Uint8Array, at: number, shift: number, mask: number): number {
  return ((cdb[at] ?? 0) >> shift) & mask;
}

// Plain byte reads: a DataView for each command would cost more than the whole decode.
function be16(cdb: Uint8Array, at: number): number {
  return ((cdb[at] ?? 0) << 8) | (cdb[at + 1] ?? 0);
}

function be32(cdb: Uint8Array, at: number): number {
  return be16(cdb, at) * 0x10000 + be16(cdb, at + 2);
}

/** Rounds above 2^53; every such address is beyond every disk, and stays so after rounding. */
function be64(cdb: Uint8Array, at: number): number {
  return be32(cdb, at) * 0x100000000 + be32(cdb, at + 4);
}
