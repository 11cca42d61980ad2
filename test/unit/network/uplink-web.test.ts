import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openWebGateway, type Web, type WebAnswer, type WebRequest } from "../../../src/network/index.ts";
import { openRequestReader, type RequestProgress } from "../../../src/network/uplink/web/request.ts";
import { labListener, labSurroundings, opened } from "../../lab/uplink.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const textOf = (bytes: readonly number[]) => new TextDecoder().decode(Uint8Array.from(bytes));
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function answerOf(pieces: readonly (string | Error)[], rest: Partial<WebAnswer> = {}): WebAnswer {
  const left = [...pieces];
  return {
    status: 200,
    statusText: "OK",
    headers: [],
    async read() {
      const piece = left.shift();
      if (piece instanceof Error) throw piece;
      return piece === undefined ? null : bytesOf(piece);
    },
    ...rest,
  };
}

interface LabWeb {
  readonly answer?: WebAnswer | Promise<WebAnswer> | null;
  readonly isThere?: boolean;
  readonly pageIsSecure?: boolean;
}

function openLab({ answer = null, isThere = false, pageIsSecure = false }: LabWeb = {}) {
  const around = labSurroundings();
  const asked: WebRequest[] = [];
  const signals: AbortSignal[] = [];
  const lookedFor: string[] = [];
  const web: Web = {
    async fetch(request, signal) {
      asked.push(request);
      signals.push(signal);
      if (answer === null) throw new TypeError("Failed to fetch");
      return answer;
    },
    async isThere(url) {
      lookedFor.push(url);
      return isThere;
    },
  };
  const gateway = openWebGateway({ ...around.options, web, pageIsSecure });
  gateway.connect();
  function connect() {
    const listener = labListener();
    const stream = opened(gateway.open({ kind: "tcp", host: "198.18.0.1", port: 80 }, listener));
    return { listener, stream };
  }
  async function ask(text: string) {
    const guest = connect();
    const bytes = bytesOf(text);
    expect(guest.stream.send(bytes, 0, bytes.length)).toBe(bytes.length);
    await settled();
    return { ...guest, text: textOf(guest.listener.got) };
  }
  return { ...around, gateway, asked, lookedFor, signals, connect, ask };
}

const simple = "GET /page?x=1 HTTP/1.1\r\nHost: web.example\r\n\r\n";

describe("the web gateway", () => {
  it("asks what the guest asks, and hands the answer out", async () => {
    const answer = answerOf(["Hello", ", guest"], { headers: [["content-type", "text/html"]] });
    const { ask, asked, lookedFor, gateway } = openLab({ answer });
    const { text, listener } = await ask(simple);
    expect(lookedFor).toEqual([]);
    expect(asked).toEqual([{ method: "GET", url: "http://web.example/page?x=1", headers: [], body: null }]);
    expect(text).toBe(
      "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nVia: 1.1 tabvisor\r\nConnection: close\r\n\r\nHello, guest",
    );
    expect(listener.ends).toEqual([{ kind: "finished", reason: "The request was answered." }]);
    expect(gateway.inspect()).toMatchObject({ underWay: 0, answered: 1, troubled: 0 });
  });

  it("asks nothing before it is opened, nor after", async () => {
    const { gateway } = openLab();
    gateway.close();
    expect(gateway.open({ kind: "tcp", host: "a", port: 80 }, labListener())).toEqual({
      kind: "refused",
      reason: "The web gateway is closed.",
    });
  });

  it("carries nothing but http, and explains https", () => {
    const { gateway, lines } = openLab();
    const tls = gateway.open({ kind: "tcp", host: "web.example", port: 443 }, labListener());
    expect(tls).toMatchObject({ kind: "refused", reason: expect.stringContaining("cannot carry https") });
    for (const [kind, port] of [
      ["tcp", 22],
      ["udp", 53],
      ["udp", 80],
    ] as const) {
      expect(gateway.open({ kind, host: "web.example", port }, labListener()).kind).toBe("refused");
    }
    expect(lines[0]).toContain("Ask for http:// instead");
  });

  it("on a secure page asks by https", async () => {
    const { ask, asked } = openLab({ answer: answerOf([]), pageIsSecure: true });
    await ask(simple);
    expect(asked[0]?.url).toBe("https://web.example/page?x=1");
  });

  it("passes only headers that make the guest nobody, and says what it left out", async () => {
    const { ask, asked, lines } = openLab({ answer: answerOf([]) });
    await ask(
      "GET / HTTP/1.1\r\nHost: web.example\r\nAccept: */*\r\nCookie: a=b\r\nAuthorization: Basic x\r\nX-Own: 1\r\nRange: bytes=5-\r\nUser-Agent: w\r\n\r\n",
    );
    expect(asked[0]?.headers).toEqual([
      ["accept", "*/*"],
      ["range", "bytes=5-"],
    ]);
    expect(lines).toEqual([
      "The web gateway: What would identify the guest (cookie, authorization) was not sent to web.example.",
    ]);
  });

  it("takes a body by length and in chunks, in pieces of any size", async () => {
    for (const [body, head] of [
      ["hello world", "Content-Length: 11"],
      ["5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n", "Transfer-Encoding: chunked"],
    ]) {
      const { connect, asked } = openLab({ answer: answerOf([]) });
      const { stream } = connect();
      const type = "Content-Type: text/plain";
      const all = bytesOf(`POST /p HTTP/1.1\r\nHost: web.example\r\n${type}\r\n${head}\r\n\r\n${body}`);
      for (let at = 0; at < all.length; at++) stream.send(all, at, 1);
      await settled();
      expect(asked.map(({ method, body }) => [method, textOf([...(body ?? [])])])).toEqual([
        ["POST", "hello world"],
      ]);
      expect(asked[0]?.headers).toEqual([["content-type", "text/plain"]]);
    }
  });

  it("tells a client that asks leave to go on", async () => {
    const { connect } = openLab({ answer: answerOf([]) });
    const { stream, listener } = connect();
    const head = bytesOf(
      "POST / HTTP/1.1\r\nHost: web.example\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    );
    stream.send(head, 0, head.length);
    await settled();
    expect(textOf(listener.got)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    stream.send(bytesOf("ab"), 0, 2);
    await settled();
    expect(textOf(listener.got)).toContain("HTTP/1.1 200 OK");
  });

  it("one thing comes after another, however slowly the guest reads", async () => {
    const { connect } = openLab({ answer: answerOf(["done"]) });
    const { stream, listener } = connect();
    listener.appetite = 5;
    const all = bytesOf(
      "POST / HTTP/1.1\r\nHost: web.example\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab",
    );
    stream.send(all, 0, all.length - 2);
    await settled();
    stream.send(all, all.length - 2, 2);
    await settled();
    listener.appetite = 10_000;
    stream.more();
    await settled();
    expect(textOf(listener.got)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[\s\S]*done$/);
  });

  it("holds no more than so much of a body in chunks", async () => {
    const { connect, asked } = openLab({ answer: answerOf([]) });
    const { stream, listener } = connect();
    const head = bytesOf("POST / HTTP/1.1\r\nHost: web.example\r\nTransfer-Encoding: chunked\r\n\r\n");
    stream.send(head, 0, head.length);
    const chunk = new Uint8Array([...bytesOf("100000\r\n"), ...new Uint8Array(1 << 20), 13, 10]);
    for (let sent = 0; sent < 16; sent++) stream.send(chunk, 0, chunk.length);
    await settled();
    expect(listener.got).toEqual([]);
    stream.send(chunk, 0, chunk.length);
    await settled();
    expect(textOf(listener.got)).toMatch(/^HTTP\/1.1 413 /);
    expect(asked).toEqual([]);
  });

  it("drops what no longer holds: lengths, packing, cookies, line breaks", async () => {
    const answer = answerOf(["x"], {
      status: 404,
      statusText: "Not\r\nFound",
      headers: [
        ["Content-Length", "999"],
        ["content-encoding", "gzip"],
        ["set-cookie", "a=b"],
        ["x-evil", "a\r\nInjected: 1"],
      ],
    });
    const { text } = await openLab({ answer }).ask(simple);
    expect(text).toBe(
      "HTTP/1.1 404 Not??Found\r\nx-evil: a??Injected: 1\r\nVia: 1.1 tabvisor\r\nConnection: close\r\n\r\nx",
    );
  });

  it("a guest that reads slowly is not hurried, and reads no further than it wants", async () => {
    let reads = 0;
    const answer = answerOf([]);
    const slow: WebAnswer = {
      ...answer,
      read: async () => (++reads > 100 ? null : new Uint8Array(1000)),
    };
    const { connect } = openLab({ answer: slow });
    const { stream, listener } = connect();
    listener.appetite = 1500;
    const bytes = bytesOf(simple);
    stream.send(bytes, 0, bytes.length);
    await settled();
    expect(reads).toBe(2);
    for (let turns = 0; turns < 300 && listener.ends.length === 0; turns++) {
      listener.appetite = 700;
      stream.more();
      await settled();
    }
    expect(listener.got.length).toBeGreaterThan(100_000);
    expect(listener.ends[0]?.kind).toBe("finished");
  });

  it("a guest that goes away stops the request", async () => {
    const { connect, signals, gateway } = openLab({ answer: new Promise<WebAnswer>(() => {}) });
    const { stream, listener } = connect();
    stream.send(bytesOf(simple), 0, simple.length);
    await settled();
    stream.close();
    expect(signals[0]?.aborted).toBe(true);
    expect(listener.ends).toEqual([]);
    expect(gateway.inspect()).toMatchObject({ underWay: 0 });
  });

  it("an answer that breaks off breaks the connection", async () => {
    const { ask } = openLab({ answer: answerOf(["half", new Error("gone")]) });
    const { listener } = await ask(simple);
    expect(listener.ends).toEqual([
      { kind: "broken", reason: "The answer of http://web.example/page?x=1 broke off." },
    ]);
  });

  it("closing it breaks what is under way", async () => {
    const { gateway, connect } = openLab();
    const { listener } = connect();
    gateway.close();
    expect(listener.ends).toEqual([{ kind: "broken", reason: "The web gateway was closed." }]);
  });

  it("serves so many at once", () => {
    const { gateway, connect } = openLab();
    for (let count = 0; count < 64; count++) connect();
    const more = gateway.open({ kind: "tcp", host: "a.example", port: 80 }, labListener());
    expect(more).toMatchObject({ kind: "refused" });
  });
});

describe("what cannot be had", () => {
  it("because of CORS is said so, in the body and in a notice", async () => {
    const { ask, lines, gateway } = openLab({ isThere: true });
    const { text, listener } = await ask(simple);
    expect(text).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(text).toContain(
      "http://web.example/page?x=1 is there, but the browser does not let this page read",
    );
    expect(text).toContain("Access-Control-Allow-Origin (CORS)");
    expect(text).toContain("not by the server");
    expect(Number(/Content-Length: (\d+)/.exec(text)?.[1])).toBe(
      new TextEncoder().encode(text.slice(text.indexOf("\r\n\r\n") + 4)).length,
    );
    expect(lines[0]).toContain("does not let this page read its answer");
    expect(listener.ends[0]?.kind).toBe("finished");
    expect(gateway.inspect()).toMatchObject({ troubled: 1 });
  });

  it("for reasons unknown is said so, with https as one of them on a secure page", async () => {
    const plain = await openLab().ask(simple);
    expect(plain.text).toContain("could not bring http://web.example/page?x=1. It does not say why.");
    expect(plain.text).not.toContain("https");
    const secure = await openLab({ pageIsSecure: true }).ask(simple);
    expect(secure.text).toContain("The server may also not speak https: the guest asked for http://");
  });

  it("says when the server's leave was needed", async () => {
    const head = "DELETE /x HTTP/1.1\r\nHost: web.example\r\n\r\n";
    expect((await openLab({ isThere: true }).ask(head)).text).toContain("may not have been carried out");
    expect((await openLab({ isThere: true }).ask(simple)).text).not.toContain("carried out");
  });

  it("because nobody answers is told after a minute, once", async () => {
    const { connect, pass, gateway, signals } = openLab({ answer: new Promise<WebAnswer>(() => {}) });
    const { stream, listener } = connect();
    stream.send(bytesOf(simple), 0, simple.length);
    await settled();
    pass(59);
    gateway.tick();
    await settled();
    expect(listener.got).toEqual([]);
    pass(1);
    gateway.tick();
    await settled();
    expect(textOf(listener.got).match(/HTTP\/1\.1 504/g)?.length).toBe(1);
    expect(signals[0]?.aborted).toBe(true);
  });

  it("because the guest never finishes asking is told, too", async () => {
    const { connect, pass, gateway } = openLab();
    const { stream, listener } = connect();
    stream.send(bytesOf("GET / HT"), 0, 8);
    pass(60);
    gateway.tick();
    await settled();
    expect(textOf(listener.got)).toContain("HTTP/1.1 408");
  });

  it.each([
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.1",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "router",
    "router.local",
    "printer.lan.",
    "a.localhost",
    "[::1]",
    "[fe80::1]",
    "[fd00::1]",
    "1.2.3.0x4",
  ])("because %s is the visitor's own network is refused", async (host) => {
    const { ask, asked } = openLab({ answer: answerOf([]) });
    expect((await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).text).toContain("HTTP/1.1 403");
    expect(asked).toEqual([]);
  });

  it.each(["web.example", "8.8.8.8", "172.32.0.1", "a.b.c.example.", "[2001:db8::1]", "11.0.0.1"])(
    "%s is the public web",
    async (host) => {
      const { ask, asked } = openLab({ answer: answerOf([]) });
      await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(asked.map(({ url }) => url)).toEqual([`http://${host}/`]);
    },
  );

  it.each([
    ["hello\r\n\r\n", 400],
    ["GET / HTTP/2\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a.example@evil\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a.example\r\n folded\r\n\r\n", 400],
    ["GET /a#b HTTP/1.1\r\nHost: a.example\r\n\r\n", 400],
    ["GET a HTTP/1.1\r\nHost: a.example\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: -1\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400],
    ["POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400],
    ["POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 99999999\r\n\r\n", 413],
    ["POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", 200],
    ["TRACE / HTTP/1.1\r\nHost: a.example\r\n\r\n", 501],
    ["CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", 501],
    ["GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n", 403],
    [`GET /${"a".repeat(20_000)}`, 431],
    [`GET / HTTP/1.1\r\nHost: a.example\r\n${"A: b\r\n".repeat(101)}\r\n`, 400],
  ])("%#: a request that cannot be is answered with a reason", async (text, status) => {
    const { ask, asked } = openLab({ answer: answerOf([]) });
    const got = await ask(text);
    if (status === 200) {
      // A chunk that long only begins: nothing is known to be wrong yet, and nothing is kept for it.
      expect(got.text).toBe("");
      return;
    }
    expect(got.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(asked).toEqual([]);
  });

  it("takes what a browser sends to a proxy", async () => {
    const { ask, asked } = openLab({ answer: answerOf([]) });
    await ask("GET http://web.example/x?y HTTP/1.1\r\nHost: other.example\r\n\r\n");
    expect(asked[0]?.url).toBe("http://web.example/x?y");
  });
});

describe("a hostile guest", () => {
  it("any bytes, cut anywhere, are read alike and without a fault", () => {
    const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => String.fromCharCode(...bytes));
    const near = fc
      .array(
        fc.constantFrom(
          "GET ",
          "POST ",
          "/ ",
          "HTTP/1.1",
          "\r\n",
          "\r",
          "Host: a.example",
          "Content-Length: 5",
          "Transfer-Encoding: chunked",
          "5\r\nhello",
          "0\r\n",
          "x",
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          noise,
          near,
          near.map((rest) => `POST / HTTP/1.1\r\nHost: a.example\r\n${rest}`),
        ),
        fc.integer({ min: 1, max: 50 }),
        (text, step) => {
          const bytes = bytesOf(text);
          expect(readIn(bytes, step)).toEqual(readIn(bytes, bytes.length + 1));
        },
      ),
    );
  });
});

/** What became of the bytes, in pieces of that size. */
function readIn(bytes: Uint8Array<ArrayBuffer>, step: number): RequestProgress["kind"] | string {
  const reader = openRequestReader();
  for (let at = 0; at < bytes.length; at += step) {
    const progress = reader.take(bytes, at, Math.min(step, bytes.length - at));
    if (progress.kind === "refused") return `refused ${progress.status}`;
    if (progress.kind === "whole") return `whole ${progress.request.body?.length ?? 0}`;
  }
  return "more";
}
