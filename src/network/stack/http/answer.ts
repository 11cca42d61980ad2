import { encodePath } from "./path.ts";
import { readRange } from "./range.ts";
import type { HttpFault, HttpRequest } from "./request.ts";
import type { HttpEntry, HttpFile, HttpSource } from "./source.ts";

/** Lines of a listing; a folder with more says so. */
const longestListing = 2000;

const reasons = {
  200: "OK",
  206: "Partial Content",
  301: "Moved Permanently",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  416: "Range Not Satisfiable",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
} as const;
/** Statuses that this server answers with. */
export type HttpStatus = keyof typeof reasons;

/** What goes back: first bytes from memory, then bytes of a file. */
export interface HttpAnswer {
  readonly status: HttpStatus;
  /** Head, and the page when there is one. */
  readonly first: Uint8Array<ArrayBuffer>;
  readonly file: HttpFile | null;
  /** The bytes of the file to send. */
  readonly from: number;
  readonly end: number;
  /** Bytes of content that the head tells. */
  readonly length: number;
  readonly keep: boolean;
}

interface Head {
  readonly status: HttpStatus;
  readonly type: string;
  readonly length: number;
  readonly keep: boolean;
  readonly more?: readonly string[];
}

function writeHead({ status, type, length, keep, more = [] }: Head): string {
  return [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
    `Connection: ${keep ? "keep-alive" : "close"}`,
    ...more,
    "\r\n",
  ].join("\r\n");
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function writePage(title: string, body: string): string {
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeText(title)}</title></head>\n<body><h1>${escapeText(title)}</h1>\n${body}\n</body></html>\n`;
}

/** What a page answer is made of. */
interface Page {
  readonly status: HttpStatus;
  readonly html: string;
  readonly keep: boolean;
  readonly head: boolean;
  readonly more?: readonly string[];
}

function answerPage({ status, html, keep, head, more = [] }: Page): HttpAnswer {
  const content = new TextEncoder().encode(html);
  const lines = writeHead({ status, type: "text/html; charset=utf-8", length: content.length, keep, more });
  const first = new TextEncoder().encode(head ? lines : lines + html);
  return { status, first, file: null, from: 0, end: 0, length: content.length, keep };
}

function answerWords(page: Omit<Page, "html">, text: string): HttpAnswer {
  const title = `${page.status} ${reasons[page.status]}`;
  return answerPage({ ...page, html: writePage(title, `<p>${escapeText(text)}</p>`) });
}

/** The answer to what is no request for a file. */
export function answerFault({ status, text, head, keep }: HttpFault): HttpAnswer {
  const more = status === 405 ? ["Allow: GET, HEAD"] : [];
  return answerWords({ status, keep, head, more }, text);
}

/** The answer to a request. The file in it, if any, is the caller's to close. */
export function answerRequest(source: HttpSource, request: HttpRequest): HttpAnswer {
  const { path, keep } = request;
  const head = request.method === "HEAD";
  const file = path.endsWith("/") ? null : source.file(path);
  if (file !== null) return answerFile(file, request);
  const folder = path.endsWith("/") ? path : `${path}/`;
  const entries = source.folder(folder);
  if (entries === null) {
    return answerWords(
      { status: 404, keep, head },
      `There is no file ${path} here. The list of files is at /.`,
    );
  }
  if (folder === path) return answerPage({ status: 200, html: listing(path, entries), keep, head });
  const more = [`Location: ${encodePath(folder)}`];
  return answerWords({ status: 301, keep, head, more }, `${path} is a folder: its list is at ${folder}.`);
}

function answerFile(file: HttpFile, { method, range, keep }: HttpRequest): HttpAnswer {
  const wanted = readRange(range, file.length);
  const head = method === "HEAD";
  if (wanted.kind === "outside") {
    file.close?.();
    const more = [`Content-Range: bytes */${file.length}`];
    return answerWords(
      { status: 416, keep, head, more },
      `The file has ${file.length} bytes, none of those asked for.`,
    );
  }
  const part = wanted.kind === "part";
  const from = part ? wanted.from : 0;
  const end = part ? wanted.end : file.length;
  const status = part ? 206 : 200;
  const more = [
    "Accept-Ranges: bytes",
    ...(part ? [`Content-Range: bytes ${from}-${end - 1}/${file.length}`] : []),
  ];
  const length = end - from;
  const first = new TextEncoder().encode(writeHead({ status, type: file.type, length, keep, more }));
  return { status, first, file, from, end: head ? from : end, length, keep };
}

function listing(path: string, entries: readonly HttpEntry[]): string {
  const rows = entries.slice(0, longestListing).map(({ name, length }) => {
    const shown = length === null ? `${name}/` : name;
    const size = length === null ? "" : ` ${length} bytes`;
    return `<li><a href="${encodePath(path + shown)}">${escapeText(shown)}</a>${size}</li>`;
  });
  if (path !== "/") rows.unshift('<li><a href="../">../</a></li>');
  if (entries.length > longestListing) rows.push(`<li>and ${entries.length - longestListing} more</li>`);
  const list = rows.length === 0 ? "<p>Nothing is here.</p>" : `<ul>\n${rows.join("\n")}\n</ul>`;
  return writePage(`Files in ${path}`, list);
}
