import type { Clock, InspectNode, OwnBytes } from "../../support/index.ts";
import { putWire16, wire16, wire32 } from "../frame/index.ts";
import { isHostAddress } from "./address.ts";
import { addWords, finishSum } from "./checksum.ts";
import { IpProtocol } from "./ip.ts";
import { IpAt, type Ipv4 } from "./ipv4.ts";

/** Where the parts of an ICMP message are. @rfc 792 */
export const IcmpAt = { type: 0, code: 1, checksum: 2, id: 4, sequence: 6, payload: 8 } as const;

/** Kinds of messages. @iana icmp-parameters */
export const IcmpType = { echoReply: 0, unreachable: 3, echo: 8 } as const;

/** Why a packet was not delivered. @rfc 1122 3.2.2.1 */
export const Unreachable = { network: 0, protocol: 2, port: 3 } as const;
export type Unreachable = (typeof Unreachable)[keyof typeof Unreachable];

/** Complaints at once, and per second after that. Reason: a flood must not be answered by another. @rfc 1812 4.3.2.8 */
const complaintsPerSecond = 10;
/** Bytes of the refused packet's payload that a complaint repeats. */
const quotedBytes = 8;

/** What a ping listens to. */
export interface EchoListener {
  /** A reply with one of our identifiers came from `from`. */
  onReply(from: number, id: number, sequence: number): void;
  /** The echo request that was sent to `to` cannot be delivered, says `by`. */
  onUnreachable(by: number, to: number, id: number, sequence: number): void;
}

/** ICMP: answers echo requests, complains about what cannot be delivered. */
export interface Icmp {
  /** Tells the sender of the packet in hand why nobody takes it, if that is in order. */
  complain(code: Unreachable): void;
  inspect(): InspectNode;
}

/** Opens ICMP above `ip`. */
export function openIcmp(ip: Ipv4, clock: Clock, listener: EchoListener): Icmp {
  const counters = {
    echoes: 0,
    complaints: 0,
    complaintsSaved: 0,
    unreachableIn: 0,
    malformed: 0,
    others: 0,
  };
  const mayComplain = openAllowance(clock, complaintsPerSecond);

  function answer(bytes: OwnBytes, at: number, length: number, from: number): void {
    counters.echoes++;
    const reply = bytes.slice(at, at + length);
    reply[IcmpAt.type] = IcmpType.echoReply;
    sign(reply);
    ip.sendSegment(IpProtocol.icmp, from, reply, 0, length);
  }

  function heedUnreachable(bytes: OwnBytes, at: number, length: number, from: number): void {
    counters.unreachableIn++;
    const quoted = at + IcmpAt.payload;
    const header = ((bytes[quoted] ?? 0) & 15) * 4;
    const echo = quoted + header;
    if (echo + quotedBytes > at + length || bytes[quoted + IpAt.protocol] !== IpProtocol.icmp) return;
    if (bytes[echo] !== IcmpType.echo) return;
    const to = wire32(bytes, quoted + IpAt.to);
    listener.onUnreachable(from, to, wire16(bytes, echo + IcmpAt.id), wire16(bytes, echo + IcmpAt.sequence));
  }

  function receive(bytes: OwnBytes, at: number, length: number, from: number, to: number): void {
    const type = bytes[at];
    if (length < IcmpAt.payload || finishSum(addWords(0, bytes, at, length)) !== 0) counters.malformed++;
    else if (type === IcmpType.echo && to === ip.address) answer(bytes, at, length, from);
    else if (type === IcmpType.unreachable) heedUnreachable(bytes, at, length, from);
    else if (type === IcmpType.echoReply) {
      listener.onReply(from, wire16(bytes, at + IcmpAt.id), wire16(bytes, at + IcmpAt.sequence));
    } else counters.others++;
  }

  function complain(code: Unreachable): void {
    const packet = ip.current();
    if (packet?.direct !== true) return;
    const { bytes, at, headerLength } = packet;
    const from = wire32(bytes, at + IpAt.from);
    if (!isHostAddress(from) || !isHostAddress(wire32(bytes, at + IpAt.to))) return;
    // Of ICMP only about questions, so that two hosts cannot complain about each other's complaints.
    const isIcmp = bytes[at + IpAt.protocol] === IpProtocol.icmp;
    if (isIcmp && bytes[at + headerLength] !== IcmpType.echo) return;
    if (!mayComplain()) {
      counters.complaintsSaved++;
      return;
    }
    const quoted = Math.min(packet.length, headerLength + quotedBytes);
    const message = new Uint8Array(IcmpAt.payload + quoted);
    message[IcmpAt.type] = IcmpType.unreachable;
    message[IcmpAt.code] = code;
    message.set(bytes.subarray(at, at + quoted), IcmpAt.payload);
    sign(message);
    counters.complaints++;
    ip.sendSegment(IpProtocol.icmp, from, message, 0, message.length);
  }

  ip.onProtocol(IpProtocol.icmp, receive);
  return { complain, inspect: () => ({ ...counters }) };
}

/** An echo request that repeats `payload` bytes of the alphabet. */
export function echoRequest(id: number, sequence: number, payload: number): OwnBytes {
  const message = new Uint8Array(IcmpAt.payload + payload);
  message[IcmpAt.type] = IcmpType.echo;
  putWire16(message, IcmpAt.id, id);
  putWire16(message, IcmpAt.sequence, sequence);
  for (let index = 0; index < payload; index++) message[IcmpAt.payload + index] = 0x61 + (index % 23);
  sign(message);
  return message;
}

function sign(message: OwnBytes): void {
  putWire16(message, IcmpAt.checksum, 0);
  putWire16(message, IcmpAt.checksum, finishSum(addWords(0, message, 0, message.length)));
}

/** At most `perSecond` times a second on average, and as many at once. */
function openAllowance(clock: Clock, perSecond: number): () => boolean {
  let tokens = perSecond;
  let filledAt: number = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(perSecond, tokens + ((now - filledAt) / 1_000_000) * perSecond);
    filledAt = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
