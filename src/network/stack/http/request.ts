import { readPath } from "./path.ts";

/** Bytes of a body that is passed over so that the connection can stay. */
const longestBody = 64 << 10;

/** What a client asks for. */
export interface HttpRequest {
  readonly kind: "request";
  readonly method: "GET" | "HEAD";
  /** Decoded path, begins with `/`. */
  readonly path: string;
  /** The range asked for, when it is to be honoured. */
  readonly range: string | null;
  /** The connection stays after the answer. */
  readonly keep: boolean;
  /** Bytes that follow and mean nothing here. */
  readonly body: number;
}

/** Answers that need no file. */
export type HttpFaultStatus = 400 | 405 | 408 | 413 | 431 | 501 | 505;

/** Why a request cannot be answered with a file. */
export interface HttpFault {
  readonly kind: "fault";
  readonly status: HttpFaultStatus;
  /** For the page: what is wrong and what to do. */
  readonly text: string;
  readonly head: boolean;
  readonly keep: boolean;
  readonly body: number;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A fault after which nobody knows where the next request begins. */
function broken(status: HttpFaultStatus, text: string): HttpFault {
  return { kind: "fault", status, text, head: false, keep: false, body: 0 };
}

/**
 * Reads the head of a request.
 *
 * @param head  one character a byte, up to and including the empty line. Lines may end without a carriage return, so
 *   that a person with `nc` is understood
 * @rfc 9112 2 3 5
 */
export function readRequest(head: string): HttpRequest | HttpFault {
  const lines = head.replaceAll("\r\n", "\n").split("\n");
  while (lines[0] === "") lines.shift();
  while (lines.at(-1) === "") lines.pop();
  const [first = "", ...rest] = lines;
  const [method = "", target = "", version = "", ...more] = first.split(" ");
  const spoken = /^HTTP\/(\d)\.(\d)$/.exec(version);
  if (spoken === null || more.length > 0 || !token.test(method) || target === "") {
    return broken(400, "The request line is not of the form GET /path HTTP/1.1.");
  }
  if (spoken[1] !== "1") return broken(505, `This server speaks HTTP/1.1, not ${version}.`);
  const fields = readFields(rest);
  if (fields === null) return broken(400, "A header line is not of the form Name: value.");
  const fault = checkFields(fields, spoken[2] !== "0");
  if (fault !== null) return fault;

  const body = Number(fields.get("content-length")?.[0] ?? 0);
  const keep = staysOpen(fields, spoken[2] !== "0") && !(body > 0 && fields.has("expect"));
  const head_ = method === "HEAD";
  if (method !== "GET" && !head_) {
    const text = `This server gives files away and takes none: ${method} is not possible, use GET or HEAD.`;
    return { kind: "fault", status: 405, text, head: false, keep, body };
  }
  const path = readPath(target);
  if (path === null) {
    const text = "The address is not a path that begins with / and is made of whole characters.";
    return { kind: "fault", status: 400, text, head: head_, keep, body };
  }
  // Without a validator of ours no condition can hold, and the whole file is the right answer. @rfc 9110 13.1.5
  const range = fields.has("if-range") ? null : (fields.get("range")?.[0] ?? null);
  return { kind: "request", method: head_ ? "HEAD" : "GET", path, range, keep, body };
}

type Fields = ReadonlyMap<string, readonly string[]>;

/** Header fields by name in lower case; `null` when a line is none. Lines that continue others are refused. */
function readFields(lines: readonly string[]): Fields | null {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (!token.test(name) || /[\0-\x08\x0a-\x1f\x7f]/.test(value)) return null;
    const key = name.toLowerCase();
    fields.set(key, [...(fields.get(key) ?? []), value]);
  }
  return fields;
}

/** @rfc 9112 3.2 6.1 6.3 */
function checkFields(fields: Fields, hostNeeded: boolean): HttpFault | null {
  const hosts = fields.get("host")?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && hostNeeded)) return broken(400, "Exactly one Host header is needed.");
  if (fields.has("transfer-encoding")) return broken(501, "Bodies with a transfer coding are not read here.");
  const lengths = new Set(fields.get("content-length"));
  if (lengths.size === 0) return null;
  const [length = ""] = lengths;
  if (lengths.size > 1 || !/^\d+$/.test(length)) return broken(400, "Content-Length is not one number.");
  if (Number(length) > longestBody) return broken(413, `Bodies of ${length} bytes are not taken here.`);
  return null;
}

/** @rfc 9112 9.3 */
function staysOpen(fields: Fields, byDefault: boolean): boolean {
  const options = (fields.get("connection") ?? [])
    .join(",")
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  if (options.includes("close")) return false;
  return byDefault || options.includes("keep-alive");
}
