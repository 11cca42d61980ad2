import { expect, test } from "vitest";
import { memoryStore } from "../../../src/vmms/index.ts";

const write = { access: "write", holder: "a writer" } as const;
const read = { access: "read", holder: "a reader" } as const;

test("files in memory: one writer or many readers, who are named to whoever comes in their way", async () => {
  const store = memoryStore();
  await expect(store.open("a", read)).rejects.toMatchObject({ code: "storage.missing" });
  const writer = await store.open("a", write);
  writer.writeAt(0, new Uint8Array(10).fill(3));
  for (const use of [read, write])
    await expect(store.open("a", use)).rejects.toMatchObject({
      code: "storage.inUse",
      message: "a is in use by a writer.",
      hresult: 0x80070020,
    });
  await expect(store.remove("a")).rejects.toMatchObject({ code: "storage.inUse" });
  await expect(store.rename("a", "b")).rejects.toMatchObject({ code: "storage.inUse" });
  writer[Symbol.dispose]();
  writer[Symbol.dispose]();
  const readers = [await store.open("a", read), await store.open("a", read)];
  await expect(store.open("a", write)).rejects.toMatchObject({ message: "a is in use by a reader." });
  for (const one of readers) one[Symbol.dispose]();
  const again = await store.open("a", write);
  const bytes = new Uint8Array(10);
  expect([again.readAt(0, bytes), bytes[9]]).toEqual([10, 3]);
});

test("files in memory outlive their openings, are listed, renamed over others and removed", async () => {
  const store = memoryStore();
  expect(store.kept).toBe("memory");
  for (const [name, length] of [
    ["a", 10],
    ["b", 20],
  ] as const) {
    const file = await store.open(name, write);
    file.writeAt(0, new Uint8Array(length));
    file[Symbol.dispose]();
  }
  expect(await store.list()).toEqual([
    { name: "a", bytes: 10, modified: expect.any(Number) },
    { name: "b", bytes: 20, modified: expect.any(Number) },
  ]);
  const reader = await store.open("b", read);
  await expect(store.rename("a", "b")).rejects.toMatchObject({ code: "storage.inUse" });
  reader[Symbol.dispose]();
  await store.rename("a", "b");
  expect(await store.list()).toEqual([{ name: "b", bytes: 10, modified: expect.any(Number) }]);
  await expect(store.rename("a", "c")).rejects.toMatchObject({ code: "storage.missing" });
  await store.remove("b");
  await store.remove("b");
  expect([await store.list(), await store.has("b")]).toEqual([[], false]);
});
