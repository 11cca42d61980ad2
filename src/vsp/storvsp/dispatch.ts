import { StorSrbPacket, storCdbBytes } from "../../hvdef/index.ts";
import {
  absentInquiry,
  decodeCommand,
  executeDisk,
  isSameUnit,
  reportLuns,
  requestSense,
  type ScsiCommand,
  type ScsiResult,
  type ScsiTransfer,
  type ScsiUnit,
  type Sense,
  Senses,
} from "../../storage/index.ts";
import type { SrbResult } from "./reply.ts";
import type { StorSession } from "./session.ts";
import type { HeldWork, SrbWork } from "./waiting.ts";

const at = StorSrbPacket.at;
const invalidLun: SrbResult = { kind: "invalidLun" };

/** The command of a whole packet. */
export function commandOf(packet: Uint8Array): ScsiCommand {
  return decodeCommand(packet.subarray(at.cdbOrSense, at.cdbOrSense + storCdbBytes));
}

/** What is at a packet's address now. */
export function unitAt(session: StorSession, packet: Uint8Array): ScsiUnit | null {
  return isOurTarget(session, packet) ? (session.controller.luns.get(lunOf(packet)) ?? null) : null;
}

/** Whether a held request's unit is still at the address it was sent to. */
export function isUnitThere(session: StorSession, held: HeldWork): boolean {
  const there = unitAt(session, held.request.payload);
  return there !== null && isSameUnit(there, held.unit);
}

/** The guest hears that nothing is at a packet's address; what comes there next is new to it. */
export function forgetUnit(session: StorSession, packet: Uint8Array): void {
  if (isOurTarget(session, packet)) session.attentions?.forget(lunOf(packet));
}

/**
 * Sends a command to its unit, or answers for a unit that is not there. Linux takes every INQUIRY for good
 * whatever its status, so an absent unit must say so in the data.
 */
export function dispatch(
  session: StorSession,
  { request, command, unit }: SrbWork,
  transfer: ScsiTransfer,
): SrbResult | ScsiResult {
  const packet = request.payload;
  if (command.kind === "reportLuns") {
    const shown = isOurTarget(session, packet) && !command.wellKnown;
    return reportLuns(shown ? session.controller.luns.keys() : [], command.allocation, transfer);
  }
  if (unit !== null) {
    const due = session.attentions?.of(lunOf(packet), unit);
    const told = due === undefined || due.length === 0 ? null : tell(due, command, transfer);
    return told ?? executeDisk(unit, command, transfer);
  }
  forgetUnit(session, packet);
  if (command.kind !== "inquiry") return invalidLun;
  const bytes = absentInquiry();
  const transferred = Math.min(bytes.length, command.allocation, transfer.dataIn.length);
  transfer.dataIn.set(bytes.subarray(0, transferred));
  return { kind: "good", transferred };
}

/** Reports the oldest news of a unit instead of carrying out the command; `null`: this command reports none. */
function tell(due: Sense[], command: ScsiCommand, transfer: ScsiTransfer): SrbResult | null {
  if (command.kind === "inquiry") return null;
  const sense = due.shift() ?? Senses.none;
  return command.kind === "requestSense"
    ? requestSense(sense, command.allocation, transfer)
    : { kind: "check", sense };
}

function isOurTarget(session: StorSession, packet: Uint8Array): boolean {
  return packet[at.path] === 0 && packet[at.target] === session.target;
}

function lunOf(packet: Uint8Array): number {
  return packet[at.lun] ?? 0;
}
