import { addsUp, checksumText } from "./checksum.ts";
import { type Dissection, field, hexLayer, ipv4At, layer, malformed, room, type Span } from "./dissection.ts";
import type { Field } from "./frame.ts";
import { decodeIcmp } from "./icmp.ts";
import { decodeTcp } from "./tcp.ts";
import { counted, hexNumber, hexText } from "./text.ts";
import { decodeUdp } from "./udp.ts";

/** Numbers in the protocol field. */
export const IpProtocol = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Protocols that are named but not taken apart. */
const protocolNames = new Map<number, string>([
  [IpProtocol.icmp, "ICMP"],
  [2, "IGMP"],
  [4, "IP in IP"],
  [IpProtocol.tcp, "TCP"],
  [IpProtocol.udp, "UDP"],
  [41, "IPv6"],
  [47, "GRE"],
  [50, "ESP"],
  [89, "OSPF"],
  [132, "SCTP"],
]);

/** The name of an IP protocol, or its number. */
export function ipProtocolText(protocol: number): string {
  return protocolNames.get(protocol) ?? `protocol ${protocol}`;
}

const leastHeader = 20;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;

/** A packet: header, then what it carries. @rfc 791 */
export function decodeIpv4(frame: Dissection, span: Span): void {
  frame.protocol = "IPv4";
  frame.protocols.add("ip");
  const { at } = span;
  const { view } = frame;
  if (!room(frame, span, leastHeader, "An IPv4 header")) {
    hexLayer(frame, span, "Cut IPv4 header");
    return;
  }
  const version = view.getUint8(at) >> 4;
  if (version !== 4) {
    malformed(frame, `The IPv4 header gives the version ${version}.`);
    frame.summary = `IP version ${version} in the place of IPv4`;
    hexLayer(frame, span, "Not IPv4");
    return;
  }
  frame.ipSource = ipv4At(frame, at + 12);
  frame.ipTarget = ipv4At(frame, at + 16);
  const headerEnd = at + (view.getUint8(at) & 0xf) * 4;
  const fields = headerFields(frame, { at, end: headerEnd });
  const words = ["ip", "IPv4", `${frame.ipSource} → ${frame.ipTarget}`] as const;
  const trouble = headerTrouble(frame, span, headerEnd);
  frame.summary = `${frame.ipSource} → ${frame.ipTarget}, ${ipProtocolText(view.getUint8(at + 9))}`;
  if (trouble !== null) {
    if (trouble !== "cut") malformed(frame, trouble);
    layer(frame, { at, end: at + leastHeader }, [...words, fields]);
    hexLayer(frame, { at: at + leastHeader, end: span.end }, "Rest");
    return;
  }
  if (headerEnd > at + leastHeader) {
    const options = frame.bytes.subarray(at + leastHeader, headerEnd);
    fields.push(field(at + leastHeader, options.length, ["ip.options", "Options", hexText(options)]));
  }
  layer(frame, { at, end: headerEnd }, [...words, fields]);
  // A length of zero is what a sender leaves for its adapter to fill in when it cuts a large segment.
  const total = view.getUint16(at + 2);
  const end = total === 0 ? span.end : at + total;
  decodeCarried(frame, { at: headerEnd, end }, at);
  hexLayer(frame, { at: end, end: span.end }, "Padding");
}

/** What makes the header unusable: a sentence, `"cut"`, or `null`. */
function headerTrouble(frame: Dissection, span: Span, headerEnd: number): string | "cut" | null {
  const { at, end } = span;
  const total = frame.view.getUint16(at + 2);
  if (headerEnd < at + leastHeader) return `The IPv4 header gives its own length as ${headerEnd - at} bytes.`;
  if (headerEnd > end) return "The IPv4 header is longer than the frame.";
  if (total !== 0 && at + total < headerEnd) return "The IPv4 packet gives a length less than its header's.";
  if (at + total > end)
    return `The IPv4 packet gives its length as ${total} bytes, and ${end - at} are there.`;
  if (headerEnd <= frame.bytes.length) return null;
  frame.cut = true;
  return "cut";
}

function headerFields(frame: Dissection, header: Span): Field[] {
  const { at } = header;
  const { view } = frame;
  const first = view.getUint8(at);
  const flags = view.getUint16(at + 6);
  const set = [flags & DONT_FRAGMENT ? "don't fragment" : "", flags & MORE_FRAGMENTS ? "more fragments" : ""];
  const protocol = view.getUint8(at + 9);
  const whole = header.end >= at + leastHeader && header.end <= frame.bytes.length;
  const fits = whole ? addsUp(frame.bytes.subarray(at, header.end)) : "unknown";
  return [
    field(at, 1, ["ip.version", "Version", `${first >> 4}`]),
    field(at, 1, ["ip.hdr_len", "Header length", counted((first & 0xf) * 4, "byte")]),
    field(at + 1, 1, ["ip.dsfield", "Service class", hexNumber(view.getUint8(at + 1), 2)]),
    field(at + 2, 2, ["ip.len", "Length", counted(view.getUint16(at + 2), "byte")]),
    field(at + 4, 2, ["ip.id", "Identification", hexNumber(view.getUint16(at + 4), 4)]),
    field(at + 6, 2, ["ip.flags", "Flags", set.filter((name) => name !== "").join(", ") || "none"]),
    field(at + 6, 2, ["ip.frag_offset", "Fragment offset", `${(flags & 0x1fff) * 8}`]),
    field(at + 8, 1, ["ip.ttl", "Time to live", `${view.getUint8(at + 8)}`]),
    field(at + 9, 1, ["ip.proto", "Protocol", `${ipProtocolText(protocol)} (${protocol})`]),
    field(at + 10, 2, ["ip.checksum", "Checksum", checksumText(view.getUint16(at + 10), fits)]),
    field(at + 12, 4, ["ip.src", "Source", ipv4At(frame, at + 12)]),
    field(at + 16, 4, ["ip.dst", "Destination", ipv4At(frame, at + 16)]),
  ];
}

function decodeCarried(frame: Dissection, span: Span, headerAt: number): void {
  const fragment = frame.view.getUint16(headerAt + 6);
  const protocol = frame.view.getUint8(headerAt + 9);
  if ((fragment & ~(DONT_FRAGMENT | 0x8000)) !== 0) {
    // Pieces are not put together again: ports and text are in the first one alone, cut anywhere.
    frame.summary = `Fragment of ${ipProtocolText(protocol)} at ${(fragment & 0x1fff) * 8}, ${counted(span.end - span.at, "byte")}`;
    hexLayer(frame, span, "Fragment");
    return;
  }
  const addressesAt = headerAt + 12;
  if (protocol === IpProtocol.icmp) decodeIcmp(frame, span);
  else if (protocol === IpProtocol.udp) decodeUdp(frame, span, addressesAt);
  else if (protocol === IpProtocol.tcp) decodeTcp(frame, span, addressesAt);
  else {
    frame.protocol = protocolNames.get(protocol) ?? "IPv4";
    frame.summary = `Protocol ${protocol}, ${counted(span.end - span.at, "byte")}`;
    hexLayer(frame, span, "Payload");
  }
}
