import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { partsKind, readManifest } from "../../../images/workshop/manifest.mjs";
import { cutIntoParts, hasEveryPart, removeOtherParts } from "../../../images/workshop/parts.mjs";
import { fixedVhd } from "../../../images/workshop/vhd.mjs";

const publicFolder = fileURLToPath(new URL("../../../public", import.meta.url));
const mebibyte = 1 << 20;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Part 0 and 2 equal, part 1 zeros, part 3 short. */
function disk(): Buffer {
  const out = Buffer.alloc(3 * mebibyte + 5120);
  out.fill("tabvisor", 0, mebibyte);
  out.fill("tabvisor", 2 * mebibyte, 3 * mebibyte);
  out.fill(7, 3 * mebibyte);
  return out;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Writes an index and its parts as the build does. */
function written(image: Buffer): { index: string; folder: string } {
  const home = mkdtempSync(join(tmpdir(), "parts-"));
  folders.push(home);
  const { index, parts } = cutIntoParts(image, "images/disk");
  for (const { file, bytes } of [...parts, index]) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), bytes);
  }
  return { index: join(home, index.file), folder: join(home, "images/disk") };
}

/** What a page would read of the parts. */
function assembled(index: string): Buffer {
  const { parts, chunkBytes, byteLength } = JSON.parse(readFileSync(index, "utf8"));
  const out = Buffer.alloc(byteLength);
  for (const [place, { file, bytes, sha256: hash }] of parts.entries()) {
    if (file === null) continue;
    const packed = readFileSync(join(dirname(index), file));
    expect(packed.length).toBe(bytes);
    const chunk = gunzipSync(packed);
    expect(sha256(chunk)).toBe(hash);
    chunk.copy(out, place * chunkBytes);
  }
  return out;
}

test("the parts make the disk, zeros are left out and equal parts are one file", () => {
  const image = disk();
  const { index, parts } = cutIntoParts(image, "images/disk");
  expect(index.file).toBe("images/disk/index.json");
  expect(parts.length).toBe(2);
  expect(JSON.parse(index.bytes.toString())).toMatchObject({
    format: 1,
    byteLength: image.length,
    chunkBytes: mebibyte,
    hash: sha256(image),
    parts: [{}, { file: null, bytes: 0, sha256: null }, {}, {}],
  });
  expect(assembled(written(image).index).equals(image)).toBe(true);
});

test("equal disks give equal files", () => {
  expect(cutIntoParts(disk(), "x")).toEqual(cutIntoParts(disk(), "x"));
});

test("another content makes another VHD, the same content the same", () => {
  const other = disk();
  other[0] = 0;
  const idOf = (image: Buffer) => fixedVhd(image).subarray(-512).subarray(68, 84).toString("hex");
  expect(idOf(disk())).toBe(idOf(disk()));
  expect(idOf(other)).not.toBe(idOf(disk()));
});

test("a part that is missing or cut short is noticed, and one of an earlier build removed", () => {
  const { index, folder } = written(disk());
  expect(hasEveryPart(index)).toBe(true);
  writeFileSync(join(folder, "old.gz"), "old");
  removeOtherParts(index);
  expect(existsSync(join(folder, "old.gz"))).toBe(false);
  expect(hasEveryPart(index)).toBe(true);
  const { parts } = JSON.parse(readFileSync(index, "utf8"));
  writeFileSync(join(folder, parts[0].file), "x");
  expect(hasEveryPart(index)).toBe(false);
  rmSync(join(folder, parts[0].file));
  expect(hasEveryPart(index)).toBe(false);
  writeFileSync(index, "{");
  expect(hasEveryPart(index)).toBe(false);
});

test("the built parts, if there are any, are the built disks", () => {
  const { artefacts } = readManifest(publicFolder);
  for (const { file, key } of artefacts.filter(({ kind }) => kind === partsKind)) {
    const parts = assembled(join(publicFolder, file));
    expect(sha256(parts)).toBe(JSON.parse(readFileSync(join(publicFolder, file), "utf8")).hash);
    const whole = artefacts.find((other) => other.key !== key && other.key === key.replace(/-parts$/, ""));
    if (whole === undefined) continue;
    const image = gunzipSync(readFileSync(join(publicFolder, whole.file)));
    expect(parts.equals(image) || parts.equals(fixedVhd(image))).toBe(true);
  }
});
