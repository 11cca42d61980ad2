import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expand, readVhdHead, repairFooter } from "../../../src/storage/index.ts";
import { plainVhd, readPlainVhd, seal } from "../../lab/plain-vhd.ts";
import { bytesFile, cuts } from "../../lab/power-cut.ts";
import { labSteps } from "../../lab/steps.ts";
import { labContents, labDisk, labSectors } from "../../lab/vhd.ts";
import {
  cancelEverywhere,
  failEverywhere,
  same,
  sectorMap,
  shown,
  type Trial,
  throughCache,
  tryOnce,
} from "../../lab/vhd-tools.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const none: Bytes = new Uint8Array(0);

async function expanded(contents: Bytes, byteLength: number): Promise<Bytes> {
  const file = bytesFile(contents.slice());
  const outcome = await expand({ file, byteLength }, labSteps());
  if (outcome.kind !== "done") throw new Error(outcome.text);
  expect(outcome.fileBytes).toBe(file.size());
  return file.contents();
}

const growth = fc.record({
  type: fc.constantFrom("fixed" as const, "dynamic" as const),
  sectors: fc.integer({ min: 1, max: 40 }),
  more: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 900, max: 1100 })),
  wanted: fc.array(fc.tuple(fc.nat({ max: 39 }), fc.nat({ max: 3 })), { maxLength: 10 }),
  gap: fc.nat({ max: 2 }),
  backwards: fc.boolean(),
  ragged: fc.nat({ max: 511 }),
});

describe("an expanded disk", () => {
  test("shows what it showed and zeros behind, and is the same disk", async () => {
    const property = fc.asyncProperty(growth, async ({ type, sectors, more, wanted, ragged, ...how }) => {
      const byteLength = sectors * 512;
      const contents = sectorMap(wanted.filter(([sector]) => sector < sectors));
      const source = plainVhd({ type, byteLength, sectors: contents, id: 0x44, ...how });
      const longer = byteLength + more * 512;
      const file = await expanded(source, longer - ragged);
      const [old, fresh] = [readPlainVhd(source), readPlainVhd(file)];
      expect(fresh).toMatchObject({ type, byteLength: longer, id: old.id });
      expect(same(fresh.contents, shown(longer, contents))).toBe(true);
      expect(same(labContents(labDisk(bytesFile(file))), fresh.contents)).toBe(true);
      const used = (table: readonly (number | null)[]) => table.filter((place) => place !== null);
      expect(used(fresh.table)).toEqual(used(old.table));
      expect(new DataView(file.buffer).getBigUint64(file.length - 512 + 40)).toBe(BigInt(byteLength));
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test("shows nothing of what lay unseen behind its end", async () => {
    const byteLength = 13 * 512; // the last block has 5 sectors
    const contents = sectorMap([
      [3, 1],
      [12, 2],
    ]);
    const source = plainVhd({ type: "dynamic", byteLength, sectors: contents });
    const place = readPlainVhd(source).table[1] ?? 0;
    source.fill(0xaa, (place + 1 + 5) * 512, (place + 1 + 8) * 512);
    source.fill(0, 1536 + 8, 1536 + 128 * 4); // entries nobody has used until now
    const file = await expanded(seal(source), 100 * 512);
    expect(same(readPlainVhd(file).contents, shown(100 * 512, contents))).toBe(true);
    const table = new DataView(source.buffer);
    table.setUint32(512 + 28, 128);
    const full = await expanded(seal(source), 100 * 512);
    expect(same(readPlainVhd(full).contents, shown(100 * 512, contents))).toBe(true);
    expect(new DataView(full.buffer).getUint32(512 + 28)).toBe(128);
  });

  test("keeps its table where it is while that has room, and has it at the end when not", async () => {
    const source = plainVhd({ type: "dynamic", byteLength: 4096, sectors: sectorMap([[0, 1]]) });
    const [small, large] = [await expanded(source, 128 * 4096), await expanded(source, 129 * 4096)];
    expect(small.length).toBe(source.length);
    expect(new DataView(small.buffer).getBigUint64(512 + 16)).toBe(1536n);
    expect(new DataView(large.buffer).getBigUint64(512 + 16)).toBe(BigInt(source.length));
    expect(large.length).toBe(source.length + 1024 + 512);
    const again = await expanded(large, 250 * 4096);
    expect(again.length).toBe(large.length);
  });

  test("is written only where it changes", async () => {
    const source = plainVhd({ type: "dynamic", byteLength: 5 * 512, sectors: sectorMap([[0, 1]]) });
    const work: Trial<object>["work"] = ([file], steps) =>
      expand({ file: file ?? bytesFile(none), byteLength: 7 * 512 }, steps);
    const { recorder } = await tryOnce({ files: [source], work });
    const writes = recorder.changes.flatMap((one) => (one.kind === "write" ? [one.at] : []));
    expect(writes).toEqual([512, 0, source.length - 512]);
  });

  test("has the geometry of its new size", async () => {
    const source = plainVhd({ type: "dynamic", byteLength: 1 << 20 });
    const file = await expanded(source, 504 * 2 ** 20);
    const view = new DataView(file.buffer, file.length - 512);
    expect([view.getUint16(56), view.getUint8(58), view.getUint8(59)]).toEqual([1024, 16, 63]);
  });
});

test("the impossible is refused and nothing touched", async () => {
  const dynamic = plainVhd({ type: "dynamic", byteLength: 8192 });
  const fixed = plainVhd({ type: "fixed", byteLength: 8192 });
  const parent = { id: 1, timeStamp: 1, name: "base.vhd" };
  const differing = plainVhd({ type: "differencing", byteLength: 8192, parent });
  const loose = new Uint8Array([...fixed.subarray(0, 8192), ...new Uint8Array(512), ...fixed.subarray(8192)]);
  const lost = dynamic.slice(0, dynamic.length - 512);
  const ask = async (contents: Bytes, byteLength: number) => {
    const file = bytesFile(contents.slice());
    const outcome = await expand({ file, byteLength }, labSteps());
    expect(same(file.contents(), contents)).toBe(true);
    return outcome;
  };
  const refusal = (text: string) => ({ kind: "refused", text: expect.stringContaining(text) });
  expect(await ask(differing, 16384)).toMatchObject(refusal("Merge it"));
  expect(await ask(dynamic, 8192)).toMatchObject(refusal("only become larger"));
  expect(await ask(dynamic, 8000)).toMatchObject(refusal("only become larger"));
  expect(await ask(dynamic, -1)).toMatchObject(refusal("only become larger"));
  expect(await ask(dynamic, 2040 * 2 ** 30 + 1)).toMatchObject(refusal("2040 GiB"));
  expect(await ask(dynamic, Number.NaN)).toMatchObject(refusal("2040 GiB"));
  expect(await ask(dynamic, 2040 * 2 ** 30)).toMatchObject(refusal("too small"));
  expect(await ask(loose, 16384)).toMatchObject(refusal("Convert it"));
  expect(await ask(lost, 16384)).toMatchObject(refusal("Repair"));
  expect(await ask(labSectors(8, 1), 16384)).toMatchObject({ kind: "corrupt" });
});

const some = sectorMap([
  [0, 1],
  [10, 2],
  [12, 3],
]);
const fixed = plainVhd({ type: "fixed", byteLength: 13 * 512, sectors: some });
/** What no guest of it ever saw, behind its end and behind its table, is rubbish. */
const dynamic = plainVhd({ type: "dynamic", byteLength: 13 * 512, sectors: some });
const lastPlace = (readPlainVhd(dynamic).table[1] ?? 0) * 512;
dynamic.fill(0xaa, lastPlace + 6 * 512, lastPlace + 9 * 512);
dynamic.fill(0, 1536 + 8, 1536 + 512);
const trials = [
  { how: "a fixed disk", source: fixed, to: 40 },
  { how: "a dynamic disk in place", source: dynamic, to: 300 },
  { how: "a dynamic disk with a new table", source: dynamic, to: 1500 },
  { how: "a dynamic disk within its block", source: dynamic, to: 15 },
].map(({ how, source, to }) => {
  const work: Trial<object>["work"] = ([file], steps) =>
    expand({ file: file ?? bytesFile(none), byteLength: to * 512 }, steps);
  return { how, source, to: to * 512, trial: { files: [source], work } };
});

/** A file as it is used after an accident: repaired where that is needed. */
async function repaired(contents: Bytes): Promise<Bytes> {
  const file = bytesFile(contents);
  const head = readVhdHead(file);
  if (head.kind === "head" && !head.fromCopy && head.copySound) return contents;
  expect(await repairFooter(file, labSteps())).toMatchObject({ kind: "done" });
  return file.contents();
}

const ways = [
  { how: "straight", wrap: (trial: Trial<object>) => trial },
  { how: "through a cache", wrap: throughCache<object> },
];

describe.each(trials)("expanding $how", ({ source, to, trial }) => {
  const old = readPlainVhd(source);
  const sizes = [old.byteLength, to];

  test.each(ways)("leaves the old disk or the new one after a power cut, $how", async ({ wrap }) => {
    const { recorder } = await tryOnce(wrap(trial));
    const seen = new Set<number>();
    for (const cut of cuts(recorder, { tear: 512, subsets: 6 })) {
      const left = cut.files[0] ?? none;
      const message = `after ${cut.after}: ${cut.how}`;
      const head = readVhdHead(bytesFile(left));
      // Nothing else has changed, even before any repair. A fixed disk that lost its footer has no size yet.
      if (head.kind === "head" || old.type === "dynamic") {
        const alone = old.type === "dynamic" ? [left, left.subarray(0, left.length - 512)] : [left];
        for (const file of alone) {
          const shows = labContents(labDisk(bytesFile(file.slice()), { readOnly: true }));
          expect(sizes, message).toContain(shows.length);
          expect(same(shows.subarray(0, old.byteLength), old.contents), message).toBe(true);
        }
      }
      const { byteLength, contents } = readPlainVhd(await repaired(left));
      seen.add(byteLength);
      expect(same(contents.subarray(0, old.byteLength), old.contents), message).toBe(true);
      const done = cut.after === recorder.changes.length;
      const fresh = contents.subarray(old.byteLength + (old.type === "fixed" && !done ? 512 : 0));
      expect(
        fresh.every((byte) => byte === 0),
        message,
      ).toBe(true);
      if (done) expect(byteLength).toBe(to);
    }
    expect([...seen].sort((one, other) => one - other)).toEqual(sizes);
  });
  test("changes nothing when cancelled", async () => {
    const left = await cancelEverywhere(trial);
    expect(left.length).toBeGreaterThan(0);
    for (const [file] of left) expect(same(file ?? none, source)).toBe(true);
  });
  test("leaves the old disk or the new one when a change fails", async () => {
    const tried = await failEverywhere(trial);
    expect(tried.length).toBeGreaterThan(2);
    for (const { outcome, after } of tried) {
      expect(["noSpace", "failed"]).toContain(outcome.kind);
      if (outcome.kind === "noSpace") expect(outcome.neededBytes).toBeGreaterThan(source.length - 1);
      const { byteLength, contents } = readPlainVhd(await repaired(after[0] ?? none));
      expect(sizes).toContain(byteLength);
      expect(same(contents.subarray(0, old.byteLength), old.contents)).toBe(true);
    }
  });
});
