import { describe, expect, test } from "vitest";
import { openHttp } from "../../../src/network/stack/http/http.ts";
import type { HttpEntry, HttpFile, HttpSource } from "../../../src/network/stack/http/source.ts";
import { openTcp } from "../../../src/network/stack/tcp/tcp.ts";
import { cable, fixedEntropy, seeded, type Weather } from "../../lab/tcp-wire.ts";

const second = 1_000_000;

function contents(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, at) => (at * 7 + (at >>> 8)) & 255);
}

/** A source over a table, which counts the files that are open. */
function shelf(
  files: Record<string, Uint8Array<ArrayBuffer>>,
  folders: Record<string, readonly HttpEntry[]> = {},
) {
  const state = { open: 0, readable: Number.POSITIVE_INFINITY };
  const source: HttpSource = {
    file(path): HttpFile | null {
      const bytes = files[path];
      if (bytes === undefined) return null;
      state.open++;
      return {
        type: "application/octet-stream",
        length: bytes.length,
        read(at, into) {
          const length = Math.max(0, Math.min(into.length, bytes.length - at, state.readable - at));
          into.set(bytes.subarray(at, at + length));
          return length;
        },
        close: () => {
          state.open--;
        },
      };
    },
    folder: (path) => folders[path] ?? null,
  };
  return { state, source };
}

/** A server and a client of our own TCP on one cable. */
function lab(files: Record<string, Uint8Array<ArrayBuffer>> = {}, weather: Weather = {}) {
  const folders = {
    "/": [
      { name: "disk <1>.vhd", length: 12 },
      { name: "sub", length: null },
    ],
    "/sub/": [],
  };
  const { state, source } = shelf({ "/a.txt": new TextEncoder().encode("0123456789"), ...files }, folders);
  const wire = cable(weather, seeded(4));
  const [server, client] = [wire.host(0xc0a8_8901), wire.host(0xc0a8_8902)];
  const log: string[] = [];
  const tcp = openTcp(server, { entropy: fixedEntropy(1) });
  const theirs = openTcp(client, { entropy: fixedEntropy(2) });
  const http = openHttp(server, tcp, { source, logged: (line) => log.push(line) });
  if (http === null) throw new Error("no server");
  const ticking: { tick(): void }[] = [tcp, theirs, http];

  /** Connects, says what it is told to and keeps what comes back. */
  function visit(greed: () => number = () => Number.POSITIVE_INFINITY) {
    const parts: Uint8Array[] = [];
    const heard = { ended: false, closed: "" };
    const connection = theirs.connect(server.address, 80, {
      onData(bytes, at, length) {
        const count = Math.min(length, greed());
        parts.push(bytes.slice(at, at + count));
        return count;
      },
      onEnd: () => {
        heard.ended = true;
      },
      onClosed: (end) => {
        heard.closed = end;
      },
    });
    if (connection === null) throw new Error("no connection");
    return {
      connection,
      heard,
      say: (text: string) => connection.write(new TextEncoder().encode(text)),
      bytes: () => Buffer.concat(parts),
      text: () => Buffer.concat(parts).toString("utf8"),
      wait: (time: number) => wire.run(ticking, () => false, time),
      until: (done: () => boolean, most?: number) => wire.run(ticking, done, most),
    };
  }
  return { visit, log, state, wire, http, tcp, ticking };
}

/** One request, its connection ended by the server; the answer in parts. */
function ask(made: ReturnType<typeof lab>, ...lines: string[]) {
  const visit = made.visit();
  visit.say([...lines, "Host: lab", "Connection: close", "", ""].join("\r\n"));
  expect(visit.until(() => visit.heard.ended)).toBe(true);
  visit.connection.close();
  expect(visit.until(() => visit.heard.closed !== "")).toBe(true);
  const text = visit.bytes().toString("latin1");
  const at = text.indexOf("\r\n\r\n");
  return { head: text.slice(0, at), body: visit.bytes().subarray(at + 4), status: text.slice(9, 12) };
}

describe("files", () => {
  test("GET gives the file, HEAD what would be given", () => {
    const made = lab();
    const got = ask(made, "GET /a.txt HTTP/1.1");
    expect(got.head).toBe(
      [
        "HTTP/1.1 200 OK",
        "Content-Type: application/octet-stream",
        "Content-Length: 10",
        "Connection: close",
        "Accept-Ranges: bytes",
      ].join("\r\n"),
    );
    expect(got.body.toString()).toBe("0123456789");
    const seen = ask(made, "HEAD /a.txt HTTP/1.1");
    expect([seen.head, seen.body.length]).toEqual([got.head, 0]);
    expect(made.log).toEqual([
      '192.168.137.2 "GET /a.txt HTTP/1.1" 200 10',
      '192.168.137.2 "HEAD /a.txt HTTP/1.1" 200 10',
    ]);
    expect(made.state.open).toBe(0);
  });

  test("3 MiB over a bad cable, byte for byte, to a client with little appetite", () => {
    const random = seeded(8);
    const whole = contents(3 << 20);
    const made = lab({ "/big": whole }, { loss: 0.01, twice: 0.01, shuffled: 0.1, late: 2000 });
    const visit = made.visit(() => (random() < 0.3 ? 0 : Math.floor(random() * 3000)));
    visit.say("GET /big HTTP/1.0\r\n\r\n");
    made.ticking.push({ tick: () => visit.connection.resume() });
    expect(visit.until(() => visit.heard.ended, 3000 * second)).toBe(true);
    const bytes = visit.bytes();
    expect(Buffer.compare(bytes.subarray(bytes.indexOf("\r\n\r\n") + 4), whole)).toBe(0);
  });

  test("a part, the end, and nothing that exists", () => {
    const made = lab();
    const part = ask(made, "GET /a.txt HTTP/1.1", "Range: bytes=2-4");
    expect(part.head).toContain("206 Partial Content");
    expect(part.head).toContain("Content-Length: 3\r\n");
    expect(part.head).toContain("Content-Range: bytes 2-4/10");
    expect(part.body.toString()).toBe("234");
    expect(ask(made, "GET /a.txt HTTP/1.1", "Range: bytes=-3").body.toString()).toBe("789");
    expect(ask(made, "HEAD /a.txt HTTP/1.1", "Range: bytes=-3").body.length).toBe(0);
    const outside = ask(made, "GET /a.txt HTTP/1.1", "Range: bytes=10-");
    expect(outside.status).toBe("416");
    expect(outside.head).toContain("Content-Range: bytes */10");
    expect(made.state.open).toBe(0);
  });

  test("an empty file is no reason to wait", () => {
    const got = ask(lab({ "/none": new Uint8Array(0) }), "GET /none HTTP/1.1");
    expect(got.head).toContain("Content-Length: 0\r\n");
    expect(got.body.length).toBe(0);
  });

  test("a file that cannot be read breaks the answer off", () => {
    const made = lab({ "/big": contents(1 << 20) });
    made.state.readable = 300_000;
    const visit = made.visit();
    visit.say("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(visit.until(() => visit.heard.closed !== "")).toBe(true);
    expect(visit.heard.closed).toBe("reset");
    expect(made.state.open).toBe(0);
    expect(made.http.inspect()).toMatchObject({ clients: 0 });
  });
});

describe("folders", () => {
  test("are listed as links, names escaped", () => {
    const got = ask(lab(), "GET / HTTP/1.1");
    expect(got.head).toContain("Content-Type: text/html; charset=utf-8");
    const page = got.body.toString();
    expect(got.head).toContain(`Content-Length: ${got.body.length}\r\n`);
    expect(page).toContain('<a href="/disk%20%3C1%3E.vhd">disk &#60;1&#62;.vhd</a> 12 bytes');
    expect(page).toContain('<a href="/sub/">sub/</a>');
    expect(page).not.toContain("../");
  });

  test("without a slash lead to the one with it", () => {
    const got = ask(lab(), "GET /sub HTTP/1.1");
    expect([got.status, got.head.match(/Location: .*/)?.[0]?.trim()]).toEqual(["301", "Location: /sub/"]);
  });

  test("that are empty say so and lead back", () => {
    const page = ask(lab(), "GET /sub/ HTTP/1.1").body.toString();
    expect(page).toContain("../");
  });

  test("HEAD of a listing has no body", () => {
    expect(ask(lab(), "HEAD / HTTP/1.1").body.length).toBe(0);
  });
});

describe("faults", () => {
  test("are told in words", () => {
    const made = lab();
    const missing = ask(made, "GET /<b>none HTTP/1.1");
    expect(missing.status).toBe("404");
    expect(missing.body.toString()).toContain("There is no file /&#60;b&#62;none here.");
    expect(ask(made, "GET /a.txt/ HTTP/1.1").status).toBe("404");
    const post = ask(made, "POST /a.txt HTTP/1.1", "Content-Length: 0");
    expect(post.status).toBe("405");
    expect(post.head).toContain("Allow: GET, HEAD");
    expect(post.body.toString()).toContain("POST is not possible, use GET or HEAD");
    expect(ask(made, "GET nowhere HTTP/1.1").status).toBe("400");
    expect(made.http.inspect()).toMatchObject({ requests: 4, failures: 4, clients: 0 });
  });

  test("a head without end is refused at 8 KiB, and what follows is not kept", () => {
    const made = lab();
    const visit = made.visit();
    visit.say(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(100_000)}`);
    expect(visit.until(() => visit.heard.ended)).toBe(true);
    expect(visit.text()).toMatch(/^HTTP\/1\.1 431 /);
    visit.say("x".repeat(100_000));
    visit.wait(second);
    expect(visit.connection.unacknowledged).toBe(0);
    expect(visit.text().match(/HTTP\/1/g)).toHaveLength(1);
  });

  test("what a client sends does not break the log", () => {
    const made = lab();
    ask(made, `GET /"\\\u001b[31m\u0000 HTTP/1.1`);
    ask(made, `${"A".repeat(500)} / HTTP/1.1`);
    expect(made.log[0]).toBe(
      '192.168.137.2 "GET /\\x22\\x5c\\x1b[31m\\x00 HTTP/1.1" 400 '.concat(
        made.log[0]?.split(" ").at(-1) ?? "",
      ),
    );
    expect(made.log[1]?.length).toBeLessThan(260);
  });
});

describe("a connection that stays", () => {
  test("answers one request after the other, also when they come at once", () => {
    const made = lab({ "/big": contents(600_000) });
    const visit = made.visit();
    const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    visit.say(get("/a.txt"));
    expect(visit.until(() => visit.text().endsWith("0123456789"))).toBe(true);
    visit.say(
      get("/big") + get("/nowhere") + get("/a.txt") + get("/a.txt", "Connection: close\r\n") + get("/a.txt"),
    );
    expect(visit.until(() => visit.heard.ended)).toBe(true);
    const answers = visit
      .bytes()
      .toString("latin1")
      .match(/HTTP\/1\.1 \d+/g);
    expect(answers).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200", "HTTP/1.1 200"]);
    expect(made.state.open).toBe(0);
  });

  test("passes over bodies", () => {
    const made = lab();
    const visit = made.visit();
    const request = "GET /x HTTP/1.1\r\n\r\n";
    visit.say(`POST /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: ${request.length * 2000}\r\n\r\n`);
    visit.say(request.repeat(2000));
    visit.say("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    visit.wait(second);
    expect(visit.text().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 405", "HTTP/1.1 200"]);
    expect(visit.text()).toMatch(/0123456789$/);
  });

  test("one byte at a time, with line feeds alone", () => {
    const made = lab();
    const visit = made.visit();
    for (const character of "\nGET /a.txt HTTP/1.0\nX: y\n\n") {
      visit.say(character);
      visit.wait(20_000);
    }
    expect(visit.until(() => visit.heard.ended)).toBe(true);
    expect(visit.text()).toMatch(/0123456789$/);
  });

  test("a client that has said all still gets its answer", () => {
    const made = lab({ "/big": contents(600_000) });
    const visit = made.visit();
    visit.say("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    visit.until(() => visit.connection.state === "established");
    visit.connection.close();
    expect(visit.until(() => visit.heard.closed !== "")).toBe(true);
    expect(visit.heard.closed).toBe("done");
    expect(visit.bytes().length).toBeGreaterThan(600_000);
  });

  test("ends after a minute without a request, half a minute with half of one", () => {
    const made = lab();
    const idle = made.visit();
    const slow = made.visit();
    slow.say("GET / HT");
    idle.wait(29 * second);
    expect([idle.heard.ended, slow.heard.ended]).toEqual([false, false]);
    idle.wait(2 * second);
    expect([idle.heard.ended, slow.heard.ended]).toEqual([false, true]);
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408 /);
    idle.wait(30 * second);
    expect(idle.heard.ended).toBe(true);
    expect(idle.text()).toBe("");
  });

  test("a client that takes nothing is given up after a minute", () => {
    const made = lab({ "/big": contents(1 << 20) });
    const visit = made.visit(() => 0);
    visit.say("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    visit.wait(50 * second);
    expect(made.state.open).toBe(1);
    visit.wait(20 * second);
    expect([made.state.open, visit.heard.closed]).toEqual([0, "reset"]);
    expect(made.http.inspect()).toMatchObject({ clients: 0 });
  });
});

describe("the server", () => {
  test("serves 64 clients and breaks the rest off", () => {
    const made = lab();
    const visits = Array.from({ length: 40 }, () => made.visit());
    visits[0]?.wait(second);
    visits.push(...Array.from({ length: 30 }, () => made.visit()));
    visits[0]?.wait(second);
    expect(made.http.inspect()).toMatchObject({ clients: 64, crowded: 6 });
    expect(visits.filter((visit) => visit.heard.closed === "reset")).toHaveLength(6);
  });

  test("cannot have a port twice, and gives it back with its connections", () => {
    const made = lab();
    const host = made.wire.host(0x0a00_0009);
    const { source } = shelf({});
    expect(openHttp(host, made.tcp, { source })).toBeNull();
    const visit = made.visit();
    visit.wait(second);
    made.http[Symbol.dispose]();
    visit.wait(second);
    expect(visit.heard.closed).toBe("reset");
    expect(openHttp(host, made.tcp, { source })).not.toBeNull();
  });
});
