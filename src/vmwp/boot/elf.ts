/** One piece of an executable with its place in memory. */
export interface Segment {
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes in memory; what exceeds `bytes` is zeros. */
  readonly memorySize: number;
}

/** A 32-bit executable for direct start. */
export interface Executable {
  readonly entry: number;
  readonly segments: readonly Segment[];
}

const headerBytes = 52;
const programBytes = 32;
const loadable = 1;
const maxPrograms = 64;

/**
 * Reads a 32-bit little-endian x86 ELF executable.
 * @param file  anything a user may have picked; the segments are views of it
 * @returns the executable, or a text that says what is wrong
 */
export function readElf(file: Uint8Array<ArrayBuffer>): Executable | string {
  if (file.length < headerBytes) return "it is too short";
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, false) !== 0x7f454c46) return "it is no ELF file";
  if (view.getUint8(4) !== 1 || view.getUint8(5) !== 1 || view.getUint16(18, true) !== 3) {
    return "it is no 32-bit x86 executable";
  }
  const programs = view.getUint32(28, true);
  const count = view.getUint16(44, true);
  if (view.getUint16(42, true) !== programBytes || count > maxPrograms) return "its program headers are odd";
  if (programs + count * programBytes > file.length) return "its program headers are cut off";

  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const base = programs + index * programBytes;
    if (view.getUint32(base, true) !== loadable) continue;
    const offset = view.getUint32(base + 4, true);
    const size = view.getUint32(base + 16, true);
    const memorySize = view.getUint32(base + 20, true);
    if (offset + size > file.length || size > memorySize) return "a segment is cut off";
    segments.push({
      at: view.getUint32(base + 12, true),
      bytes: file.subarray(offset, offset + size),
      memorySize,
    });
  }
  if (segments.length === 0) return "it has nothing to load";
  return { entry: view.getUint32(24, true), segments };
}
