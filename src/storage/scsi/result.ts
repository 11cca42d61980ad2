import type { DiskStatus } from "../disk.ts";
import { type Sense, senseOf } from "./sense.ts";

/** Data of one command. Both are the caller's and used during the call only. */
export interface ScsiTransfer {
  /** Bytes from the guest; empty when none flow. */
  readonly dataOut: Uint8Array<ArrayBuffer>;
  /** Room for bytes to the guest, filled from the start; empty when none flow. */
  readonly dataIn: Uint8Array<ArrayBuffer>;
}

/** How a command ended. `transferred` counts bytes in the command's direction. */
export type ScsiEnd =
  | { readonly kind: "good"; readonly transferred: number }
  | { readonly kind: "check"; readonly sense: Sense };

/** What became of a command: its end, or why it has not ended yet. */
export type ScsiResult =
  | ScsiEnd
  /** The store is full. The command may be run again from its start; it has no end until then. */
  | { readonly kind: "noSpace" }
  /** Carried out, but not safe yet: when `coming` has settled, `finishFlush` ends it. */
  | { readonly kind: "flushing"; readonly transferred: number; readonly coming: Promise<void> };

/** Ends a command with this sense. */
export function check(sense: Sense): ScsiEnd {
  return { kind: "check", sense };
}

/** Ends a command as the disk did. */
export function outcome(status: DiskStatus, direction: "read" | "write", transferred: number): ScsiResult {
  if (status === "ok") return { kind: "good", transferred };
  return status === "noSpace" ? { kind: "noSpace" } : check(senseOf(status, direction));
}

/** Puts an answer into the guest's room, cut to what it asked for; or refuses with the sense given instead. */
export function answer(
  bytes: Uint8Array<ArrayBuffer> | Sense,
  allocation: number,
  transfer: ScsiTransfer,
): ScsiEnd {
  if (!(bytes instanceof Uint8Array)) return check(bytes);
  const transferred = Math.min(bytes.length, allocation, transfer.dataIn.length);
  transfer.dataIn.set(bytes.subarray(0, transferred));
  return { kind: "good", transferred };
}
