/** A small ISO 9660 disc image with one file. @ecma-119 */
export interface IsoFile {
  /** Eight characters, a dot, three: `HELLO.TXT`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const block = 2048;
const systemBlocks = 16;
/** Blocks after the system area: volume descriptor, terminator, path tables, root directory, the file. */
const descriptorAt = systemBlocks;
const terminatorAt = systemBlocks + 1;
const littlePathsAt = systemBlocks + 2;
const bigPathsAt = systemBlocks + 3;
const rootAt = systemBlocks + 4;
const fileAt = systemBlocks + 5;
const pathTableBytes = 10;
const folder = 2;

/** Makes an image. @param label  volume name, up to 32 capital letters, digits and underscores */
export function isoImage(label: string, file: IsoFile): Uint8Array<ArrayBuffer> {
  const blocks = fileAt + Math.max(1, Math.ceil(file.bytes.length / block));
  const image = new Uint8Array(blocks * block);
  const at = (number: number): Uint8Array<ArrayBuffer> =>
    image.subarray(number * block, (number + 1) * block);

  describeVolume(at(descriptorAt), label, blocks);
  at(terminatorAt).set([255, ...latin("CD001"), 1]);
  // One folder, the root: its name has one byte, zero, and it is its own parent.
  at(littlePathsAt).set([1, 0, ...little32(rootAt), 1, 0, 0, 0]);
  at(bigPathsAt).set([1, 0, ...big32(rootAt), 0, 1, 0, 0]);
  const root = { block: rootAt, length: block, flags: folder };
  const entries = [
    directoryRecord(root, [0]),
    directoryRecord(root, [1]),
    directoryRecord({ block: fileAt, length: file.bytes.length, flags: 0 }, latin(`${file.name};1`)),
  ];
  at(rootAt).set(entries.flat());
  image.set(file.bytes, fileAt * block);
  return image;
}

/** A disc that starts this code, at 7C00h and without pretending to be another drive. @el-torito 2 */
export function bootableIso(code: Uint8Array): Uint8Array<ArrayBuffer> {
  const image = isoImage("BOOT", { name: "BOOT.BIN", bytes: code });
  const whole = new Uint8Array(image.length + block);
  whole.set(image);
  const catalogueAt = image.length / block;
  const view = new DataView(whole.buffer);
  // The boot record takes the terminator's place: who starts from the disc looks no further.
  const record = whole.subarray(terminatorAt * block, (terminatorAt + 1) * block);
  record.fill(0);
  record.set([0, ...latin("CD001"), 1, ...latin("EL TORITO SPECIFICATION")]);
  view.setUint32(terminatorAt * block + 71, catalogueAt, true);
  const catalogue = catalogueAt * block;
  whole.set([1, 0], catalogue);
  whole.set([0x55, 0xaa], catalogue + 30);
  // The entry's words add up to zero.
  view.setUint16(catalogue + 28, 0x10000 - 1 - 0xaa55, true);
  whole.set([0x88], catalogue + 32);
  view.setUint16(catalogue + 38, 1, true);
  view.setUint32(catalogue + 40, fileAt, true);
  return whole;
}

/** @ecma-119 8.4 */
function describeVolume(into: Uint8Array<ArrayBuffer>, label: string, blocks: number): void {
  into.fill(0x20, 8, 72);
  into.set([1, ...latin("CD001"), 1]);
  into.set(latin(label.padEnd(32)), 40);
  into.set(both32(blocks), 80);
  for (const place of [120, 124]) into.set(both16(1), place);
  into.set(both16(block), 128);
  into.set(both32(pathTableBytes), 132);
  into.set(little32(littlePathsAt), 140);
  into.set(big32(bigPathsAt), 148);
  into.set(directoryRecord({ block: rootAt, length: block, flags: folder }, [0]), 156);
  into.fill(0x20, 190, 813);
  for (const place of [813, 830, 847, 864]) into.set(latin("0".repeat(16)), place);
  into[881] = 1;
}

/** @ecma-119 9.1 */
function directoryRecord(
  entry: { readonly block: number; readonly length: number; readonly flags: number },
  name: readonly number[],
): number[] {
  const padding = name.length % 2 === 0 ? [0] : [];
  const recorded = [120, 1, 1, 0, 0, 0, 0];
  const body = [0, ...both32(entry.block), ...both32(entry.length), ...recorded, entry.flags, 0, 0];
  const record = [...body, ...both16(1), name.length, ...name, ...padding];
  return [record.length + 1, ...record];
}

const latin = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const little32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
const big32 = (value: number): number[] => little32(value).reverse();
const both32 = (value: number): number[] => [...little32(value), ...big32(value)];
const both16 = (value: number): number[] => [value & 0xff, value >> 8, value >> 8, value & 0xff];
