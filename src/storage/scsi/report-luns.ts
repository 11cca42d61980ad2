import { answer, type ScsiEnd, type ScsiTransfer } from "./result.ts";

/**
 * Answers REPORT LUNS for a target: the business of whoever knows all its units.
 *
 * @param luns  numbers 0 to 255
 * @spc4 6.33
 */
export function reportLuns(luns: Iterable<number>, allocation: number, transfer: ScsiTransfer): ScsiEnd {
  const sorted = [...luns].filter((lun) => lun >= 0 && lun <= 255).sort((a, b) => a - b);
  const out = new Uint8Array(8 + sorted.length * 8);
  new DataView(out.buffer).setUint32(0, sorted.length * 8);
  for (const [place, lun] of sorted.entries()) out[8 + place * 8 + 1] = lun;
  return answer(out, allocation, transfer);
}
