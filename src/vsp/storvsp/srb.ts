import {
  maxTransfer,
  SrbDirection,
  StorSrbPacket,
  storCdbBytes,
  storPacketBytes,
} from "../../hvdef/index.ts";
import {
  absentInquiry,
  dataInBytes,
  decodeCommand,
  executeDisk,
  reportLuns,
  type ScsiCommand,
  type ScsiTransfer,
  type ScsiUnit,
  Senses,
  sectorSize,
} from "../../storage/index.ts";
import type { ChannelRequest } from "../../vmbus/index.ts";
import { countResult } from "./inspect.ts";
import { readU32, type SrbResult, writeSrbReply } from "./reply.ts";
import type { StorSession } from "./session.ts";

const at = StorSrbPacket.at;
const empty = new Uint8Array(0);
const invalidLun: SrbResult = { kind: "invalidLun" };

/** Carries out the SCSI request of a whole packet: at once, or when its range has come. */
export function runSrb(session: StorSession, request: ChannelRequest): void {
  const command = commandOf(request);
  const coming = preparation(session, request, command);
  if (coming === null) {
    finish(session, request, command);
    return;
  }
  const held = session.waiting.hold(request);
  if (held === null) {
    answerSrb(session, request, { kind: "busy" });
    return;
  }
  const go = () => {
    if (session.waiting.take(held)) finish(session, held, command);
  };
  // A preparation that failed is not our verdict: the disk answers the request with a status.
  void coming.then(go, go);
}

/** Ends held requests that a reset covers; the guest sends them again. */
export function abortWaiting(session: StorSession, covers: (held: ChannelRequest) => boolean): void {
  for (const held of session.waiting.takeAll(covers)) {
    answerSrb(session, held, { kind: "check", sense: Senses.reset });
  }
}

/** Answers a SCSI request that is not carried out. */
export function answerSrb(session: StorSession, request: ChannelRequest, result: SrbResult): void {
  session.counters.errors++;
  if (!request.wantsCompletion) return;
  const completion = session.channel.begin(request.transactionId, storPacketBytes, 0);
  writeSrbReply(completion.payload, request.payload, result);
  completion.end(0);
}

function commandOf(request: ChannelRequest): ScsiCommand {
  return decodeCommand(request.payload.subarray(at.cdbOrSense, at.cdbOrSense + storCdbBytes));
}

function isOurTarget(packet: Uint8Array): boolean {
  return packet[at.path] === 0 && packet[at.target] === 0;
}

function unitOf(session: StorSession, packet: Uint8Array): ScsiUnit | null {
  return isOurTarget(packet) ? (session.controller.luns.get(packet[at.lun] ?? 0) ?? null) : null;
}

/** What must happen before the command can run; `null` almost always. */
function preparation(
  session: StorSession,
  request: ChannelRequest,
  command: ScsiCommand,
): Promise<void> | null {
  if (command.kind !== "read" && command.kind !== "write" && command.kind !== "writeSame") return null;
  const disk = unitOf(session, request.payload)?.disk;
  if (disk === undefined) return null;
  const start = command.lba * sectorSize;
  const length = command.blocks * sectorSize;
  // A range the command will be refused for is nothing to fetch.
  if (length === 0 || start + length > disk.byteLength) return null;
  if (command.kind !== "writeSame" && length > maxTransfer) return null;
  return disk.prepare(start, length);
}

/** Runs the command into the completion's own buffer. */
function finish(session: StorSession, request: ChannelRequest, command: ScsiCommand): void {
  const packet = request.payload;
  const asked = readU32(packet, at.transferLength);
  const direction = packet[at.direction];
  const dataOut = direction === SrbDirection.write ? cut(request.data, asked) : empty;
  if (!request.wantsCompletion) {
    const result = dispatch(session, packet, { command, transfer: { dataOut, dataIn: empty } });
    countResult(session.counters, command.kind, result);
    return;
  }
  const room =
    direction === SrbDirection.read
      ? Math.min(dataInBytes(command), request.dataRoom, asked, maxTransfer)
      : 0;
  const completion = session.channel.begin(request.transactionId, storPacketBytes, room);
  const transfer = { dataOut, dataIn: completion.data };
  const result = dispatch(session, packet, { command, transfer });
  writeSrbReply(completion.payload, packet, result);
  countResult(session.counters, command.kind, result);
  completion.end(room > 0 && result.kind === "good" ? result.transferred : 0);
}

function cut(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  return length < bytes.length ? bytes.subarray(0, length) : bytes;
}

/**
 * Sends the command to its unit, or answers for a unit that is not there. Linux takes every INQUIRY for
 * good whatever its status, so an absent unit must say so in the data.
 */
function dispatch(
  session: StorSession,
  packet: Uint8Array,
  work: { readonly command: ScsiCommand; readonly transfer: ScsiTransfer },
): SrbResult {
  const { command, transfer } = work;
  if (command.kind === "reportLuns") {
    const luns = isOurTarget(packet) ? session.controller.luns.keys() : [];
    return reportLuns(luns, command.allocation, transfer);
  }
  const unit = unitOf(session, packet);
  if (unit !== null) return executeDisk(unit, command, transfer);
  if (command.kind !== "inquiry") return invalidLun;
  const bytes = absentInquiry();
  const transferred = Math.min(bytes.length, command.allocation, transfer.dataIn.length);
  transfer.dataIn.set(bytes.subarray(0, transferred));
  return { kind: "good", transferred };
}
