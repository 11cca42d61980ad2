import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { cutIntoParts } from "../../../images/workshop/parts.mjs";
import { threadPause } from "../../../src/hal/pause.ts";
import { openSiteImage } from "../../../src/hal/site-image.ts";
import { openSiteParts } from "../../../src/hal/site-parts.ts";
import { openSiteRanges } from "../../../src/hal/site-ranges.ts";
import { openStreamedDisk, ramFile } from "../../../src/storage/index.ts";
import { micros } from "../../../src/support/index.ts";

const mebibyte = 1 << 20;

function diskImage(): Buffer {
  const out = Buffer.alloc(3 * mebibyte + 3 * 512);
  out.fill("tabvisor", 0, mebibyte);
  out.fill("other contents", 2 * mebibyte);
  return out;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A static host with these files; answers the page's address and what was asked for. */
async function host(files: Map<string, Answer | Buffer>): Promise<{ base: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const file = files.get(request.url ?? "");
    if (typeof file === "function") file(request, response);
    else if (file === undefined) response.writeHead(404).end("gone");
    else response.writeHead(200, { "content-type": "application/octet-stream" }).end(file);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { base: `http://127.0.0.1:${port}/deep/page.html`, asked };
}

/** The files of a disk in parts, and its index to be spoilt. */
function inParts(image: Buffer) {
  const { index, parts } = cutIntoParts(image, "images/disk");
  const files = new Map<string, Answer | Buffer>();
  for (const { file, bytes } of [index, ...parts]) files.set(`/deep/${file}`, bytes);
  return { files, index: JSON.parse(index.bytes.toString()), path: "images/disk/index.json" };
}

const signal = new AbortController().signal;

describe("a disk in parts", () => {
  test("is read through a streamed disk, part by part, and every part is checked", async () => {
    const image = diskImage();
    const { files, path, index } = inParts(image);
    const { base, asked } = await host(files);
    const { source, identity, check } = await openSiteImage(base, path);
    expect(asked).toEqual([`/deep/${path}`]);
    expect(identity).toBe(`sha256:${createHash("sha256").update(image).digest("hex")}`);
    if (check === null) throw new Error("there is cryptography here");
    const outcome = openStreamedDisk({ source, identity, check, kept: ramFile(), pause: threadPause });
    if (outcome.kind !== "disk") throw new Error(outcome.text);
    const { disk } = outcome;
    const whole = new Uint8Array(disk.byteLength);
    await disk.prepare(0, whole.length);
    expect(disk.read(0, whole)).toBe("ok");
    expect(Buffer.compare(whole, image)).toBe(0);
    expect(asked.length).toBe(1 + index.parts.filter(({ file }: { file: string | null }) => file).length);
    disk[Symbol.dispose]();
  });

  test("a part that is gone says so; one that is damaged or too long as well", async () => {
    const { files, path, index } = inParts(diskImage());
    const { base } = await host(files);
    const { source } = await openSiteParts(base, path);
    const name = `/deep/images/disk/${index.parts[0].file}`;
    const whole = files.get(name);
    files.delete(name);
    await expect(source.fetch(0, signal)).rejects.toMatchObject({ code: "image.missing" });
    files.set(name, Buffer.isBuffer(whole) ? whole.subarray(0, 100) : Buffer.alloc(0));
    await expect(source.fetch(0, signal)).rejects.toMatchObject({ code: "image.corrupt" });
    files.set(name, Buffer.alloc(mebibyte + 1));
    await expect(source.fetch(0, signal)).rejects.toMatchObject({
      code: "image.corrupt",
      message: expect.stringContaining("too long"),
    });
  });

  test("a fetch that is given up ends with the signal's reason", async () => {
    const { files, path, index } = inParts(diskImage());
    files.set(`/deep/images/disk/${index.parts[0].file}`, () => {});
    const { base } = await host(files);
    const { source } = await openSiteParts(base, path);
    const stop = new AbortController();
    const waiting = source.fetch(0, stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  test.each([
    ["no JSON", () => "<html>"],
    ["nothing", () => null],
    ["another format", (index: object) => ({ ...index, format: 2 })],
    ["a size that is no number", (index: object) => ({ ...index, byteLength: "1" })],
    ["pieces of nothing", (index: object) => ({ ...index, chunkBytes: 0 })],
    ["a negative size", (index: object) => ({ ...index, byteLength: -1 })],
    ["too few parts", (index: { parts: object[] }) => ({ ...index, parts: index.parts.slice(1) })],
    ["a hash that is none", (index: object) => ({ ...index, hash: "abc" })],
    ["parts that are none", (index: { parts: object[] }) => ({ ...index, parts: index.parts.map(() => 1) })],
    ["a way out of its folder", (index: { parts: object[] }) => escaping(index, "../../secret")],
    ["another host", (index: { parts: object[] }) => escaping(index, "https://example.test/x")],
    ["a hidden file", (index: { parts: object[] }) => escaping(index, ".htpasswd")],
  ])("an index with %s is damaged", async (_name, spoil) => {
    const { files, path, index } = inParts(diskImage());
    const spoilt = spoil(index);
    files.set(`/deep/${path}`, Buffer.from(typeof spoilt === "string" ? spoilt : JSON.stringify(spoilt)));
    const { base } = await host(files);
    await expect(openSiteParts(base, path)).rejects.toMatchObject({
      code: "image.corrupt",
      message: expect.stringMatching(/index\.json is damaged.*npm run images/),
    });
  });

  test("no index is a missing file", async () => {
    const { base } = await host(new Map());
    await expect(openSiteParts(base, "images/disk/index.json")).rejects.toMatchObject({
      code: "image.missing",
    });
  });
});

function escaping(index: { parts: object[] }, file: string): object {
  return { ...index, parts: index.parts.map((part) => ({ ...part, file })) };
}

describe("a disk on a host with range requests", () => {
  /** A host that knows ranges; `version` is what it calls the file. */
  function ranged(image: Buffer, state: { version: string }): Answer {
    return (request, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
      const part = image.subarray(Number(from), Number(to) + 1);
      response.writeHead(206, {
        "content-type": "application/octet-stream",
        "content-range": `bytes ${from}-${Number(from) + part.length - 1}/${image.length}`,
        etag: state.version,
      });
      response.end(part);
    };
  }

  test("is read piece by piece", async () => {
    const image = diskImage();
    const { base } = await host(new Map([["/deep/disk.img", ranged(image, { version: '"1"' })]]));
    const { source, check, identity } = await openSiteRanges(base, "disk.img");
    expect(source.byteLength).toBe(image.length);
    expect(check).toBeNull();
    expect(identity).toContain('"1"');
    expect(identity).toContain(String(image.length));
    expect(Buffer.compare(await source.fetch(0, signal), image.subarray(0, mebibyte))).toBe(0);
    expect(Buffer.compare(await source.fetch(3, signal), image.subarray(3 * mebibyte))).toBe(0);
  });

  test("a file that changes on the way is noticed", async () => {
    const state = { version: '"1"' };
    const { base } = await host(new Map([["/deep/disk.img", ranged(diskImage(), state)]]));
    const { source } = await openSiteImage(base, "disk.img");
    state.version = '"2"';
    await expect(source.fetch(0, signal)).rejects.toMatchObject({ code: "image.changed" });
  });

  test.each<[string, Answer | Buffer]>([
    ["answers 200", diskImage()],
    [
      "answers with another range",
      (_request, response) => response.writeHead(206, { "content-range": "bytes 5-9/100" }).end("12345"),
    ],
    [
      "does not say how long the file is",
      (_request, response) => response.writeHead(206, { "content-range": "bytes 0-0/*" }).end("1"),
    ],
    ["says nothing of a range", (_request, response) => response.writeHead(206).end("1")],
  ])("a host that %s is refused with the way out", async (_name, answer) => {
    const { base } = await host(new Map([["/deep/disk.img", answer]]));
    await expect(openSiteRanges(base, "disk.img")).rejects.toMatchObject({
      code: "image.noRanges",
      message: expect.stringMatching(/only as a whole.*in parts/),
    });
  });

  test("a file that is not there is missing", async () => {
    const { base } = await host(new Map());
    await expect(openSiteRanges(base, "disk.img")).rejects.toMatchObject({ code: "image.missing" });
  });
});

test("a pause ends when its time has come or its signal says so", async () => {
  await threadPause(micros(1000), signal);
  const stop = new AbortController();
  const waiting = threadPause(micros(60_000_000), stop.signal);
  stop.abort();
  await waiting;
  await threadPause(micros(60_000_000), stop.signal);
});
