import { afterEach, describe, expect, it, vi } from "vitest";
import { fetchImage, streamImage } from "../../src/hal/fetch-image.ts";

const base = "https://example.test/deep/page.html";
const contents = Uint8Array.from({ length: 40_000 }, (_, at) => (at * 7 + (at >> 9)) & 0xff);

async function packed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A server that sends the bytes in these pieces and, when told so, breaks off after them. */
function serve(pieces: readonly Uint8Array<ArrayBuffer>[], breaks = false): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (address: URL) => {
    asked.push(address.href);
    const left = [...pieces];
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) controller.enqueue(piece);
        else if (breaks) controller.error(new TypeError("network error"));
        else controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "application/octet-stream" } });
  });
  return asked;
}

function answer(response: Response): void {
  vi.stubGlobal("fetch", () => Promise.resolve(response));
}

const missing = { code: "image.missing" };

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("an image of the site", () => {
  it("is fetched relative to the page and inflated", async () => {
    const asked = serve([await packed(contents)]);
    expect(await fetchImage(base, "images/disk.gz")).toEqual(contents);
    expect(asked).toEqual(["https://example.test/deep/images/disk.gz"]);
  });

  it("is taken as it is when the server has inflated it already", async () => {
    serve([contents]);
    expect(await fetchImage(base, "images/disk.gz")).toEqual(contents);
  });

  it("is not inflated when its name does not say so", async () => {
    const bytes = await packed(contents);
    serve([bytes]);
    expect(await fetchImage(base, "firmware/bios.bin")).toEqual(bytes);
  });

  it("may arrive in the smallest pieces", async () => {
    const bytes = await packed(contents);
    serve([bytes.slice(0, 1), bytes.slice(1, 2), new Uint8Array(0), bytes.slice(2)]);
    expect(await fetchImage(base, "images/disk.gz")).toEqual(contents);
  });

  it.each([0, 1, 2])("may be as short as %d bytes", async (length) => {
    serve(length === 0 ? [] : [contents.slice(0, length)]);
    expect(await fetchImage(base, "images/disk.gz")).toEqual(contents.slice(0, length));
  });
});

describe("an image that cannot be had", () => {
  it("is missing when the server says so", async () => {
    answer(new Response("gone", { status: 404 }));
    await expect(fetchImage(base, "images/disk.gz")).rejects.toMatchObject({
      ...missing,
      message: expect.stringMatching(/images\/disk\.gz .*404.*npm run images/),
    });
  });

  it("is missing when a page comes instead", async () => {
    answer(new Response("<!doctype html>", { headers: { "content-type": "text/html; charset=utf-8" } }));
    await expect(fetchImage(base, "images/disk.gz")).rejects.toMatchObject(missing);
  });

  it("is missing when there is no server", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(fetchImage(base, "images/disk.gz")).rejects.toMatchObject(missing);
  });

  it("is missing, not damaged, when the connection breaks in the middle", async () => {
    const bytes = await packed(contents);
    serve([bytes.slice(0, 1000)], true);
    await expect(fetchImage(base, "images/disk.gz")).rejects.toMatchObject(missing);
  });

  it.each([
    ["cut short", (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, bytes.length - 20)],
    [
      "altered",
      (bytes: Uint8Array<ArrayBuffer>) =>
        bytes.map((byte, at) => (at > 500 && at < 600 ? byte ^ 0x55 : byte)),
    ],
  ])("is damaged when it was %s", async (_name, spoil) => {
    serve([spoil(await packed(contents))]);
    await expect(fetchImage(base, "images/disk.gz")).rejects.toMatchObject({
      code: "image.corrupt",
      message: expect.stringContaining("images/disk.gz is damaged"),
    });
  });
});

it("a fetch that was given up stops and says why", async () => {
  const stop = new AbortController();
  vi.stubGlobal("fetch", (_address: URL, { signal }: { signal: AbortSignal }) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Uint8Array.of(1, 2, 3));
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
    });
    return Promise.resolve(new Response(body));
  });
  const reader = (await streamImage(base, "images/disk.img", stop.signal)).getReader();
  expect((await reader.read()).value).toEqual(Uint8Array.of(1, 2, 3));
  const rest = reader.read();
  const reason = new Error("turned off");
  stop.abort(reason);
  await expect(rest).rejects.toBe(reason);
});
