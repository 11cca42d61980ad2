import { type Dissection, field, ipv4At, type Span } from "./dissection.ts";
import { readDnsName } from "./dns-name.ts";
import type { Field } from "./frame.ts";
import { hexText, ipv6Text, printable } from "./text.ts";

/** Where reading goes on, or why it does not. */
export type DnsPlace =
  | { readonly kind: "at"; readonly at: number }
  | { readonly kind: "cut" }
  | { readonly kind: "wrong"; readonly reason: string };

/** @rfc 1035 3.2.2, @rfc 3596, @rfc 2782, @rfc 6891 */
const Type = { a: 1, ns: 2, cname: 5, soa: 6, ptr: 12, mx: 15, txt: 16, aaaa: 28, srv: 33, opt: 41 } as const;
const typeNames = new Map<number, string>([
  [Type.a, "A"],
  [Type.ns, "NS"],
  [Type.cname, "CNAME"],
  [Type.soa, "SOA"],
  [Type.ptr, "PTR"],
  [Type.mx, "MX"],
  [Type.txt, "TXT"],
  [Type.aaaa, "AAAA"],
  [Type.srv, "SRV"],
  [Type.opt, "OPT"],
  [65, "HTTPS"],
  [255, "ANY"],
]);
/** Bytes in front of the name in records whose value is a name. */
const nameAt = new Map<number, number>([
  [Type.ns, 0],
  [Type.cname, 0],
  [Type.ptr, 0],
  [Type.soa, 0],
  [Type.mx, 2],
  [Type.srv, 6],
]);
/** Type, class, time to live and length, behind the name. */
const fixedBytes = 10;

/** Texts of one record that are shown. */
const textLimit = 5;

/** The name of a record type, or its number. */
export function dnsTypeText(type: number): string {
  return typeNames.get(type) ?? `type ${type}`;
}

/** Where a record begins and where what is found goes. */
interface RecordInto {
  readonly at: number;
  readonly fields: Field[];
  readonly answers: string[];
  readonly section: string;
}

/** Reads one record. @rfc 1035 4.1.3 */
export function dnsRecord(frame: Dissection, message: Span, into: RecordInto): DnsPlace {
  const name = readDnsName(frame, message, into.at);
  if (name.kind !== "name") return name;
  const from = name.end + fixedBytes;
  if (from > message.end) return { kind: "wrong", reason: "A DNS record breaks off." };
  if (from > frame.bytes.length) return { kind: "cut" };
  const { view } = frame;
  const type = view.getUint16(name.end);
  const end = from + view.getUint16(name.end + 8);
  if (end > message.end) return { kind: "wrong", reason: "A DNS record is longer than its message." };
  if (end > frame.bytes.length) return { kind: "cut" };
  const value = valueText(frame, message, { type, at: from, end });
  if (value.kind === "wrong") return value;
  const text = `${dnsTypeText(type)} ${value.text}`;
  into.answers.push(text);
  into.fields.push({
    ...field(into.at, end - into.at, ["dns.resp", into.section, `${name.text}: ${text}`]),
    children: [
      field(into.at, name.end - into.at, ["dns.resp.name", "Name", name.text]),
      field(name.end, 2, ["dns.resp.type", "Type", dnsTypeText(type)]),
      field(name.end + 2, 2, ["dns.resp.class", "Class", `${view.getUint16(name.end + 2)}`]),
      field(name.end + 4, 4, ["dns.resp.ttl", "Time to live", `${view.getUint32(name.end + 4)} seconds`]),
      field(from, end - from, ["dns.resp.value", "Value", value.text]),
    ],
  });
  return { kind: "at", at: end };
}

type ValueText = { readonly kind: "text"; readonly text: string } | Extract<DnsPlace, { kind: "wrong" }>;

function valueText(frame: Dissection, message: Span, value: Span & { type: number }): ValueText {
  const { type, at, end } = value;
  const bytes = frame.bytes.subarray(at, end);
  if (type === Type.a) {
    if (bytes.length !== 4) return { kind: "wrong", reason: "A DNS address does not have 4 bytes." };
    return { kind: "text", text: ipv4At(frame, at) };
  }
  if (type === Type.aaaa) {
    if (bytes.length !== 16) return { kind: "wrong", reason: "A DNS IPv6 address does not have 16 bytes." };
    return { kind: "text", text: ipv6Text(bytes) };
  }
  if (type === Type.txt) return strings(bytes);
  const skip = nameAt.get(type);
  if (skip === undefined) return { kind: "text", text: hexText(bytes) };
  const name = readDnsName(frame, { at: message.at, end }, at + skip);
  if (name.kind === "wrong") return name;
  // The record ends within the capture, and names behind it were refused: nothing can be cut here.
  return { kind: "text", text: name.kind === "name" ? name.text : "" };
}

/** Texts with a length in front of each. */
function strings(bytes: Uint8Array): ValueText {
  const out: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 1 + (bytes[at] ?? 0);
    if (end > bytes.length) return { kind: "wrong", reason: "A DNS text is longer than its record." };
    if (out.length < textLimit) out.push(`"${printable(bytes.subarray(at + 1, end))}"`);
    at = end;
  }
  return { kind: "text", text: out.join(" ") };
}
