import { layout, u32, u64 } from "../../support/index.ts";
import { type DiskStatus, sectorSize } from "../disk.ts";
import { maxUnmapBlocks, maxUnmapDescriptors } from "./inquiry.ts";
import { check, outcome, type ScsiResult } from "./result.ts";
import { Senses } from "./sense.ts";
import { blockCount, type ScsiUnit } from "./unit.ts";

/** One range of an UNMAP parameter list. @sbc3 5.28.2 */
export const UnmapDescriptor = layout("UnmapDescriptor", "be", 16, {
  lba: u64,
  blocks: u32,
  reserved: u32,
});

/** Bytes before the first descriptor: two lengths and padding. */
const headerBytes = 8;

/** Bytes written at once by WRITE SAME. */
const patternRun = 256 << 10;

/**
 * Gives ranges back. All descriptors are checked before the first is carried out.
 *
 * @param listLength  as the command says; the list may be shorter, then it is an error
 */
export function unmapBlocks(
  unit: ScsiUnit,
  listLength: number,
  dataOut: Uint8Array<ArrayBuffer>,
): ScsiResult {
  if (listLength === 0) return outcome("ok", "write", 0);
  if (listLength < headerBytes || listLength > dataOut.length) return check(Senses.listLengthError);
  if (unit.disk.readOnly) return check(Senses.writeProtected);
  const view = new DataView(dataOut.buffer, dataOut.byteOffset, listLength);
  const count = Math.floor(Math.min(view.getUint16(2), listLength - headerBytes) / UnmapDescriptor.size);
  if (count > maxUnmapDescriptors) return check(Senses.invalidFieldInList);

  const disk = blockCount(unit);
  let total = 0;
  for (let place = 0; place < count; place++) {
    const { lba, blocks } = descriptor(view, place);
    if (lba + blocks > disk) return check(Senses.lbaOutOfRange);
    total += blocks;
  }
  if (total > maxUnmapBlocks) return check(Senses.invalidFieldInList);
  for (let place = 0; place < count; place++) {
    const { lba, blocks } = descriptor(view, place);
    const status = blocks === 0 ? "ok" : unit.disk.unmap(lba * sectorSize, blocks * sectorSize);
    if (status !== "ok") return outcome(status, "write", 0);
  }
  return outcome("ok", "write", listLength);
}

function descriptor(view: DataView, place: number): { lba: number; blocks: number } {
  const { lba, blocks } = UnmapDescriptor.read(view, headerBytes + place * UnmapDescriptor.size);
  return { lba: Number(lba), blocks };
}

/**
 * Repeats one block over a checked, non-empty range. Zeros on a thin disk give the range back, whether or
 * not the guest asked: the contents are the same.
 */
export function writeSame(
  unit: ScsiUnit,
  command: { readonly lba: number; readonly blocks: number; readonly noData: boolean },
  dataOut: Uint8Array<ArrayBuffer>,
): ScsiResult {
  if (unit.disk.readOnly) return check(Senses.writeProtected);
  if (!command.noData && dataOut.length < sectorSize) return check(Senses.invalidFieldInCdb);
  const block = command.noData ? new Uint8Array(sectorSize) : dataOut.subarray(0, sectorSize);
  const at = command.lba * sectorSize;
  const length = command.blocks * sectorSize;
  const transferred = command.noData ? 0 : sectorSize;
  if (unit.disk.thin === true && block.every((byte) => byte === 0)) {
    return outcome(unit.disk.unmap(at, length), "write", transferred);
  }
  return outcome(repeat(unit, { at, length }, block), "write", transferred);
}

function repeat(
  unit: ScsiUnit,
  range: { at: number; length: number },
  block: Uint8Array<ArrayBuffer>,
): DiskStatus {
  const pattern = new Uint8Array(Math.min(range.length, patternRun));
  for (let at = 0; at < pattern.length; at += block.length) pattern.set(block, at);
  for (let done = 0; done < range.length; done += pattern.length) {
    const piece = pattern.subarray(0, Math.min(pattern.length, range.length - done));
    const status = unit.disk.write(range.at + done, piece);
    if (status !== "ok") return status;
  }
  return "ok";
}
