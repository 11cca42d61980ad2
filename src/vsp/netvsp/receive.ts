import {
  NvspChannelType,
  NvspMessage,
  NvspRndis,
  nvspNoSection,
  PacketFilter,
  PacketInfo,
  PacketInfoType,
  packetInfoBytes,
  ReceiveChecksum,
  RndisMessage,
  RndisPacket,
  rndisBodyAt,
} from "../../hvdef/index.ts";
import {
  headerBytes,
  ipProtocol,
  isBroadcastAt,
  isGroupAt,
  isIpChecksumGood,
  isTagged,
  isTransportChecksumGood,
  macAt,
  macBytes,
  readHeaders,
  shortestFrame,
  tagBytes,
  tagOf,
} from "../../network/index.ts";
import { copyBytes } from "../../support/index.ts";
import type { Transfer } from "../../vmbus/index.ts";
import type { Parts } from "./parts.ts";
import { infoOfTag } from "./send.ts";
import type { NetAdapter, Receiver } from "./session.ts";
import { writeU32 } from "./words.ts";

/** The NVSP message beside data, and beside control messages. */
const withData = rndisMessage(NvspChannelType.data);
const withControl = rndisMessage(NvspChannelType.control);

function rndisMessage(channelType: number): Uint8Array<ArrayBuffer> {
  return NvspRndis.bytes({
    type: NvspMessage.rndisPacket,
    channelType,
    section: nvspNoSection,
    sectionLength: 0,
    reserved: new Uint8Array(24),
  });
}

/**
 * Gives a frame to the guest: copied once, into the outgoing batch. Frames that follow each other share a packet.
 * @returns `false`: it is lost, and counted
 */
export function deliverFrame(
  session: Receiver,
  bytes: Uint8Array<ArrayBuffer>,
  place: { readonly at: number; readonly length: number },
): boolean {
  const { counters } = session.adapter;
  const { at, length } = place;
  const { parts } = session;
  if (parts === null || !session.state.running || session.state.filter === 0 || length < shortestFrame) {
    counters.dropped++;
    return false;
  }
  if (!isWanted(session, bytes, at)) {
    counters.filtered++;
    return true;
  }
  const tagged = isTagged(bytes, at) && length >= shortestFrame + tagBytes;
  const checked = session.adapter.facts.offloads ? checksumsOf(session.adapter, bytes, place) : 0;
  const infoLength = (tagged ? packetInfoBytes : 0) + (checked === 0 ? 0 : packetInfoBytes);
  const total = RndisPacket.size + infoLength + length - (tagged ? tagBytes : 0);
  if (total > session.partBytes) {
    counters.tooLong++;
    return false;
  }
  const to = placeInPacket(session, total);
  if (to < 0) {
    counters.busy++;
    return false;
  }
  const target = session.packet?.bytes;
  if (target === undefined) return false;
  writeHead(target, to, { total, infoLength });
  let info = to + RndisPacket.size;
  if (checked !== 0) info = writeInfo(target, info, { type: PacketInfoType.checksum, value: checked });
  if (tagged) {
    info = writeInfo(target, info, { type: PacketInfoType.vlan, value: infoOfTag(tagOf(bytes, at)) });
    copyBytes(target, info, bytes, at, 2 * macBytes);
    const rest = at + headerBytes + 2;
    copyBytes(target, info + 2 * macBytes, bytes, rest, at + length - rest);
  } else {
    copyBytes(target, info, bytes, at, length);
  }
  counters.received++;
  counters.receivedBytes += length;
  return true;
}

/** Takes a part of the receive buffer and its place in a packet. @returns where to write, or -1 */
function placeInPacket(session: Receiver, length: number): number {
  const { parts, negotiation } = session;
  if (parts === null || negotiation.kind !== "agreed" || negotiation.receive === null) return -1;
  const part = parts.take();
  if (part < 0) return -1;
  const offset = part * session.partBytes;
  const at = session.packet?.add(offset, length) ?? -1;
  if (at >= 0) {
    parts.join(session.packetFirst, part, 1);
    return at;
  }
  return beginPacket(session, parts, { buffer: negotiation.receive.id, part, frames: 1 }).add(offset, length);
}

/** Begins a packet for data with a part that was taken; frames after it may join it. */
export function beginPacket(
  session: Receiver,
  parts: Parts,
  first: { readonly buffer: number; readonly part: number; readonly frames: number },
): Transfer {
  const { buffer, part, frames } = first;
  const packet = session.channel.beginTransfer(buffer, transactionOf(part), withData);
  session.packet = packet;
  session.packetFirst = part;
  session.adapter.counters.packets++;
  parts.begin(part, frames);
  return packet;
}

/** Packets are numbered by their first part; 0 would be no number to Linux. */
function transactionOf(part: number): number {
  return part + 1;
}

/** The guest is done with a packet, or never got it. */
export function packetTaken(session: Receiver, transactionId: number, lost: boolean): void {
  const frames = session.parts?.framesIn(transactionId - 1) ?? 0;
  const freed = session.parts?.give(transactionId - 1) ?? 0;
  const { counters } = session.adapter;
  if (freed === 0) counters.strays++;
  // Whatever was in it: frames, or an answer that the guest will ask for again.
  else if (lost) counters.busy += frames;
  payOwed(session);
}

/** Control messages that wait for a part at most. Reason: Linux has one request out at a time. */
const owedLimit = 32;

/** Sends a control message, now or when a part is free. */
export function sendControl(session: Receiver, message: Uint8Array<ArrayBuffer>): void {
  if (session.owed.length >= owedLimit) {
    session.adapter.counters.dropped++;
    return;
  }
  session.owed.push(message);
  payOwed(session);
}

/** Sends the control messages that wait, as far as there are parts for them. */
export function payOwed(session: Receiver): void {
  const { owed, parts, negotiation } = session;
  if (parts === null || negotiation.kind !== "agreed" || negotiation.receive === null) return;
  for (let message = owed[0]; message !== undefined; message = owed[0]) {
    const part = parts.takeForControl();
    if (part < 0) return;
    owed.shift();
    // A packet of its own: the one with frames grows no further once this one begins.
    parts.begin(part, 1);
    session.adapter.counters.packets++;
    const transfer = session.channel.beginTransfer(negotiation.receive.id, transactionOf(part), withControl);
    transfer.bytes.set(message, transfer.add(part * session.partBytes, message.length));
  }
}

/** Whether the guest's filter lets a frame through. */
export function isWanted(session: Receiver, bytes: Uint8Array, at: number): boolean {
  const { filter, multicast } = session.state;
  if ((filter & PacketFilter.promiscuous) !== 0) return true;
  if (!isGroupAt(bytes, at)) return (filter & PacketFilter.directed) !== 0 && isOurs(session.mac, bytes, at);
  if (isBroadcastAt(bytes, at)) return (filter & PacketFilter.broadcast) !== 0;
  if ((filter & PacketFilter.allMulticast) !== 0) return true;
  // Only guests that send a list come here, and their lists are short.
  return (filter & PacketFilter.multicast) !== 0 && multicast.includes(macAt(bytes, at));
}

function isOurs(mac: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let place = 0; place < macBytes; place++) if (mac[place] !== bytes[at + place]) return false;
  return true;
}

/** What we know of a frame's checksums: ReceiveChecksum bits. What is wrong or unknown the guest looks at itself. */
function checksumsOf(
  { headers }: NetAdapter,
  bytes: Uint8Array,
  place: { readonly at: number; readonly length: number },
): number {
  if (!readHeaders(bytes, place, headers)) return 0;
  const ip = isIpChecksumGood(bytes, headers) ? ReceiveChecksum.ipGood : 0;
  if (headers.version === 4 && ip === 0) return 0;
  if (!isTransportChecksumGood(bytes, headers)) return ip;
  return ip | (headers.protocol === ipProtocol.tcp ? ReceiveChecksum.tcpGood : ReceiveChecksum.udpGood);
}

/** Writes the header of an RNDIS packet message. `infoLength`: bytes of the infos that follow it. */
export function writeHead(
  target: Uint8Array,
  to: number,
  head: { readonly total: number; readonly infoLength: number },
): void {
  const { total, infoLength } = head;
  const dataOffset = RndisPacket.size + infoLength;
  target.fill(0, to, to + RndisPacket.size);
  writeU32(target, to, RndisMessage.packet);
  writeU32(target, to + RndisPacket.at.length, total);
  writeU32(target, to + RndisPacket.at.dataOffset, dataOffset - rndisBodyAt);
  writeU32(target, to + RndisPacket.at.dataLength, total - dataOffset);
  if (infoLength === 0) return;
  writeU32(target, to + RndisPacket.at.infoOffset, RndisPacket.size - rndisBodyAt);
  writeU32(target, to + RndisPacket.at.infoLength, infoLength);
}

/** Writes a per packet info whose value is one word. @returns the place behind it */
export function writeInfo(
  target: Uint8Array,
  to: number,
  info: { readonly type: number; readonly value: number },
): number {
  writeU32(target, to + PacketInfo.at.size, packetInfoBytes);
  writeU32(target, to + PacketInfo.at.type, info.type);
  writeU32(target, to + PacketInfo.at.valueOffset, PacketInfo.size);
  writeU32(target, to + PacketInfo.size, info.value);
  return to + packetInfoBytes;
}
