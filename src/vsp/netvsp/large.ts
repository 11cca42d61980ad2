import {
  FragmentFlag,
  PacketInfoType,
  packetInfoBytes,
  ReceiveChecksum,
  RndisPacket,
  roundUp8,
  transferBytes,
  transferRanges,
} from "../../hvdef/index.ts";
import { bytesWhenCut, type LargeFrame } from "../../network/index.ts";
import { beginPacket, isWanted, writeHead, writeInfo } from "./receive.ts";
import type { Receiver } from "./session.ts";

/** A large frame where it lies, valid during the call. */
interface LargePlace {
  readonly at: number;
  readonly length: number;
  readonly large: Readonly<LargeFrame>;
}

/** Bytes in front of the data of a fragment; the first one also says that its checksums are good. */
const firstHead = RndisPacket.size + 2 * packetInfoBytes;
const nextHead = RndisPacket.size + packetInfoBytes;

/** Version of the fragment info, its lowest byte. */
const fragmentVersion = 1;

/** Whether guest and adapter can have large frames between them at all; the guest must want them as well. */
export function canTakeLarge({ adapter, negotiation }: Receiver): boolean {
  return adapter.facts.offloads && negotiation.kind === "agreed" && negotiation.coalesces;
}

/**
 * Whether a large frame may come whole now: the guest wants such, there is room for all of it, and no frame cut from
 * it would be too long. Of frames cut from one for which there is no room, some may still find some.
 */
export function takesLarge(session: Receiver, large: Readonly<LargeFrame>): boolean {
  const { parts, partBytes, state } = session;
  const wanted = large.version === 4 ? state.wholeIpv4 : state.wholeIpv6;
  if (!wanted || !canTakeLarge(session) || parts === null || !state.running || state.filter === 0)
    return false;
  if (nextHead + large.headerBytes + large.segmentBytes > partBytes) return false;
  const count = fragmentsOf(partBytes, large.headerBytes + large.dataBytes);
  return count <= transferRanges && count * roundUp8(partBytes) <= transferBytes && count <= parts.spare();
}

/** How many parts a frame of that length fills. */
function fragmentsOf(partBytes: number, length: number): number {
  return 1 + Math.ceil(Math.max(0, length - (partBytes - firstHead)) / (partBytes - nextHead));
}

/**
 * Gives a large frame that {@link takesLarge} to the guest: fragments in one packet, each in a part of its own, each
 * copied once. Its TCP checksum is said to be good, though it is not there: the data has not left this host's memory.
 *
 * @returns `false`: all of it is lost, and counted
 */
export function deliverLarge(
  session: Receiver,
  bytes: Uint8Array<ArrayBuffer>,
  { at, length, large }: LargePlace,
): boolean {
  const { parts, partBytes, negotiation } = session;
  const { counters } = session.adapter;
  const count = fragmentsOf(partBytes, length);
  if (
    parts === null ||
    negotiation.kind !== "agreed" ||
    negotiation.receive === null ||
    parts.spare() < count
  ) {
    counters.busy += large.frames;
    return false;
  }
  if (!isWanted(session, bytes, at)) {
    counters.filtered += large.frames;
    return true;
  }
  session.largeNumber = (session.largeNumber + 1) & 0xffff;
  const first = parts.take();
  const packet = beginPacket(session, parts, {
    buffer: negotiation.receive.id,
    part: first,
    frames: large.frames,
  });
  let from = at;
  for (let index = 0; index < count; index++) {
    const part = index === 0 ? first : parts.take();
    if (index > 0) parts.join(first, part, 0);
    const head = index === 0 ? firstHead : nextHead;
    const total = Math.min(partBytes, head + at + length - from);
    const to = packet.add(part * partBytes, total);
    writeHead(packet.bytes, to, { total, infoLength: head - RndisPacket.size });
    let data = to + RndisPacket.size;
    if (index === 0) {
      data = writeInfo(packet.bytes, data, { type: PacketInfoType.checksum, value: goodOf(large) });
    }
    const flags = (index === 0 ? FragmentFlag.first : 0) | (index === count - 1 ? FragmentFlag.last : 0);
    const value = fragmentVersion | ((flags | FragmentFlag.inPart) << 8) | (session.largeNumber << 16);
    data = writeInfo(packet.bytes, data, { type: PacketInfoType.fragment, value });
    packet.bytes.set(bytes.subarray(from, from + total - head), data);
    from += total - head;
  }
  counters.wholeReceived++;
  counters.received += large.frames;
  counters.receivedBytes += bytesWhenCut(large);
  return true;
}

function goodOf({ version }: Readonly<LargeFrame>): number {
  return ReceiveChecksum.tcpGood | (version === 4 ? ReceiveChecksum.ipGood : 0);
}
