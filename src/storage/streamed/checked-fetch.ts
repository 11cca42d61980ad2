import type { ChunkSource } from "./chunk-source.ts";

/** How what arrives is checked before it is believed. */
export interface ChunkCheck {
  /** SHA-256 of each chunk, hexadecimal; `null` for one that is not checked. */
  readonly hashes: readonly (string | null)[];
  /** SHA-256 of these bytes, hexadecimal. */
  readonly digest: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
}

/** Fetches one chunk of a source and rejects unless it is what it should be. */
export async function checkedFetch(
  source: ChunkSource,
  check: ChunkCheck | null,
  wanted: { readonly chunk: number; readonly signal: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  const { chunk, signal } = wanted;
  const bytes = await source.fetch(chunk, signal);
  const expected = Math.min(source.chunkBytes, source.byteLength - chunk * source.chunkBytes);
  if (bytes.length !== expected) {
    throw new Error(`Part ${chunk} of the disk has ${bytes.length} bytes instead of ${expected}.`);
  }
  const hash = check?.hashes[chunk] ?? null;
  if (check !== null && hash !== null && (await check.digest(bytes)) !== hash) {
    throw new Error(`Part ${chunk} of the disk is damaged: its checksum does not match.`);
  }
  return bytes;
}
