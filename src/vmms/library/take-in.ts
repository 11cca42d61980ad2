import type { DiskFormat } from "../../hvdef/index.ts";
import {
  type BlockFile,
  footerBytes,
  type Steps,
  stepBytes,
  type VhdIdentity,
  VhdType,
} from "../../storage/index.ts";
import { HvError } from "../../support/index.ts";
import { extensionOf } from "./names.ts";
import { makeFile } from "./new-file.ts";
import { type FileFacts, judge, type Shelf } from "./shelf.ts";

/** A file of the visitor, unpacked as it is read. */
export interface IncomingFile {
  /** Its name after unpacking. */
  readonly name: string;
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Bytes of the packed file read so far, of `total`. */
  consumed(): number;
  readonly total: number;
}

/** What an ending promises. A disc named as a disk image is meant as a disk: hybrid images are both. */
function fits(format: DiskFormat, extension: string): boolean {
  switch (extension) {
    case "vhd":
    case "avhd":
      return format === "fixed" || format === "dynamic" || format === "differencing";
    case "iso":
      return format === "iso";
    case "vfd":
    case "flp":
    case "ima":
      return format === "floppy";
    case "img":
    case "raw":
      return format === "raw" || format === "floppy" || format === "iso";
    default:
      return format === "raw" || format === "floppy";
  }
}
const called: Readonly<Record<string, string>> = {
  fixed: "a virtual hard disk: name it .vhd",
  dynamic: "a virtual hard disk: name it .vhd",
  differencing: "a virtual hard disk: name it .vhd",
  iso: "a disc image: name it .iso",
  floppy: "a diskette image: name it .vfd or .img",
  raw: "a raw disk image: name it .img",
};

/**
 * Brings a file into the library. It gets its name only when all of it is there and can be used.
 * @returns the lines a person reads. @throws HvError; nothing of the file stays
 */
export async function takeIn(
  shelf: Shelf,
  open: () => Promise<IncomingFile>,
  work: { readonly steps: Steps; readonly holder: string },
): Promise<{ readonly name: string; readonly lines: readonly string[] }> {
  const incoming = await open();
  const { name } = incoming;
  const facts = await makeFile(shelf, { name, holder: work.holder }, async (file) => {
    await fill(file, incoming, work.steps);
    return checkContents(file, name);
  });
  const parent = facts.vhd?.parent?.name;
  const found = parent === undefined || (await shelf.find(parent)) !== null;
  const lines = [`${name} is in the library.`];
  if (!found) lines.push(`It builds on ${parent}, which is not here yet: import that too.`);
  return { name, lines };
}

async function fill(file: BlockFile, incoming: IncomingFile, steps: Steps): Promise<void> {
  let at = 0;
  let since = 0;
  for await (const piece of incoming.pieces) {
    file.writeAt(at, piece);
    at += piece.length;
    since += piece.length;
    if (since < stepBytes) continue;
    since = 0;
    await steps.step(incoming.consumed(), Math.max(1, incoming.total));
  }
  if (at === 0) throw new HvError("disk.empty", `${incoming.name} is empty. Choose another file.`);
  const rest = at % 512;
  if (rest !== 0) file.resize(at - rest + 512);
}

/** @throws HvError when it is none of what the library keeps, or not what its name says */
function checkContents(file: BlockFile, name: string): Extract<FileFacts, { kind: "usable" }> {
  const facts = judge(file);
  if (facts.kind === "unusable")
    throw new HvError("disk.unusable", `${name} cannot be used. ${facts.text} Choose another file.`);
  if (!fits(facts.format, extensionOf(name)))
    throw new HvError(
      "disk.extension",
      `${name} is not what its name says: its contents are ${called[facts.format] ?? facts.format}, then import it again.`,
    );
  return facts;
}

/** A disk as one file for other programs. */
export interface Departure {
  /** What the saved file is called. */
  readonly name: string;
  /** The stored file it is read from. */
  readonly stored: string;
  /** Bytes that follow those of the stored file. */
  readonly tail: Uint8Array<ArrayBuffer>;
}

/** How a file leaves as it is; `null` when it must be put together first. A raw image gets the footer of a VHD. */
export function departureOf(
  name: string,
  facts: Extract<FileFacts, { kind: "usable" }>,
  identity: VhdIdentity,
): Departure | null {
  const none = new Uint8Array(0);
  switch (facts.format) {
    case "fixed":
    case "dynamic":
    case "iso":
    case "floppy":
      return { name, stored: name, tail: none };
    case "raw":
      return {
        name: `${name.replace(/\.[^.]*$/, "")}.vhd`,
        stored: name,
        tail: footerBytes({ type: VhdType.fixed, byteLength: facts.byteLength, identity }),
      };
    case "differencing":
    case "device":
      return null;
  }
}
