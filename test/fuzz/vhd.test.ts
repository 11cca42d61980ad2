import fc from "fast-check";
import { describe, test } from "vitest";
import {
  type BlockFile,
  footerChecksum,
  openImage,
  parseFooter,
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
      throw new Error("opening an image must not write");
    },
    resize() {
      throw new Error("opening an image must not resize");
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

describe("opening what others wrote", () => {
  test("never throws, reads at most 2 KiB, and makes only disks that lie inside the file", () => {
    const property = fc.property(size, piece, piece, (length, head, tail) => {
      const { file, seen } = imaginary(length, { head, tail });
      const opened = openImage(file);
      if (seen.bytesRead > 2048) return false;
      if (opened.kind !== "disk") return opened.text.length > 0;
      const { byteLength } = opened.disk;
      if (byteLength <= 0 || byteLength % 512 !== 0) return false;
      const limit = opened.format === "raw" ? length + 511 : Math.min(length - 512, vhdSizeLimit);
      if (byteLength > limit) return false;
      const sector = new Uint8Array(512);
      return (
        opened.disk.read(byteLength - 512, sector) === "ok" &&
        opened.disk.read(byteLength, sector) === "outOfRange"
      );
    });
    fc.assert(property, { numRuns: 5000 });
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
