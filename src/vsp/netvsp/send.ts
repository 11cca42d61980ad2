import {
  netLimits,
  PacketInfo,
  PacketInfoType,
  packetInfoBytes,
  RndisHeader,
  RndisMessage,
  RndisPacket,
  rndisBodyAt,
  SendChecksum,
} from "../../hvdef/index.ts";
import {
  bytesWhenCut,
  etherType,
  fillIpChecksum,
  fillTransportChecksum,
  type LargeSend,
  longestFrame,
  macBytes,
  putWire16,
  readHeaders,
  shortestFrame,
  tagBytes,
} from "../../network/index.ts";
import type { NetAdapter } from "./session.ts";
import { readU32 } from "./words.ts";

/** What a guest wants done to a frame on its way. One object for all frames: nothing is allocated for one. */
interface Wishes {
  /** SendChecksum bits; 0: nothing. */
  checksum: number;
  /** Data of one segment of a large send; 0: it is none. */
  segmentBytes: number;
  /** VLAN tag, 16 bits; -1: none. */
  tag: number;
}

/** Takes what a guest sends, into the adapter's port. */
export interface Sender {
  /**
   * Takes the RNDIS messages of one transfer, of any contents. The bytes are used up.
   * @returns whether all of it made sense
   */
  transfer(bytes: Uint8Array<ArrayBuffer>): boolean;
}

/** No wishes. */
export function blankWishes(): Wishes {
  return { checksum: 0, segmentBytes: 0, tag: -1 };
}

/** Opens the sender of an adapter. */
export function openSender(adapter: NetAdapter): Sender {
  const wishes = blankWishes();
  return {
    transfer(bytes) {
      let at = 0;
      for (let taken = 0; taken < netLimits.packetsPerTransfer; taken++) {
        if (at + RndisHeader.size > bytes.length) return taken > 0;
        const length = messageLength(bytes, at, bytes.length);
        if (length === 0 || !sendMessage(adapter, bytes, { at, length, wishes })) return false;
        at += length;
      }
      return true;
    },
  };
}

/** One message of a transfer, and room for its wishes. */
interface MessagePlace {
  readonly at: number;
  readonly length: number;
  readonly wishes: Wishes;
}

/** Length of the packet message at `at`, whose header lies before `end`; 0: it is none, or not all there. */
export function messageLength(bytes: Uint8Array, at: number, end: number): number {
  const length = readU32(bytes, at + RndisHeader.at.length);
  if (length < RndisPacket.size || at + length > end) return 0;
  return readU32(bytes, at) === RndisMessage.packet ? length : 0;
}

/** Finds the frame of a message, and what the guest wants done to it. @returns where it starts; -1: a length lies */
export function readMessage(bytes: Uint8Array, message: MessagePlace): number {
  const { at, length } = message;
  const dataOffset = readU32(bytes, at + RndisPacket.at.dataOffset);
  const dataLength = readU32(bytes, at + RndisPacket.at.dataLength);
  // In front of the frame there is a whole header, which a tag may be written over.
  if (dataOffset < RndisPacket.size - rndisBodyAt) return -1;
  if (rndisBodyAt + dataOffset + dataLength > length || dataLength < shortestFrame) return -1;
  return readWishes(bytes, message) ? at + rndisBodyAt + dataOffset : -1;
}

function sendMessage(adapter: NetAdapter, bytes: Uint8Array<ArrayBuffer>, message: MessagePlace): boolean {
  const { wishes } = message;
  let frame = readMessage(bytes, message);
  if (frame < 0) return false;
  const { counters, port } = adapter;
  if (port === null) {
    counters.unplugged++;
    return true;
  }
  let frameLength = readU32(bytes, message.at + RndisPacket.at.dataLength);
  if (wishes.tag >= 0) {
    frame = insertTag(bytes, frame, wishes.tag);
    frameLength += tagBytes;
  }
  if (wishes.segmentBytes > 0) {
    return sendLarge(adapter, bytes, { at: frame, length: frameLength, segmentBytes: wishes.segmentBytes });
  }
  if (frameLength > longestFrame) return false;
  if (wishes.checksum !== 0) fillChecksums(adapter, bytes, { at: frame, length: frameLength, wishes });
  counters.sent++;
  counters.sentBytes += frameLength;
  port.send(bytes, frame, frameLength);
  return true;
}

/** Writes a tag into the frame, over the four bytes in front of it. @returns where the frame starts now */
function insertTag(bytes: Uint8Array, frame: number, tag: number): number {
  const start = frame - tagBytes;
  bytes.copyWithin(start, frame, frame + 2 * macBytes);
  putWire16(bytes, start + 2 * macBytes, etherType.vlan);
  putWire16(bytes, start + 2 * macBytes + 2, tag);
  return start;
}

/** A frame leaves whole: what the guest left to us is done before anybody sees it. */
function fillChecksums(
  { headers }: NetAdapter,
  bytes: Uint8Array,
  frame: { readonly at: number; readonly length: number; readonly wishes: Wishes },
): void {
  if (!readHeaders(bytes, frame, headers)) return;
  const { checksum } = frame.wishes;
  if ((checksum & SendChecksum.ipHeader) !== 0) fillIpChecksum(bytes, headers);
  if ((checksum & (SendChecksum.tcp | SendChecksum.udp)) !== 0) fillTransportChecksum(bytes, headers);
}

/** A large send leaves whole where the port can carry it so, else cut. It counts as the frames it stands for. */
function sendLarge(adapter: NetAdapter, bytes: Uint8Array<ArrayBuffer>, send: LargeSend): boolean {
  const { counters, port, segmenter, large } = adapter;
  if (port === null || !segmenter.prepare(bytes, send, large)) return false;
  counters.largeSends++;
  counters.sent += large.frames;
  counters.sentBytes += bytesWhenCut(large);
  if (large.frames > 1 && port.sendLarge?.(bytes, send.at, send.length, large) === true)
    counters.wholeSends++;
  else segmenter.cut(bytes, send, port);
  return true;
}

/** Reads the per packet info. Unknown elements mean nothing. @returns `false` when a length lies */
function readWishes(bytes: Uint8Array, { at, length, wishes }: MessagePlace): boolean {
  wishes.checksum = 0;
  wishes.segmentBytes = 0;
  wishes.tag = -1;
  let left = readU32(bytes, at + RndisPacket.at.infoLength);
  if (left === 0) return true;
  const offset = rndisBodyAt + readU32(bytes, at + RndisPacket.at.infoOffset);
  if (offset + left > length) return false;
  let place = at + offset;
  while (left >= PacketInfo.size) {
    const size = readU32(bytes, place + PacketInfo.at.size);
    const valueOffset = readU32(bytes, place + PacketInfo.at.valueOffset);
    if (size < PacketInfo.size || size > left) return false;
    if (size >= packetInfoBytes && valueOffset <= size - 4) {
      wish(wishes, readU32(bytes, place + PacketInfo.at.type), readU32(bytes, place + valueOffset));
    }
    place += size;
    left -= size;
  }
  return true;
}

function wish(wishes: Wishes, type: number, value: number): void {
  switch (type) {
    case PacketInfoType.checksum:
      wishes.checksum = value & (SendChecksum.tcp | SendChecksum.udp | SendChecksum.ipHeader);
      return;
    case PacketInfoType.largeSend:
      wishes.segmentBytes = value & 0xf_ffff;
      return;
    case PacketInfoType.vlan:
      wishes.tag = tagOfInfo(value);
      return;
  }
}

/** A VLAN info has the parts of a tag the other way round: 2:0 priority, 3 drop eligible, 15:4 identifier. */
export function tagOfInfo(info: number): number {
  return ((info & 7) << 13) | ((info & 8) << 9) | ((info >>> 4) & 0xfff);
}

/** The other way. */
export function infoOfTag(tag: number): number {
  return (tag >>> 13) | ((tag >>> 9) & 8) | ((tag & 0xfff) << 4);
}
