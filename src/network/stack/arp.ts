import { etherType, putWire16, putWire32, wire16, wire32 } from "../frame/index.ts";
import { putWireMac, wireMac } from "./mac.ts";

/** Where the parts of an ARP packet for IPv4 over Ethernet are. @rfc 826 */
const arpAt = {
  hardware: 0,
  protocol: 2,
  hardwareBytes: 4,
  protocolBytes: 5,
  operation: 6,
  senderMac: 8,
  senderIp: 14,
  targetMac: 18,
  targetIp: 24,
} as const;

/** Bytes of an ARP packet; frames pad it. */
export const arpBytes = 28;

/** What an ARP packet asks or tells. */
export const ArpOperation = { request: 1, reply: 2 } as const;

/** An ARP packet for IPv4 over Ethernet. */
export interface ArpPacket {
  readonly operation: number;
  readonly senderMac: number;
  readonly senderIp: number;
  /** 0 in a request. */
  readonly targetMac: number;
  readonly targetIp: number;
}

/** Reads a packet, or `null` when it is malformed or about other kinds of addresses. */
export function readArp(bytes: Uint8Array, at: number, length: number): ArpPacket | null {
  const operation = wire16(bytes, at + arpAt.operation);
  const fits =
    length >= arpBytes &&
    wire16(bytes, at + arpAt.hardware) === 1 &&
    wire16(bytes, at + arpAt.protocol) === etherType.ipv4 &&
    bytes[at + arpAt.hardwareBytes] === 6 &&
    bytes[at + arpAt.protocolBytes] === 4 &&
    (operation === ArpOperation.request || operation === ArpOperation.reply);
  if (!fits) return null;
  return {
    operation,
    senderMac: wireMac(bytes, at + arpAt.senderMac),
    senderIp: wire32(bytes, at + arpAt.senderIp),
    targetMac: wireMac(bytes, at + arpAt.targetMac),
    targetIp: wire32(bytes, at + arpAt.targetIp),
  };
}

/** Writes `arpBytes` bytes. */
export function writeArp(out: Uint8Array, at: number, packet: ArpPacket): void {
  putWire16(out, at + arpAt.hardware, 1);
  putWire16(out, at + arpAt.protocol, etherType.ipv4);
  out[at + arpAt.hardwareBytes] = 6;
  out[at + arpAt.protocolBytes] = 4;
  putWire16(out, at + arpAt.operation, packet.operation);
  putWireMac(out, at + arpAt.senderMac, packet.senderMac);
  putWire32(out, at + arpAt.senderIp, packet.senderIp);
  putWireMac(out, at + arpAt.targetMac, packet.targetMac);
  putWire32(out, at + arpAt.targetIp, packet.targetIp);
}
