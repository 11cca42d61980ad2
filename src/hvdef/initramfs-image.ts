/** How an initial RAM file system is packed; the kernel undoes it, when it was built with that. */
export type InitramfsPacking = "none" | "gzip" | "bzip2" | "lzma" | "xz" | "lzo" | "lz4" | "zstd";

/** What a file is that was picked as the initial file system; `text` goes on after the file's name. */
export type InitramfsVerdict =
  | { readonly kind: "initramfs"; readonly packing: InitramfsPacking }
  /** A disk image, as kernels used to be given. */
  | { readonly kind: "ramDisk" }
  | { readonly kind: "refused"; readonly text: string };

/** The first bytes of a file by which it is judged. */
export const initramfsHeadBytes = 0x43a;

/** First bytes, as the kernel tells them apart. @linux lib/decompress.c; init/initramfs.c */
const magics: readonly { readonly packing: InitramfsPacking; readonly bytes: readonly number[] }[] = [
  { packing: "none", bytes: [0x30, 0x37, 0x30, 0x37, 0x30, 0x31] },
  { packing: "none", bytes: [0x30, 0x37, 0x30, 0x37, 0x30, 0x32] },
  { packing: "gzip", bytes: [0x1f, 0x8b] },
  { packing: "gzip", bytes: [0x1f, 0x9e] },
  { packing: "bzip2", bytes: [0x42, 0x5a, 0x68] },
  { packing: "lzma", bytes: [0x5d, 0x00, 0x00] },
  { packing: "xz", bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { packing: "lzo", bytes: [0x89, 0x4c, 0x5a, 0x4f] },
  { packing: "lz4", bytes: [0x02, 0x21, 0x4c, 0x18] },
  { packing: "zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
];

/** Where an ext2 file system has its mark. */
const ext2Mark = { at: 0x438, low: 0x53, high: 0xef };

/** Judges an initial file system. @param head  its first {@link initramfsHeadBytes}, or all of it */
export function judgeInitramfs(head: Uint8Array): InitramfsVerdict {
  const found = magics.find(({ bytes }) => bytes.every((byte, place) => head[place] === byte));
  if (found !== undefined) return { kind: "initramfs", packing: found.packing };
  if (head[ext2Mark.at] === ext2Mark.low && head[ext2Mark.at + 1] === ext2Mark.high)
    return { kind: "ramDisk" };
  return {
    kind: "refused",
    text: "is no initial file system: take a cpio archive (newc), packed or not, as Debian's initrd.img is one",
  };
}
