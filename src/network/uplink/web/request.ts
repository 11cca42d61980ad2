import { type BodyReader, openBody } from "./body.ts";

/** A guest's HTTP request, whole. */
export interface GuestRequest {
  readonly method: string;
  /** Name or address of the server, without port. */
  readonly host: string;
  /** 1 to 65535; 80 unless the request says another. */
  readonly port: number;
  /** Path and query, from `/` on. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** What came so far. `status` is what the guest is told: a request that cannot be served ends the connection. */
export type RequestProgress =
  | { readonly kind: "more"; readonly wantsContinue: boolean }
  | { readonly kind: "whole"; readonly request: GuestRequest }
  | { readonly kind: "refused"; readonly status: number; readonly why: string };

/** Longest head of a request: request line and headers. Servers allow 8 to 16 KiB. */
const longestHead = 16 * 1024;
const mostHeaders = 100;
/** Most bytes of a body: it is held whole until it is sent on. */
const largestBody = 16 * 1024 * 1024;

/** What guests are told who want an encrypted connection. */
export const noHttps =
  "The web gateway cannot carry https: the browser gives out no raw connections. Ask for http:// instead; where it must, the gateway asks the server by https.";

const methods = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);

/** Takes a request in as it comes. */
export interface RequestReader {
  /** Takes bytes in; what follows a whole request is left out. Ask no further after `whole` or `refused`. */
  take(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): RequestProgress;
}

type Head = Omit<GuestRequest, "body">;

/**
 * Opens a reader of one request.
 *
 * @rfc 9112 partial: one request a connection; no trailers
 */
export function openRequestReader(): RequestReader {
  const gathered = new Uint8Array(longestHead);
  let used = 0;
  let head: Head | null = null;
  let body: BodyReader | null = null;

  function refused(status: number, why: string): RequestProgress {
    return { kind: "refused", status, why };
  }
  function takeBody(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): RequestProgress {
    if (head === null || body === null) return refused(400, "The request has no head.");
    const progress = body.take(bytes, at, length);
    switch (progress) {
      case "more":
        return { kind: "more", wantsContinue: false };
      case "whole":
        return { kind: "whole", request: { ...head, body: body.bytes() } };
      case "tooLarge":
        return refused(413, `The web gateway takes bodies of up to ${largestBody >> 20} MiB.`);
      case "broken":
        return refused(400, "The body of the request is not as its headers say.");
    }
  }
  function takeHead(
    from: number,
    bytes: Uint8Array<ArrayBuffer>,
    at: number,
    length: number,
  ): RequestProgress {
    const end = headEnd(gathered, used, Math.max(0, from - 3));
    if (end === null) {
      if (used === longestHead)
        return refused(431, `The head of the request is longer than ${longestHead} bytes.`);
      return { kind: "more", wantsContinue: false };
    }
    const read = readHead(latin(gathered.subarray(0, end)));
    if (read.kind === "refused") return read;
    head = read.head;
    const expected = bodyOf(head.headers);
    if (expected === null) return refused(400, "The headers do not say how long the body is.");
    body = openBody(expected, largestBody);
    const consumed = end - from;
    const progress = takeBody(bytes, at + consumed, length - consumed);
    if (progress.kind !== "more") return progress;
    return { kind: "more", wantsContinue: /^100-continue$/i.test(head.headers.get("expect") ?? "") };
  }
  return {
    take(bytes, at, length) {
      if (head !== null) return takeBody(bytes, at, length);
      const from = used;
      const part = Math.min(length, longestHead - used);
      gathered.set(bytes.subarray(at, at + part), used);
      used += part;
      return takeHead(from, bytes, at, length);
    },
  };
}

/** Behind the empty line that ends a head; `null` when it has not come. */
function headEnd(bytes: Uint8Array, used: number, from: number): number | null {
  for (let at = from; at + 3 < used; at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10)
      return at + 4;
  }
  return null;
}

/** Bytes as text, each a letter: heads are ASCII, and nothing here may fail to decode. */
function latin(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

type ReadHead =
  | { readonly kind: "read"; readonly head: Head }
  | Extract<RequestProgress, { kind: "refused" }>;

function readHead(text: string): ReadHead {
  const lines = text.slice(0, -4).split("\r\n");
  const line = /^([A-Z]{1,16}) (\S+) HTTP\/1\.[01]$/.exec(lines[0] ?? "");
  if (line === null) return { kind: "refused", status: 400, why: "This is no HTTP request." };
  const [, method = "", target = ""] = line;
  if (!methods.has(method))
    return { kind: "refused", status: 501, why: `The web gateway does not serve ${method}.` };
  const headers = readHeaders(lines.slice(1));
  if (headers === null)
    return { kind: "refused", status: 400, why: "The headers of the request cannot be read." };
  const absolute = /^http:\/\/([^/?]+)(.*)$/i.exec(target);
  const server = readServer(absolute?.[1] ?? headers.get("host") ?? "");
  const path = absolute === null ? target : absolute[2] || "/";
  if (server === null) return { kind: "refused", status: 400, why: "The request does not name its server." };
  if (!/^\/[\x21-\x7e]*$/.test(path) || path.includes("#")) {
    return { kind: "refused", status: 400, why: "The path of the request cannot be." };
  }
  return { kind: "read", head: { method, path, headers, ...server } };
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | null {
  if (lines.length > mostHeaders) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line);
    if (parts === null) return null;
    const name = (parts[1] ?? "").toLowerCase();
    // Two of these disagree or hide a second request.
    if (headers.has(name) && ["host", "content-length", "transfer-encoding"].includes(name)) return null;
    headers.set(name, parts[2] ?? "");
  }
  return headers;
}

function readServer(text: string): { readonly host: string; readonly port: number } | null {
  const parts = /^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?$/i.exec(text);
  if (parts === null) return null;
  const port = Number(parts[2] ?? 80);
  return port >= 1 && port <= 65535 ? { host: (parts[1] ?? "").toLowerCase(), port } : null;
}

/** How the body comes: its length in bytes, or in chunks. `null`: the headers contradict each other. */
function bodyOf(headers: ReadonlyMap<string, string>): number | "chunked" | null {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined)
    return length === undefined && coding.toLowerCase() === "chunked" ? "chunked" : null;
  if (length === undefined) return 0;
  return /^[0-9]{1,15}$/.test(length) ? Number(length) : null;
}
