/**
 * The VHD format a second time, as plainly as can be and without the code under test: tests build files with it
 * and read back what tools made. Fields are written by offset. @vhd dynamic-disk-header
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** A disk to build. */
export interface PlainVhd {
  readonly type: "fixed" | "dynamic" | "differencing";
  readonly byteLength: number;
  /** 4096 when absent. */
  readonly blockBytes?: number;
  /** What the disk holds itself, by sector; whole sectors of 512 bytes. */
  readonly sectors?: ReadonlyMap<number, Bytes>;
  /** Every byte of the unique id; 0x11 when absent. */
  readonly id?: number;
  /** Seconds since 2000; 0x2a000000 when absent. */
  readonly timeStamp?: number;
  readonly parent?: { readonly id: number; readonly timeStamp: number; readonly name: string };
  /** Sectors left unused between table and first block. */
  readonly gap?: number;
  /** Blocks lie in the file in falling order. */
  readonly backwards?: boolean;
}

/** What a file holds, by a reader that believes everything but checks that nothing is out of place. */
export interface PlainReading {
  readonly type: "fixed" | "dynamic" | "differencing";
  readonly byteLength: number;
  readonly id: string;
  readonly parentId: string;
  readonly parentTimeStamp: number;
  readonly parentName: string;
  /** By block; `null` where nothing is allocated. */
  readonly table: readonly (number | null)[];
  /** Contents over a parent's. */
  readonly contents: Bytes;
  readonly locators: readonly { readonly code: number; readonly bytes: Bytes }[];
}

const sector = 512;
const kinds = { fixed: 2, dynamic: 3, differencing: 4 } as const;
const unused = 0xffffffff;

/** Sum that a footer (512 bytes, field at 64) or header (1024 bytes, field at 36) must carry. */
export function plainSum(bytes: Uint8Array, field: number): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) if (at < field || at >= field + 4) sum += byte;
  return ~sum >>> 0;
}

/** Makes the sums of a whole file's end footer, copy and header right again after a test changed them. */
export function seal(file: Bytes): Bytes {
  const view = new DataView(file.buffer);
  const end = file.length - sector;
  view.setUint32(end + 64, plainSum(file.subarray(end), 64));
  if (view.getUint32(end + 60) === kinds.fixed) return file;
  view.setUint32(64, plainSum(file.subarray(0, sector), 64));
  view.setUint32(sector + 36, plainSum(file.subarray(sector, 3 * sector), 36));
  return file;
}

function text(into: Bytes, at: number, letters: string): void {
  for (const [place, letter] of [...letters].entries()) into[at + place] = letter.charCodeAt(0);
}

function footerOf(wanted: PlainVhd): Bytes {
  const out = new Uint8Array(sector);
  const view = new DataView(out.buffer);
  text(out, 0, "conectix");
  view.setUint32(8, 2);
  view.setUint32(12, 0x10000);
  view.setBigUint64(16, wanted.type === "fixed" ? 2n ** 64n - 1n : 512n);
  view.setUint32(24, wanted.timeStamp ?? 0x2a000000);
  text(out, 28, "tvsr");
  view.setUint32(32, 0x10000);
  text(out, 36, "Wi2k");
  view.setBigUint64(40, BigInt(wanted.byteLength));
  view.setBigUint64(48, BigInt(wanted.byteLength));
  view.setUint16(56, 1);
  out[58] = 4;
  out[59] = 17;
  view.setUint32(60, kinds[wanted.type]);
  out.fill(wanted.id ?? 0x11, 68, 84);
  view.setUint32(64, plainSum(out, 64));
  return out;
}

function headerOf(wanted: PlainVhd, blockBytes: number): Bytes {
  const out = new Uint8Array(2 * sector);
  const view = new DataView(out.buffer);
  text(out, 0, "cxsparse");
  view.setBigUint64(8, 2n ** 64n - 1n);
  view.setBigUint64(16, 1536n);
  view.setUint32(24, 0x10000);
  view.setUint32(28, Math.ceil(wanted.byteLength / blockBytes));
  view.setUint32(32, blockBytes);
  if (wanted.parent !== undefined) {
    out.fill(wanted.parent.id, 40, 56);
    view.setUint32(56, wanted.parent.timeStamp);
    for (const [place, letter] of [...wanted.parent.name].entries()) {
      view.setUint16(64 + place * 2, letter.charCodeAt(0));
    }
  }
  view.setUint32(36, plainSum(out, 36));
  return out;
}

/** Builds a whole file. */
export function plainVhd(wanted: PlainVhd): Bytes {
  const blockBytes = wanted.blockBytes ?? 4096;
  const sectors = wanted.sectors ?? new Map<number, Bytes>();
  const footer = footerOf(wanted);
  if (wanted.type === "fixed") {
    const out = new Uint8Array(wanted.byteLength + sector);
    for (const [index, bytes] of sectors) out.set(bytes, index * sector);
    out.set(footer, wanted.byteLength);
    return out;
  }
  const blockSectors = blockBytes / sector;
  const used = [...new Set([...sectors.keys()].map((index) => Math.floor(index / blockSectors)))];
  used.sort((one, other) => (wanted.backwards === true ? other - one : one - other));
  const entries = Math.ceil(wanted.byteLength / blockBytes);
  const bitmapBytes = Math.ceil(blockSectors / 8 / sector) * sector;
  const first = 1536 + Math.ceil((entries * 4) / sector) * sector + (wanted.gap ?? 0) * sector;
  const stride = bitmapBytes + blockBytes;
  const out = new Uint8Array(first + used.length * stride + sector);
  const view = new DataView(out.buffer);
  out.set(footer, 0);
  out.set(headerOf(wanted, blockBytes), sector);
  out.fill(0xff, 1536, first);
  for (const [place, block] of used.entries())
    view.setUint32(1536 + block * 4, (first + place * stride) / sector);
  for (const [index, bytes] of sectors) {
    const base = first + used.indexOf(Math.floor(index / blockSectors)) * stride;
    const inside = index % blockSectors;
    out[base + (inside >> 3)] = (out[base + (inside >> 3)] ?? 0) | (0x80 >> (inside & 7));
    out.set(bytes, base + bitmapBytes + inside * sector);
  }
  if (wanted.type === "dynamic") {
    for (const place of used.keys())
      out.fill(0xff, first + place * stride, first + place * stride + blockSectors / 8);
  }
  out.set(footer, out.length - sector);
  return out;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function must(condition: boolean, why: string): void {
  if (!condition) throw new Error(`not a sound VHD: ${why}`);
}

/**
 * Reads a whole file. A parent's contents are cut or padded to this disk's size.
 * @throws when anything is not as the format wants it, overlapping and misplaced blocks included
 */
export function readPlainVhd(file: Bytes, parent: Bytes = new Uint8Array(0)): PlainReading {
  must(file.length >= sector, "too short");
  const end = file.length - sector;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  must(hex(file.subarray(end, end + 8)) === hex(new TextEncoder().encode("conectix")), "no footer");
  must(view.getUint32(end + 64) === plainSum(file.subarray(end), 64), "footer sum");
  const type = (["fixed", "dynamic", "differencing"] as const).find(
    (name) => kinds[name] === view.getUint32(end + 60),
  );
  if (type === undefined) throw new Error("not a sound VHD: type");
  const byteLength = Number(view.getBigUint64(end + 48));
  const contents = new Uint8Array(byteLength);
  contents.set(parent.subarray(0, byteLength));
  const reading = { type, byteLength, id: hex(file.subarray(end + 68, end + 84)), contents };
  if (type === "fixed") {
    must(file.length === byteLength + sector, "length of a fixed disk");
    contents.set(file.subarray(0, byteLength));
    return { ...reading, parentId: "", parentTimeStamp: 0, parentName: "", table: [], locators: [] };
  }
  must(hex(file.subarray(0, sector)) === hex(file.subarray(end)), "the copy differs");
  return { ...reading, ...readSparse(file, reading) };
}

function readSparse(
  file: Bytes,
  { type, byteLength, contents }: { type: string; byteLength: number; contents: Bytes },
) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const end = file.length - sector;
  const at = Number(view.getBigUint64(end + 16));
  const header = file.subarray(at, at + 1024);
  must(
    at % sector === 0 && hex(header.subarray(0, 8)) === hex(new TextEncoder().encode("cxsparse")),
    "no header",
  );
  must(view.getUint32(at + 36) === plainSum(header, 36), "header sum");
  const tableAt = Number(view.getBigUint64(at + 16));
  const entries = view.getUint32(at + 28);
  const blockBytes = view.getUint32(at + 32);
  must(tableAt % sector === 0 && tableAt + entries * 4 <= end, "table outside the file");
  must(entries * blockBytes >= byteLength, "table too short");
  const taken = [
    { from: 0, to: sector },
    { from: at, to: at + 1024 },
    { from: tableAt, to: tableAt + entries * 4 },
    { from: end, to: file.length },
  ];
  const blockSectors = blockBytes / sector;
  const bitmapBytes = Math.ceil(blockSectors / 8 / sector) * sector;
  const table: (number | null)[] = [];
  // Entries behind the last block mean nothing.
  for (let block = 0; block < Math.ceil(byteLength / blockBytes); block++) {
    const entry = view.getUint32(tableAt + block * 4);
    table.push(entry === unused ? null : entry);
    if (entry === unused) continue;
    const base = entry * sector;
    taken.push({ from: base, to: base + bitmapBytes + blockBytes });
    for (let inside = 0; inside < blockSectors; inside++) {
      const held = ((file[base + (inside >> 3)] ?? 0) & (0x80 >> (inside & 7))) !== 0;
      const target = block * blockBytes + inside * sector;
      if (!held || target >= byteLength) continue;
      contents.set(file.subarray(base + bitmapBytes + inside * sector).subarray(0, sector), target);
    }
  }
  const locators = readLocators(view, file, at);
  for (const { from, to } of locators) taken.push({ from, to });
  taken.sort((one, other) => one.from - other.from);
  for (const [place, { to }] of taken.entries())
    must(to <= (taken[place + 1]?.from ?? file.length), `overlap at ${to}`);
  const parentName = Array.from({ length: 256 }, (_, place) => view.getUint16(at + 64 + place * 2))
    .filter((unit) => unit !== 0)
    .map((unit) => String.fromCharCode(unit))
    .join("");
  return {
    parentId: type === "differencing" ? hex(header.subarray(40, 56)) : "",
    parentTimeStamp: view.getUint32(at + 56),
    parentName,
    table,
    locators,
  };
}

function readLocators(view: DataView, file: Bytes, at: number) {
  const out: { code: number; bytes: Bytes; from: number; to: number }[] = [];
  for (let place = 0; place < 8; place++) {
    const base = at + 576 + place * 24;
    const code = view.getUint32(base);
    if (code === 0) continue;
    // Tools disagree whether the space is counted in bytes or in sectors.
    const space = view.getUint32(base + 4);
    const length = view.getUint32(base + 8);
    const from = Number(view.getBigUint64(base + 16));
    must(length <= (space < sector ? space * sector : space), "locator longer than its space");
    must(from + length <= file.length, "locator outside the file");
    out.push({ code, bytes: file.slice(from, from + length), from, to: from + length });
  }
  return out;
}
