import { expect, test } from "vitest";
import type { FileRole } from "../../../src/hvdef/index.ts";
import { recogniseFile } from "../../../src/vmms/index.ts";
import { labKernel } from "../../lab/kernel.ts";
import { labFooter } from "../../lab/vhd.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const headBytes = 0x9000;

/** As the page looks at a whole file. */
function seen(role: FileRole, name: string, file: Bytes) {
  const sample = { head: file.slice(0, headBytes), tail: file.slice(-512), byteLength: file.length };
  return recogniseFile(role, name, sample);
}
function disc(starts: boolean): Bytes {
  const file = new Uint8Array(40 * 2048);
  const put = (at: number, text: string) => file.set(new TextEncoder().encode(text), at);
  put(16 * 2048 + 1, "CD001");
  if (starts) put(17 * 2048 + 1, "CD001\u0001EL TORITO SPECIFICATION");
  return file;
}
function sectors(count: number, starts = false): Bytes {
  const file = new Uint8Array(count * 512);
  if (starts) file.set([0x55, 0xaa], 510);
  return file;
}
function vhd(type: number): Bytes {
  const file = sectors(9);
  file.set(labFooter({ type }), file.length - 512);
  return file;
}

test.each([
  ["kernel", labKernel(), /Linux kernel 6\.1\.0-lab, bzImage, boot protocol 2\.15/],
  ["initramfs", new TextEncoder().encode("070701"), /cpio/],
  ["disk", sectors(100, true), /Raw disk image with a boot sector/],
  ["disk", vhd(2), /fixed size/],
  ["disk", vhd(3), /dynamically expanding/],
  ["disk", vhd(4), /differencing/],
  ["disc", disc(true), /can be started from/],
  ["diskette", sectors(2880, true), /1440 KB, with a boot sector/],
] as const)("%s: %#", (role, file, title) => {
  const found = seen(role, "a file", file);
  expect(found.refusal).toBeNull();
  expect(found.title).toMatch(title);
});

test.each([
  ["disk", sectors(100)],
  ["disc", disc(false)],
  ["diskette", sectors(2880)],
] as const)("a %s that nothing starts from says so", (role, file) => {
  expect(seen(role, "a file", file)).toMatchObject({
    refusal: null,
    notes: [expect.stringMatching(/BIOS does not start/)],
  });
});

test.each([
  ["an ISO that is no ISO", "disc", "debian.iso", sectors(3000), /no ISO 9660 file system/],
  ["the same as a disk", "disk", "debian.iso", sectors(3000), /no ISO 9660 file system/],
  ["a 64-bit kernel", "kernel", "vmlinuz", labKernel({ extendedLoadFlags: 1 }), /64-bit kernel/],
  ["a text as a kernel", "kernel", "readme", new Uint8Array(3000).fill(65), /no Linux kernel/],
  ["a text as a file system", "initramfs", "readme", new Uint8Array(3000).fill(65), /cpio/],
  ["a size that is no multiple of 512", "disk", "a.img", new Uint8Array(5000), /5000 bytes.* 392 are left/],
  ["a diskette as a disk", "disk", "a.img", sectors(2880), /add it as a diskette/],
  ["a disc as a disk", "disk", "a.img", disc(true), /add it as a disc/],
  ["a disk as a disc", "disc", "a.vhd", vhd(2), /add it as a hard disk/],
  ["a small diskette", "diskette", "a.vfd", sectors(100), /too small for a diskette/],
  ["a large diskette", "diskette", "a.vfd", sectors(9000), /too large for a diskette/],
  ["an odd diskette", "diskette", "a.vfd", sectors(2881), /not of the size of a diskette/],
  ["a VHDX", "disk", "a.vhdx", Uint8Array.from(Buffer.from("vhdxfile".padEnd(1024))), /qemu-img convert/],
  ["a VHD of no known type", "disk", "a.vhd", vhd(9), /of a type that nobody knows/],
  ["nothing", "disk", "a.img", new Uint8Array(0), /empty/],
] as const)("%s is refused with its name and a way out", (_what, role, name, file, sentence) => {
  const { refusal } = seen(role, name, file);
  expect(refusal).toMatch(sentence);
  expect(refusal).toContain(name);
});

test("of a packed file only the start is known, which is no reason to refuse it", () => {
  const sample = { head: sectors(72, true), tail: new Uint8Array(0), byteLength: null };
  expect(recogniseFile("disk", "a.img", sample).refusal).toBeNull();
  expect(recogniseFile("diskette", "a.img", sample).refusal).toBeNull();
});
