import { describe, expect, test } from "vitest";
import { judgeInitramfs, judgeKernel } from "../../../src/hvdef/index.ts";
import { labKernel } from "../../lab/kernel.ts";
import { tinyElf } from "../vmwp/tiny-elf.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const judge = (file: Bytes) => judgeKernel(file, file.length);
const faultOf = (file: Bytes): string => {
  const verdict = judge(file);
  return verdict.kind === "refused" ? verdict.fault : "none";
};
/** The file with a byte or a 16-bit word overwritten. */
function patched(file: Bytes, at: number, value: number): Bytes {
  const view = new DataView(file.buffer);
  if (value > 0xff) view.setUint16(at, value, true);
  else view.setUint8(at, value);
  return file;
}

describe("kernels", () => {
  test("a bzImage says what it is, where it goes and what it needs", () => {
    expect(judge(labKernel())).toEqual({
      kind: "kernel",
      head: {
        kind: "bzImage",
        protocol: 0x20f,
        version: "6.1.0-lab",
        setupBytes: 1536,
        loadAt: 0x1000000,
        initSize: 0x100000,
        ramdiskEnd: 0x80000000,
        commandLineLimit: 2047,
        headerEnd: 0x268,
      },
    });
  });

  test("one that may not be moved, or does not say where to, lies at 1 MiB", () => {
    expect(judge(labKernel({ relocatable: 0 }))).toMatchObject({ head: { loadAt: 0x100000 } });
    expect(judge(labKernel({ protocol: 0x209 }))).toMatchObject({
      head: { loadAt: 0x100000, initSize: 64 * 6 },
    });
  });

  test("an ELF file is one when it is for this processor", () => {
    expect(judge(tinyElf([{ memorySize: 16 }, {}]))).toEqual({ kind: "kernel", head: { kind: "elf" } });
  });

  test("an older one has no 64-bit flag to be misread", () => {
    expect(faultOf(labKernel({ protocol: 0x20b, extendedLoadFlags: 1 }))).toBe("none");
  });

  test.each([
    ["nothing", new Uint8Array(0), "tooShort"],
    ["some text", new TextEncoder().encode("MZ, but nothing of Linux in it. ".repeat(30)), "noKernel"],
    ["64 bits, bzImage", labKernel({ extendedLoadFlags: 1 }), "wide"],
    ["64 bits, ELF", patched(patched(tinyElf([{}, {}]), 4, 2), 18, 62), "wide"],
    ["ELF for PowerPC", patched(tinyElf([{}, {}]), 18, 20), "foreign"],
    ["arm64", patched(patched(new Uint8Array(700), 0x38, 0x5241), 0x3a, 0x644d), "foreign"],
    ["zImage", labKernel({ loadFlags: 0 }), "tooOld"],
    ["Linux 2.4", labKernel({ protocol: 0x203 }), "tooOld"],
    ["a protocol to come", labKernel({ protocol: 0x300 }), "tooNew"],
    ["cut off", labKernel({ body: new Uint8Array(4096) }).slice(0, 3000), "cutOff"],
  ])("%s is refused", (_name, file, fault) => {
    expect(faultOf(file)).toBe(fault);
  });

  test("whether it is cut off is no question while its length is not known", () => {
    expect(judgeKernel(labKernel({ body: new Uint8Array(4096) }).slice(0, 3000), null).kind).toBe("kernel");
  });

  test("the sentence for a 64-bit one names a way out", () => {
    const verdict = judge(labKernel({ extendedLoadFlags: 1 }));
    expect(verdict.kind === "refused" && verdict.text).toMatch(/64-bit.*32-bit kernel.*linux-image-686/);
  });
});

describe("initial file systems", () => {
  const text = (letters: string): Bytes => new TextEncoder().encode(letters.padEnd(2000, "\0"));
  test.each([
    ["cpio", text("070701"), "none"],
    ["cpio with checksums", text("070702"), "none"],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8), "gzip"],
    ["bzip2", text("BZh9"), "bzip2"],
    ["lzma", Uint8Array.of(0x5d, 0, 0, 1), "lzma"],
    ["xz", Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), "xz"],
    ["lzo", Uint8Array.of(0x89, 0x4c, 0x5a, 0x4f), "lzo"],
    ["lz4", Uint8Array.of(2, 0x21, 0x4c, 0x18), "lz4"],
    ["zstd", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), "zstd"],
  ])("%s", (_name, head, packing) => {
    expect(judgeInitramfs(head)).toEqual({ kind: "initramfs", packing });
  });

  test("an ext2 image is the older kind, anything else none", () => {
    expect(judgeInitramfs(patched(new Uint8Array(2048), 0x438, 0xef53)).kind).toBe("ramDisk");
    expect(judgeInitramfs(text("070707"))).toMatchObject({ kind: "refused" });
    expect(judgeInitramfs(new Uint8Array(0))).toMatchObject({ kind: "refused" });
  });
});
