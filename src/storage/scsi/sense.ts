import { unreachable } from "../../support/index.ts";
import type { DiskStatus } from "../disk.ts";

/** Why a command ended in CHECK CONDITION: sense key and additional sense code with qualifier. @spc4 4.5 */
export interface Sense {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
}

/** The sense codes a disk gives. */
export const Senses = {
  /** Nothing to tell: only REQUEST SENSE says so. */
  none: { key: 0, asc: 0, ascq: 0 },
  noMedium: { key: 2, asc: 0x3a, ascq: 0 },
  readError: { key: 3, asc: 0x11, ascq: 0 },
  writeError: { key: 3, asc: 0x0c, ascq: 0 },
  invalidOpcode: { key: 5, asc: 0x20, ascq: 0 },
  lbaOutOfRange: { key: 5, asc: 0x21, ascq: 0 },
  invalidFieldInCdb: { key: 5, asc: 0x24, ascq: 0 },
  invalidFieldInList: { key: 5, asc: 0x26, ascq: 0 },
  listLengthError: { key: 5, asc: 0x1a, ascq: 0 },
  savingNotSupported: { key: 5, asc: 0x39, ascq: 0 },
  reset: { key: 6, asc: 0x29, ascq: 0 },
  capacityChanged: { key: 6, asc: 0x2a, ascq: 9 },
  /** Another disk: Linux's storvsc reads everything about the unit again. */
  identifierChanged: { key: 6, asc: 0x3f, ascq: 5 },
  writeProtected: { key: 7, asc: 0x27, ascq: 0 },
  /** Thin provisioning has no space left: Linux reports ENOSPC instead of retrying. */
  noSpace: { key: 7, asc: 0x27, ascq: 7 },
  miscompare: { key: 0x0e, asc: 0x1d, ascq: 0 },
} as const satisfies Record<string, Sense>;

/** Bytes of fixed-format sense data. */
export const senseBytes = 18;

/** Writes fixed-format sense data: 18 bytes at `at`. */
export function writeSense(out: Uint8Array, at: number, sense: Sense): void {
  out.fill(0, at, at + senseBytes);
  out[at] = 0x70; // current error, fixed format
  out[at + 2] = sense.key;
  out[at + 7] = senseBytes - 8;
  out[at + 12] = sense.asc;
  out[at + 13] = sense.ascq;
}

/** What the guest hears of a disk that answers neither `ok` nor that the store is full. */
export function senseOf(status: Exclude<DiskStatus, "ok" | "noSpace">, direction: "read" | "write"): Sense {
  switch (status) {
    case "outOfRange":
      return Senses.lbaOutOfRange;
    case "readOnly":
      return Senses.writeProtected;
    case "mediumError":
      return direction === "read" ? Senses.readError : Senses.writeError;
    default:
      return unreachable(status);
  }
}
