import type { Clock, InspectNode, OwnBytes } from "../../support/index.ts";
import { etherType, headerBytes, putWire16, putWire32, wire16, wire32 } from "../frame/index.ts";
import { type HostAddress, isBroadcast, isHostAddress, isOnLink } from "./address.ts";
import { addWords, finishSum } from "./checksum.ts";
import { type IpHost, IpProtocol, ipHeaderBytes, type SegmentFate, type SegmentHandler } from "./ip.ts";
import type { Arrival, Link } from "./link.ts";
import { macOfAll } from "./mac.ts";
import type { Neighbours } from "./neighbours.ts";
import type { Parcel } from "./parcel.ts";
import { openReassembly } from "./reassembly.ts";

/** Where the parts of an IPv4 header are. @rfc 791 3.1 */
export const IpAt = {
  version: 0,
  length: 2,
  id: 4,
  fragment: 6,
  timeToLive: 8,
  protocol: 9,
  checksum: 10,
  from: 12,
  to: 16,
} as const;

const moreFragments = 0x2000;
const offsetBits = 0x1fff;
/** Hops a packet of ours may take. @iana ip-parameters */
const ourTimeToLive = 64;
const longestPacket = 65535;

/** The packet whose payload a handler has in hand. */
export interface CurrentPacket {
  readonly bytes: OwnBytes;
  /** Where its header begins. */
  readonly at: number;
  readonly headerLength: number;
  readonly length: number;
  readonly timeToLive: number;
  /** It was sent to us alone and in one piece, so that an answer about it is in order. */
  readonly direct: boolean;
}

/** IPv4 of the management OS. */
export interface Ipv4 extends IpHost {
  /** The packet that is being handled, or `null`. */
  current(): CurrentPacket | null;
  /** Takes what came in a frame. */
  receive(bytes: OwnBytes, at: number, length: number, arrival: Arrival): void;
  /** Sends to a neighbour whose MAC address is known. */
  sendTo(mac: number, parcel: Parcel): void;
  tick(): void;
  inspect(): InspectNode;
}

/** What IPv4 leans on. */
export interface Ipv4Options {
  readonly link: Link;
  readonly neighbours: Neighbours;
  readonly clock: Clock;
  readonly mtu: number;
  /** Our address now. */
  host(): HostAddress;
  /** A packet that cannot be handled: for an address that is not ours, or of a protocol that nobody takes. */
  refuse(reason: "elsewhere" | "protocol"): void;
}

/** Opens IPv4 with no protocol above it. */
export function openIpv4(options: Ipv4Options): Ipv4 {
  const { clock, neighbours } = options;
  const handlers = new Map<number, SegmentHandler>();
  const reassembly = openReassembly(clock);
  const counters = {
    packetsIn: 0,
    packetsOut: 0,
    malformed: 0,
    badChecksum: 0,
    badSource: 0,
    elsewhere: 0,
    unreachable: 0,
  };
  const sender = openSender(options, counters);
  let current: CurrentPacket | null = null;

  function hand(packet: CurrentPacket, at: number, length: number): void {
    const { bytes } = packet;
    const from = wire32(bytes, packet.at + IpAt.from);
    const handler = handlers.get(bytes[packet.at + IpAt.protocol] ?? 0);
    if (handler === undefined) options.refuse("protocol");
    else handler(bytes, at, length, from, wire32(bytes, packet.at + IpAt.to));
  }

  /** A whole packet as if it had come in one piece, its header that of the last piece. */
  function rejoin(packet: CurrentPacket): CurrentPacket | null {
    const { bytes, at, headerLength } = packet;
    const place = wire16(bytes, at + IpAt.fragment);
    const fragment = {
      from: wire32(bytes, at + IpAt.from),
      to: wire32(bytes, at + IpAt.to),
      protocol: bytes[at + IpAt.protocol] ?? 0,
      id: wire16(bytes, at + IpAt.id),
      offset: (place & offsetBits) * 8,
      more: (place & moreFragments) !== 0,
    };
    const payload = reassembly.add(fragment, bytes, at + headerLength, packet.length - headerLength);
    if (payload === null) return null;
    const whole = new Uint8Array(ipHeaderBytes + payload.length);
    whole.set(bytes.subarray(at, at + ipHeaderBytes));
    whole.set(payload, ipHeaderBytes);
    const { timeToLive } = packet;
    return {
      bytes: whole,
      at: 0,
      headerLength: ipHeaderBytes,
      length: whole.length,
      timeToLive,
      direct: false,
    };
  }

  function receive(bytes: OwnBytes, at: number, length: number, arrival: Arrival): void {
    const flaw = flawOf(bytes, at, length, options.host());
    if (flaw !== null) {
      counters[flaw]++;
      return;
    }
    const headerLength = ((bytes[at] ?? 0) & 15) * 4;
    const host = options.host();
    const to = wire32(bytes, at + IpAt.to);
    const direct = arrival.direct && !isBroadcast(host, to);
    const timeToLive = bytes[at + IpAt.timeToLive] ?? 0;
    current = { bytes, at, headerLength, length: wire16(bytes, at + IpAt.length), timeToLive, direct };
    if (to !== host.ip && !isBroadcast(host, to)) {
      counters.elsewhere++;
      options.refuse("elsewhere");
    } else {
      counters.packetsIn++;
      if ((wire16(bytes, at + IpAt.fragment) & (moreFragments | offsetBits)) !== 0) current = rejoin(current);
      if (current !== null)
        hand(current, current.at + current.headerLength, current.length - current.headerLength);
    }
    current = null;
  }

  return {
    get address() {
      return options.host().ip;
    },
    mtu: options.mtu,
    now: () => clock.now(),
    current: () => current,
    receive,
    sendTo: sender.sendTo,
    sendSegment(protocol, to, bytes, at, length) {
      return sender.send({ protocol, to, bytes, at, length });
    },
    onProtocol(protocol, handler) {
      if (handlers.has(protocol)) throw new Error(`IPv4 protocol ${protocol} has a handler`);
      handlers.set(protocol, handler);
      return { [Symbol.dispose]: () => void handlers.delete(protocol) };
    },
    tick: () => reassembly.tick(),
    inspect: () => ({ ...counters, neighbours: neighbours.inspect(), fragments: reassembly.inspect() }),
  };
}

/** The way out: the next hop, its MAC address, headers, fragments. */
function openSender(options: Ipv4Options, counters: { packetsOut: number; unreachable: number }) {
  const { link, neighbours } = options;
  const pieceBytes = (options.mtu - ipHeaderBytes) & ~7;
  let id = 0;

  function sendPiece(mac: number, parcel: Parcel, place: number): void {
    const { out } = link;
    const at = headerBytes;
    out[at + IpAt.version] = 0x45;
    out[at + 1] = 0;
    putWire16(out, at + IpAt.length, ipHeaderBytes + parcel.length);
    putWire16(out, at + IpAt.id, id);
    putWire16(out, at + IpAt.fragment, place);
    out[at + IpAt.timeToLive] = ourTimeToLive;
    out[at + IpAt.protocol] = parcel.protocol;
    putWire16(out, at + IpAt.checksum, 0);
    putWire32(out, at + IpAt.from, options.host().ip);
    putWire32(out, at + IpAt.to, parcel.to);
    putWire16(out, at + IpAt.checksum, finishSum(addWords(0, out, at, ipHeaderBytes)));
    copy(parcel, out, at + ipHeaderBytes);
    counters.packetsOut++;
    link.send(mac, etherType.ipv4, ipHeaderBytes + parcel.length);
  }

  function sendTo(mac: number, parcel: Parcel): void {
    id = (id + 1) & 0xffff;
    if (ipHeaderBytes + parcel.length <= options.mtu) {
      sendPiece(mac, parcel, 0);
      return;
    }
    for (let done = 0; done < parcel.length; done += pieceBytes) {
      const length = Math.min(pieceBytes, parcel.length - done);
      const more = done + length < parcel.length ? moreFragments : 0;
      sendPiece(mac, { ...parcel, at: parcel.at + done, length }, (done >>> 3) | more);
    }
  }

  function send(parcel: Parcel): SegmentFate {
    const host = options.host();
    const { to } = parcel;
    const hop = isOnLink(host, to) ? to : host.gateway;
    const fits = ipHeaderBytes + parcel.length <= longestPacket;
    if (fits && isBroadcast(host, to)) {
      sendTo(macOfAll, parcel);
      return "sent";
    }
    if (!fits || hop === null || to === host.ip || !isHostAddress(to)) {
      counters.unreachable++;
      return "unreachable";
    }
    const mac = neighbours.find(hop);
    if (mac !== null) {
      sendTo(mac, parcel);
      return "sent";
    }
    const bytes = parcel.bytes.slice(parcel.at, parcel.at + parcel.length);
    neighbours.ask(hop, { ...parcel, bytes, at: 0 });
    return "resolving";
  }
  return { send, sendTo };
}

/** Without a view for short payloads: making one costs more than copying them. */
function copy(parcel: Parcel, out: OwnBytes, to: number): void {
  const { bytes, at, length } = parcel;
  if (length > 64) out.set(bytes.subarray(at, at + length), to);
  else for (let index = 0; index < length; index++) out[to + index] = bytes[at + index] ?? 0;
}

/** What is wrong with a packet before anybody asks what it carries. @rfc 1122 3.2.1 */
function flawOf(
  bytes: Uint8Array,
  at: number,
  length: number,
  host: HostAddress,
): "malformed" | "badChecksum" | "badSource" | null {
  const headerLength = ((bytes[at] ?? 0) & 15) * 4;
  const packetLength = wire16(bytes, at + IpAt.length);
  if (length < ipHeaderBytes || (bytes[at] ?? 0) >>> 4 !== 4) return "malformed";
  if (headerLength < ipHeaderBytes || packetLength < headerLength || packetLength > length)
    return "malformed";
  if (finishSum(addWords(0, bytes, at, headerLength)) !== 0) return "badChecksum";
  const from = wire32(bytes, at + IpAt.from);
  // A host that has no address yet asks for one, and nothing else.
  const isNewcomer = from === 0 && bytes[at + IpAt.protocol] === IpProtocol.udp;
  const isBad = !isNewcomer && (!isHostAddress(from) || from === host.ip || isBroadcast(host, from));
  return isBad ? "badSource" : null;
}
