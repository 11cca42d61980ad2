/** Operation codes a disk knows. @spc4 @sbc3 */
export const ScsiOpcode = {
  testUnitReady: 0x00,
  requestSense: 0x03,
  read6: 0x08,
  write6: 0x0a,
  inquiry: 0x12,
  modeSelect6: 0x15,
  modeSense6: 0x1a,
  startStopUnit: 0x1b,
  readCapacity10: 0x25,
  read10: 0x28,
  write10: 0x2a,
  writeAndVerify10: 0x2e,
  verify10: 0x2f,
  synchronizeCache10: 0x35,
  writeSame10: 0x41,
  unmap: 0x42,
  modeSelect10: 0x55,
  modeSense10: 0x5a,
  read16: 0x88,
  write16: 0x8a,
  writeAndVerify16: 0x8e,
  verify16: 0x8f,
  synchronizeCache16: 0x91,
  writeSame16: 0x93,
  serviceActionIn16: 0x9e,
  reportLuns: 0xa0,
  read12: 0xa8,
  write12: 0xaa,
  writeAndVerify12: 0xae,
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

/** What VERIFY compares: nothing, every block with its own data, or every block with the one that came. */
export type ByteCheck = "none" | "all" | "same";

/** A decoded command. `allocation` is the most bytes of data it may return. */
export type ScsiCommand =
  | ({ readonly kind: "read" } & Extent)
  | ({ readonly kind: "write"; readonly forceUnitAccess: boolean } & Extent)
  | ({ readonly kind: "writeSame"; readonly noData: boolean; readonly unmap: boolean } & Extent)
  | ({ readonly kind: "verify"; readonly byteCheck: ByteCheck } & Extent)
  | ({ readonly kind: "synchronizeCache" } & Extent)
  | { readonly kind: "unmap"; readonly listLength: number }
  | { readonly kind: "testUnitReady" }
  | { readonly kind: "requestSense"; readonly allocation: number }
  /** `flushes`: the unit stops, and nothing may be left in a cache then. */
  | { readonly kind: "startStopUnit"; readonly flushes: boolean }
  | {
      readonly kind: "inquiry";
      /** `null` asks for the standard data. */
      readonly page: number | null;
      readonly allocation: number;
    }
  | { readonly kind: "readCapacity"; readonly form: 10 | 16; readonly allocation: number }
  /** `wellKnown`: only well-known units are asked for, of which there are none. */
  | { readonly kind: "reportLuns"; readonly wellKnown: boolean; readonly allocation: number }
  | {
      readonly kind: "modeSense";
      readonly form: 6 | 10;
      readonly page: number;
      readonly subpage: number;
      /** 0 current, 1 changeable, 2 default, 3 saved. */
      readonly control: number;
      readonly allocation: number;
    }
  | { readonly kind: "modeSelect"; readonly form: 6 | 10; readonly listLength: number }
  | { readonly kind: "invalidField" }
  | { readonly kind: "unknown"; readonly opcode: number };

/** Decodes 16 bytes (shorter ones read as padded with zeros). Any bytes may be given. */
export function decodeCommand(cdb: Uint8Array): ScsiCommand {
  const lba = be32(cdb, 2);
  switch (cdb[0] ?? 0) {
    case ScsiOpcode.read10:
      return read(cdb, lba, be16(cdb, 7));
    case ScsiOpcode.write10:
      return write(cdb, lba, be16(cdb, 7));
    case ScsiOpcode.read16:
      return read(cdb, be64(cdb, 2), be32(cdb, 10));
    case ScsiOpcode.write16:
      return write(cdb, be64(cdb, 2), be32(cdb, 10));
    case ScsiOpcode.read12:
      return read(cdb, lba, be32(cdb, 6));
    case ScsiOpcode.write12:
      return write(cdb, lba, be32(cdb, 6));
    case ScsiOpcode.read6:
      return { kind: "read", ...extent6(cdb) };
    case ScsiOpcode.write6:
      return { kind: "write", ...extent6(cdb), forceUnitAccess: false };
    case ScsiOpcode.synchronizeCache10:
      return { kind: "synchronizeCache", lba, blocks: be16(cdb, 7) };
    case ScsiOpcode.synchronizeCache16:
      return { kind: "synchronizeCache", lba: be64(cdb, 2), blocks: be32(cdb, 10) };
    default:
      return decodeRare(cdb);
  }
}

/** Commands with an extent that are not sent for every transfer. */
function decodeRare(cdb: Uint8Array): ScsiCommand {
  const lba = be32(cdb, 2);
  switch (cdb[0] ?? 0) {
    case ScsiOpcode.writeSame10:
      return writeSame(cdb, lba, be16(cdb, 7));
    case ScsiOpcode.writeSame16:
      return writeSame(cdb, be64(cdb, 2), be32(cdb, 10));
    case ScsiOpcode.writeAndVerify10:
      return writeAndVerify(cdb, lba, be16(cdb, 7));
    case ScsiOpcode.writeAndVerify12:
      return writeAndVerify(cdb, lba, be32(cdb, 6));
    case ScsiOpcode.writeAndVerify16:
      return writeAndVerify(cdb, be64(cdb, 2), be32(cdb, 10));
    case ScsiOpcode.verify10:
      return verify(cdb, lba, be16(cdb, 7));
    case ScsiOpcode.verify12:
      return verify(cdb, lba, be32(cdb, 6));
    case ScsiOpcode.verify16:
      return verify(cdb, be64(cdb, 2), be32(cdb, 10));
    default:
      return decodeControl(cdb);
  }
}

const invalidField: ScsiCommand = { kind: "invalidField" };

/** The guest wants protection information checked or stored; no disk of ours is formatted with it. */
function isProtected(cdb: Uint8Array): boolean {
  return bits(cdb, 1, 5, 7) !== 0;
}

function read(cdb: Uint8Array, lba: number, blocks: number): ScsiCommand {
  return isProtected(cdb) ? invalidField : { kind: "read", lba, blocks };
}

function write(cdb: Uint8Array, lba: number, blocks: number): ScsiCommand {
  if (isProtected(cdb)) return invalidField;
  return { kind: "write", lba, blocks, forceUnitAccess: bit(cdb, 1, 3) };
}

/** A write that must have reached the medium: what can be read back of it then is what was sent. */
function writeAndVerify(cdb: Uint8Array, lba: number, blocks: number): ScsiCommand {
  if (isProtected(cdb) || bits(cdb, 1, 1, 3) > 1) return invalidField;
  return { kind: "write", lba, blocks, forceUnitAccess: true };
}

function writeSame(cdb: Uint8Array, lba: number, blocks: number): ScsiCommand {
  const obsolete = 0x06; // a counter written into every block
  const anchor = 0x10;
  if (isProtected(cdb) || bits(cdb, 1, 0, obsolete | anchor) !== 0) return invalidField;
  const noData = cdb[0] === ScsiOpcode.writeSame16 && bit(cdb, 1, 0);
  return { kind: "writeSame", lba, blocks, noData, unmap: bit(cdb, 1, 3) };
}

function verify(cdb: Uint8Array, lba: number, blocks: number): ScsiCommand {
  const byteCheck = (["none", "all", null, "same"] as const)[bits(cdb, 1, 1, 3)] ?? null;
  if (isProtected(cdb) || byteCheck === null) return invalidField;
  return { kind: "verify", lba, blocks, byteCheck };
}

/** Commands without an extent. */
function decodeControl(cdb: Uint8Array): ScsiCommand {
  const opcode = cdb[0] ?? 0;
  switch (opcode) {
    case ScsiOpcode.testUnitReady:
      return { kind: "testUnitReady" };
    case ScsiOpcode.startStopUnit:
      return decodeStartStop(cdb);
    case ScsiOpcode.requestSense:
      if (bit(cdb, 1, 0)) return invalidField; // descriptor format
      return { kind: "requestSense", allocation: cdb[4] ?? 0 };
    case ScsiOpcode.unmap:
      if (bit(cdb, 1, 0)) return invalidField; // anchored blocks
      return { kind: "unmap", listLength: be16(cdb, 7) };
    case ScsiOpcode.readCapacity10:
      return { kind: "readCapacity", form: 10, allocation: 8 };
    case ScsiOpcode.serviceActionIn16:
      if (bits(cdb, 1, 0, 31) !== 0x10) return invalidField;
      return { kind: "readCapacity", form: 16, allocation: be32(cdb, 10) };
    case ScsiOpcode.reportLuns:
      if ((cdb[2] ?? 0) > 2) return invalidField;
      return { kind: "reportLuns", wellKnown: cdb[2] === 1, allocation: be32(cdb, 6) };
    case ScsiOpcode.inquiry:
      return decodeInquiry(cdb);
    case ScsiOpcode.modeSense6:
      return { ...modePage(cdb), form: 6, allocation: cdb[4] ?? 0 };
    case ScsiOpcode.modeSense10:
      return { ...modePage(cdb), form: 10, allocation: be16(cdb, 7) };
    case ScsiOpcode.modeSelect6:
      return isPlainSelect(cdb) ? { kind: "modeSelect", form: 6, listLength: cdb[4] ?? 0 } : invalidField;
    case ScsiOpcode.modeSelect10:
      return isPlainSelect(cdb) ? { kind: "modeSelect", form: 10, listLength: be16(cdb, 7) } : invalidField;
    default:
      return { kind: "unknown", opcode };
  }
}

function decodeInquiry(cdb: Uint8Array): ScsiCommand {
  const page = cdb[2] ?? 0;
  const vital = bit(cdb, 1, 0);
  const obsolete = bit(cdb, 1, 1); // command support data
  if (obsolete || (!vital && page !== 0)) return invalidField;
  return { kind: "inquiry", page: vital ? page : null, allocation: be16(cdb, 3) };
}

/** @sbc3 5.25 */
function decodeStartStop(cdb: Uint8Array): ScsiCommand {
  const options = cdb[4] ?? 0;
  const start = 0x01;
  const loadEject = 0x02; // nothing of ours can be ejected this way
  const noFlush = 0x04;
  const powerCondition = 0xf0; // others than started and stopped make no difference here
  if ((options & loadEject) !== 0) return invalidField;
  return { kind: "startStopUnit", flushes: (options & (start | noFlush | powerCondition)) === 0 };
}

/** Pages in the standard's format that need not outlive the power: what MODE SELECT may bring. */
function isPlainSelect(cdb: Uint8Array): boolean {
  return bit(cdb, 1, 4) && !bit(cdb, 1, 0);
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
