import { type Dissection, field, hexLayer, layer, malformed, room, type Span } from "./dissection.ts";
import { readDnsName } from "./dns-name.ts";
import { type DnsPlace, dnsRecord, dnsTypeText } from "./dns-record.ts";
import type { Field } from "./frame.ts";
import { hexNumber } from "./text.ts";

const headerBytes = 12;
const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
/** @rfc 1035 4.1.1 */
const answerCodes = [
  "no error",
  "format error",
  "server failure",
  "no such name",
  "not implemented",
  "refused",
];
const sections = ["Answer", "Authority", "Additional"];
/** Answers named in the summary. */
const summaryLimit = 4;

/** Names and what they stand for. @rfc 1035 4 */
export function decodeDns(frame: Dissection, message: Span): void {
  frame.protocol = "DNS";
  frame.protocols.add("dns");
  if (!room(frame, message, headerBytes, "A DNS header")) {
    hexLayer(frame, message, "Cut DNS header");
    return;
  }
  const { at } = message;
  const { view } = frame;
  const flags = view.getUint16(at + 2);
  const fields = headerFields(frame, at);
  const asked: string[] = [];
  const answers: string[] = [];
  let place: DnsPlace = { kind: "at", at: at + headerBytes };
  for (let left = view.getUint16(at + 4); left > 0 && place.kind === "at"; left--) {
    place = question(frame, message, { at: place.at, fields, asked });
  }
  for (const [index, section] of sections.entries()) {
    for (let left = view.getUint16(at + 6 + index * 2); left > 0 && place.kind === "at"; left--) {
      place = dnsRecord(frame, message, {
        at: place.at,
        fields,
        answers: index === 0 ? answers : [],
        section,
      });
    }
  }
  if (place.kind === "wrong") malformed(frame, place.reason);
  if (place.kind === "cut") frame.cut = true;
  frame.summary = dnsLine(flags, asked, answers);
  const last = fields[fields.length - 1];
  const end = last === undefined ? at + headerBytes : last.at + last.length;
  layer(frame, { at, end }, ["dns", "DNS", frame.summary, fields]);
  hexLayer(frame, { at: end, end: message.end }, place.kind === "at" ? "Padding" : "Rest");
}

function dnsLine(flags: number, asked: readonly string[], answers: readonly string[]): string {
  const about = asked.slice(0, summaryLimit).join(", ") || "nothing";
  if ((flags & RESPONSE) === 0) return `Query for ${about}`;
  const code = flags & 0xf;
  if (code !== 0) return `Answer for ${about}: ${answerCodes[code] ?? `code ${code}`}`;
  const found = answers.slice(0, summaryLimit).join(", ");
  const more = answers.length > summaryLimit ? ` and ${answers.length - summaryLimit} more` : "";
  return `Answer for ${about}: ${found === "" ? "no records" : found + more}`;
}

function headerFields(frame: Dissection, at: number): Field[] {
  const { view } = frame;
  const flags = view.getUint16(at + 2);
  const set = [
    flags & AUTHORITATIVE ? "authoritative" : "",
    flags & TRUNCATED ? "cut short" : "",
    flags & RECURSION_DESIRED ? "recursion desired" : "",
    flags & RECURSION_AVAILABLE ? "recursion available" : "",
  ].filter((name) => name !== "");
  const code = flags & 0xf;
  return [
    field(at, 2, ["dns.id", "Transaction", hexNumber(view.getUint16(at), 4)]),
    field(at + 2, 2, ["dns.flags.response", "Kind", flags & RESPONSE ? "answer" : "query"]),
    field(at + 2, 2, ["dns.flags", "Flags", set.join(", ") || "none"]),
    field(at + 2, 2, ["dns.flags.rcode", "Result", answerCodes[code] ?? `code ${code}`]),
    field(at + 4, 2, ["dns.count.queries", "Questions", `${view.getUint16(at + 4)}`]),
    field(at + 6, 2, ["dns.count.answers", "Answers", `${view.getUint16(at + 6)}`]),
    field(at + 8, 2, ["dns.count.auth_rr", "Authorities", `${view.getUint16(at + 8)}`]),
    field(at + 10, 2, ["dns.count.add_rr", "Additional", `${view.getUint16(at + 10)}`]),
  ];
}

function question(
  frame: Dissection,
  message: Span,
  into: { at: number; fields: Field[]; asked: string[] },
): DnsPlace {
  const name = readDnsName(frame, message, into.at);
  if (name.kind !== "name") return name;
  if (name.end + 4 > message.end) return { kind: "wrong", reason: "A DNS question breaks off." };
  if (name.end + 4 > frame.bytes.length) return { kind: "cut" };
  const type = dnsTypeText(frame.view.getUint16(name.end));
  into.asked.push(`${type} ${name.text}`);
  into.fields.push({
    ...field(into.at, name.end + 4 - into.at, ["dns.qry", "Question", `${type} ${name.text}`]),
    children: [
      field(into.at, name.end - into.at, ["dns.qry.name", "Name", name.text]),
      field(name.end, 2, ["dns.qry.type", "Type", type]),
      field(name.end + 2, 2, ["dns.qry.class", "Class", `${frame.view.getUint16(name.end + 2)}`]),
    ],
  });
  return { kind: "at", at: name.end + 4 };
}
