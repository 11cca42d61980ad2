import { describe, expect, it } from "vitest";
import { pickedFile, pickedHandle } from "../../src/hal/picked-file.ts";
import { unpackImage } from "../../src/hal/unpack/unpack-image.ts";

const contents = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 9)) & 0xff);

async function all(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

describe("a dropped file", () => {
  it("is taken as it is", async () => {
    const image = await unpackImage(new File([contents], "disk.img"));
    expect(image).toMatchObject({ name: "disk.img", byteLength: contents.length });
    expect(same(await all(image.pieces), contents)).toBe(true);
    expect(image.consumed()).toBe(contents.length);
  });

  it("is inflated", async () => {
    const packed = new Blob([contents]).stream().pipeThrough(new CompressionStream("gzip"));
    const bytes = await new Response(packed).arrayBuffer();
    const image = await unpackImage(new File([bytes], "disk.img.gz"));
    expect(image.name).toBe("disk.img");
    expect(same(await all(image.pieces), contents)).toBe(true);
    const damaged = await unpackImage(new File([bytes.slice(0, bytes.byteLength - 100)], "disk.img.gz"));
    await expect(all(damaged.pieces)).rejects.toMatchObject({ code: "image.corrupt" });
  });
});

describe("a picked file", () => {
  async function handleOf(bytes: Uint8Array<ArrayBuffer>): Promise<FileSystemFileHandle> {
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle(`picked ${Date.now()} ${Math.random()}`, { create: true });
    const stream = await handle.createWritable();
    await stream.write(bytes);
    await stream.close();
    return handle;
  }

  it("is read piece by piece", async () => {
    const device = pickedFile(new File([contents], "disk.img"));
    expect([device.byteLength, device.write]).toEqual([contents.length, null]);
    expect(same(await device.read(1000, 5000), contents.subarray(1000, 6000))).toBe(true);
    expect((await device.read(contents.length - 10, 100)).length).toBe(10);
  });

  it("is changed in place, all pieces at once, and read as it is then", async () => {
    const handle = await handleOf(contents);
    const device = await pickedHandle(handle);
    expect(await device.read(4096, 2)).toEqual(contents.slice(4096, 4098));
    await device.write?.([
      { at: 4096, bytes: Uint8Array.of(1, 2) },
      { at: 1_000_000, bytes: Uint8Array.of(3) },
    ]);
    const want = contents.slice();
    want.set([1, 2], 4096);
    want.set([3], 1_000_000);
    expect(same(await device.read(0, contents.length), want)).toBe(true);
    expect(same(new Uint8Array(await (await handle.getFile()).arrayBuffer()), want)).toBe(true);
  });

  it("that another program has changed is read anew; one cut short is not written", async () => {
    const handle = await handleOf(contents);
    const device = await pickedHandle(handle);
    const stream = await handle.createWritable();
    await stream.write(new Uint8Array(1000).fill(9));
    await stream.close();
    expect((await device.read(0, 4096)).length).toBe(1000);
    await expect(device.write?.([{ at: 0, bytes: Uint8Array.of(1) }])).rejects.toMatchObject({
      message: expect.stringContaining("shorter"),
    });
  });

  it("that is gone says so", async () => {
    const handle = await handleOf(contents);
    const device = await pickedHandle(handle);
    await (await navigator.storage.getDirectory()).removeEntry(handle.name);
    await expect(device.read(0, 10)).rejects.toMatchObject({
      code: "storage.failed",
      message: expect.stringContaining("not there any more"),
    });
  });
});
