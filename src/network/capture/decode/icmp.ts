import { addsUp, checksumText } from "./checksum.ts";
import { type Dissection, field, held, hexLayer, ipv4At, layer, room, type Span } from "./dissection.ts";
import { counted } from "./text.ts";

/** @rfc 792 */
const IcmpType = {
  echoReply: 0,
  unreachable: 3,
  redirect: 5,
  echo: 8,
  timeExceeded: 11,
  parameter: 12,
} as const;

const typeNames = new Map<number, string>([
  [IcmpType.echoReply, "Echo reply"],
  [IcmpType.unreachable, "Destination unreachable"],
  [4, "Source quench"],
  [IcmpType.redirect, "Redirect"],
  [IcmpType.echo, "Echo request"],
  [9, "Router advertisement"],
  [10, "Router solicitation"],
  [IcmpType.timeExceeded, "Time exceeded"],
  [IcmpType.parameter, "Parameter problem"],
  [13, "Timestamp request"],
  [14, "Timestamp reply"],
]);
/** Why a destination cannot be reached, by code. */
const unreachableNames = [
  "network",
  "host",
  "protocol",
  "port",
  "fragmentation needed",
  "source route failed",
];
/** Messages that carry the head of the packet they are about. */
const quoting = new Set<number>([
  IcmpType.unreachable,
  4,
  IcmpType.redirect,
  IcmpType.timeExceeded,
  IcmpType.parameter,
]);

const headerBytes = 8;
const leastIpv4Header = 20;

/** Echoes and complaints. @rfc 792 */
export function decodeIcmp(frame: Dissection, span: Span): void {
  frame.protocol = "ICMP";
  frame.protocols.add("icmp");
  if (!room(frame, span, headerBytes, "An ICMP message")) {
    hexLayer(frame, span, "Cut ICMP message");
    return;
  }
  const { at } = span;
  const { view } = frame;
  const type = view.getUint8(at);
  const code = view.getUint8(at + 1);
  const bytes = held(frame, span);
  const fits = bytes.length === span.end - at ? addsUp(bytes) : "unknown";
  const name = typeNames.get(type) ?? `ICMP type ${type}`;
  const fields = [
    field(at, 1, ["icmp.type", "Type", `${name} (${type})`]),
    field(at + 1, 1, ["icmp.code", "Code", `${code}`]),
    field(at + 2, 2, ["icmp.checksum", "Checksum", checksumText(view.getUint16(at + 2), fits)]),
  ];
  frame.summary = name;
  const rest = { at: at + headerBytes, end: span.end };
  if (type === IcmpType.echo || type === IcmpType.echoReply) {
    const [id, sequence] = [view.getUint16(at + 4), view.getUint16(at + 6)];
    frame.summary = `${name}, id ${id}, sequence ${sequence}, ${counted(rest.end - rest.at, "byte")}`;
    fields.push(field(at + 4, 2, ["icmp.ident", "Identifier", `${id}`]));
    fields.push(field(at + 6, 2, ["icmp.seq", "Sequence number", `${sequence}`]));
  } else {
    if (type === IcmpType.unreachable) frame.summary = `${name}: ${unreachableNames[code] ?? `code ${code}`}`;
    fields.push(field(at + 4, 4, ["icmp.rest", "Rest of header", `${view.getUint32(at + 4)}`]));
  }
  layer(frame, { at, end: rest.at }, ["icmp", "ICMP", frame.summary, fields]);
  if (quoting.has(type)) decodeQuoted(frame, rest);
  else hexLayer(frame, rest, "Payload");
}

/** The head of the packet that a complaint is about: whom it was from and for. */
function decodeQuoted(frame: Dissection, span: Span): void {
  if (held(frame, span).length < leastIpv4Header) {
    hexLayer(frame, span, "Quoted packet");
    return;
  }
  const [source, target] = [ipv4At(frame, span.at + 12), ipv4At(frame, span.at + 16)];
  layer(frame, span, [
    "icmp.quoted",
    "Quoted packet",
    `${source} → ${target}`,
    [
      field(span.at + 12, 4, ["icmp.quoted.src", "Source", source]),
      field(span.at + 16, 4, ["icmp.quoted.dst", "Destination", target]),
    ],
  ]);
}
