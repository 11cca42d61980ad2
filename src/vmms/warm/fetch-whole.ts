import { type BlockFile, type ChunkCheck, type ChunkSource, checkedFetch } from "../../storage/index.ts";

/** Something of the site that comes in parts. */
export interface SiteParts {
  readonly source: ChunkSource;
  /** `null` when there is nothing to check arriving parts by. */
  readonly check: ChunkCheck | null;
}

/** Parts under way at once. Reason: a browser has six connections to a host; two are left for others. */
const partsAhead = 4;

/** Fetches all of it into a file, which is cut to its length. @throws what the site, a check or the file refuses with */
export async function fetchWhole(
  { source, check }: SiteParts,
  file: BlockFile,
  signal: AbortSignal,
): Promise<void> {
  const { byteLength, chunkBytes } = source;
  const count = Math.ceil(byteLength / chunkBytes);
  signal.throwIfAborted();
  file.resize(0);
  const under: Promise<Uint8Array<ArrayBuffer>>[] = [];
  for (let next = 0, written = 0; written < count; written++) {
    for (; next < count && under.length < partsAhead; next++) {
      const part = checkedFetch(source, check, { chunk: next, signal });
      part.catch(() => {});
      under.push(part);
    }
    const bytes = await under.shift();
    signal.throwIfAborted();
    if (bytes !== undefined) file.writeAt(written * chunkBytes, bytes);
  }
  file.flush();
}
