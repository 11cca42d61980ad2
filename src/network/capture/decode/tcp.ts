import { addsUp, checksumText, pseudoSum } from "./checksum.ts";
import type { RelativeNumbers } from "./conversations.ts";
import { type Dissection, field, held, hexLayer, layer, malformed, room, type Span } from "./dissection.ts";
import { decodeDns } from "./dns.ts";
import type { Field } from "./frame.ts";
import { decodeHttp, looksLikeHttp } from "./http.ts";
import { tcpOptions } from "./tcp-options.ts";
import { counted, hexNumber } from "./text.ts";

const leastHeader = 20;
const tcpProtocol = 6;
const dnsPort = 53;
/** Bytes of a DNS message's length in front of it. @rfc 1035 4.2.2 */
const dnsPrefix = 2;
/** From bit 0 up. @rfc 9293 3.1 */
const flagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
const SYN = 2;
const ACK = 16;

/** A segment. The IPv4 addresses lie at `addressesAt` in the frame. @rfc 9293 */
export function decodeTcp(frame: Dissection, span: Span, addressesAt: number): void {
  frame.protocol = "TCP";
  frame.protocols.add("tcp");
  if (!room(frame, span, leastHeader, "A TCP header")) {
    hexLayer(frame, span, "Cut TCP header");
    return;
  }
  const { at, end } = span;
  const { view } = frame;
  const ports = [view.getUint16(at), view.getUint16(at + 2)];
  frame.tcpPorts = ports;
  const words = ["tcp", "TCP", ports.join(" → ")] as const;
  const headerEnd = at + (view.getUint8(at + 12) >> 4) * 4;
  const wrong = headerEnd < at + leastHeader || headerEnd > end;
  const numbers = place(frame, at);
  const fields = headerFields(frame, span, { numbers, addressesAt });
  if (wrong || headerEnd > frame.bytes.length) {
    if (wrong) malformed(frame, `The TCP header gives its own length as ${headerEnd - at} bytes.`);
    else frame.cut = true;
    frame.summary = `${ports.join(" → ")}, broken off`;
    layer(frame, { at, end: at + leastHeader }, [...words, fields]);
    hexLayer(frame, { at: at + leastHeader, end }, "Rest");
    return;
  }
  fields.push(...tcpOptions(frame, { at: at + leastHeader, end: headerEnd }));
  layer(frame, { at, end: headerEnd }, [...words, fields]);
  const payload = { at: headerEnd, end };
  frame.summary = tcpLine(frame, at, { numbers, bytes: end - headerEnd });
  decodeStream(frame, payload);
}

function place(frame: Dissection, at: number): RelativeNumbers {
  const [source, target] = frame.tcpPorts;
  const flags = frame.view.getUint8(at + 13);
  // A guest may use the same addresses in two networks: the VLAN tells them apart.
  const vlan = frame.vlanIds.join(".");
  return frame.conversations.place(
    { from: `${vlan}/${frame.ipSource}:${source}`, to: `${vlan}/${frame.ipTarget}:${target}` },
    {
      sequence: frame.view.getUint32(at + 4),
      acknowledged: frame.view.getUint32(at + 8),
      syn: (flags & SYN) !== 0,
      ack: (flags & ACK) !== 0,
    },
  );
}

function flagText(flags: number): string {
  return flagNames.filter((_, bit) => (flags >> bit) & 1).join(", ") || "none";
}

function tcpLine(frame: Dissection, at: number, of: { numbers: RelativeNumbers; bytes: number }): string {
  const flags = frame.view.getUint8(at + 13);
  const ack = (flags & ACK) === 0 ? "" : ` Ack=${of.numbers.acknowledged}`;
  const window = frame.view.getUint16(at + 14);
  const ports = frame.tcpPorts.join(" → ");
  return `${ports} [${flagText(flags)}] Seq=${of.numbers.sequence}${ack} Win=${window} Len=${of.bytes}`;
}

function headerFields(
  frame: Dissection,
  span: Span,
  of: { numbers: RelativeNumbers; addressesAt: number },
): Field[] {
  const { at } = span;
  const { view } = frame;
  const { sequence, acknowledged } = of.numbers;
  const bytes = held(frame, span);
  const more = pseudoSum(frame, of.addressesAt, { ...span, protocol: tcpProtocol });
  const fits = bytes.length === span.end - at ? addsUp(bytes, more) : "unknown";
  const both = (relative: number, value: number) => `${relative} (${value} on the wire)`;
  return [
    field(at, 2, ["tcp.srcport", "Source port", `${view.getUint16(at)}`]),
    field(at + 2, 2, ["tcp.dstport", "Destination port", `${view.getUint16(at + 2)}`]),
    field(at + 4, 4, ["tcp.seq", "Sequence number", both(sequence, view.getUint32(at + 4))]),
    field(at + 8, 4, ["tcp.ack", "Acknowledged", both(acknowledged, view.getUint32(at + 8))]),
    field(at + 12, 1, ["tcp.hdr_len", "Header length", counted((view.getUint8(at + 12) >> 4) * 4, "byte")]),
    field(at + 13, 1, ["tcp.flags", "Flags", flagText(view.getUint8(at + 13))]),
    field(at + 14, 2, ["tcp.window_size_value", "Window", `${view.getUint16(at + 14)}`]),
    field(at + 16, 2, ["tcp.checksum", "Checksum", checksumText(view.getUint16(at + 16), fits)]),
    field(at + 18, 2, ["tcp.urgent_pointer", "Urgent pointer", hexNumber(view.getUint16(at + 18), 4)]),
  ];
}

/** What the bytes of one segment can tell; streams are not put together. */
function decodeStream(frame: Dissection, span: Span): void {
  const bytes = held(frame, span);
  if (bytes.length === 0) return;
  if (frame.tcpPorts.includes(dnsPort) && bytes.length > dnsPrefix) {
    const length = frame.view.getUint16(span.at);
    if (length === span.end - span.at - dnsPrefix) {
      frame.layers.push(field(span.at, dnsPrefix, ["dns.length", "DNS message length", `${length}`]));
      decodeDns(frame, { at: span.at + dnsPrefix, end: span.end });
      return;
    }
  }
  if (looksLikeHttp(bytes)) decodeHttp(frame, span);
  else hexLayer(frame, span, "Payload");
}
