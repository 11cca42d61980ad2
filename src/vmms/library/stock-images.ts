import {
  type BlockFile,
  cachedFile,
  type Disk,
  firstPart,
  openStreamedDisk,
  ramFile,
  readVhdHead,
  type StreamedDisk,
  type StreamedOptions,
  sectorSize,
} from "../../storage/index.ts";
import { HvError, reasonOf } from "../../support/index.ts";
import type { StockImage } from "../catalogue.ts";
import type { FileStore } from "../file-store.ts";
import { extensionOf } from "./names.ts";
import { type FileFacts, type ForeignDisk, judge } from "./shelf.ts";

/** Opens an image of the site. @throws HvError when its index cannot be had or makes no sense */
export type OpenStock = (image: StockImage) => Promise<StreamedDisk>;

/** Where images of the site come from, and where what was fetched of them is kept. */
export interface StockOpening {
  /** Asks the site. `check` is `null` when there is nothing to check arriving chunks by. @throws HvError */
  openSite(index: string): Promise<
    Pick<StreamedOptions, "source" | "identity"> & {
      readonly check: NonNullable<StreamedOptions["check"]> | null;
    }
  >;
  readonly streams: FileStore;
  readonly pause: StreamedOptions["pause"];
}

/** Opens images with what was fetched of them before. Another tab may have that file: then memory keeps it. */
export function stockOpener({ openSite, streams, pause }: StockOpening): OpenStock {
  return async ({ name, index }) => {
    const { source, identity, check } = await openSite(index);
    const file = await streams.open(name, { access: "write", holder: "this site" }).catch(() => ramFile());
    const options = { source, identity, kept: cachedFile(file), pause };
    const opened = openStreamedDisk(check === null ? options : { ...options, check });
    if (opened.kind === "disk") return opened.disk;
    file[Symbol.dispose]();
    throw new HvError("image.corrupt", opened.text);
  };
}

/** Bytes at each end that tell what a VHD is. */
const endBytes = 512;
/** Bytes from the start that tell what anything else is: as far as the first descriptor of a disc. */
const tellingBytes = 17 * 2048;

/**
 * An image of the site in the library. It is opened with the first question about it and stays open: many
 * machines may build on it. One that cannot be had now is asked for again with the next question.
 */
export function stockDisk(image: StockImage, openStock: OpenStock): ForeignDisk {
  let opened: Promise<StreamedDisk> | null = null;
  let here: StreamedDisk | null = null;

  function streamed(): Promise<StreamedDisk> {
    opened ??= openStock(image).then(
      (disk) => {
        here = disk;
        return disk;
      },
      (failure: unknown) => {
        opened = null;
        throw failure;
      },
    );
    return opened;
  }

  async function facts(): Promise<FileFacts> {
    try {
      const disk = await streamed();
      return extensionOf(image.name) === "vhd" ? await vhdFacts(disk) : await plainFacts(disk);
    } catch (failure) {
      return { kind: "unusable", text: reasonOf(failure) };
    }
  }

  return {
    name: image.name,
    shared: true,
    facts,
    fileBytes: () => here?.fetchedBytes() ?? 0,
    fetched: () => here?.fetchedShare() ?? 0,
    async open(): Promise<Disk> {
      const known = await facts();
      if (known.kind === "unusable") throw new HvError("image.missing", known.text);
      return firstPart(await streamed(), known.byteLength);
    },
    writeBack: () => void here?.writeBack(),
  };
}

async function vhdFacts(disk: StreamedDisk): Promise<FileFacts> {
  await disk.prepare(0, endBytes);
  await disk.prepare(disk.byteLength - endBytes, endBytes);
  const head = readVhdHead(readable(disk));
  if (head.kind !== "head") return { kind: "unusable", text: head.text };
  if (head.type !== "fixed") return { kind: "unusable", text: "It is no fixed virtual hard disk." };
  return { kind: "usable", format: head.type, byteLength: head.byteLength, vhd: head };
}

/** Discs and diskettes are told by their contents. */
async function plainFacts(disk: StreamedDisk): Promise<FileFacts> {
  await disk.prepare(0, Math.min(disk.byteLength, tellingBytes));
  await disk.prepare(disk.byteLength - endBytes, endBytes);
  const known = judge(readable(disk));
  if (known.kind === "unusable" || known.format === "iso" || known.format === "floppy") return known;
  return { kind: "unusable", text: "It is no disc and no diskette." };
}

/** A disk as a file to look into. What is not here reads as an error, as a file's does. */
function readable(disk: Disk): BlockFile {
  const refuse = (): never => {
    throw new HvError("storage.readOnly", "This file is only read.");
  };
  return {
    size: () => disk.byteLength,
    readAt(at, into) {
      const first = at - (at % sectorSize);
      const sectors = new Uint8Array(Math.ceil((at + into.length - first) / sectorSize) * sectorSize);
      if (disk.read(first, sectors) !== "ok")
        throw new HvError("image.missing", "A part of it could not be loaded.");
      into.set(sectors.subarray(at - first, at - first + into.length));
      return into.length;
    },
    writeAt: refuse,
    resize: refuse,
    flush() {},
    [Symbol.dispose]() {},
  };
}
