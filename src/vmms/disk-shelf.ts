import { type BlockFile, cachedFile, type Disk, openImage, ramDisk } from "../storage/index.ts";
import { assemble, HvError } from "../support/index.ts";
import type { StockDisk } from "./catalogue.ts";
import type { FileStore } from "./file-store.ts";

/** An open disk of a running machine. Its owner disposes the disk, which closes the file. */
export interface OpenDisk {
  readonly disk: Disk;
  readonly kept: "browser storage" | "memory";
  /** Writes what the cache still holds; the guest did not ask for it, but a closing tab must not lose it. */
  writeBack(): void;
}

/** Pieces of a file, inflated, in order. */
export type ImagePieces = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Fetches a file of the site until the signal aborts. */
export type ImageStream = (path: string, signal: AbortSignal) => Promise<ImagePieces>;

/** Where disks are kept and where they come from. */
export interface DiskShelf {
  /**
   * Opens a machine's disk; a stock image is fetched the first time.
   * Nothing stays of a fetch that fails or is aborted.
   * @throws HvError `image.missing`, `image.corrupt`, `storage.inUse`, `storage.noSpace`, `disk.notGiven`,
   *                 or the signal's reason
   */
  open(vm: string, disk: StockDisk, signal: AbortSignal): Promise<OpenDisk>;
  /**
   * Takes in a disk the visitor picked. Replaces the one given before, but only when this one can be used.
   * @throws HvError
   */
  give(vm: string, disk: StockDisk, contents: ImagePieces): Promise<void>;
}

type Format = "raw" | "vhd";

const sector = 512;

/** Opens the shelf over a store. */
export function openDiskShelf(store: FileStore, stream: ImageStream): DiskShelf {
  /** A guest may write a raw disk's last sector: the format is kept in the name, from when it was taken in. */
  const nameOf = (vm: string, disk: StockDisk, format: Format): string =>
    `${vm}-${disk.controller.toLowerCase()}${disk.slot}.${format}`;

  /** Brings contents into a file that gets its name only when all of it is there and can be used. */
  async function install(vm: string, disk: StockDisk, contents: ImagePieces): Promise<Format> {
    const part = `${vm}-${disk.controller.toLowerCase()}${disk.slot}.part`;
    try {
      const format = await assemble(async (scope) => {
        const file = scope.own(await store.open(part, disk.name));
        await fill(file, contents);
        return judge(file, disk);
      });
      await store.rename(part, nameOf(vm, disk, format));
      return format;
    } catch (failure) {
      await store.remove(part);
      throw failure;
    }
  }

  async function open(vm: string, disk: StockDisk, format: Format): Promise<OpenDisk> {
    const cache = cachedFile(await store.open(nameOf(vm, disk, format), disk.name));
    const outcome = openImage(cache, { format });
    if (outcome.kind !== "disk") {
      cache[Symbol.dispose]();
      throw unusable(disk, outcome.text);
    }
    return { disk: outcome.disk, kept: store.kept, writeBack: () => cache.writeBack() };
  }

  async function kept(vm: string, disk: StockDisk): Promise<Format | null> {
    if (await store.has(nameOf(vm, disk, "vhd"))) return "vhd";
    return (await store.has(nameOf(vm, disk, "raw"))) ? "raw" : null;
  }

  return {
    async open(vm, disk, signal) {
      const { source } = disk;
      if (source.kind === "ram") return { disk: ramDisk(source.byteLength), kept: "memory", writeBack() {} };
      const known = await kept(vm, disk);
      if (known !== null) return open(vm, disk, known);
      if (source.kind === "own")
        throw new HvError("disk.notGiven", "Choose a disk image for this machine first.");
      return open(vm, disk, await install(vm, disk, await stream(source.path, signal)));
    },
    async give(vm, disk, contents) {
      const format = await install(vm, disk, contents);
      await store.remove(nameOf(vm, disk, format === "raw" ? "vhd" : "raw"));
    },
  };
}

async function fill(file: BlockFile, contents: ImagePieces): Promise<void> {
  file.resize(0);
  let at = 0;
  for await (const piece of contents) {
    file.writeAt(at, piece);
    at += piece.length;
  }
  if (at % sector !== 0) file.resize(at - (at % sector) + sector);
  file.flush();
}

/** What format the file has. It stays the caller's. @throws HvError when it cannot be used */
function judge(file: BlockFile, disk: StockDisk): Format {
  const { source } = disk;
  const outcome = openImage(file, source.kind === "image" ? { format: source.format } : {});
  if (outcome.kind !== "disk") throw unusable(disk, outcome.text);
  return outcome.format === "raw" ? "raw" : "vhd";
}

function unusable(disk: StockDisk, why: string): HvError {
  const wayOut =
    disk.source.kind === "own"
      ? "Choose another disk image."
      : "Build it again with npm run images, then reload.";
  return new HvError("image.corrupt", `The disk ${disk.name} cannot be used. ${why} ${wayOut}`);
}
