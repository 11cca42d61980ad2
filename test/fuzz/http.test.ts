import fc from "fast-check";
import { expect, test } from "vitest";
import { openHttp } from "../../src/network/stack/http/http.ts";
import { readPath } from "../../src/network/stack/http/path.ts";
import { readRange } from "../../src/network/stack/http/range.ts";
import { readRequest } from "../../src/network/stack/http/request.ts";
import { micros } from "../../src/support/index.ts";
import { bench } from "../lab/tcp-wire.ts";

/** Pieces of requests in any order, now and then something else. */
const piece = fc.oneof(
  fc.constantFrom(
    "GET ",
    "HEAD ",
    "POST ",
    "/",
    "/file",
    "/..",
    "%2e",
    "%",
    " HTTP/1.1",
    " HTTP/1.0",
    "\r\n",
    "\n",
    "\r",
  ),
  fc.constantFrom(
    "Host: a\r\n",
    "Range: bytes=",
    "0-",
    "-1",
    "Content-Length: 3\r\n",
    "Connection: close\r\n",
  ),
  fc.constantFrom(
    "GET /file HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const soup = fc.array(piece, { maxLength: 30, size: "max" }).map((pieces) => pieces.join(""));

test("any head is a request or a fault, and its path stays inside", () => {
  fc.assert(
    fc.property(soup, (text) => {
      const read = readRequest(text);
      if (read.kind === "fault") expect(read.text.length).toBeGreaterThan(0);
      else expect(read.path).toMatch(/^\//);
      const path = readPath(text);
      if (path !== null) expect(path.split("/").slice(1, -1)).not.toContain("..");
    }),
    { numRuns: 2000 },
  );
});

test("any range lies in the file", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.bigInt({ min: 0n }),
      fc.bigInt({ min: 0n }),
      fc.nat(),
      (text, from, to, length) => {
        for (const asked of [text, `bytes=${from}-${to}`, `bytes=${from}-`, `bytes=-${to}`]) {
          const range = readRange(asked, length);
          if (range.kind !== "part") continue;
          expect(range.from).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeGreaterThan(range.from);
          expect(range.end).toBeLessThanOrEqual(length);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("whatever a client says, the server answers it or ends, and every file is closed", () => {
  fc.assert(
    fc.property(fc.array(soup, { maxLength: 12 }), fc.boolean(), (pieces, hears) => {
      const on = bench({ buffer: 4096 });
      let open = 0;
      const lines: string[] = [];
      const http = openHttp(on.host, on.tcp, {
        source: {
          file(path) {
            if (path !== "/file") return null;
            open++;
            return { type: "a/b", length: 20_000, read: (_at, into) => into.length, close: () => open-- };
          },
          folder: (path) => (path === "/" ? [{ name: "file", length: 20_000 }] : null),
        },
        logged: (line) => lines.push(line),
      });
      on.say({ seq: 1000, flags: 2 });
      const iss = on.heard()[0]?.seq ?? 0;
      let [seq, ack] = [1001, (iss + 1) >>> 0];
      const hear = () => {
        for (const heard of on.heard()) {
          const end = (heard.seq + heard.payload.length + (heard.flags.includes("FIN") ? 1 : 0)) >>> 0;
          if (hears && !heard.flags.includes("RST")) ack = end;
          if (hears) seq = Math.max(seq, heard.ack);
        }
      };
      on.say({ seq, ack });
      for (const text of pieces) {
        const payload = Uint8Array.from(text.slice(0, 1400), (character) => character.charCodeAt(0) & 255);
        on.say({ seq, ack, payload });
        for (let round = 0; round < 8; round++) {
          hear();
          on.say({ seq, ack });
        }
      }
      for (let minute = 0; minute < 6; minute++) {
        on.clock.advance(micros(60_000_000));
        on.tcp.tick();
        http?.tick();
      }
      expect(open).toBe(0);
      expect(http?.inspect()).toMatchObject({ clients: 0 });
      for (const line of lines) expect(line).toMatch(/^[ -~]{1,900}$/);
    }),
    { numRuns: 300 },
  );
});
