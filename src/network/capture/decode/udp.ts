import { addsUp, checksumText, pseudoSum } from "./checksum.ts";
import { decodeDhcp } from "./dhcp.ts";
import { type Dissection, field, held, hexLayer, layer, malformed, room, type Span } from "./dissection.ts";
import { decodeDns } from "./dns.ts";
import { decodeNtp } from "./ntp.ts";
import { counted } from "./text.ts";

const headerBytes = 8;
const udpProtocol = 17;
const dnsPort = 53;
const ntpPort = 123;
/** Servers answer from 67, clients from 68; relays use 67 at both ends. @rfc 2131 4.1 */
const dhcpPorts = new Set([67, 68]);

/** A datagram. @rfc 768 */
export function decodeUdp(frame: Dissection, span: Span, addressesAt: number): void {
  frame.protocol = "UDP";
  frame.protocols.add("udp");
  if (!room(frame, span, headerBytes, "A UDP header")) {
    hexLayer(frame, span, "Cut UDP header");
    return;
  }
  const { at } = span;
  const { view } = frame;
  const [source, target] = [view.getUint16(at), view.getUint16(at + 2)];
  const length = view.getUint16(at + 4);
  frame.udpPorts = [source, target];
  const wrong = length < headerBytes || at + length > span.end;
  if (wrong) {
    malformed(frame, `The UDP datagram gives its length as ${length} bytes, and ${span.end - at} are there.`);
  }
  const end = wrong ? span.end : at + length;
  frame.summary = `${source} → ${target}, ${counted(end - at - headerBytes, "byte")}`;
  layer(frame, { at, end: at + headerBytes }, [
    "udp",
    "UDP",
    `${source} → ${target}`,
    [
      field(at, 2, ["udp.srcport", "Source port", `${source}`]),
      field(at + 2, 2, ["udp.dstport", "Destination port", `${target}`]),
      field(at + 4, 2, ["udp.length", "Length", counted(length, "byte")]),
      field(at + 6, 2, ["udp.checksum", "Checksum", udpChecksum(frame, { at, end }, addressesAt)]),
    ],
  ]);
  const payload = { at: at + headerBytes, end };
  if (wrong || payload.at === end) hexLayer(frame, payload, "Payload");
  else decodeService(frame, payload);
  hexLayer(frame, { at: end, end: span.end }, "Padding");
}

/** By the ports, as everybody does: a datagram does not say what it carries. */
function decodeService(frame: Dissection, payload: Span): void {
  if (frame.udpPorts.every((port) => dhcpPorts.has(port))) decodeDhcp(frame, payload);
  else if (frame.udpPorts.includes(dnsPort)) decodeDns(frame, payload);
  else if (frame.udpPorts.includes(ntpPort)) decodeNtp(frame, payload);
  else hexLayer(frame, payload, "Payload");
}

function udpChecksum(frame: Dissection, span: Span, addressesAt: number): string {
  const value = frame.view.getUint16(span.at + 6);
  if (value === 0) return "none";
  const bytes = held(frame, span);
  if (bytes.length < span.end - span.at) return checksumText(value, "unknown");
  const more = pseudoSum(frame, addressesAt, { ...span, protocol: udpProtocol });
  return checksumText(value, addsUp(bytes, more));
}
