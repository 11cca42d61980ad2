import { etherType, headerBytes, macAt, tagBytes } from "../../frame/index.ts";
import { decodeArp } from "./arp.ts";
import { type Dissection, field, hexLayer, layer, malformed, room, type Span } from "./dissection.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { counted, hexNumber } from "./text.ts";

/** The tag of a provider around its customers' tags. @ieee 802.1ad */
const serviceVlan = 0x88a8;
/** Smallest type; below it the field is a length. @ieee 802.3 */
const smallestType = 0x0600;
/** Tags taken off before the rest is shown as bytes. Real networks nest two. */
const tagLimit = 8;

/** Types that are named but not taken apart. */
const typeNames = new Map<number, string>([
  [etherType.ipv4, "IPv4"],
  [etherType.arp, "ARP"],
  [etherType.vlan, "802.1Q VLAN"],
  [serviceVlan, "802.1ad service VLAN"],
  [0x0842, "Wake-on-LAN"],
  [0x8035, "RARP"],
  [etherType.ipv6, "IPv6"],
  [etherType.pause, "Ethernet flow control"],
  [0x8863, "PPPoE discovery"],
  [0x8864, "PPPoE session"],
  [0x888e, "802.1X"],
  [etherType.lldp, "LLDP"],
]);

function typeText(type: number): string {
  const name = typeNames.get(type);
  return name === undefined ? hexNumber(type, 4) : `${name} (${hexNumber(type, 4)})`;
}

function macOf(text: string): string {
  return text === "FF-FF-FF-FF-FF-FF" ? `${text} (broadcast)` : text;
}

/** Takes a whole frame apart. @ieee 802.3 */
export function decodeEthernet(frame: Dissection, span: Span): void {
  if (!room(frame, span, headerBytes, "An Ethernet header")) {
    frame.summary = `No frame: ${counted(span.end, "byte")}`;
    hexLayer(frame, span, "Too short");
    return;
  }
  frame.ethTarget = macAt(frame.bytes, 0);
  frame.ethSource = macAt(frame.bytes, 6);
  frame.protocols.add("eth");
  const type = frame.view.getUint16(12);
  const header = { at: 0, end: headerBytes };
  layer(frame, header, [
    "eth",
    "Ethernet",
    `${frame.ethSource} → ${frame.ethTarget}`,
    [
      field(0, 6, ["eth.dst", "Destination", macOf(frame.ethTarget)]),
      field(6, 6, ["eth.src", "Source", macOf(frame.ethSource)]),
      field(
        12,
        2,
        type < smallestType ? ["eth.len", "Length", `${type}`] : ["eth.type", "Type", typeText(type)],
      ),
    ],
  ]);
  decodePayload(frame, { at: headerBytes, end: span.end }, type);
}

/** Takes off tags, then hands on what they wrap. */
function decodePayload(frame: Dissection, span: Span, type: number): void {
  while ((type === etherType.vlan || type === serviceVlan) && frame.vlanIds.length < tagLimit) {
    const inner = decodeTag(frame, span);
    if (inner === undefined) return;
    type = inner;
    span = { at: span.at + tagBytes, end: span.end };
  }
  if (type === etherType.arp) decodeArp(frame, span);
  else if (type === etherType.ipv4) decodeIpv4(frame, span);
  else if (type < smallestType) decodeLengthPayload(frame, span, type);
  else decodeOther(frame, span, type);
}

/** A type that is at most named. */
function decodeOther(frame: Dissection, span: Span, type: number): void {
  frame.protocol = typeNames.get(type) ?? hexNumber(type, 4);
  frame.summary = `Type ${hexNumber(type, 4)}, ${counted(span.end - span.at, "byte")}`;
  hexLayer(frame, span, "Payload");
}

/** One VLAN tag. @ieee 802.1Q */
function decodeTag(frame: Dissection, span: Span): number | undefined {
  if (!room(frame, span, tagBytes, "A VLAN tag")) {
    frame.protocol = "VLAN";
    hexLayer(frame, span, "Cut tag");
    return undefined;
  }
  const control = frame.view.getUint16(span.at);
  const type = frame.view.getUint16(span.at + 2);
  const id = control & 0xfff;
  frame.vlanIds.push(id);
  frame.protocols.add("vlan");
  const { at } = span;
  layer(frame, { at, end: at + tagBytes }, [
    "vlan",
    "802.1Q VLAN tag",
    `VLAN ${id}`,
    [
      field(at, 2, ["vlan.priority", "Priority", `${control >> 13}`]),
      field(at, 2, ["vlan.dei", "May be dropped", (control & 0x1000) === 0 ? "no" : "yes"]),
      field(at, 2, ["vlan.id", "VLAN", `${id}`]),
      field(at + 2, 2, ["vlan.etype", "Type", typeText(type)]),
    ],
  ]);
  return type;
}

/** A frame with a length instead of a type: spanning tree and other LLC traffic. @ieee 802.3 */
function decodeLengthPayload(frame: Dissection, span: Span, length: number): void {
  frame.protocol = "LLC";
  frame.summary = `802.3 frame, ${counted(length, "byte")}`;
  const left = span.end - span.at;
  if (length > left)
    malformed(frame, `The frame gives its length as ${length} bytes, and ${left} are there.`);
  const end = span.at + Math.min(length, left);
  hexLayer(frame, { at: span.at, end }, "Payload");
  hexLayer(frame, { at: end, end: span.end }, "Padding");
}
