import {
  StorNtStatus,
  StorOperation,
  StorSrbPacket,
  storEarlyPacketBytes,
  storPacketBytes,
} from "../../hvdef/index.ts";
import type { ChannelRequest } from "../../vmbus/index.ts";
import { stepNegotiation, storEvent } from "./negotiate.ts";
import { plainReply, propertiesReply, readU32 } from "./reply.ts";
import type { StorSession } from "./session.ts";
import { abortWaiting, answerSrb, runSrb } from "./srb.ts";

/** Takes one packet of the guest, of any length and contents. */
export function servePacket(session: StorSession, request: ChannelRequest): void {
  session.counters.requests++;
  const packet = request.payload;
  const operation = readU32(packet, StorSrbPacket.at.operation);
  if (packet.length < shortest(operation)) {
    answerStatus(session, request, StorNtStatus.invalidParameter);
    return;
  }
  switch (operation) {
    case StorOperation.executeSrb:
      if (session.state.kind === "ready") runSrb(session, request);
      else answerSrb(session, request, { kind: "notReady" });
      return;
    case StorOperation.resetBus:
    case StorOperation.resetAdapter:
      reset(session, request, () => true);
      return;
    case StorOperation.resetLun:
      reset(session, request, (held) => sameUnit(held.payload, packet));
      return;
    default:
      negotiate(session, request, operation);
  }
}

/** Bytes of an operation at least: what agrees on the version comes in the size of the oldest one. */
function shortest(operation: number): number {
  switch (operation) {
    case StorOperation.beginInitialization:
    case StorOperation.queryProtocolVersion:
    case StorOperation.queryProperties:
    case StorOperation.endInitialization:
      return storEarlyPacketBytes;
    default:
      return storPacketBytes;
  }
}

/** Everything outstanding is answered before the reset is. */
function reset(
  session: StorSession,
  request: ChannelRequest,
  covers: (held: ChannelRequest) => boolean,
): void {
  if (session.state.kind !== "ready") {
    answerStatus(session, request, StorNtStatus.invalidDeviceState);
    return;
  }
  abortWaiting(session, covers);
  answerStatus(session, request, StorNtStatus.success);
}

function sameUnit(one: Uint8Array, other: Uint8Array): boolean {
  const { path, target, lun } = StorSrbPacket.at;
  return [path, target, lun].every((at) => one[at] === other[at]);
}

function negotiate(session: StorSession, request: ChannelRequest, operation: number): void {
  const step = stepNegotiation(session.state, storEvent(operation, request.payload));
  session.state = step.state;
  if (!step.properties) answerStatus(session, request, step.status);
  else if (request.wantsCompletion) session.channel.complete(request.transactionId, propertiesReply());
}

function answerStatus(session: StorSession, request: ChannelRequest, status: StorNtStatus): void {
  if (status !== StorNtStatus.success) session.counters.errors++;
  if (request.wantsCompletion) session.channel.complete(request.transactionId, plainReply(status));
}
