import { crc32 } from "../../support/index.ts";
import { streamPieces } from "../stream-pieces.ts";
import { cannotUnpack, damaged } from "./errors.ts";
import type { FileBytes } from "./file-bytes.ts";
import { inflated } from "./inflate.ts";
import type { ZipEntry } from "./zip-directory.ts";

/** Names that disk images have. */
const diskName = /\.(vhd|avhd|img|ima|raw|iso|vfd|flp|dsk|bin)$/i;

/** Local file header, as far as it is needed: the rest stands in the directory too. @zip 4.3.7 */
const local = { signature: 0x04034b50, size: 30, nameBytes: 26, extraBytes: 28 };

const stored = 0;
const deflated = 8;

/** Ways of packing that are met, for the sentence. @zip 4.4.5 */
const methodNames: ReadonlyMap<number, string> = new Map([
  [9, "Deflate64"],
  [12, "bzip2"],
  [14, "LZMA"],
  [93, "zstd"],
  [95, "xz"],
  [98, "PPMd"],
  [99, "AES encryption"],
]);

/**
 * The disk image in an archive: its only file, or the only one whose name says so.
 * @throws HvError `image.packed`
 */
export function chooseEntry(file: FileBytes, entries: readonly ZipEntry[]): ZipEntry {
  const files = entries.filter(({ name }) => !name.endsWith("/") && !isClutter(name));
  const disks = files.filter(({ name }) => diskName.test(name));
  const [only] = files.length === 1 ? files : disks;
  if (only === undefined) throw cannotUnpack(file.name, "holds no disk image");
  if (files.length > 1 && disks.length > 1) {
    const some = disks.slice(0, 3).map(({ name }) => baseName(name));
    throw cannotUnpack(file.name, `holds ${disks.length} disk images (${some.join(", ")} …)`);
  }
  if (only.encrypted) throw cannotUnpack(file.name, "is protected by a password");
  if (only.method !== stored && only.method !== deflated) {
    const method = methodNames.get(only.method) ?? `method ${only.method}`;
    throw cannotUnpack(file.name, `is packed with ${method}, which this page cannot undo`);
  }
  return only;
}

/** What macOS and Windows add to archives of their own accord. */
function isClutter(name: string): boolean {
  return name.startsWith("__MACOSX/") || /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/.test(name);
}

/** The last part of a path, however it is written. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/**
 * The contents of a file in an archive. Its length and checksum are checked while it is read: nothing that was
 * read counts until the end has come.
 * @throws HvError `image.corrupt`, or what reading throws
 */
export async function* entryPieces(
  file: FileBytes,
  entry: ZipEntry,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { packedBytes, byteLength, crc } = entry;
  const header = await file.read(entry.at, local.size);
  const view = new DataView(header.buffer);
  if (header.length < local.size || view.getUint32(0, true) !== local.signature) {
    throw damaged(file.name, "a file is not where its list says");
  }
  const start =
    entry.at + local.size + view.getUint16(local.nameBytes, true) + view.getUint16(local.extraBytes, true);
  const packed = file.stream(start, start + packedBytes);
  const pieces = entry.method === stored ? streamPieces(packed) : inflated(packed, "deflate-raw", file.name);
  let length = 0;
  let sum = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > byteLength) throw damaged(file.name, "it holds more than its list says");
    sum = crc32(piece, sum);
    yield piece;
  }
  if (length !== byteLength || sum !== crc) throw damaged(file.name, "its checksum does not match");
}
