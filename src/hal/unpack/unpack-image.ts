import { streamPieces } from "../stream-pieces.ts";
import { cannotUnpack, damaged } from "./errors.ts";
import { type FileBytes, fileBytes } from "./file-bytes.ts";
import { inflated } from "./inflate.ts";
import { readZipDirectory } from "./zip-directory.ts";
import { baseName, chooseEntry, entryPieces } from "./zip-entry.ts";
import { unzstd } from "./zstd/unzstd.ts";

/** A disk image as it comes out of what a visitor dropped. */
export interface UnpackedImage {
  /** Name of the image itself: without `.gz`, or that of the file in the archive. */
  readonly name: string;
  /** Bytes of the image, as the packed file claims; `null` when it does not say. */
  readonly byteLength: number | null;
  /**
   * The contents, once, in order. A few packed bytes may make any number of them: whoever reads sets the limit.
   * @throws HvError `image.corrupt` or `image.unreadable`; what was read so far is worth nothing then
   */
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Bytes of the dropped file read so far, out of its size: for a progress bar. */
  consumed(): number;
}

/**
 * Opens what a visitor dropped: an image as it is, or packed with gzip, zip or zstd, told by its contents.
 * Any thread.
 *
 * @throws HvError `image.corrupt`, `image.packed` or `image.unreadable`, with the way out
 */
export async function unpackImage(file: File): Promise<UnpackedImage> {
  const bytes = fileBytes(file);
  const head = await bytes.read(0, longestMagic);
  const format = packings.find(({ magics }) => magics.some((magic) => beginsWith(head, magic)));
  const { consumed } = bytes;
  const all = () => bytes.stream(0, bytes.byteLength);
  switch (format?.kind) {
    case "gzip":
      return {
        name: innerName(file.name),
        byteLength: null,
        pieces: inflated(all(), "gzip", file.name),
        consumed,
      };
    case "zstd":
      return { name: innerName(file.name), byteLength: null, pieces: zstdPieces(bytes), consumed };
    case "zip":
      return openZip(bytes);
    case "foreign":
      throw cannotUnpack(file.name, `is packed with ${format.name}, which this page cannot undo`);
    case undefined:
      return { name: file.name, byteLength: file.size, pieces: streamPieces(all()), consumed };
  }
}

/** Ways of packing, by the first bytes. `foreign` ones are named and refused. */
type Packing =
  | { readonly kind: "gzip" | "zip" | "zstd"; readonly magics: readonly (readonly number[])[] }
  | { readonly kind: "foreign"; readonly name: string; readonly magics: readonly (readonly number[])[] };

const packings: readonly Packing[] = [
  { kind: "gzip", magics: [[0x1f, 0x8b, 8]] },
  {
    kind: "zip",
    magics: [
      [0x50, 0x4b, 3, 4],
      [0x50, 0x4b, 5, 6], // an empty archive
    ],
  },
  {
    kind: "zstd",
    // A file may begin with a frame that is to be skipped: pzstd writes such.
    magics: [
      [0x28, 0xb5, 0x2f, 0xfd],
      ...Array.from({ length: 16 }, (_, low) => [0x50 | low, 0x2a, 0x4d, 0x18]),
    ],
  },
  { kind: "foreign", name: "xz", magics: [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]] },
  { kind: "foreign", name: "7-Zip", magics: [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]] },
  { kind: "foreign", name: "RAR", magics: [[0x52, 0x61, 0x72, 0x21, 0x1a, 7]] },
  { kind: "foreign", name: "LZ4", magics: [[4, 0x22, 0x4d, 0x18]] },
  {
    kind: "foreign",
    name: "bzip2",
    // The header, then the digits of pi that begin its first block.
    magics: Array.from({ length: 9 }, (_, level) => [
      ...[0x42, 0x5a, 0x68, 0x31 + level],
      ...[0x31, 0x41, 0x59, 0x26, 0x53, 0x59],
    ]),
  },
];

const longestMagic = 10;

function beginsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, place) => head[place] === byte);
}

/** The name without what says how it was packed. */
function innerName(name: string): string {
  return name.replace(/(?<=.)\.(gz|gzip|zst|zstd)$/i, "");
}

async function openZip(bytes: FileBytes): Promise<UnpackedImage> {
  const entry = chooseEntry(bytes, await readZipDirectory(bytes));
  return {
    name: baseName(entry.name),
    byteLength: entry.byteLength,
    pieces: entryPieces(bytes, entry),
    consumed: bytes.consumed,
  };
}

async function* zstdPieces(bytes: FileBytes): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const refuse = {
    damaged: (why: string) => damaged(bytes.name, why),
    tooLarge: () => cannotUnpack(bytes.name, "needs too much memory to be unpacked here"),
  };
  yield* unzstd(streamPieces(bytes.stream(0, bytes.byteLength)), refuse);
}
