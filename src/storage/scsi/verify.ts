import { sectorSize } from "../disk.ts";
import type { ScsiCommand } from "./command.ts";
import { maxTransferBlocks } from "./inquiry.ts";
import { check, outcome, type ScsiResult } from "./result.ts";
import { Senses } from "./sense.ts";
import type { ScsiUnit } from "./unit.ts";

type Verify = Extract<ScsiCommand, { kind: "verify" }>;

/**
 * Carries out VERIFY for a checked extent. Without data to compare with there is nothing to do: our media
 * tell of a bad block when it is read. @sbc3 5.33
 */
export function compareBlocks(unit: ScsiUnit, command: Verify, dataOut: Uint8Array<ArrayBuffer>): ScsiResult {
  const { blocks, byteCheck } = command;
  if (byteCheck === "none" || blocks === 0) return { kind: "good", transferred: 0 };
  const expectedBytes = byteCheck === "all" ? blocks * sectorSize : sectorSize;
  if (blocks > maxTransferBlocks || dataOut.length < expectedBytes) return check(Senses.invalidFieldInCdb);
  const found = new Uint8Array(blocks * sectorSize);
  const status = unit.disk.read(command.lba * sectorSize, found);
  if (status !== "ok") return outcome(status, "read", 0);
  const same = found.every((byte, at) => byte === dataOut[at % expectedBytes]);
  return same ? { kind: "good", transferred: expectedBytes } : check(Senses.miscompare);
}
