import { describe, expect, test } from "vitest";
import { type BlockFile, ramFile } from "../../../src/storage/index.ts";
import { HvError } from "../../../src/support/index.ts";
import { type FileStore, memoryStore, openDiskShelf, type StockDisk } from "../../../src/vmms/index.ts";
import { labVhd } from "../../lab/vhd.ts";

const vm = "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000009";
const never = new AbortController().signal;
const stock = (format: "raw" | "vhd" = "raw"): StockDisk => ({
  name: "web01 data",
  controller: "SCSI",
  slot: 0,
  source: { kind: "image", path: "images/data.img", format },
});
const own: StockDisk = { name: "own disk", controller: "IDE", slot: 0, source: { kind: "own" } };

async function* pieces(...all: readonly Uint8Array<ArrayBuffer>[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const piece of all) {
    await Promise.resolve();
    yield piece;
  }
}
const block = (fill: number, length = 1024): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(fill);

/** A store that tells what lies in it. `limit`: bytes a file may have before the quota is used up. */
function watchedStore(limit?: number) {
  const files = new Map<string, BlockFile>();
  const open = new Set<string>();
  const store: FileStore = {
    kept: "browser storage",
    has: async (name) => files.has(name),
    async open(name) {
      if (open.has(name)) throw new HvError("storage.inUse", `${name} is in use`);
      const file = files.get(name) ?? ramFile(limit === undefined ? {} : { limit });
      files.set(name, file);
      open.add(name);
      return { ...file, [Symbol.dispose]: () => void open.delete(name) };
    },
    async rename(from, to) {
      const file = files.get(from);
      if (file === undefined || open.has(from) || open.has(to)) throw new Error(`${from} cannot be renamed`);
      files.set(to, file);
      files.delete(from);
    },
    async remove(name) {
      if (open.has(name)) throw new Error(`${name} is open`);
      files.delete(name);
    },
  };
  return { store, files, open };
}

/** A shelf whose site has one image, and how often it was fetched. */
function shelfOver(store: FileStore, image: () => AsyncIterable<Uint8Array<ArrayBuffer>>) {
  const fetched: string[] = [];
  const shelf = openDiskShelf(store, async (path) => {
    fetched.push(path);
    return image();
  });
  return { shelf, fetched };
}
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (failure: unknown) => (failure instanceof HvError ? failure.code : String(failure)),
  );

describe("stock images", () => {
  test("are fetched once, then kept with what was written", async () => {
    const { store, open } = watchedStore();
    const { shelf, fetched } = shelfOver(store, () => pieces(block(1), block(2)));
    const first = await shelf.open(vm, stock(), never);
    expect([first.disk.byteLength, first.kept]).toEqual([2048, "browser storage"]);
    expect(first.disk.write(512, block(9, 512))).toBe("ok");
    expect(first.disk.flush()).toBe("ok");
    first.disk[Symbol.dispose]();
    expect(open.size).toBe(0);

    const second = await shelf.open(vm, stock(), never);
    const read = new Uint8Array(2048);
    expect(second.disk.read(0, read)).toBe("ok");
    expect([read[0], read[512], read[1023], read[1024]]).toEqual([1, 9, 9, 2]);
    expect(fetched).toEqual(["images/data.img"]);
  });

  test("of one machine are not another's", async () => {
    const { store, files } = watchedStore();
    const { shelf, fetched } = shelfOver(store, () => pieces(block(1)));
    await shelf.open(vm, stock(), never);
    await shelf.open("3f0b9d0e-6a51-4d6e-9d0c-7a0a50000008", stock(), never);
    expect([files.size, fetched.length]).toEqual([2, 2]);
  });

  test("a length that is no multiple of a sector is filled up with zeros", async () => {
    const { store } = watchedStore();
    const { shelf } = shelfOver(store, () => pieces(block(7, 700)));
    const { disk } = await shelf.open(vm, stock(), never);
    const tail = new Uint8Array(512);
    expect([disk.byteLength, disk.read(512, tail), tail[187], tail[188]]).toEqual([1024, "ok", 7, 0]);
  });

  test("what an interrupted fetch left behind is no obstacle", async () => {
    const { store, files } = watchedStore();
    const leftover = await store.open(`${vm}-scsi0.part`, "leftover");
    leftover.writeAt(0, block(0xff, 8192));
    leftover[Symbol.dispose]();
    const { shelf } = shelfOver(store, () => pieces(block(1)));
    const { disk } = await shelf.open(vm, stock(), never);
    expect(disk.byteLength).toBe(1024);
    expect([...files.keys()]).toHaveLength(1);
  });

  test.each([
    ["the quota is used up", 1500, () => pieces(block(1), block(2)), "storage.noSpace"],
    [
      "the connection breaks",
      undefined,
      async function* broken() {
        yield block(1);
        throw new HvError("image.missing", "The connection broke.");
      },
      "image.missing",
    ],
    ["it is empty", undefined, () => pieces(), "image.corrupt"],
  ] as const)("nothing stays when %s, and the next try starts afresh", async (_why, limit, image, code) => {
    const { store, files, open } = watchedStore(limit);
    const { shelf } = shelfOver(store, image);
    expect(await codeOf(shelf.open(vm, stock(), never))).toBe(code);
    expect([files.size, open.size]).toEqual([0, 0]);
    const { shelf: later, fetched } = shelfOver(store, () => pieces(block(3, 512)));
    const { disk } = await later.open(vm, stock(), never);
    expect([disk.byteLength, fetched.length]).toEqual([512, 1]);
  });

  test("an image that is not what the catalogue says is refused with its name and a way out", async () => {
    const { store, files } = watchedStore();
    const { shelf } = shelfOver(store, () => pieces(block(1)));
    await expect(shelf.open(vm, stock("vhd"), never)).rejects.toThrow(/web01 data.*npm run images/);
    expect(files.size).toBe(0);
  });

  test("the format is the catalogue's: a guest that writes a footer does not change it", async () => {
    const { store } = watchedStore();
    const { shelf } = shelfOver(store, () => pieces(new Uint8Array(4096)));
    const vhd = labVhd(new Uint8Array(2048));
    const first = await shelf.open(vm, stock(), never);
    expect(first.disk.write(4096 - vhd.length, vhd)).toBe("ok");
    first.disk.flush();
    first.disk[Symbol.dispose]();
    expect((await shelf.open(vm, stock(), never)).disk.byteLength).toBe(4096);
  });

  test("a disk that is open is not opened again", async () => {
    const { store } = watchedStore();
    const { shelf } = shelfOver(store, () => pieces(block(1)));
    await shelf.open(vm, stock(), never);
    expect(await codeOf(shelf.open(vm, stock(), never))).toBe("storage.inUse");
  });
});

test("a RAM disk is empty memory that nobody keeps", async () => {
  const { store, files } = watchedStore();
  const { shelf, fetched } = shelfOver(store, () => pieces());
  const ram: StockDisk = { ...stock(), source: { kind: "ram", byteLength: 8192 } };
  const first = await shelf.open(vm, ram, never);
  first.disk.write(0, block(1, 512));
  const second = await shelf.open(vm, ram, never);
  const read = block(9, 512);
  second.disk.read(0, read);
  expect([first.kept, first.disk.byteLength, read[0], files.size, fetched.length]).toEqual([
    "memory",
    8192,
    0,
    0,
    0,
  ]);
});

describe("a disk of one's own", () => {
  test("must be given first", async () => {
    const { shelf } = shelfOver(watchedStore().store, () => pieces());
    expect(await codeOf(shelf.open(vm, own, never))).toBe("disk.notGiven");
  });

  test("is told by its contents once, and keeps that format", async () => {
    const { store, files } = watchedStore();
    const { shelf } = shelfOver(store, () => pieces());
    await shelf.give(vm, own, pieces(labVhd(block(5, 4096))));
    expect((await shelf.open(vm, own, never)).disk.byteLength).toBe(4096);
    await shelf.give(vm, { ...own, slot: 1 }, pieces(block(6, 4608)));
    expect((await shelf.open(vm, { ...own, slot: 1 }, never)).disk.byteLength).toBe(4608);
    expect([...files.keys()].map((name) => name.split(".").at(-1)).sort()).toEqual(["raw", "vhd"]);
  });

  test("replaces the one given before, also one of another format", async () => {
    const { store, files } = watchedStore();
    const { shelf } = shelfOver(store, () => pieces());
    await shelf.give(vm, own, pieces(labVhd(block(5, 4096))));
    await shelf.give(vm, own, pieces(block(6)));
    expect(files.size).toBe(1);
    const { disk } = await shelf.open(vm, own, never);
    const read = new Uint8Array(512);
    disk.read(0, read);
    expect([disk.byteLength, read[0]]).toEqual([1024, 6]);
  });

  test("that cannot be used leaves the one before in place", async () => {
    const { store, files } = watchedStore();
    const { shelf } = shelfOver(store, () => pieces());
    await shelf.give(vm, own, pieces(block(6)));
    const foreign = block(0, 4096);
    foreign.set(new TextEncoder().encode("vhdxfile"));
    await expect(shelf.give(vm, own, pieces(foreign))).rejects.toThrow(/own disk.*another disk image/s);
    expect(files.size).toBe(1);
    expect((await shelf.open(vm, own, never)).disk.byteLength).toBe(1024);
  });
});

test("files in memory: one owner at a time, contents outlive the opening, and say what they are", async () => {
  const store = memoryStore();
  expect([store.kept, await store.has("a")]).toEqual(["memory", false]);
  const file = await store.open("a", "disk a");
  await expect(store.open("a", "disk a")).rejects.toMatchObject({
    code: "storage.inUse",
    message: "The disk disk a is in use.",
  });
  file.writeAt(0, block(3, 10));
  await store.remove("a");
  expect(await store.has("a")).toBe(true);
  file[Symbol.dispose]();
  await store.rename("a", "b");
  expect([await store.has("a"), await store.has("b")]).toEqual([false, true]);
  const again = await store.open("b", "disk b");
  const read = new Uint8Array(10);
  expect([again.readAt(0, read), read[9]]).toEqual([10, 3]);
  again[Symbol.dispose]();
  await store.remove("b");
  expect(await store.has("b")).toBe(false);
});
