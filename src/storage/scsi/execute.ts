import { unreachable } from "../../support/index.ts";
import { sectorSize } from "../disk.ts";
import type { ScsiCommand } from "./command.ts";
import { maxTransferBlocks, maxWriteSameBlocks, standardInquiry, vitalPage } from "./inquiry.ts";
import { modeSelect, modeSense } from "./mode-pages.ts";
import { answer, check, outcome, type ScsiEnd, type ScsiResult, type ScsiTransfer } from "./result.ts";
import { type Sense, Senses, senseBytes, writeSense } from "./sense.ts";
import { blockCount, type ScsiUnit } from "./unit.ts";
import { unmapBlocks, writeSame } from "./unmap.ts";
import { compareBlocks } from "./verify.ts";

type Extent = { readonly lba: number; readonly blocks: number };

const nothing: ScsiResult = { kind: "good", transferred: 0 };

/** Most bytes a command can return: the room to reserve before it runs. */
export function dataInBytes(command: ScsiCommand): number {
  switch (command.kind) {
    case "read":
      return command.blocks * sectorSize;
    case "inquiry":
    case "readCapacity":
    case "reportLuns":
    case "modeSense":
    case "requestSense":
      return Math.min(command.allocation, mostControlBytes);
    default:
      return 0;
  }
}

/** No answer but READ's is longer: 256 LUNs, 8 bytes each, and a header. */
const mostControlBytes = 4096;

/**
 * The blocks that must be here before a command can run, or `null` when it needs none: what to ask
 * `Disk.prepare` for. The extent is as the command says, unchecked.
 */
export function neededBlocks(command: ScsiCommand): Extent | null {
  switch (command.kind) {
    case "read":
    case "write":
      return command.blocks <= maxTransferBlocks ? command : null;
    case "writeSame":
      return command.blocks <= maxWriteSameBlocks ? command : null;
    case "verify":
      return command.byteCheck !== "none" && command.blocks <= maxTransferBlocks ? command : null;
    default:
      return null;
  }
}

/**
 * Runs a command on a disk. The range must have been prepared (see `Disk.prepare`); REPORT LUNS is the
 * target's business and refused here. Never throws, whatever the command says.
 */
export function executeDisk(unit: ScsiUnit, command: ScsiCommand, transfer: ScsiTransfer): ScsiResult {
  switch (command.kind) {
    case "read":
      return read(unit, command, transfer);
    case "write":
      return write(unit, command, transfer);
    case "writeSame":
      if (command.blocks === 0 || command.blocks > maxWriteSameBlocks) return check(Senses.invalidFieldInCdb);
      if (command.unmap && unit.disk.thin !== true) return check(Senses.invalidFieldInCdb);
      return ranged(unit, command) ?? writeSame(unit, command, transfer.dataOut);
    case "unmap":
      return unit.disk.thin === true
        ? unmapBlocks(unit, command.listLength, transfer.dataOut)
        : check(Senses.invalidOpcode);
    case "verify":
      return ranged(unit, command) ?? compareBlocks(unit, command, transfer.dataOut);
    case "synchronizeCache":
      return ranged(unit, command) ?? flush(unit, 0);
    case "testUnitReady":
      return blockCount(unit) === 0 ? check(Senses.noMedium) : nothing;
    case "startStopUnit":
      return command.flushes ? flush(unit, 0) : nothing;
    case "requestSense":
      return requestSense(Senses.none, command.allocation, transfer);
    case "inquiry":
      return inquiry(unit, command, transfer);
    case "readCapacity":
      return readCapacity(unit, command, transfer);
    case "modeSense":
      return answer(modeSense(unit, command), command.allocation, transfer);
    case "modeSelect":
      return modeSelect(command, transfer.dataOut);
    case "invalidField":
      return check(Senses.invalidFieldInCdb);
    case "reportLuns":
    case "unknown":
      return check(Senses.invalidOpcode);
    default:
      return unreachable(command);
  }
}

/** The refusal of an extent that is not inside the disk, or `null`. */
function ranged(unit: ScsiUnit, extent: Extent): ScsiResult | null {
  return extent.lba + extent.blocks > blockCount(unit) ? check(Senses.lbaOutOfRange) : null;
}

/**
 * A transfer that the guest's buffer or one link record cannot hold is refused whole: a partial one would
 * be read as success by some guests.
 */
function read(unit: ScsiUnit, extent: Extent, transfer: ScsiTransfer): ScsiResult {
  const refused = ranged(unit, extent);
  if (refused !== null) return refused;
  const length = extent.blocks * sectorSize;
  if (extent.blocks > maxTransferBlocks || length > transfer.dataIn.length) {
    return check(Senses.invalidFieldInCdb);
  }
  if (length === 0) return nothing;
  const into = transfer.dataIn.length === length ? transfer.dataIn : transfer.dataIn.subarray(0, length);
  return outcome(unit.disk.read(extent.lba * sectorSize, into), "read", length);
}

function write(
  unit: ScsiUnit,
  command: Extent & { readonly forceUnitAccess: boolean },
  transfer: ScsiTransfer,
): ScsiResult {
  if (unit.disk.readOnly) return check(Senses.writeProtected);
  const refused = ranged(unit, command);
  if (refused !== null) return refused;
  const length = command.blocks * sectorSize;
  if (command.blocks > maxTransferBlocks || length > transfer.dataOut.length) {
    return check(Senses.invalidFieldInCdb);
  }
  if (length === 0) return nothing;
  const from = transfer.dataOut.length === length ? transfer.dataOut : transfer.dataOut.subarray(0, length);
  const status = unit.disk.write(command.lba * sectorSize, from);
  if (status !== "ok" || !command.forceUnitAccess) return outcome(status, "write", length);
  return flush(unit, length);
}

/** Makes everything written safe: at once where the disk can, else once what it asks for has come. */
function flush(unit: ScsiUnit, transferred: number): ScsiResult {
  const coming = unit.disk.prepareFlush?.() ?? null;
  return coming === null ? finishFlush(unit, transferred) : { kind: "flushing", transferred, coming };
}

/** Ends a command that was `flushing`, when what it waited for has settled. */
export function finishFlush(unit: ScsiUnit, transferred: number): ScsiResult {
  return outcome(unit.disk.flush(), "write", transferred);
}

/** Answers REQUEST SENSE: what there is to tell comes as data, the command itself is good. @spc4 6.39 */
export function requestSense(sense: Sense, allocation: number, transfer: ScsiTransfer): ScsiEnd {
  const out = new Uint8Array(senseBytes);
  writeSense(out, 0, sense);
  return answer(out, allocation, transfer);
}

function inquiry(
  unit: ScsiUnit,
  command: { readonly page: number | null; readonly allocation: number },
  transfer: ScsiTransfer,
): ScsiResult {
  const bytes = command.page === null ? standardInquiry() : vitalPage(unit, command.page);
  return answer(bytes ?? Senses.invalidFieldInCdb, command.allocation, transfer);
}

/** @sbc3 5.15, 5.16 */
function readCapacity(
  unit: ScsiUnit,
  command: { readonly form: 10 | 16; readonly allocation: number },
  transfer: ScsiTransfer,
): ScsiResult {
  const blocks = blockCount(unit);
  if (blocks === 0) return check(Senses.noMedium);
  const out = new Uint8Array(command.form === 10 ? 8 : 32);
  const view = new DataView(out.buffer);
  if (command.form === 10) {
    view.setUint32(0, Math.min(blocks - 1, 0xffffffff));
    view.setUint32(4, sectorSize);
  } else {
    view.setBigUint64(0, BigInt(blocks - 1));
    view.setUint32(8, sectorSize);
    out[13] = 3; // 2^3 logical blocks in a physical one of 4096 bytes
    out[14] = unit.disk.thin === true ? 0xc0 : 0; // thin, and unmapped blocks read as zeros
  }
  return answer(out, command.allocation, transfer);
}
