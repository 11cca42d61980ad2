import { macAt } from "../../frame/index.ts";
import { type Dissection, field, malformed, type Span } from "./dissection.ts";
import type { Field } from "./frame.ts";
import { hexText, ipv4Text, printable } from "./text.ts";

/** What the options of a message say. */
export interface DhcpOptions {
  readonly fields: readonly Field[];
  /** e.g. "Discover"; `undefined` without a known type. */
  readonly type: string | undefined;
  /** What the summary adds, with a comma in front; may be empty. */
  readonly words: string;
  /** Where they end in the frame. */
  readonly end: number;
}

/** @rfc 2132 9.6 */
const messageTypes = ["", "Discover", "Offer", "Request", "Decline", "ACK", "NAK", "Release", "Inform"];
const Option = { pad: 0, hostName: 12, requested: 50, messageType: 53, end: 255 } as const;

type Form = "addresses" | "seconds" | "text" | "number" | "bytes" | "client" | "messageType";

/** @rfc 2132 */
const known = new Map<number, readonly [label: string, form: Form]>([
  [1, ["Subnet mask", "addresses"]],
  [3, ["Router", "addresses"]],
  [4, ["Time server", "addresses"]],
  [6, ["DNS server", "addresses"]],
  [Option.hostName, ["Host name", "text"]],
  [15, ["Domain", "text"]],
  [26, ["MTU", "number"]],
  [28, ["Broadcast address", "addresses"]],
  [42, ["NTP server", "addresses"]],
  [Option.requested, ["Requested address", "addresses"]],
  [51, ["Lease time", "seconds"]],
  [Option.messageType, ["Message type", "messageType"]],
  [54, ["Server", "addresses"]],
  [55, ["Wanted options", "bytes"]],
  [56, ["Message", "text"]],
  [57, ["Largest message", "number"]],
  [58, ["Renewal after", "seconds"]],
  [59, ["Rebinding after", "seconds"]],
  [60, ["Vendor class", "text"]],
  [61, ["Client identifier", "client"]],
  [66, ["TFTP server", "text"]],
  [67, ["Boot file", "text"]],
]);

/** The options behind the mark, to the end or to what breaks them off. @rfc 2132 2 */
export function dhcpOptions(frame: Dissection, span: Span): DhcpOptions {
  const fields: Field[] = [];
  let type: string | undefined;
  let words = "";
  const limit = Math.min(span.end, frame.bytes.length);
  let { at } = span;
  while (at < limit) {
    const code = frame.view.getUint8(at);
    if (code === Option.pad) {
      at++;
      continue;
    }
    if (code === Option.end) {
      fields.push(field(at, 1, ["dhcp.option.end", "End", ""]));
      return { fields, type, words, end: at + 1 };
    }
    const end = at + 1 < limit ? at + 2 + frame.view.getUint8(at + 1) : limit + 1;
    if (end > limit) break;
    const value = frame.bytes.subarray(at + 2, end);
    const text = optionText(code, value);
    if (code === Option.messageType) type = messageTypes[value[0] ?? 0] || undefined;
    if (code === Option.requested) words += `, wants ${text}`;
    if (code === Option.hostName) words += `, host ${text}`;
    const label = known.get(code)?.[0] ?? `Option ${code}`;
    fields.push(field(at, end - at, [`dhcp.option.${code}`, label, text]));
    at = end;
  }
  if (span.end > frame.bytes.length) frame.cut = true;
  else
    malformed(
      frame,
      at < limit ? "A DHCP option is longer than the message." : "The DHCP options have no end.",
    );
  return { fields, type, words, end: at };
}

function optionText(code: number, value: Uint8Array): string {
  const form = known.get(code)?.[1] ?? "bytes";
  const number = value.reduce((sum, byte) => sum * 256 + byte, 0);
  if (form === "text") return printable(value);
  if (form === "addresses" && value.length >= 4 && value.length % 4 === 0) return addresses(value);
  if (form === "seconds" && value.length === 4)
    return number === 0xffffffff ? "forever" : `${number} seconds`;
  if (form === "number" && value.length === 2) return `${number}`;
  if (form === "messageType" && value.length === 1) return messageTypes[number] || `${number}`;
  if (form === "client" && value.length === 7 && value[0] === 1) return macAt(value, 1);
  return hexText(value);
}

function addresses(value: Uint8Array): string {
  return Array.from({ length: value.length / 4 }, (_, place) =>
    ipv4Text(value.subarray(place * 4, place * 4 + 4)),
  ).join(", ");
}
