import { describe, expect, test } from "vitest";
import { encodePath, readPath } from "../../../src/network/stack/http/path.ts";
import { readRange } from "../../../src/network/stack/http/range.ts";
import { readRequest } from "../../../src/network/stack/http/request.ts";

function head(...lines: string[]): string {
  return [...lines, "", ""].join("\r\n");
}

describe("requests", () => {
  test("what busybox wget and curl say is understood", () => {
    expect(
      readRequest(head("GET /a/b.txt HTTP/1.1", "Host: 10.0.0.1", "User-Agent: Wget", "Connection: close")),
    ).toEqual({
      kind: "request",
      method: "GET",
      path: "/a/b.txt",
      range: null,
      keep: false,
      body: 0,
    });
    const curl = head("HEAD /x?y=1 HTTP/1.1", "Host: lab:80", "Range: bytes=5-", "Accept: */*");
    expect(readRequest(curl)).toMatchObject({ method: "HEAD", path: "/x", range: "bytes=5-", keep: true });
  });

  test("lines may end with a line feed alone, and empty lines may come first", () => {
    expect(readRequest("\r\n\nGET / HTTP/1.0\n\n")).toMatchObject({
      kind: "request",
      path: "/",
      keep: false,
    });
  });

  const staying: readonly [string, boolean][] = [
    ["HTTP/1.1", true],
    ["HTTP/1.1|Connection: close", false],
    ["HTTP/1.1|Connection: Upgrade,  CLOSE", false],
    ["HTTP/1.1|Connection: x|Connection: close", false],
    ["HTTP/1.0", false],
    ["HTTP/1.0|Connection: Keep-Alive", true],
    ["HTTP/1.1|Content-Length: 5|Expect: 100-continue", false],
  ];
  for (const [lines, keep] of staying) {
    test(`after ${lines} the connection ${keep ? "stays" : "ends"}`, () => {
      expect(readRequest(head(...`GET / ${lines}|Host: a`.split("|")))).toMatchObject({
        kind: "request",
        keep,
      });
    });
  }

  const faults: readonly [string, number, boolean][] = [
    ["GET /", 400, false],
    ["GET  / HTTP/1.1|Host: a", 400, false],
    ["GET / x HTTP/1.1|Host: a", 400, false],
    ["GET / http/1.1|Host: a", 400, false],
    ["G@T / HTTP/1.1|Host: a", 400, false],
    [" / HTTP/1.1|Host: a", 400, false],
    ["", 400, false],
    ["GET / HTTP/2.0|Host: a", 505, false],
    ["GET / HTTP/1.1", 400, false],
    ["GET / HTTP/1.1|Host: a|Host: b", 400, false],
    ["GET / HTTP/1.1|Host : a", 400, false],
    ["GET / HTTP/1.1|Host: a| folded: b", 400, false],
    ["GET / HTTP/1.1|Host: a|nothing", 400, false],
    ["GET / HTTP/1.1|Host: a\rb", 400, false],
    ["GET / HTTP/1.1|Host: a\0", 400, false],
    ["GET / HTTP/1.1|Host: a|Content-Length: -1", 400, false],
    ["GET / HTTP/1.1|Host: a|Content-Length: 1e3", 400, false],
    ["GET / HTTP/1.1|Host: a|Content-Length: 1|Content-Length: 2", 400, false],
    ["PUT / HTTP/1.1|Host: a|Content-Length: 65537", 413, false],
    ["PUT / HTTP/1.1|Host: a|Transfer-Encoding: chunked", 501, false],
    ["PUT / HTTP/1.1|Host: a|Content-Length: 65536", 405, true],
    ["CONNECT a:80 HTTP/1.1|Host: a", 405, true],
    ["OPTIONS * HTTP/1.1|Host: a", 405, true],
    ["GET * HTTP/1.1|Host: a", 400, true],
    ["GET a HTTP/1.1|Host: a", 400, true],
    ["GET /%zz HTTP/1.1|Host: a", 400, true],
  ];
  for (const [lines, status, keep] of faults) {
    test(`${JSON.stringify(lines)} is ${status}`, () => {
      expect(readRequest(head(...lines.split("|")))).toMatchObject({ kind: "fault", status, keep });
    });
  }

  test("a range with a condition is not honoured: nothing here could fulfil it", () => {
    const lines = head("GET / HTTP/1.1", "Host: a", "Range: bytes=0-1", 'If-Range: "x"');
    expect(readRequest(lines)).toMatchObject({ kind: "request", range: null });
  });
});

describe("paths", () => {
  const paths: readonly [string, string | null][] = [
    ["/", "/"],
    ["/a", "/a"],
    ["/a/", "/a/"],
    ["/a//b/./c", "/a/b/c"],
    ["/a/../../../b", "/b"],
    ["/..", "/"],
    ["/a/..", "/"],
    ["/a/b/..", "/a/"],
    ["/%2e%2e/%2E%2e/etc/passwd", "/etc/passwd"],
    ["/a%2f..%2f..%2fb", "/b"],
    ["/a%20b%C3%A4?x=/..#f", "/a bä"],
    ["/a#f", "/a"],
    ["/a+b", "/a+b"],
    ["http://host:80/x/y?z", "/x/y"],
    ["HTTP://host", "/"],
    ["http://host?x", "/"],
    ["//host/x", "/host/x"],
    ["/%", null],
    ["/%4", null],
    ["/%4g", null],
    ["/%00", null],
    ["/%0a", null],
    ["/a\rb", null],
    ["/%ff", null],
    ["/%c0%ae", null],
    ["*", null],
    ["a/b", null],
    ["", null],
    ["?", null],
    ["ftp://host/", null],
  ];
  for (const [target, path] of paths) {
    test(`${JSON.stringify(target)} is ${path}`, () => {
      expect(readPath(target)).toBe(path);
    });
  }

  test("a path in a link reads as itself", () => {
    for (const path of ["/a b/ä€😀", "/100%", `/<"&'>?#`, "/a/", "/\u2028"]) {
      expect(encodePath(path)).toMatch(/^[A-Za-z0-9._~/%-]+$/);
      expect(readPath(encodePath(path))).toBe(path);
    }
  });
});

describe("ranges of ten bytes", () => {
  const whole = { kind: "whole" };
  const part = (from: number, end: number) => ({ kind: "part", from, end });
  const ranges: readonly [string | null, object][] = [
    [null, whole],
    ["", whole],
    ["bytes=0-0", part(0, 1)],
    ["bytes=3-5", part(3, 6)],
    ["bytes=3-", part(3, 10)],
    ["bytes=3-99", part(3, 10)],
    [`bytes=3-${"9".repeat(400)}`, part(3, 10)],
    ["bytes=-4", part(6, 10)],
    ["bytes=-40", part(0, 10)],
    ["Bytes = 9-9", part(9, 10)],
    ["bytes=10-", { kind: "outside" }],
    [`bytes=${"9".repeat(400)}-`, { kind: "outside" }],
    ["bytes=-0", { kind: "outside" }],
    ["bytes=5-4", whole],
    ["bytes=-", whole],
    ["bytes=0-1,3-4", whole],
    ["lines=0-1", whole],
    ["bytes=a-b", whole],
  ];
  for (const [asked, expected] of ranges) {
    test(`${asked?.slice(0, 20)} is ${JSON.stringify(expected)}`, () => {
      expect(readRange(asked, 10)).toEqual(expected);
    });
  }
  test("of nothing there are none", () => {
    expect(readRange("bytes=0-", 0)).toEqual({ kind: "outside" });
    expect(readRange("bytes=-1", 0)).toEqual({ kind: "outside" });
  });
});
