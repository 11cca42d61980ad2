import { etherType, headerBytes, isTagged, putWire16, putWire32, wire16, wire32 } from "../../frame/index.ts";
import { addWords, finishSum } from "../../stack/checksum.ts";
import { ipHeaderBytes } from "../../stack/ip.ts";
import { IpAt } from "../../stack/ipv4.ts";

const fragmentBits = 0x3fff;
/** Hops a packet of ours may take. @iana ip-parameters */
const ourTimeToLive = 64;

/** An IPv4 packet in a frame, its header checked. Offsets are from the start of the buffer. */
export interface FarPacket {
  from: number;
  to: number;
  protocol: number;
  /** Where the IPv4 header begins. */
  headerAt: number;
  payloadAt: number;
  payloadLength: number;
  isPiece: boolean;
}

/** A packet to read into. */
export function emptyPacket(): FarPacket {
  return { from: 0, to: 0, protocol: 0, headerAt: 0, payloadAt: 0, payloadLength: 0, isPiece: false };
}

/** Reads the untagged IPv4 packet in a frame. `false`: there is none, or its header is wrong. @rfc 791 3.1 */
export function readPacket(
  into: FarPacket,
  bytes: Uint8Array<ArrayBuffer>,
  frameAt: number,
  length: number,
): boolean {
  const at = frameAt + headerBytes;
  const room = length - headerBytes;
  if (room < ipHeaderBytes || isTagged(bytes, frameAt)) return false;
  if (wire16(bytes, at - 2) !== etherType.ipv4 || (bytes[at] ?? 0) >> 4 !== 4) return false;
  const headLength = ((bytes[at] ?? 0) & 15) * 4;
  const told = wire16(bytes, at + IpAt.length);
  if (headLength < ipHeaderBytes || told < headLength || told > room) return false;
  if (finishSum(addWords(0, bytes, at, headLength)) !== 0) return false;
  into.from = wire32(bytes, at + IpAt.from);
  into.to = wire32(bytes, at + IpAt.to);
  into.protocol = bytes[at + IpAt.protocol] ?? 0;
  into.headerAt = at;
  into.payloadAt = at + headLength;
  into.payloadLength = told - headLength;
  into.isPiece = (wire16(bytes, at + IpAt.fragment) & fragmentBits) !== 0;
  return true;
}

/** What an IPv4 header of ours says. */
export interface PacketHead {
  readonly from: number;
  readonly to: number;
  readonly protocol: number;
  readonly payloadLength: number;
}

/** Writes an IPv4 header at `at`. One packet is never cut, so that none needs a number of its own. @rfc 6864 4 */
export function writePacketHead(into: Uint8Array, at: number, head: PacketHead): void {
  into.fill(0, at, at + ipHeaderBytes);
  into[at + IpAt.version] = 0x45;
  putWire16(into, at + IpAt.length, ipHeaderBytes + head.payloadLength);
  putWire16(into, at + IpAt.fragment, 0x4000);
  into[at + IpAt.timeToLive] = ourTimeToLive;
  into[at + IpAt.protocol] = head.protocol;
  putWire32(into, at + IpAt.from, head.from);
  putWire32(into, at + IpAt.to, head.to);
  putWire16(into, at + IpAt.checksum, finishSum(addWords(0, into, at, ipHeaderBytes)));
}
