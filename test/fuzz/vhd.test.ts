import fc from "fast-check";
import { describe, test } from "vitest";
import {
  type BlockFile,
  footerChecksum,
  headerBytes,
  openImage,
  openVhd,
  parseFooter,
  parseHeader,
  ramDisk,
  ramFile,
  readVhdHead,
  sealHeader,
  surveyVhd,
  textOf,
  VhdFooter,
  vhdSizeLimit,
} from "../../src/storage/index.ts";
import { labFooter } from "../lab/vhd.ts";

/** A file that is mostly imaginary, and counts what is read of it. */
function imaginary(size: number, pieces: { head: Uint8Array; tail: Uint8Array }) {
  const seen = { bytesRead: 0 };
  const file: BlockFile = {
    size: () => size,
    readAt(at, into) {
      const count = Math.max(0, Math.min(into.length, size - at));
      for (let place = 0; place < count; place++) {
        const fromEnd = size - at - place;
        into[place] =
          fromEnd <= pieces.tail.length
            ? (pieces.tail[pieces.tail.length - fromEnd] ?? 0)
            : (pieces.head[at + place] ?? 0);
      }
      seen.bytesRead += count;
      return count;
    },
    writeAt() {
      throw new Error("opening an image to read it must not write");
    },
    resize() {
      throw new Error("opening an image to read it must not resize");
    },
    flush() {},
    [Symbol.dispose]() {},
  };
  return { file, seen };
}

const mutation = fc.record({ at: fc.nat({ max: 511 }), value: fc.nat({ max: 255 }) });
const type = fc.oneof(fc.constantFrom(0, 2, 3, 4, 5), fc.nat({ max: 0xffffffff }));
const currentSize = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.nat({ max: 10 }).map((n) => BigInt(n) * 512n),
  fc.nat({ max: 1 << 20 }).map((n) => BigInt(n) * 512n),
);

/** A footer that was right once; half of them get a checksum that fits the damage. */
const footer = fc
  .record({ type, currentSize, mutations: fc.array(mutation, { maxLength: 8 }), repaired: fc.boolean() })
  .map(({ mutations, repaired, ...fields }) => {
    const bytes = labFooter(fields);
    for (const { at, value } of mutations) bytes[at] = value;
    if (repaired) new DataView(bytes.buffer).setUint32(VhdFooter.at.checksum, footerChecksum(bytes));
    return bytes;
  });
const piece = fc.oneof(footer, fc.uint8Array({ maxLength: 600 }));
const size = fc.oneof(
  fc.nat({ max: 20 }).map((n) => n * 256),
  fc.nat({ max: 2000 }),
  fc.nat({ max: 2 ** 31 - 1 }),
  fc.maxSafeNat().map((n) => n % 2 ** 45),
);

/** Footer, header and eight locators read: nothing of a file is believed before its table is looked at. */
const headBytes = 2 * 512 + 1024 + 8 * 65534;
/** The longest table, 16 MiB. */
const tableBytes = 4 * 2 ** 22;

describe("opening what others wrote", () => {
  test("never throws, reads little, and makes only disks that lie inside the file", () => {
    const property = fc.property(size, piece, piece, (length, head, tail) => {
      const { file, seen } = imaginary(length, { head, tail });
      const opened = openImage(file, { readOnly: true });
      if (seen.bytesRead > 1029 + headBytes) return false;
      if (opened.kind !== "disk") return opened.text.length > 0;
      const { byteLength } = opened.disk;
      if (byteLength <= 0 || byteLength % 512 !== 0) return false;
      const limit = opened.format === "fixed" ? Math.min(length - 512, vhdSizeLimit) : length + 2047;
      if (byteLength > limit) return false;
      const sector = new Uint8Array(512);
      return (
        opened.disk.read(byteLength - 512, sector) === "ok" &&
        opened.disk.read(byteLength, sector) === "outOfRange"
      );
    });
    fc.assert(property, { numRuns: 3000 });
  });
  test("a footer is believed only with its checksum", () => {
    const property = fc.property(
      fc.uint8Array({ minLength: 0, maxLength: 1024 }),
      footer,
      mutation,
      (noise, sound, flip) => {
        parseFooter(noise);
        const before = parseFooter(sound);
        const damaged = sound.slice();
        damaged[flip.at] = (damaged[flip.at] ?? 0) ^ (flip.value | 1);
        return before.kind === "corrupt" || parseFooter(damaged).kind === "corrupt";
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });
});

/** Mostly what makes sense, now and then anything. */
function mostly<T>(sane: fc.Arbitrary<T>, any: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: sane }, { weight: 1, arbitrary: any });
}

/** Fields of a sparse file that its maker could have meant ill with. */
const illMeant = fc.record({
  type: fc.constantFrom(3, 4),
  currentSize: mostly(
    fc.integer({ min: 1, max: 80 }).map((n) => BigInt(n) * 512n),
    fc.constantFrom(2n ** 30n, 2040n * 2n ** 30n),
  ),
  tableOffset: mostly(fc.constant(1536n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  tableEntries: mostly(fc.integer({ min: 80, max: 128 }), fc.nat({ max: 0xffffffff })),
  blockBytes: mostly(fc.constantFrom(512, 1536, 4096), fc.nat({ max: 0xffffffff })),
  locators: fc.uint8Array({ minLength: 192, maxLength: 192 }),
  parentName: fc.uint8Array({ minLength: 512, maxLength: 512 }),
});

/** Table entries: few, so that blocks often lie in the file and apart. */
const entries = fc
  .array(
    fc.record({
      block: fc.nat({ max: 12 }),
      entry: mostly(
        fc.nat({ max: 4 }).map((n) => 4 + n * 9),
        fc.oneof(fc.nat({ max: 44 }), fc.nat({ max: 0xffffffff })),
      ),
    }),
    { maxLength: 3 },
  )
  .map((named) => {
    const table = Array<number>(128).fill(0xffffffff);
    for (const { block, entry } of named) table[block] = entry;
    return table;
  });

interface IllMeant {
  readonly type: number;
  readonly currentSize: bigint;
  readonly tableOffset: bigint;
  readonly tableEntries: number;
  readonly blockBytes: number;
  readonly locators: Uint8Array<ArrayBuffer>;
  readonly parentName: Uint8Array<ArrayBuffer>;
}

/** A file whose sums are right and whose every other word may be a lie. */
function sparseFile(lie: IllMeant, table: readonly number[], noise: Uint8Array): Uint8Array<ArrayBuffer> {
  const footer = labFooter({ type: lie.type, currentSize: lie.currentSize, dataOffset: 512n });
  const blank = headerBytes({ tableAt: 1536, tableEntries: 0, blockBytes: 0 });
  const parsed = parseHeader(blank);
  if (parsed.kind !== "header") throw new Error(parsed.text);
  const { type: _, currentSize: __, ...fields } = lie;
  const out = new Uint8Array(1536 + 512 + 40 * 512 + 512);
  for (let at = 2048; at < out.length && noise.length > 0; at++) out[at] = noise[at % noise.length] ?? 0;
  out.set(footer, 0);
  out.set(sealHeader({ ...parsed.header, ...fields }), 512);
  const view = new DataView(out.buffer);
  for (const [block, entry] of table.entries()) view.setUint32(1536 + block * 4, entry);
  out.set(footer, out.length - 512);
  return out;
}

const sparse = fc
  .tuple(illMeant, entries, fc.uint8Array({ maxLength: 64 }), fc.array(mutation, { maxLength: 1 }))
  .map(([lie, table, noise, mutations]) => {
    const bytes = sparseFile(lie, table, noise);
    for (const { at, value } of mutations) bytes[bytes.length - 512 + at] = value;
    return bytes;
  });

describe("dynamic and differencing disks that others wrote", () => {
  test("open or are refused with a sentence, in bounded time; what opens keeps to its file", () => {
    const property = fc.property(sparse, (bytes) => {
      const { file, seen } = imaginary(bytes.length, {
        head: bytes,
        tail: bytes.subarray(bytes.length - 512),
      });
      const head = readVhdHead(file);
      if (head.kind === "corrupt") return head.text.length > 0;
      const parent = {
        disk: ramDisk(head.byteLength),
        uniqueId: head.parent?.uniqueId ?? new Uint8Array(16),
        timeStamp: 0,
      };
      surveyVhd(file, head);
      const opened = openVhd(file, { readOnly: true, parent });
      if (seen.bytesRead > 3 * (headBytes + tableBytes)) return false;
      if (opened.kind !== "disk") return opened.text.length > 0;
      const { disk } = opened;
      const into = new Uint8Array(Math.min(disk.byteLength, 64 << 10));
      return disk.read(0, into) === "ok" && disk.read(disk.byteLength - into.length, into) === "ok";
    });
    fc.assert(property, { numRuns: 2000 });
  });
  test("what is written into one that opens can be read back, and its head still stands", () => {
    const property = fc.property(sparse, fc.array(fc.nat({ max: 70 }), { maxLength: 8 }), (bytes, places) => {
      const file = ramFile({ contents: bytes, limit: 64 << 20 });
      const head = readVhdHead(file);
      if (head.kind === "corrupt" || head.type !== "dynamic") return true;
      const opened = openVhd(file);
      if (opened.kind !== "disk") return true;
      const { disk } = opened;
      const sectors = disk.byteLength / 512;
      const from = new Uint8Array(512);
      const written = new Map<number, number>();
      for (const [value, place] of places.entries()) {
        const at = (place % sectors) * 512;
        const status = disk.write(at, from.fill(value + 1));
        if (status === "ok") written.set(at, value + 1);
        else if (status !== "noSpace") return false;
        if (value % 3 === 2) disk.flush();
      }
      disk.flush();
      const again = openVhd(file);
      if (again.kind !== "disk" || again.disk.byteLength !== head.byteLength) return false;
      const into = new Uint8Array(512);
      return [...written].every(
        ([at, value]) => again.disk.read(at, into) === "ok" && into.every((b) => b === value),
      );
    });
    fc.assert(property, { numRuns: 1500 });
  });
  test("parsers take any bytes", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 1100 }), fc.boolean(), (bytes, littleEndian) => {
      const parsed = parseHeader(bytes);
      return parsed.kind === "corrupt" && textOf(bytes, littleEndian).length <= bytes.length / 2;
    });
    fc.assert(property, { numRuns: 1000 });
  });
  test("a table that would take more memory than a table may is refused unread", () => {
    const lie = { type: 3, currentSize: 2040n * 2n ** 30n, tableOffset: 1536n, tableEntries: 0xffffffff };
    const rest = { locators: new Uint8Array(192), parentName: new Uint8Array(512) };
    for (const blockBytes of [512, 4096, 256 << 10]) {
      const bytes = sparseFile({ ...lie, ...rest, blockBytes }, [], new Uint8Array(0));
      const { file, seen } = imaginary(2 ** 44, { head: bytes, tail: bytes.subarray(bytes.length - 512) });
      if (openVhd(file, { readOnly: true }).kind !== "corrupt") throw new Error("it was opened");
      if (seen.bytesRead > headBytes) throw new Error("its table was read");
    }
  });
});
