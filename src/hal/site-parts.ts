import type { ChunkCheck, ChunkSource } from "../storage/index.ts";
import { HvError } from "../support/index.ts";
import { requestImage, streamImage } from "./fetch-image.ts";
import { sha256 } from "./sha256.ts";
import { streamPieces } from "./stream-pieces.ts";

/** A disk of the site that is fetched in pieces. */
export interface SiteDisk {
  readonly source: ChunkSource;
  /** Names these very contents. */
  readonly identity: string;
  /** How arriving chunks are checked; `null` when there is nothing to check them by. */
  readonly check: ChunkCheck | null;
}

/** One part of an index. */
interface Part {
  /** `null` when it is zeros. */
  readonly file: string | null;
  /** SHA-256, hexadecimal. */
  readonly hash: string | null;
}

/** An index that passed every check. */
interface PartsIndex {
  readonly byteLength: number;
  readonly chunkBytes: number;
  readonly hash: string;
  readonly parts: readonly Part[];
}

/** Most bytes of an index: enough for a disk of 200 GiB in parts of 1 MiB. */
const indexLimit = 32 << 20;

/**
 * Opens a disk that lies on the site as an index and a compressed file for each part. Only the index is
 * fetched now. Any static host will do.
 *
 * @param path  of the index, relative to `base`, the page's address
 * @throws HvError `image.missing` or `image.corrupt`, with the way out
 */
export async function openSiteParts(base: string, path: string, signal?: AbortSignal): Promise<SiteDisk> {
  // An index of yesterday names parts that a host with a new one has no longer.
  const init: RequestInit = { cache: "no-cache", ...(signal === undefined ? {} : { signal }) };
  const response = await requestImage(base, path, init);
  const text = new TextDecoder().decode(await gather(bodyOf(response), { path, limit: indexLimit }));
  const index = readIndex(text);
  if (index === null) throw damaged(path, "it is not an index of parts");
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const { byteLength, chunkBytes, parts } = index;

  async function fetchPart(chunk: number, stop: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const length = Math.min(chunkBytes, byteLength - chunk * chunkBytes);
    const file = parts[chunk]?.file ?? null;
    if (file === null) return new Uint8Array(length);
    const part = `${folder}${file}`;
    return gather(await streamImage(base, part, stop), { path: part, limit: length });
  }

  return {
    source: {
      byteLength,
      chunkBytes,
      isZero: (chunk) => parts[chunk]?.file === null,
      fetch: fetchPart,
    },
    identity: `sha256:${index.hash}`,
    check: sha256 === null ? null : { hashes: parts.map(({ hash }) => hash), digest: sha256 },
  };
}

function bodyOf(response: Response): ReadableStream<Uint8Array<ArrayBuffer>> {
  return response.body ?? new Blob([]).stream();
}

function damaged(path: string, why: string): HvError {
  return new HvError(
    "image.corrupt",
    `The file ${path} is damaged: ${why}. Build it again with npm run images, then reload.`,
  );
}

/** All bytes of a stream that may not be longer than it should. */
async function gather(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  expected: { readonly path: string; readonly limit: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of streamPieces(stream)) {
    pieces.push(piece);
    length += piece.length;
    if (length > expected.limit) throw damaged(expected.path, "it is too long");
  }
  const whole = new Uint8Array(length);
  for (const piece of pieces.reverse()) {
    length -= piece.length;
    whole.set(piece, length);
  }
  return whole;
}

/** Checks what the site says. The disk's shape is checked where the disk is opened. */
function readIndex(text: string): PartsIndex | null {
  const found = parsed(text);
  if (!isRecord(found) || found["format"] !== 1) return null;
  const { byteLength, chunkBytes, hash, parts } = found;
  if (!isCount(byteLength) || !isCount(chunkBytes) || !isHash(hash) || !Array.isArray(parts)) return null;
  if (parts.length !== Math.ceil(byteLength / chunkBytes)) return null;
  const checked: Part[] = [];
  for (const part of parts) {
    const known = readPart(part);
    if (known === null) return null;
    checked.push(known);
  }
  return { byteLength, chunkBytes, hash, parts: checked };
}

function readPart(part: unknown): Part | null {
  if (!isRecord(part)) return null;
  const { file, sha256: hash } = part;
  if (file === null) return { file, hash: null };
  // A name beside the index, and no way out of its folder.
  if (typeof file !== "string" || !/^\w[\w.-]*$/.test(file) || !isHash(hash)) return null;
  return { file, hash };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}
