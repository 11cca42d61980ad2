import type { ByRole, FileRole } from "../hvdef/index.ts";
import type { ImageSample } from "../storage/index.ts";
import type { OwnBytes } from "../support/index.ts";
import type { IncomingFile, OpenOwnFile } from "../vmms/index.ts";
import { streamPieces } from "./stream-pieces.ts";
import { unpackImage } from "./unpack/unpack-image.ts";

/** Bytes at the start and the end of a file that tell what it is. */
const headBytes = 0x9000;
const tailBytes = 512;

/** A file that was picked, as it would be taken in: its name then, and what tells what it is. */
export interface FileSample {
  readonly name: string;
  readonly sample: ImageSample & { readonly head: OwnBytes };
}

/** Looks at a file of the visitor without taking it in. @throws HvError when it cannot be read or unpacked */
export async function sampleOf(role: FileRole, file: File): Promise<FileSample> {
  const opened = await openFile(role, file);
  const head = await headOf(opened.pieces);
  // Where the file was unpacked, its end is known only when all of it is.
  const plain = opened.byteLength === file.size;
  const tail = plain
    ? await file.slice(Math.max(0, file.size - tailBytes)).arrayBuffer()
    : new ArrayBuffer(0);
  const byteLength = opened.byteLength ?? (head.length < headBytes ? head.length : null);
  return { name: opened.name, sample: { head, tail: new Uint8Array(tail), byteLength } };
}

/** How the files for a new machine are read. */
export function openersOf(files: ByRole<File>): ByRole<OpenOwnFile> {
  const roles: readonly FileRole[] = ["disk", "disc", "diskette", "kernel", "initramfs"];
  const openers = roles.flatMap((role) => {
    const file = files[role];
    return file === undefined ? [] : [[role, () => incoming(role, file)] as const];
  });
  return Object.fromEntries(openers);
}

async function incoming(role: FileRole, file: File): Promise<IncomingFile> {
  const { name, pieces, consumed } = await openFile(role, file);
  return { name, pieces, consumed, total: file.size };
}

/** A file as the machine gets it: unpacked, but for an initial file system, which its kernel unpacks itself. */
async function openFile(role: FileRole, file: File): Promise<Awaited<ReturnType<typeof unpackImage>>> {
  if (role === "initramfs") {
    const pieces = streamPieces(file.stream());
    return { name: file.name, byteLength: file.size, pieces, consumed: () => 0 };
  }
  const opened = await unpackImage(file);
  return role === "disc" && !/\.iso$/i.test(opened.name) ? { ...opened, name: `${opened.name}.iso` } : opened;
}

async function headOf(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<OwnBytes> {
  const head = new Uint8Array(headBytes);
  let length = 0;
  for await (const piece of pieces) {
    head.set(piece.subarray(0, headBytes - length), length);
    length = Math.min(headBytes, length + piece.length);
    if (length === headBytes) break;
  }
  return head.slice(0, length);
}
