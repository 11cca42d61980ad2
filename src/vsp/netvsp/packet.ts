import {
  NvspChannelType,
  NvspMessage,
  NvspRndis,
  NvspStatus,
  netLimits,
  netSendBuffer,
  nvspBytes,
  Oid,
  PacketFilter,
  RndisIndication,
  RndisMessage,
  RndisRequest,
} from "../../hvdef/index.ts";
import { bytesOfMac } from "../../network/index.ts";
import type { ChannelRequest } from "../../vmbus/index.ts";
import { canTakeLarge } from "./large.ts";
import { netEvent, statusAnswer, stepNegotiation } from "./negotiate.ts";
import { openParts, type PartsInUse } from "./parts.ts";
import { sendControl } from "./receive.ts";
import { indication, stepRndis } from "./rndis.ts";
import type { Sender } from "./send.ts";
import { isLinkUp, type NetSession } from "./session.ts";
import type { NetState } from "./state.ts";
import { readU32 } from "./words.ts";

/** Answers to RNDIS packets, made once. */
const rndisDone = statusAnswer(NvspMessage.rndisPacketComplete, NvspStatus.success);
const rndisFailed = statusAnswer(NvspMessage.rndisPacketComplete, NvspStatus.fail);
const rndisInvalid = statusAnswer(NvspMessage.rndisPacketComplete, NvspStatus.invalidRndisPacket);
const tooShort = statusAnswer(0, NvspStatus.fail);

/** Takes one packet of the guest, of any length and contents. */
export function servePacket(session: NetSession, sender: Sender, request: ChannelRequest): void {
  const { payload } = request;
  if (payload.length < nvspBytes) {
    refuse(session, request, tooShort);
    return;
  }
  const type = readU32(payload, NvspRndis.at.type);
  if (type !== NvspMessage.rndisPacket) {
    negotiate(session, request, type);
    return;
  }
  const { negotiation, state } = session;
  if (negotiation.kind !== "agreed" || negotiation.receive === null) {
    refuse(session, request, rndisFailed);
  } else if (readU32(payload, NvspRndis.at.channelType) !== NvspChannelType.data) {
    answer(session, request, rndisDone);
    control(session, request.data);
  } else if (!state.running) {
    refuse(session, request, rndisFailed);
  } else if (sender.transfer(request.data)) {
    answer(session, request, rndisDone);
  } else {
    refuse(session, request, rndisInvalid);
  }
}

function answer(session: NetSession, request: ChannelRequest, payload: Uint8Array<ArrayBuffer>): void {
  if (request.wantsCompletion) session.channel.complete(request.transactionId, payload);
}

function refuse(session: NetSession, request: ChannelRequest, payload: Uint8Array<ArrayBuffer>): void {
  session.adapter.counters.refused++;
  answer(session, request, payload);
}

function negotiate(session: NetSession, request: ChannelRequest, type: number): void {
  const step = stepNegotiation(session.negotiation, netEvent(type, request.payload, request.dataRoom));
  if (step.refused) session.adapter.counters.refused++;
  changeBuffers(session, step.state);
  answer(session, request, step.answer);
}

/** Goes over to another state of the negotiation: buffers that came are named, those that went forgotten. */
export function changeBuffers(session: NetSession, next: NetState, inUse?: PartsInUse): void {
  const before = buffersOf(session.negotiation);
  const after = buffersOf(next);
  session.negotiation = next;
  const { channel } = session;
  if (after.send !== before.send) {
    if (after.send === null) channel.forgetBuffer(netSendBuffer);
    else channel.nameBuffer(netSendBuffer, after.send.gpadl, netLimits.sendSectionBytes);
  }
  if (after.receive === before.receive) return;
  if (before.receive !== null) channel.forgetBuffer(before.receive.id);
  session.parts = null;
  session.packet = null;
  session.owed.length = 0;
  session.queues.clear();
  if (after.receive === null) return;
  const { id, gpadl, partBytes, parts } = after.receive;
  channel.nameBuffer(id, gpadl, partBytes);
  session.partBytes = partBytes;
  session.parts = openParts(parts, inUse);
}

function buffersOf(state: NetState) {
  return state.kind === "agreed" ? state : { receive: null, send: null };
}

function control(session: NetSession, message: Uint8Array<ArrayBuffer>): void {
  const { adapter, state } = session;
  const isUp = isLinkUp(adapter);
  const { facts } = adapter;
  const step = stepRndis(state, message, { facts, isUp, coalesces: canTakeLarge(session) });
  if (step.refused) adapter.counters.refused++;
  session.state = step.adapter;
  if (step.adapter.mac !== state.mac) session.mac = bytesOfMac(step.adapter.mac);
  if (step.reply !== null) sendControl(session, step.reply);
  if (asksForLink(message)) {
    session.told = isUp;
    session.toldEarly = false;
  }
  // Linux listens to news only once its interface exists, of which the filter is the first sign.
  if (state.filter === 0 && step.adapter.filter !== 0 && session.toldEarly) {
    session.toldEarly = false;
    sendControl(session, indication(isUp ? RndisIndication.connected : RndisIndication.disconnected));
  }
}

function asksForLink(message: Uint8Array): boolean {
  return (
    message.length >= RndisRequest.size &&
    readU32(message, 0) === RndisMessage.query &&
    readU32(message, RndisRequest.at.oid) === Oid.mediaConnectStatus
  );
}

/** Tells the guest of the link, if that is news to it. */
export function tellLink(session: NetSession): void {
  const isUp = isLinkUp(session.adapter);
  if (!session.state.running || session.told === isUp) return;
  session.told = isUp;
  if ((session.state.filter & listening) === 0) session.toldEarly = true;
  sendControl(session, indication(isUp ? RndisIndication.connected : RndisIndication.disconnected));
}

/** Any filter at all: the guest's interface is there. */
const listening = Object.values(PacketFilter).reduce((all: number, bit) => all | bit, 0);
