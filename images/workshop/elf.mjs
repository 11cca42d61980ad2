// @ts-check
// Just enough ELF32 and Linux boot protocol to take a kernel out of its bzImage and to find
// which shared libraries a guest program needs.
import { BuildFailure } from "./run.mjs";

/** @typedef {{ kind: number, offset: number, virtual: number, physical: number, fileSize: number, memorySize: number }} Segment */

const loadable = 1;
const dynamic = 2;

/**
 * @param {Buffer} elf
 * @returns {{ entry: number, segments: Segment[], end: number }} `end`: bytes the ELF file itself occupies
 */
export function readElf32(elf) {
  if (elf.length < 52 || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 1 || elf[5] !== 1) {
    throw new BuildFailure("a file that should be a 32-bit little-endian ELF is something else");
  }
  const start = elf.readUInt32LE(28);
  const size = elf.readUInt16LE(42);
  const segments = Array.from({ length: elf.readUInt16LE(44) }, (_, index) => {
    const at = start + index * size;
    return {
      kind: elf.readUInt32LE(at),
      offset: elf.readUInt32LE(at + 4),
      virtual: elf.readUInt32LE(at + 8),
      physical: elf.readUInt32LE(at + 12),
      fileSize: elf.readUInt32LE(at + 16),
      memorySize: elf.readUInt32LE(at + 20),
    };
  });
  const sections = elf.readUInt32LE(32) + elf.readUInt16LE(46) * elf.readUInt16LE(48);
  const end = Math.max(sections, ...segments.map((segment) => segment.offset + segment.fileSize));
  return { entry: elf.readUInt32LE(24), segments, end };
}

/**
 * The compressed payload of a bzImage (boot protocol 2.08 or later), without the length word
 * that the kernel's build appends to it.
 *
 * @param {Buffer} image
 * @returns {{ payload: Buffer, uncompressedSize: number }}
 */
export function readBzImage(image) {
  if (image.length < 0x268 || image.toString("latin1", 0x202, 0x206) !== "HdrS") {
    throw new BuildFailure("the packaged kernel is not a bzImage");
  }
  if (image.readUInt16LE(0x206) < 0x208)
    throw new BuildFailure("the packaged kernel's boot protocol is too old");
  const setupSectors = image[0x1f1] || 4;
  const start = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  const length = image.readUInt32LE(0x24c);
  const payload = image.subarray(start, start + length);
  if (payload.length !== length || length < 16) throw new BuildFailure("the packaged kernel is cut short");
  return { payload: payload.subarray(0, length - 4), uncompressedSize: payload.readUInt32LE(length - 4) };
}

/**
 * Checks that a kernel can be loaded at its linked physical addresses by a loader that knows nothing else.
 *
 * @param {Buffer} elf
 */
export function checkKernel(elf) {
  const { entry, segments } = readElf32(elf);
  const loads = segments.filter(({ kind }) => kind === loadable);
  const sane =
    loads.length > 0 &&
    loads.every(
      ({ physical, offset, fileSize, memorySize }) =>
        physical >= 0x10_0000 &&
        physical + memorySize <= 0x400_0000 &&
        fileSize <= memorySize &&
        offset + fileSize <= elf.length,
    ) &&
    loads.some(({ physical, fileSize }) => entry >= physical && entry < physical + fileSize);
  if (!sane) throw new BuildFailure("the kernel's ELF headers are not those of a directly loadable kernel");
}

/**
 * @param {Buffer} elf a dynamically linked program or library
 * @returns {string[]} sonames it needs, in order
 */
export function neededLibraries(elf) {
  const { segments } = readElf32(elf);
  const table = segments.find(({ kind }) => kind === dynamic);
  if (table === undefined) return [];
  /** @type {number[]} */
  const names = [];
  let strings = 0;
  for (let at = table.offset; at + 8 <= table.offset + table.fileSize; at += 8) {
    const tag = elf.readUInt32LE(at);
    if (tag === 0) break;
    if (tag === 1) names.push(elf.readUInt32LE(at + 4));
    if (tag === 5) strings = elf.readUInt32LE(at + 4);
  }
  const home = segments.find(
    ({ kind, virtual, fileSize }) => kind === loadable && strings >= virtual && strings < virtual + fileSize,
  );
  if (home === undefined) return [];
  const base = strings - home.virtual + home.offset;
  return names.map((name) => elf.toString("latin1", base + name, elf.indexOf(0, base + name)));
}
