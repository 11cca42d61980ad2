import { cannotUnpack, damaged } from "./errors.ts";
import type { FileBytes } from "./file-bytes.ts";

// Records of a zip archive, from PKWARE's APPNOTE.TXT 6.3.10. Little-endian and unaligned: offsets instead of layouts.

/** A file in an archive, as the central directory tells. Nothing of it is checked against the file itself. */
export interface ZipEntry {
  /** Path inside the archive. */
  readonly name: string;
  /** How it is packed: 0 stored, 8 deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  /** CRC-32 of the contents. */
  readonly crc: number;
  readonly packedBytes: number;
  readonly byteLength: number;
  /** Where its local header lies; it ends before the central directory. */
  readonly at: number;
}

/** End of central directory. @zip 4.3.16 */
const end = { signature: 0x06054b50, size: 22, disk: 4, entries: 10, bytes: 12, at: 16, commentBytes: 20 };
/** Zip64 end of central directory locator. @zip 4.3.15 */
const locator = { signature: 0x07064b50, size: 20, at: 8 };
/** Zip64 end of central directory record. @zip 4.3.14 */
const end64 = { signature: 0x06064b50, size: 56, entries: 32, bytes: 40, at: 48 };
/** Central directory file header. @zip 4.3.12 */
const central = {
  signature: 0x02014b50,
  size: 46,
  flags: 8,
  method: 10,
  crc: 16,
  packedBytes: 20,
  byteLength: 24,
  nameBytes: 28,
  extraBytes: 30,
  commentBytes: 32,
  at: 42,
};
/** Extra field with what does not fit 32 bits. @zip 4.5.3 */
const extra64 = 1;
const full16 = 0xffff;
const full32 = 0xffffffff;

/** The longest comment behind an archive. */
const longestComment = 0xffff;
/** Bytes and entries of a directory that are looked at: an archive of a disk image has few. */
const directoryLimit = 16 << 20;
const entryLimit = 20_000;

/** Where the central directory lies. */
interface DirectoryPlace {
  readonly at: number;
  readonly bytes: number;
  readonly entries: number;
}

/**
 * Lists the files of a zip archive without reading them.
 * @throws HvError `image.corrupt`, `image.packed`, or what reading throws
 */
export async function readZipDirectory(file: FileBytes): Promise<readonly ZipEntry[]> {
  const place = await findDirectory(file);
  if (place === null) throw damaged(file.name, "its end is missing");
  const { at, bytes, entries } = place;
  if (entries > entryLimit || bytes > directoryLimit) throw cannotUnpack(file.name, "holds too many files");
  const directory = await file.read(at, bytes);
  if (directory.length !== bytes) throw damaged(file.name, "its list of files is cut short");
  const found: ZipEntry[] = [];
  for (let offset = 0; found.length < entries; ) {
    const next = readEntry(directory, offset, at);
    if (next === null) throw damaged(file.name, "its list of files cannot be read");
    found.push(next.entry);
    offset = next.offset;
  }
  return found;
}

async function findDirectory(file: FileBytes): Promise<DirectoryPlace | null> {
  const tailBytes = Math.min(file.byteLength, locator.size + end.size + longestComment);
  const tailAt = file.byteLength - tailBytes;
  const tail = await file.read(tailAt, tailBytes);
  const view = viewOf(tail);
  for (let at = tail.length - end.size; at >= 0; at--) {
    if (view.getUint32(at, true) !== end.signature) continue;
    if (at + end.size + view.getUint16(at + end.commentBytes, true) !== tail.length) continue;
    const place = {
      at: view.getUint32(at + end.at, true),
      bytes: view.getUint32(at + end.bytes, true),
      entries: view.getUint16(at + end.entries, true),
    };
    const large = place.at === full32 || place.bytes === full32 || place.entries === full16;
    const found = large ? ((await findDirectory64(file, tailAt + at)) ?? place) : place;
    if (view.getUint16(at + end.disk, true) !== 0 && !large) {
      throw cannotUnpack(file.name, "is one part of a divided archive");
    }
    return found.at + found.bytes <= tailAt + at ? found : null;
  }
  return null;
}

/** @param endAt  of the record that has no room for the numbers */
async function findDirectory64(file: FileBytes, endAt: number): Promise<DirectoryPlace | null> {
  const bytes = await file.read(Math.max(0, endAt - locator.size), locator.size);
  if (endAt < locator.size || bytes.length < locator.size) return null;
  const pointer = viewOf(bytes);
  if (pointer.getUint32(0, true) !== locator.signature) return null;
  const at = wide(pointer, locator.at);
  if (at === null || at > file.byteLength - end64.size) return null;
  const record = await file.read(at, end64.size);
  const view = viewOf(record);
  if (record.length < end64.size || view.getUint32(0, true) !== end64.signature) return null;
  const [entries, length, start] = [end64.entries, end64.bytes, end64.at].map((place) => wide(view, place));
  if (entries == null || length == null || start == null) return null;
  return { at: start, bytes: length, entries };
}

/**
 * @param directoryAt  where the directory lies: contents end before it
 * @returns `null` when there is no right entry
 */
function readEntry(
  directory: Uint8Array<ArrayBuffer>,
  offset: number,
  directoryAt: number,
): { readonly entry: ZipEntry; readonly offset: number } | null {
  if (offset + central.size > directory.length) return null;
  const view = viewOf(directory.subarray(offset));
  if (view.getUint32(0, true) !== central.signature) return null;
  const extraAt = central.size + view.getUint16(central.nameBytes, true);
  const commentAt = extraAt + view.getUint16(central.extraBytes, true);
  const next = offset + commentAt + view.getUint16(central.commentBytes, true);
  if (next > directory.length) return null;
  const sizes = readSizes(view, directory.subarray(offset + extraAt, offset + commentAt));
  if (sizes === null || sizes.at + sizes.packedBytes > directoryAt) return null;
  const flags = view.getUint16(central.flags, true);
  const entry: ZipEntry = {
    name: new TextDecoder().decode(directory.subarray(offset + central.size, offset + extraAt)),
    method: view.getUint16(central.method, true),
    encrypted: (flags & 1) !== 0,
    crc: view.getUint32(central.crc, true),
    ...sizes,
  };
  return { entry, offset: next };
}

/** Sizes and place of a file; those that do not fit 32 bits stand in an extra field, in this order. */
function readSizes(
  view: DataView,
  extra: Uint8Array<ArrayBuffer>,
): { readonly byteLength: number; readonly packedBytes: number; readonly at: number } | null {
  const narrow = [central.byteLength, central.packedBytes, central.at].map((place) =>
    view.getUint32(place, true),
  );
  const large = extraField(extra, extra64);
  let used = 0;
  const [byteLength, packedBytes, at] = narrow.map((value) => {
    if (value !== full32 || large === null) return value;
    used += 8;
    return used <= large.byteLength ? wide(large, used - 8) : null;
  });
  return byteLength == null || packedBytes == null || at == null ? null : { byteLength, packedBytes, at };
}

function extraField(extra: Uint8Array<ArrayBuffer>, wanted: number): DataView | null {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > extra.length) return null;
    if (view.getUint16(at, true) === wanted) return viewOf(extra.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return null;
}

/** A 64-bit number, if it can be exact. */
function wide(view: DataView, at: number): number | null {
  const value = Number(view.getBigUint64(at, true));
  return Number.isSafeInteger(value) ? value : null;
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
