import type { WebAnswer } from "./reach.ts";

/** Headers of a server's answer that do not hold for what the guest gets: the browser has unpacked the body. */
const droppedHeaders = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "set-cookie",
  "strict-transport-security",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const phrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The head of an answer whose body ends with the connection. */
export function answerHead({ status, statusText, headers }: WebAnswer): Uint8Array<ArrayBuffer> {
  const lines = [`HTTP/1.1 ${status} ${visible(statusText)}`];
  for (const [name, value] of headers) {
    if (!droppedHeaders.has(name.toLowerCase())) lines.push(`${visible(name)}: ${visible(value)}`);
  }
  lines.push("Via: 1.1 tabvisor", "Connection: close", "", "");
  return new TextEncoder().encode(lines.join("\r\n"));
}

/** A whole answer of the gateway's own, in plain words. */
export function errorPage(status: number, words: string): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(
    `${words}\n\nThis page was written by the web gateway of Tabvisor, not by the server.\n`,
  );
  const head = new TextEncoder().encode(
    [
      `HTTP/1.1 ${status} ${phrases[status] ?? "Error"}`,
      "Content-Type: text/plain; charset=utf-8",
      `Content-Length: ${body.length}`,
      "Cache-Control: no-store",
      "Via: 1.1 tabvisor",
      "Connection: close",
      "",
      "",
    ].join("\r\n"),
  );
  const page = new Uint8Array(head.length + body.length);
  page.set(head);
  page.set(body, head.length);
  return page;
}

/** What a client that asks leave to send its body waits for. */
export const goOn = (): Uint8Array<ArrayBuffer> => new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

function visible(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** Why an answer could not be had, in words for the guest's user. */
export interface Trouble {
  readonly url: string;
  /** Something answered for certain, only this page may not read it. */
  readonly isThere: boolean;
  readonly isUpgraded: boolean;
  readonly asksLeave: boolean;
}

/** The sentences of an error page for an answer that could not be had. */
export function troubleWords({ url, isThere, isUpgraded, asksLeave }: Trouble): string {
  const words = isThere
    ? [
        `${url} is there, but the browser does not let this page read its answer.`,
        "The web gateway asks from inside a web page, and a page may read only from servers that allow it with the header Access-Control-Allow-Origin (CORS). Most servers do not.",
        asksLeave
          ? "This request also needed the server's leave before it was sent, so it may not have been carried out."
          : "",
        "What helps: a server that sends that header, or another uplink: a Wisp server or an Ethernet relay of your own.",
      ]
    : [
        `The browser could not bring ${url}. It does not say why.`,
        "Most often the server does not allow other sites' pages to read its answers (CORS). The name may also be wrong, or the server down.",
        isUpgraded
          ? "The server may also not speak https: the guest asked for http://, but this page came over a secure connection, and browsers then let it ask by https only."
          : "",
        "What helps against the first: another uplink, a Wisp server or an Ethernet relay of your own.",
      ];
  return words.filter((line) => line !== "").join("\n");
}
