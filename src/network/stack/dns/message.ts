import { putWire16, putWire32, wire16 } from "../../frame/index.ts";
import { nameBytes, readName } from "./name.ts";

const headerBytes = 12;
/** Where the parts of the header are. @rfc 1035 4.1.1 */
const headerAt = { id: 0, flags: 2, questions: 4, answers: 6 } as const;
const isResponse = 0x8000;
const isAuthoritative = 0x0400;
const recursionDesired = 0x0100;
const recursionAvailable = 0x0080;
const internet = 1;
const anyClass = 255;
/** Seconds that an answer may be kept. Short: machines come and go. */
const timeToLive = 30;

/** Kinds of records. @rfc 1035 3.2.2 */
export const RecordType = { a: 1, ptr: 12, any: 255 } as const;

/** How a query ended. @rfc 1035 4.1.1 */
export const ReplyCode = {
  ok: 0,
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
} as const;
export type ReplyCode = (typeof ReplyCode)[keyof typeof ReplyCode];

/** A question that somebody asks. */
export interface DnsQuery {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
}

/** What came in: a question, something to be refused with a code, or nothing that wants an answer. */
export type ReadQuery =
  | { readonly kind: "query"; readonly query: DnsQuery }
  | { readonly kind: "refused"; readonly id: number; readonly code: ReplyCode }
  | { readonly kind: "ignored" };

/** Reads a message. Records behind the question, such as EDNS options, are not looked at. */
export function readQuery(bytes: Uint8Array, at: number, length: number): ReadQuery {
  const flags = wire16(bytes, at + headerAt.flags);
  if (length < headerBytes || (flags & isResponse) !== 0) return { kind: "ignored" };
  const id = wire16(bytes, at + headerAt.id);
  if (((flags >>> 11) & 15) !== 0) return { kind: "refused", id, code: ReplyCode.notImplemented };
  const name =
    wire16(bytes, at + headerAt.questions) === 1 ? readName(bytes, at, at + headerBytes, at + length) : null;
  if (name === null || name.end + 4 > at + length)
    return { kind: "refused", id, code: ReplyCode.formatError };
  const query = {
    id,
    recursionDesired: (flags & recursionDesired) !== 0,
    labels: name.labels,
    type: wire16(bytes, name.end),
    class: wire16(bytes, name.end + 2),
  };
  if (query.class === internet || query.class === anyClass) return { kind: "query", query };
  return { kind: "refused", id, code: ReplyCode.refused };
}

/** What is known about a name. */
export interface DnsAnswer {
  readonly code: ReplyCode;
  /** The name is ours to know. */
  readonly authoritative: boolean;
  readonly type: number;
  /** Data of the records, all of one type. Few and short enough for 512 bytes with the longest question. */
  readonly records: readonly Uint8Array[];
}

/** Writes the answer to a query. */
export function writeAnswer(query: DnsQuery, answer: DnsAnswer): Uint8Array<ArrayBuffer> {
  const name = nameBytes(query.labels);
  const recordsBytes = answer.records.reduce((sum, record) => sum + 12 + record.length, 0);
  const out = new Uint8Array(headerBytes + name.length + 4 + recordsBytes);
  // Whether a name outside can be resolved shows with each question.
  let flags: number = isResponse | recursionAvailable | answer.code;
  if (answer.authoritative) flags |= isAuthoritative;
  if (query.recursionDesired) flags |= recursionDesired;
  putWire16(out, headerAt.id, query.id);
  putWire16(out, headerAt.flags, flags);
  putWire16(out, headerAt.questions, 1);
  putWire16(out, headerAt.answers, answer.records.length);
  out.set(name, headerBytes);
  let at = headerBytes + name.length;
  putWire16(out, at, query.type);
  putWire16(out, at + 2, query.class);
  at += 4;
  for (const record of answer.records) {
    putWire16(out, at, 0xc000 | headerBytes); // the name of the question
    putWire16(out, at + 2, answer.type);
    putWire16(out, at + 4, internet);
    putWire32(out, at + 6, timeToLive);
    putWire16(out, at + 10, record.length);
    out.set(record, at + 12);
    at += 12 + record.length;
  }
  return out;
}

/** Refuses a message whose question cannot be repeated. */
export function writeRefusal(id: number, code: ReplyCode): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(headerBytes);
  putWire16(out, headerAt.id, id);
  putWire16(out, headerAt.flags, isResponse | code);
  return out;
}
