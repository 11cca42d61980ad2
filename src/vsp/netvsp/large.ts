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
import { copyBytes } from "../../support/index.ts";
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
  const { frames } = large;
  const packet = beginPacket(session, parts, { buffer: negotiation.receive.id, part: first, frames });
  let from = at;
  for (let index = 0; index < count; index++) {
    const part = index === 0 ? first : parts.take();
    if (index > 0) parts.join(first, part, 0);
    const head = index === 0 ? firstHead : nextHead;
    const dataBytes = Math.min(partBytes - head, at + length - from);
    const to = packet.add(part * partBytes, head + dataBytes);
    const flags = (index === 0 ? FragmentFlag.first : 0) | (index === count - 1 ? FragmentFlag.last : 0);
    writeFragmentHead(packet.bytes, to, { large, dataBytes, flags, number: session.largeNumber });
    copyBytes(packet.bytes, to + head, bytes, from, dataBytes);
    from += dataBytes;
  }
  counters.wholeReceived++;
  counters.received += frames;
  counters.receivedBytes += bytesWhenCut(large);
  return true;
}

/** Writes what is in front of a fragment's data. Each is a message of its own; the first one tells of checksums. */
function writeFragmentHead(
  target: Uint8Array,
  to: number,
  fragment: {
    readonly large: Readonly<LargeFrame>;
    readonly dataBytes: number;
    readonly flags: number;
    readonly number: number;
  },
): void {
  const { large, dataBytes, flags, number } = fragment;
  const isFirst = (flags & FragmentFlag.first) !== 0;
  const infoLength = (isFirst ? 2 : 1) * packetInfoBytes;
  writeHead(target, to, { total: RndisPacket.size + infoLength + dataBytes, infoLength });
  let info = to + RndisPacket.size;
  if (isFirst) info = writeInfo(target, info, { type: PacketInfoType.checksum, value: goodOf(large) });
  const value = fragmentVersion | ((flags | FragmentFlag.inPart) << 8) | (number << 16);
  writeInfo(target, info, { type: PacketInfoType.fragment, value });
}

function goodOf({ version }: Readonly<LargeFrame>): number {
  return ReceiveChecksum.tcpGood | (version === 4 ? ReceiveChecksum.ipGood : 0);
}
