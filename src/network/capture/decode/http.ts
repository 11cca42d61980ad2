import { type Dissection, field, held, hexLayer, layer, type Span } from "./dissection.ts";
import type { Field } from "./frame.ts";
import { printable } from "./text.ts";

/** How a message begins. @rfc 9110 9.1 */
const beginnings = [
  "GET ",
  "HEAD ",
  "POST ",
  "PUT ",
  "DELETE ",
  "CONNECT ",
  "OPTIONS ",
  "TRACE ",
  "PATCH ",
  "HTTP/1.",
];
/** Lines shown; a message with more goes on as payload. */
const lineLimit = 64;

/** Whether the first bytes of a segment are the start of an HTTP message. */
export function looksLikeHttp(bytes: Uint8Array): boolean {
  return beginnings.some(
    (text) => bytes.length >= text.length && [...text].every((char, at) => char.charCodeAt(0) === bytes[at]),
  );
}

/** The first lines of a message, as far as they are in this segment. @rfc 9112 2.1 */
export function decodeHttp(frame: Dissection, span: Span): void {
  frame.protocol = "HTTP";
  frame.protocols.add("http");
  const bytes = held(frame, span);
  const lines: Field[] = [];
  let at = 0;
  while (at < bytes.length && lines.length < lineLimit) {
    const newline = bytes.indexOf(0x0a, at);
    const next = newline < 0 ? bytes.length : newline + 1;
    const text = lineText(bytes.subarray(at, next));
    if (text === "" && lines.length > 0) {
      at = next;
      break;
    }
    const words = lines.length === 0 ? (["http.line", "First line"] as const) : headerWords(text);
    lines.push(field(span.at + at, next - at, [words[0], words[1], words[2] ?? text]));
    at = next;
  }
  frame.summary = lines[0]?.value ?? "HTTP";
  layer(frame, { at: span.at, end: span.at + at }, ["http", "HTTP", frame.summary, lines]);
  hexLayer(frame, { at: span.at + at, end: span.end }, "Content");
}

/** A line without its end. */
function lineText(bytes: Uint8Array): string {
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end--;
  if (bytes[end - 1] === 0x0d) end--;
  return printable(bytes.subarray(0, end));
}

function headerWords(line: string): readonly [string, string, string] {
  const colon = line.indexOf(":");
  if (colon <= 0) return ["http.header", "Line", line];
  return ["http.header", line.slice(0, colon), line.slice(colon + 1).trim()];
}
