import { expect, test } from "vitest";
import { readElf } from "../../../src/vmwp/boot/elf.ts";
import { tinyElf } from "./tiny-elf.ts";

/** The file with one field overwritten, little-endian. */
function patched(at: number, value: number, size: 1 | 2 | 4 = 1): Uint8Array<ArrayBuffer> {
  const file = tinyElf();
  const view = new DataView(file.buffer);
  if (size === 1) view.setUint8(at, value);
  if (size === 2) view.setUint16(at, value, true);
  if (size === 4) view.setUint32(at, value, true);
  return file;
}

test("golden: two segments, one of them with room for zeros, and a note", () => {
  const file = tinyElf(
    [
      { bytes: Uint8Array.of(1, 2, 3, 4) },
      { kind: 4, bytes: Uint8Array.of(9) },
      { at: 0x200000, bytes: Uint8Array.of(5, 6), memorySize: 100 },
    ],
    0x100002,
  );
  expect(readElf(file)).toEqual({
    entry: 0x100002,
    segments: [
      { at: 0x100000, bytes: Uint8Array.of(1, 2, 3, 4), memorySize: 4 },
      { at: 0x200000, bytes: Uint8Array.of(5, 6), memorySize: 100 },
    ],
  });
});

test("the file may be a view into something larger", () => {
  const file = tinyElf();
  const larger = new Uint8Array(file.length + 20);
  larger.set(file, 12);
  expect(readElf(larger.subarray(12, 12 + file.length))).toEqual(readElf(file));
});

test.each([
  ["nothing", new Uint8Array(0), "it is too short"],
  ["51 bytes", tinyElf().slice(0, 51), "it is too short"],
  ["another magic", patched(0, 0x7e), "it is no ELF file"],
  ["64 bits", patched(4, 2), "it is no 32-bit x86 executable"],
  ["big-endian", patched(5, 2), "it is no 32-bit x86 executable"],
  ["another machine", patched(18, 62, 2), "it is no 32-bit x86 executable"],
  ["odd header size", patched(42, 56, 2), "its program headers are odd"],
  ["too many headers", patched(44, 65, 2), "its program headers are odd"],
  ["headers beyond the end", patched(28, 0xffff_ffff, 4), "its program headers are cut off"],
  ["more headers than file", patched(44, 4, 2), "its program headers are cut off"],
  ["segment offset beyond the end", patched(52 + 4, 0xffff_ffff, 4), "a segment is cut off"],
  ["segment longer than the file", patched(52 + 16, 17, 4), "a segment is cut off"],
  ["more bytes than memory", patched(52 + 20, 15, 4), "a segment is cut off"],
  ["no segments", tinyElf([]), "it has nothing to load"],
  ["only a note", patched(52, 4, 4), "it has nothing to load"],
])("%s is refused in words", (_name, file, why) => {
  expect(readElf(file)).toBe(why);
});
