import { macAt } from "../../frame/index.ts";
import { type Dissection, field, hexLayer, ipv4At, layer, room, type Span } from "./dissection.ts";

/** @rfc 826 */
const Operation = { request: 1, reply: 2 } as const;
const operationNames = new Map<number, string>([
  [Operation.request, "request"],
  [Operation.reply, "reply"],
  [3, "reverse request"],
  [4, "reverse reply"],
]);

/** Bytes of a packet that maps IPv4 addresses to Ethernet ones, and what is fixed in its head. */
const packetBytes = 28;
const headBytes = 8;

/** Who has which address. @rfc 826 */
export function decodeArp(frame: Dissection, span: Span): void {
  frame.protocol = "ARP";
  frame.protocols.add("arp");
  if (!room(frame, span, headBytes, "An ARP packet")) {
    hexLayer(frame, span, "Cut ARP packet");
    return;
  }
  const { at } = span;
  const { view } = frame;
  const operation = view.getUint16(at + 6);
  const name = operationNames.get(operation) ?? `operation ${operation}`;
  const head = [
    field(at, 2, ["arp.hw.type", "Hardware type", `${view.getUint16(at)}`]),
    field(at + 2, 2, [
      "arp.proto.type",
      "Protocol type",
      `0x${view
        .getUint16(at + 2)
        .toString(16)
        .padStart(4, "0")}`,
    ]),
    field(at + 4, 1, ["arp.hw.size", "Hardware address length", `${view.getUint8(at + 4)}`]),
    field(at + 5, 1, ["arp.proto.size", "Protocol address length", `${view.getUint8(at + 5)}`]),
    field(at + 6, 2, ["arp.opcode", "Operation", name]),
  ];
  frame.summary = `ARP ${name}`;
  const own = { at, end: Math.min(span.end, at + packetBytes) };
  const usual = view.getUint16(at + 4) === 0x0604 && view.getUint16(at + 2) === 0x0800;
  if (!usual || !room(frame, span, packetBytes, "An ARP packet")) {
    layer(frame, { at, end: at + headBytes }, ["arp", "ARP", name, head]);
    hexLayer(frame, { at: at + headBytes, end: span.end }, "Addresses");
    return;
  }
  const from = { mac: macAt(frame.bytes, at + 8), ip: ipv4At(frame, at + 14) };
  const to = { mac: macAt(frame.bytes, at + 18), ip: ipv4At(frame, at + 24) };
  frame.summary = arpLine(operation, from, to);
  layer(frame, own, [
    "arp",
    "ARP",
    frame.summary,
    [
      ...head,
      field(at + 8, 6, ["arp.src.hw_mac", "Sender MAC", from.mac]),
      field(at + 14, 4, ["arp.src.proto_ipv4", "Sender IP", from.ip]),
      field(at + 18, 6, ["arp.dst.hw_mac", "Target MAC", to.mac]),
      field(at + 24, 4, ["arp.dst.proto_ipv4", "Target IP", to.ip]),
    ],
  ]);
  hexLayer(frame, { at: at + packetBytes, end: span.end }, "Padding");
}

interface Party {
  readonly mac: string;
  readonly ip: string;
}

function arpLine(operation: number, from: Party, to: Party): string {
  if (from.ip === to.ip) return `${from.ip} is announced at ${from.mac}`;
  if (operation === Operation.request) return `Who has ${to.ip}? Tell ${from.ip}`;
  if (operation === Operation.reply) return `${from.ip} is at ${from.mac}`;
  return `ARP ${operationNames.get(operation) ?? `operation ${operation}`}`;
}
