import { readFileSync } from "node:fs";
import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unpackImage } from "../../../src/hal/unpack/unpack-image.ts";
import { crc32, HvError } from "../../../src/support/index.ts";
import { type ZipFile, zipOf } from "../../lab/zip.ts";

const vectors: { name: string; packed: string; contents: string }[] = JSON.parse(
  readFileSync(new URL("../../vectors/zstd.json", import.meta.url), "utf8"),
);
const zstdFrame = (name: string): Buffer =>
  Buffer.from(vectors.find((vector) => vector.name === name)?.packed ?? "", "base64");

async function unpacked(name: string, bytes: Uint8Array): Promise<{ name: string; contents: Buffer }> {
  const file = new File([Uint8Array.from(bytes)], name);
  const image = await unpackImage(file);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of image.pieces) {
    pieces.push(piece);
    length += piece.length;
    if (length > 64 << 20) throw new Error("the caller's limit");
  }
  expect(image.consumed()).toBeLessThanOrEqual(file.size);
  if (image.byteLength !== null) expect(length).toBe(image.byteLength);
  return { name: image.name, contents: Buffer.concat(pieces) };
}

const contents = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7 + (at >> 9)) & 0xff));

describe("what is dropped", () => {
  test("plain is taken as it is, whatever its name", async () => {
    expect(await unpacked("disk.gz", contents)).toEqual({ name: "disk.gz", contents });
    expect(await unpacked("empty.img", Buffer.alloc(0))).toEqual({
      name: "empty.img",
      contents: Buffer.alloc(0),
    });
  });

  test("gzip is told by its contents and loses its extension", async () => {
    expect(await unpacked("disk.vhd.gz", gzipSync(contents))).toEqual({ name: "disk.vhd", contents });
    expect(await unpacked("disk.img", gzipSync(contents))).toEqual({ name: "disk.img", contents });
    expect((await unpacked(".gz", gzipSync(contents))).name).toBe(".gz");
  });

  test("consumed bytes grow to the size of the file", async () => {
    const packed = gzipSync(contents);
    const image = await unpackImage(new File([packed], "disk.img.gz"));
    expect(image.consumed()).toBeLessThan(100);
    for await (const piece of image.pieces) expect(piece.length).toBeGreaterThan(0);
    expect(image.consumed()).toBe(packed.length);
  });

  test.each(vectors)("zstd: $name", async ({ packed, contents: text }) => {
    const out = await unpacked("disk.img.zst", Buffer.from(packed, "base64"));
    expect(out.name).toBe("disk.img");
    expect(out.contents.equals(Buffer.from(text, "base64"))).toBe(true);
  });

  test.each([
    ["xz", "/Td6WFoAAATm1rRG"],
    ["7-Zip", "N3q8ryccAAQ="],
    ["bzip2", "QlpoOTFBWSZTWQ=="],
    ["RAR", "UmFyIRoHAQA="],
  ])("%s is named and refused", async (name, head) => {
    await expect(unpacked("disk", Buffer.from(head, "base64"))).rejects.toMatchObject({
      code: "image.packed",
      message: expect.stringContaining(name),
    });
  });
});

describe("zip", () => {
  const disk: ZipFile = { name: "folder/disk.vhd", contents };

  test("the only file is taken, stored as it is", async () => {
    expect(await unpacked("a.zip", zipOf([disk]))).toEqual({ name: "disk.vhd", contents });
    expect((await unpacked("a.zip", zipOf([{ ...disk, name: "anything" }]))).name).toBe("anything");
  });

  test("deflated", async () => {
    const packed = deflateRawSync(contents);
    const file = {
      name: "disk.img",
      contents: packed,
      method: 8,
      crc: crc32(contents),
      claims: contents.length,
    };
    expect((await unpacked("a.zip", zipOf([file]))).contents.equals(contents)).toBe(true);
    await expect(unpacked("a.zip", zipOf([{ ...file, claims: 1000 }]))).rejects.toMatchObject({
      code: "image.corrupt",
    });
  });

  test("with a comment, and with the numbers of zip64", async () => {
    expect(await unpacked("a.zip", zipOf([disk], { comment: "PK\x05\x06 is not the end" }))).toMatchObject({
      name: "disk.vhd",
    });
    expect((await unpacked("a.zip", zipOf([disk], { zip64: true }))).contents.equals(contents)).toBe(true);
  });

  test("the only disk among other files, folders and what systems add", async () => {
    const clutter = ["folder/", "readme.txt", "__MACOSX/._disk.vhd", ".DS_Store"];
    const files = [...clutter.map((name) => ({ name, contents: Buffer.from("") })), disk];
    expect((await unpacked("a.zip", zipOf(files))).name).toBe("disk.vhd");
  });

  test.each([
    ["two disks", [disk, { ...disk, name: "other.img" }], /2 disk images \(disk\.vhd, other\.img/],
    [
      "no disk",
      [
        { name: "a.txt", contents },
        { name: "b.txt", contents },
      ],
      /no disk image/,
    ],
    ["nothing", [], /no disk image/],
    ["a password", [{ ...disk, flags: 1 }], /password/],
    ["LZMA", [{ ...disk, method: 14 }], /LZMA/],
    ["a method nobody knows", [{ ...disk, method: 77 }], /method 77/],
  ])("with %s it is refused", async (_name, files, message) => {
    await expect(unpacked("a.zip", zipOf(files))).rejects.toMatchObject({
      code: "image.packed",
      message: expect.stringMatching(message),
    });
  });

  test("damage is noticed", async () => {
    const whole = zipOf([disk]);
    const spoilt = Buffer.from(whole);
    spoilt[1000] = (spoilt[1000] ?? 0) ^ 1;
    const wrong = { code: "image.corrupt", message: expect.stringContaining("a.zip is damaged") };
    await expect(unpacked("a.zip", spoilt)).rejects.toMatchObject(wrong);
    await expect(unpacked("a.zip", whole.subarray(0, whole.length - 1))).rejects.toMatchObject(wrong);
    await expect(unpacked("a.zip", whole.subarray(0, 10_000))).rejects.toMatchObject(wrong);
    await expect(unpacked("a.zip", zipOf([{ ...disk, crc: 1 }]))).rejects.toMatchObject(wrong);
    await expect(unpacked("a.zip", zipOf([{ ...disk, claims: 10 }]))).rejects.toMatchObject(wrong);
  });
});

test("damaged gzip and zstd are noticed", async () => {
  const gzip = gzipSync(contents);
  const zstd = zstdFrame("text");
  for (const [name, packed] of [
    ["a.gz", gzip],
    ["a.zst", zstd],
  ] as const) {
    const wrong = { code: "image.corrupt", message: expect.stringContaining(`${name} is damaged`) };
    await expect(unpacked(name, packed.subarray(0, packed.length - 5))).rejects.toMatchObject(wrong);
    const spoilt = Buffer.from(packed);
    spoilt.fill(0x55, packed.length >> 1, (packed.length >> 1) + 8);
    await expect(unpacked(name, spoilt)).rejects.toMatchObject(wrong);
  }
});

test("a zstd frame whose contents do not fit its checksum is damaged", async () => {
  const frame = zstdFrame("text");
  frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1;
  await expect(unpacked("a.zst", frame)).rejects.toMatchObject({
    code: "image.corrupt",
    message: expect.stringContaining("checksum"),
  });
});

test("a zstd frame that wants more memory than there should be is refused", async () => {
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00]);
  await expect(unpacked("a.zst", frame)).rejects.toMatchObject({
    code: "image.packed",
    message: expect.stringContaining("memory"),
  });
});

test("a file that cannot be read says so", async () => {
  const file = new File([contents], "disk.img");
  file.slice = () => {
    throw new DOMException("gone", "NotFoundError");
  };
  await expect(unpackImage(file)).rejects.toMatchObject({ code: "image.unreadable" });
});

describe("whatever the bytes are, there is an image or a sentence", () => {
  const small = Buffer.from("a disk image in an archive, ".repeat(40));
  const packed = new Uint8Array(deflateRawSync(small));
  const seeds = [
    zipOf([{ name: "disk.img", contents: small }]),
    zipOf([{ name: "disk.img", contents: small }], { zip64: true, comment: "hello" }),
    zipOf([
      { name: "a.txt", contents: small },
      { name: "disk.vhd", contents: packed, method: 8, crc: crc32(small) },
    ]),
    gzipSync(small),
    ...vectors.filter((vector) => vector.packed.length < 8000).map(({ name }) => zstdFrame(name)),
  ];
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    value: fc.nat({ max: 255 }),
  });
  test.each(seeds.map((seed, index) => [index, seed] as const))("seed %d", async (_index, seed) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutation, { maxLength: 6 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        async (mutations, cut) => {
          const bytes = Buffer.from(seed);
          for (const { at, value } of mutations) bytes[Math.floor(at * bytes.length)] = value;
          const length = cut === null ? bytes.length : Math.floor(cut * bytes.length);
          try {
            await unpacked("dropped", bytes.subarray(0, length));
          } catch (failure) {
            expect(failure).toBeInstanceOf(HvError);
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});
