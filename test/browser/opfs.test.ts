import { afterEach, describe, expect, it } from "vitest";
import { cdp } from "vitest/browser";
import { callContract } from "../../src/hal/rpc.ts";
import type { Files } from "./file.worker.ts";

const workers: Worker[] = [];

function openFiles(): { readonly files: Files; readonly worker: Worker } {
  const worker = new Worker(new URL("./file.worker.ts", import.meta.url), { type: "module" });
  workers.push(worker);
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return { worker, files: callContract<Files>(port1, new Promise<never>(() => {})) };
}

let names = 0;
const fresh = () => `file ${Date.now()} ${names++}`;

afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

describe("a file of the browser", () => {
  it("lies in storage that was found to work", async () => {
    expect(await openFiles().files.storage()).toBe("kept");
  });

  it("is read and written in place, and knows its size", async () => {
    const { files } = openFiles();
    const name = fresh();
    await files.open(name, "test");
    expect(await files.size(name)).toBe(0);
    await files.write(name, 1000, [1, 2, 3]);
    expect(await files.size(name)).toBe(1003);
    expect(await files.read(name, 999, 5)).toEqual({ got: 4, bytes: [0, 1, 2, 3, 0] });
    expect(await files.read(name, 5000, 2)).toEqual({ got: 0, bytes: [0, 0] });
    await files.resize(name, 1002);
    expect(await files.read(name, 1000, 3)).toEqual({ got: 2, bytes: [1, 2, 0] });
    await files.resize(name, 2000);
    expect(await files.read(name, 1000, 4)).toEqual({ got: 4, bytes: [1, 2, 0, 0] });
  });

  it("keeps what was written when it is closed, and when its worker dies", async () => {
    const name = fresh();
    const first = openFiles();
    await first.files.open(name, "test");
    await first.files.write(name, 0, [1, 2, 3]);
    await first.files.close(name);

    const second = openFiles();
    await second.files.open(name, "test");
    expect(await second.files.read(name, 0, 3)).toMatchObject({ bytes: [1, 2, 3] });
    await second.files.write(name, 3, [4]);
    await second.files.flush(name);
    second.worker.terminate();

    // The dead worker's hold ends a little later: opening waits for it.
    const third = openFiles();
    await third.files.open(name, "test");
    expect(await third.files.read(name, 0, 4)).toMatchObject({ bytes: [1, 2, 3, 4] });
  });

  it("has one writer; a second is told who that is", async () => {
    const name = fresh();
    const { files } = openFiles();
    await files.open(name, "the virtual machine web01");
    const other = openFiles().files;
    const refusal = {
      code: "storage.inUse",
      message: `${name} is in use by the virtual machine web01 in another tab. Turn it off there first.`,
    };
    await expect(other.open(name, "a test")).rejects.toMatchObject(refusal);
    await expect(other.open(name, "a test", "read")).rejects.toMatchObject(refusal);
    await expect(other.remove(name)).rejects.toMatchObject({ code: "storage.inUse" });
    await files.close(name);
    await other.open(name, "a test");
  });

  it("has many readers, who keep writers out and write nothing", async () => {
    const name = fresh();
    const [first, second, third] = [openFiles().files, openFiles().files, openFiles().files];
    await expect(first.open(name, "a reader", "read")).rejects.toMatchObject({ code: "storage.missing" });
    await first.open(name, "a writer");
    await first.write(name, 0, [7]);
    await first.close(name);
    await first.open(name, "a reader", "read");
    await second.open(name, "another reader", "read");
    expect(await second.read(name, 0, 1)).toMatchObject({ bytes: [7] });
    await expect(second.write(name, 0, [8])).rejects.toThrow();
    await expect(third.open(name, "a writer")).rejects.toMatchObject({ code: "storage.inUse" });
    await first.close(name);
    await second.close(name);
    await third.open(name, "a writer");
  });

  it("is waited for when its owner is just letting go", async () => {
    const name = fresh();
    const { files } = openFiles();
    await files.open(name, "test");
    const other = openFiles().files;
    const opening = other.open(name, "test");
    setTimeout(() => files.close(name).catch(() => {}), 150);
    await opening;
    expect(await other.size(name)).toBe(0);
  });

  it("takes another's name and place, and gives its space back", async () => {
    const { files } = openFiles();
    const [part, final] = [fresh(), fresh()];
    for (const [name, byte] of [
      [final, 1],
      [part, 2],
    ] as const) {
      await files.open(name, "test");
      await files.write(name, 0, [byte]);
      await files.close(name);
    }
    await files.rename(part, final);
    expect(await files.has(part)).toBe(false);
    await files.open(final, "test");
    expect(await files.read(final, 0, 1)).toMatchObject({ bytes: [2] });
    await files.close(final);
    await files.remove(final);
    expect(await files.has(final)).toBe(false);
    await files.remove(final);
  });

  it("says when the storage is full, and goes on when there is room again", async () => {
    const { files } = openFiles();
    const name = fresh();
    await files.open(name, "test");
    await files.write(name, 0, [1]);
    const quota = { origin: location.origin };
    const { usage = 0 } = await navigator.storage.estimate();
    await cdp().send("Storage.overrideQuotaForOrigin", { ...quota, quotaSize: usage + (4 << 20) });
    try {
      const full = {
        code: "storage.noSpace",
        hresult: 0x80070070,
        message: expect.stringContaining("Free some space"),
      };
      await expect(files.grow(name, 32 << 20)).rejects.toMatchObject(full);
      expect(await files.read(name, 0, 1)).toMatchObject({ got: 1 });
    } finally {
      await cdp().send("Storage.overrideQuotaForOrigin", quota);
    }
    await files.grow(name, 8 << 20);
    await files.close(name);
    await files.remove(name);
  });
});
