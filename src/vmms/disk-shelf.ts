import {
  type BlockFile,
  type CachedFile,
  cachedFile,
  type Disk,
  openImage,
  ramDisk,
} from "../storage/index.ts";
import { assemble, HvError } from "../support/index.ts";
import type { DiskSource, StockDisk } from "./catalogue.ts";
import type { FileStore } from "./file-store.ts";

/** An open disk of a running machine. Its owner disposes the disk, which closes the file. */
export interface OpenDisk {
  readonly disk: Disk;
  readonly kept: "browser storage" | "memory";
  /** Writes what the cache still holds; the guest did not ask for it, but a closing tab must not lose it. */
  writeBack(): void;
}

/** Pieces of a site's file, inflated, in order. */
export type ImageStream = (path: string) => Promise<AsyncIterable<Uint8Array<ArrayBuffer>>>;

/** Where disks are kept and where they come from. */
export interface DiskShelf {
  /**
   * Opens a machine's disk; a stock image is fetched the first time.
   * @throws HvError `image.missing`, `image.corrupt`, `storage.inUse`, `storage.noSpace`, `disk.notGiven`
   */
  open(vm: string, disk: StockDisk, progress: (bytes: number) => void): Promise<OpenDisk>;
  /** Takes in a disk the visitor picked. Replaces the one given before. @throws HvError */
  give(vm: string, disk: StockDisk, contents: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void>;
}

const sector = 512;

/** Opens the shelf over a store. */
export function openDiskShelf(store: FileStore, stream: ImageStream): DiskShelf {
  const nameOf = (vm: string, disk: StockDisk): string =>
    `${vm}-${disk.controller.toLowerCase()}${disk.slot}.${disk.source.kind === "image" ? disk.source.format : "img"}`;

  async function install(
    name: string,
    contents: AsyncIterable<Uint8Array<ArrayBuffer>>,
    progress: (n: number) => void,
  ) {
    const part = `${name}.part`;
    await assemble(async (scope) => {
      const file = scope.own(await store.open(part));
      file.resize(0);
      let at = 0;
      for await (const piece of contents) {
        file.writeAt(at, piece);
        at += piece.length;
        progress(at);
      }
      if (at % sector !== 0) file.resize(at - (at % sector) + sector);
      file.flush();
    });
    await store.rename(part, name);
  }

  return {
    async open(vm, disk, progress) {
      const { source } = disk;
      if (source.kind === "ram") return { disk: ramDisk(source.byteLength), kept: "memory", writeBack() {} };
      const name = nameOf(vm, disk);
      if (!(await store.has(name))) {
        if (source.kind === "own")
          throw new HvError("disk.notGiven", "Choose a disk image for this machine first.");
        await install(name, await stream(source.path), progress);
      }
      return openKept(await store.open(name), { name: disk.name, source, kept: store.kept });
    },
    give: (vm, disk, contents) => install(nameOf(vm, disk), contents, () => {}),
  };
}

function openKept(
  file: BlockFile,
  about: { readonly name: string; readonly source: DiskSource; readonly kept: OpenDisk["kept"] },
): OpenDisk {
  const cache: CachedFile = cachedFile(file);
  // A guest may write a raw disk's last sector: the format comes from when the image was taken in.
  const outcome = openImage(cache, about.source.kind === "image" ? { format: about.source.format } : {});
  if (outcome.kind !== "disk") {
    cache[Symbol.dispose]();
    throw new HvError("image.corrupt", `The disk ${about.name} cannot be used. ${outcome.text}`);
  }
  return { disk: outcome.disk, kept: about.kept, writeBack: () => cache.writeBack() };
}
