import { HvError } from "../support/index.ts";
import { requestImage } from "./fetch-image.ts";
import type { SiteDisk } from "./site-parts.ts";

/** Bytes asked for at once. */
const chunkBytes = 1 << 20;

/**
 * Opens a disk that lies on the site as one uncompressed file, on a host that answers range requests. Its first
 * byte is fetched to find out.
 *
 * @param path  relative to `base`, the page's address
 * @throws HvError `image.missing`, or `image.noRanges` with the way out when the host sends files only whole
 */
export async function openSiteRanges(base: string, path: string, signal?: AbortSignal): Promise<SiteDisk> {
  const first = await requestRange(base, path, {
    from: 0,
    to: 0,
    ...(signal === undefined ? {} : { signal }),
  });
  await first.response.body?.cancel();
  const { total: byteLength, version } = first;

  async function fetchChunk(chunk: number, stop: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const from = chunk * chunkBytes;
    const to = Math.min(from + chunkBytes, byteLength) - 1;
    const part = await requestRange(base, path, { from, to, signal: stop });
    if (part.total !== byteLength || part.version !== version) {
      await part.response.body?.cancel();
      throw new HvError("image.changed", `The file ${path} has changed on the server. Reload the page.`);
    }
    // No longer than was asked for: `requestRange` has seen what the server announces.
    return new Uint8Array(await part.response.arrayBuffer());
  }

  return {
    source: { byteLength, chunkBytes, fetch: fetchChunk },
    // The version first: only the beginning of an identity counts.
    identity: `range:${version}:${byteLength}:${path}`,
    check: null,
  };
}

interface RangeAnswer {
  readonly response: Response;
  /** Bytes of the whole file. */
  readonly total: number;
  /** What the server calls this version of the file; may be empty. */
  readonly version: string;
}

/** Asks for the bytes `from` to `to`, both included. */
async function requestRange(
  base: string,
  path: string,
  range: { readonly from: number; readonly to: number; readonly signal?: AbortSignal },
): Promise<RangeAnswer> {
  const { from, to, signal } = range;
  const init: RequestInit = {
    headers: { Range: `bytes=${from}-${to}` },
    // A part of a file in the browser's cache may be of an older one.
    cache: "no-store",
    ...(signal === undefined ? {} : { signal }),
  };
  const response = await requestImage(base, path, init);
  const told = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
  const [, start, end, total] = told ?? [];
  const encoding = response.headers.get("content-encoding") ?? "identity";
  const answered = response.status === 206 && Number(start) === from && Number(end) === to;
  if (!answered || encoding !== "identity") {
    await response.body?.cancel();
    throw new HvError(
      "image.noRanges",
      `The server sends ${path} only as a whole, so it cannot be fetched as it is read. ` +
        "Offer the disk in parts instead: npm run images shows how.",
    );
  }
  const version = response.headers.get("etag") ?? response.headers.get("last-modified") ?? "";
  return { response, total: Number(total), version };
}
