import { macAt } from "../../frame/index.ts";
import { dhcpOptions } from "./dhcp-options.ts";
import { type Dissection, field, hexLayer, ipv4At, layer, room, type Span } from "./dissection.ts";
import type { Field } from "./frame.ts";
import { hexNumber, hexText, printable } from "./text.ts";

/** Bytes in front of the options, and the mark that says that options follow. @rfc 2131 2, @rfc 2132 2 */
const fixedBytes = 236;
const cookieBytes = 4;
const cookie = 0x63825363;
const BROADCAST = 0x8000;

/** Addresses and settings for a machine that starts. @rfc 2131 */
export function decodeDhcp(frame: Dissection, span: Span): void {
  frame.protocol = "DHCP";
  frame.protocols.add("dhcp");
  if (!room(frame, span, fixedBytes, "A DHCP message")) {
    hexLayer(frame, span, "Cut DHCP message");
    return;
  }
  const { at, end } = span;
  const fields = fixedFields(frame, at);
  const { view } = frame;
  const id = hexNumber(view.getUint32(at + 4), 8);
  const withOptions =
    at + fixedBytes + cookieBytes <= Math.min(end, frame.bytes.length) &&
    view.getUint32(at + fixedBytes) === cookie;
  if (!withOptions) {
    if (end > frame.bytes.length) frame.cut = true;
    frame.summary = `BOOTP ${view.getUint8(at) === 1 ? "request" : "reply"}, transaction ${id}`;
    layer(frame, { at, end: at + fixedBytes }, ["dhcp", "BOOTP", frame.summary, fields]);
    hexLayer(frame, { at: at + fixedBytes, end }, "Rest");
    return;
  }
  const optionsAt = at + fixedBytes + cookieBytes;
  const options = dhcpOptions(frame, { at: optionsAt, end });
  const your = ipv4At(frame, at + 16);
  const offered = your === "0.0.0.0" ? "" : ` of ${your}`;
  frame.summary = `${options.type ?? "Message without a type"}${offered}, transaction ${id}${options.words}`;
  layer(frame, { at, end: options.end }, [
    "dhcp",
    "DHCP",
    frame.summary,
    [
      ...fields,
      field(at + fixedBytes, cookieBytes, ["dhcp.cookie", "Mark", hexNumber(cookie, 8)]),
      ...options.fields,
    ],
  ]);
  hexLayer(frame, { at: options.end, end }, "Padding");
}

function fixedFields(frame: Dissection, at: number): Field[] {
  const { view, bytes } = frame;
  const operation = view.getUint8(at);
  const flags = view.getUint16(at + 10);
  const address = (place: number, name: string, label: string) =>
    field(at + place, 4, [`dhcp.ip.${name}`, label, ipv4At(frame, at + place)]);
  const ethernet = view.getUint8(at + 1) === 1 && view.getUint8(at + 2) === 6;
  const hardware = ethernet ? macAt(frame.bytes, at + 28) : hexText(bytes.subarray(at + 28, at + 44));
  return [
    field(at, 1, [
      "dhcp.type",
      "Operation",
      operation === 1 ? "request" : operation === 2 ? "reply" : `${operation}`,
    ]),
    field(at + 1, 1, ["dhcp.hw.type", "Hardware type", `${view.getUint8(at + 1)}`]),
    field(at + 2, 1, ["dhcp.hw.len", "Hardware address length", `${view.getUint8(at + 2)}`]),
    field(at + 3, 1, ["dhcp.hops", "Hops", `${view.getUint8(at + 3)}`]),
    field(at + 4, 4, ["dhcp.id", "Transaction", hexNumber(view.getUint32(at + 4), 8)]),
    field(at + 8, 2, ["dhcp.secs", "Seconds passed", `${view.getUint16(at + 8)}`]),
    field(at + 10, 2, ["dhcp.flags", "Flags", (flags & BROADCAST) !== 0 ? "answer by broadcast" : "none"]),
    address(12, "client", "Client's address"),
    address(16, "your", "Your address"),
    address(20, "server", "Next server"),
    address(24, "relay", "Relay"),
    field(at + 28, 16, ["dhcp.hw.mac_addr", "Client's MAC", hardware]),
    ...zeroEnded(frame, { at: at + 44, end: at + 108 }, ["dhcp.server", "Server name"]),
    ...zeroEnded(frame, { at: at + 108, end: at + 236 }, ["dhcp.file", "Boot file"]),
  ];
}

/** Text up to a zero, if there is any. */
function zeroEnded(frame: Dissection, { at, end }: Span, words: readonly [string, string]): Field[] {
  const bytes = frame.bytes.subarray(at, end);
  const zero = bytes.indexOf(0);
  const text = printable(zero < 0 ? bytes : bytes.subarray(0, zero));
  return text === "" ? [] : [field(at, end - at, [words[0], words[1], text])];
}
