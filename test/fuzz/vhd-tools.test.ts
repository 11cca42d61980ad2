import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BlockFile,
  compact,
  convert,
  expand,
  mergeIntoParent,
  openVhd,
  readVhdHead,
  reconnect,
  repairFooter,
  validate,
} from "../../src/storage/index.ts";
import { plainVhd, seal } from "../lab/plain-vhd.ts";
import { bytesFile } from "../lab/power-cut.ts";
import { labSteps } from "../lab/steps.ts";
import { labContents, labHead, labIdentity } from "../lab/vhd.ts";
import { same, sectorMap } from "../lab/vhd-tools.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const sectors = 45;
const byteLength = sectors * 512;
const parentBytes = plainVhd({
  type: "dynamic",
  byteLength,
  id: 1,
  sectors: sectorMap([
    [3, 1],
    [20, 2],
  ]),
});
const record = { id: 1, timeStamp: 0x2a000000, name: "base.vhd" };

const interesting = fc.constantFrom(
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  127,
  511,
  512,
  0x7fffffff,
  0x80000000,
  0xfffffffe,
  0xffffffff,
);
/** A word somewhere: in the footer's copy, header or table as often as anywhere else. */
const mutation = fc.record({
  at: fc.oneof(
    fc.nat({ max: 2300 }),
    fc.nat({ max: 60_000 }),
    fc.constantFrom(16, 20, 40, 48, 52, 60, 528, 532, 540, 544),
  ),
  value: fc.oneof(interesting, fc.nat({ max: 60 }), fc.nat({ max: 0xffffffff })),
});

/** A file that was a sound VHD once. Most get sums that fit the damage, so that it is the damage that counts. */
const hostile = fc
  .record({
    type: fc.constantFrom("fixed" as const, "dynamic" as const, "differencing" as const),
    own: fc.array(fc.tuple(fc.nat({ max: sectors - 1 }), fc.nat({ max: 3 })), { maxLength: 10 }),
    gap: fc.nat({ max: 4 }),
    mutations: fc.array(mutation, { maxLength: 6 }),
    both: fc.boolean(),
    sealed: fc.integer({ min: 0, max: 3 }),
    cut: fc.oneof(fc.constant(0), fc.nat({ max: 3000 })),
    more: fc.oneof(fc.constant(0), fc.nat({ max: 3000 })),
  })
  .map(({ type, own, gap, mutations, both, sealed, cut, more }) => {
    const built = plainVhd({ type, byteLength, id: 2, gap, sectors: sectorMap(own), parent: record });
    const view = new DataView(built.buffer);
    for (const { at, value } of mutations) {
      const place = Math.min(at, built.length - 4);
      view.setUint32(place, value);
      // The footer as its copy, so that sizes and types that agree are tried as well.
      if (both && place < 508) view.setUint32(built.length - 512 + place, value);
    }
    if (sealed > 0) seal(built);
    const out = new Uint8Array(Math.max(0, built.length - cut) + more);
    out.set(built.subarray(0, Math.min(built.length, out.length)));
    return out;
  });
const anyFile = fc.oneof(
  { weight: 20, arbitrary: hostile },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 5000 }) },
);

/** A file that counts how much is asked of it. */
function counted(contents: Bytes): { file: BlockFile & { contents(): Bytes }; moved(): number } {
  const inner = bytesFile(contents.slice());
  let bytes = 0;
  const file = {
    ...inner,
    readAt(at: number, into: Bytes) {
      bytes += into.length;
      return inner.readAt(at, into);
    },
    writeAt(at: number, from: Bytes) {
      bytes += from.length;
      inner.writeAt(at, from);
    },
  };
  return { file, moved: () => bytes };
}

const spare = 4 << 20;

describe("tools given what others wrote", () => {
  test("validate never throws, changes nothing, reads little more than the file, and knows what opens", async () => {
    const property = fc.asyncProperty(anyFile, async (contents) => {
      const { file, moved } = counted(contents);
      const head = readVhdHead(file);
      const differs = head.kind === "head" && head.type === "differencing";
      const parents = differs ? [{ name: "base.vhd", head: labHead(bytesFile(parentBytes)) }] : [];
      const outcome = await validate(file, parents, labSteps());
      if (outcome.kind !== "done") return false;
      const sound = outcome.findings.every(({ severity }) => severity !== "error");
      if (moved() > 3 * contents.length + (2 << 20) || !same(file.contents(), contents)) return false;
      const below = openVhd(bytesFile(parentBytes.slice()), { readOnly: true });
      if (below.kind !== "disk") throw new Error(below.text);
      const { uniqueId, footer } = labHead(bytesFile(parentBytes));
      const parent = { disk: below.disk, uniqueId, timeStamp: footer.timeStamp };
      const opened = openVhd(bytesFile(contents.slice()), { readOnly: true, parent });
      expect(outcome.findings.map(({ text }) => text).every((text) => /[.]$/.test(text))).toBe(true);
      return sound === (opened.kind === "disk");
    });
    await fc.assert(property, { numRuns: 1500 });
  });

  test("tools that change a file either change what they say or nothing that can be seen", async () => {
    const property = fc.asyncProperty(anyFile, fc.nat({ max: 3 }), async (contents, which) => {
      const { file } = counted(contents);
      const before = openVhd(bytesFile(contents.slice()), { readOnly: true });
      if (before.kind === "disk" && before.disk.byteLength > spare) return true; // too much to look at
      const shown = before.kind === "disk" ? labContents(before.disk) : null;
      const larger = before.kind === "disk" ? before.disk.byteLength + 5120 : 100_000;
      const to = { parent: labHead(bytesFile(parentBytes)), parentName: "other.vhd", force: true };
      const outcome =
        which === 0
          ? await repairFooter(file, labSteps())
          : which === 1
            ? await reconnect(file, to, labSteps())
            : await expand({ file, byteLength: larger }, labSteps());
      if (outcome.kind === "refused" || outcome.kind === "corrupt") return same(file.contents(), contents);
      if (outcome.kind !== "done" || shown === null) return outcome.kind === "done";
      const after = openVhd(bytesFile(file.contents()), { readOnly: true });
      return after.kind === "disk" && same(labContents(after.disk).subarray(0, shown.length), shown);
    });
    await fc.assert(property, { numRuns: 1500 });
  });

  test("a copy shows what the file showed, when it shows anything", async () => {
    const property = fc.asyncProperty(anyFile, fc.boolean(), async (contents, whole) => {
      const { file, moved } = counted(contents);
      const target = bytesFile(new Uint8Array(0));
      const opened = openVhd(bytesFile(contents.slice()), { readOnly: true });
      if (opened.kind === "disk" && opened.disk.byteLength > spare) return true; // too much to look at
      const identity = labIdentity(8);
      const outcome =
        whole && opened.kind === "disk"
          ? await convert({ source: opened.disk, target, type: "fixed", identity }, labSteps())
          : await compact({ source: file, target }, labSteps());
      if (moved() > 3 * contents.length + (2 << 20) || !same(file.contents(), contents)) return false;
      if (outcome.kind !== "done") return outcome.kind === "refused" || outcome.kind === "corrupt";
      if (opened.kind !== "disk") return readVhdHead(target).kind === "head";
      const copy = openVhd(target, { readOnly: true });
      return copy.kind === "disk" && same(labContents(copy.disk), labContents(opened.disk));
    });
    await fc.assert(property, { numRuns: 1000 });
  });

  test("a merge never throws and never changes the child", async () => {
    const property = fc.asyncProperty(anyFile, anyFile, fc.boolean(), async (one, other, sound) => {
      const child = counted(one).file;
      const parent = counted(sound ? parentBytes : other).file;
      const outcome = await mergeIntoParent({ child, parent, grandparent: null }, labSteps());
      return same(child.contents(), one) && (outcome.kind === "done" || outcome.text.length > 0);
    });
    await fc.assert(property, { numRuns: 1000 });
  });
});
