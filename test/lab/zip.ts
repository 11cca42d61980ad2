import { crc32 } from "../../src/support/index.ts";

/** A file for an archive. What is given beside its contents is claimed, right or wrong. */
export interface ZipFile {
  readonly name: string;
  /** As they lie in the archive. */
  readonly contents: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** Bytes before packing. */
  readonly claims?: number;
}

/** A zip archive of these files; `zip64` puts every number into the wide records. */
export function zipOf(
  files: readonly ZipFile[],
  options: { readonly zip64?: boolean; readonly comment?: string } = {},
): Buffer {
  const wide = options.zip64 === true;
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const body = Buffer.concat([localHeader(file), Buffer.from(file.name), file.contents]);
    directory.push(centralHeader(file, { at, wide }));
    bodies.push(body);
    at += body.length;
  }
  const list = Buffer.concat(directory);
  const place = { at, bytes: list.length, entries: files.length };
  const comment = Buffer.from(options.comment ?? "", "latin1");
  return Buffer.concat([
    ...bodies,
    list,
    ...(wide ? [wideEnd(place)] : []),
    plainEnd(place, { wide, comment }),
  ]);
}

function localHeader(file: ZipFile): Buffer {
  const out = Buffer.alloc(30);
  out.writeUInt32LE(0x04034b50, 0);
  out.writeUInt16LE(file.flags ?? 0, 6);
  out.writeUInt16LE(file.method ?? 0, 8);
  out.writeUInt16LE(Buffer.byteLength(file.name), 26);
  return out;
}

function centralHeader(file: ZipFile, { at, wide }: { at: number; wide: boolean }): Buffer {
  const out = Buffer.alloc(46);
  const size = file.claims ?? file.contents.length;
  out.writeUInt32LE(0x02014b50, 0);
  out.writeUInt16LE(file.flags ?? 0, 8);
  out.writeUInt16LE(file.method ?? 0, 10);
  out.writeUInt32LE(file.crc ?? crc32(file.contents), 16);
  out.writeUInt32LE(wide ? 0xffffffff : file.contents.length, 20);
  out.writeUInt32LE(wide ? 0xffffffff : size, 24);
  out.writeUInt16LE(Buffer.byteLength(file.name), 28);
  out.writeUInt16LE(wide ? 28 : 0, 30);
  out.writeUInt32LE(wide ? 0xffffffff : at, 42);
  const extra = Buffer.alloc(wide ? 28 : 0);
  if (wide) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    for (const [index, value] of [size, file.contents.length, at].entries()) {
      extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
    }
  }
  return Buffer.concat([out, Buffer.from(file.name), extra]);
}

/** Where the list of files lies. */
interface Place {
  readonly at: number;
  readonly bytes: number;
  readonly entries: number;
}

function wideEnd({ at, bytes, entries }: Place): Buffer {
  const out = Buffer.alloc(56 + 20);
  out.writeUInt32LE(0x06064b50, 0);
  out.writeBigUInt64LE(44n, 4);
  out.writeBigUInt64LE(BigInt(entries), 24);
  out.writeBigUInt64LE(BigInt(entries), 32);
  out.writeBigUInt64LE(BigInt(bytes), 40);
  out.writeBigUInt64LE(BigInt(at), 48);
  out.writeUInt32LE(0x07064b50, 56);
  out.writeBigUInt64LE(BigInt(at + bytes), 64);
  out.writeUInt32LE(1, 72);
  return out;
}

function plainEnd(
  { at, bytes, entries }: Place,
  { wide, comment }: { wide: boolean; comment: Buffer },
): Buffer {
  const out = Buffer.alloc(22);
  out.writeUInt32LE(0x06054b50, 0);
  out.writeUInt16LE(wide ? 0xffff : entries, 8);
  out.writeUInt16LE(wide ? 0xffff : entries, 10);
  out.writeUInt32LE(wide ? 0xffffffff : bytes, 12);
  out.writeUInt32LE(wide ? 0xffffffff : at, 16);
  out.writeUInt16LE(comment.length, 20);
  return Buffer.concat([out, comment]);
}
