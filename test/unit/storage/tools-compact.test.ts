import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BlockFile, compact, createDifferencingVhd, readVhdHead } from "../../../src/storage/index.ts";
import { plainVhd, readPlainVhd, seal } from "../../lab/plain-vhd.ts";
import { bytesFile, cuts } from "../../lab/power-cut.ts";
import { labSteps } from "../../lab/steps.ts";
import { labChain, labContents, labHead, labIdentity, labSectors } from "../../lab/vhd.ts";
import {
  cancelEverywhere,
  failEverywhere,
  same,
  sectorMap,
  shown,
  type Trial,
  tryOnce,
} from "../../lab/vhd-tools.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const sectors = 45; // 5 blocks of 4 KiB and 5 sectors
const byteLength = sectors * 512;
const none: Bytes = new Uint8Array(0);
const someSectors = fc.array(fc.tuple(fc.nat({ max: sectors - 1 }), fc.nat({ max: 3 })), { maxLength: 16 });
const layout = fc.record({ backwards: fc.boolean(), gap: fc.nat({ max: 3 }) });
const record = { id: 0x22, timeStamp: 0x2a000000, name: "base.vhd" };

async function compacted(source: Bytes): Promise<{ file: Bytes; dropped: number }> {
  const target = bytesFile(none);
  const outcome = await compact({ source: bytesFile(source), target }, labSteps());
  if (outcome.kind !== "done") throw new Error(outcome.text);
  expect(outcome.fileBytes).toBe(target.size());
  return { file: target.contents(), dropped: outcome.droppedBlocks };
}

describe("a compacted disk", () => {
  test("shows the same, holds no block of zeros, and is the same disk", async () => {
    const property = fc.asyncProperty(someSectors, layout, async (wanted, how) => {
      const contents = sectorMap(wanted);
      const source = plainVhd({ type: "dynamic", byteLength, sectors: contents, id: 0x33, ...how });
      const before = source.slice();
      const { file, dropped } = await compacted(source);
      const [old, fresh] = [readPlainVhd(source), readPlainVhd(file)];
      expect(fresh).toMatchObject({ type: "dynamic", byteLength, id: old.id });
      expect(same(fresh.contents, shown(byteLength, contents))).toBe(true);
      const used = (table: readonly (number | null)[]) => table.filter((place) => place !== null).length;
      expect(used(old.table) - used(fresh.table)).toBe(dropped);
      for (const [block, place] of fresh.table.entries()) {
        const part = fresh.contents.subarray(block * 4096, (block + 1) * 4096);
        expect(place !== null).toBe(part.some((byte) => byte !== 0));
      }
      expect(file.length).toBeLessThanOrEqual(source.length);
      expect(same(source, before)).toBe(true);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test("of a chain still covers its parent sector for sector, zeros included", async () => {
    const property = fc.asyncProperty(someSectors, someSectors, layout, async (own, below, how) => {
      const base = shown(byteLength, sectorMap(below));
      const parts = { byteLength, sectors: sectorMap(own), id: 0x33, parent: record, ...how };
      const source = plainVhd({ type: "differencing", ...parts });
      const { file } = await compacted(source);
      const [old, fresh] = [readPlainVhd(source, base), readPlainVhd(file, base)];
      expect({ ...fresh, table: [], contents: none }).toEqual({ ...old, table: [], contents: none });
      expect(same(fresh.contents, shown(byteLength, sectorMap(own), base))).toBe(true);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test("of a chain keeps the way to its parent and drops blocks that cover nothing", async () => {
    const base = bytesFile(plainVhd({ type: "dynamic", byteLength, sectors: sectorMap([[1, 5]]), id: 0x22 }));
    const source = bytesFile(none);
    const identity = labIdentity(0x33);
    createDifferencingVhd(source, { parent: labHead(base), parentName: "base.vhd", identity });
    const disk = labChain([base, source]);
    disk.write(8 * 512, labSectors(4, 7));
    disk.write(16 * 512, labSectors(4, 8));
    disk.flush();
    const bare = source.contents();
    const old = readPlainVhd(bare);
    const place = old.table[1];
    if (place === null || place === undefined) throw new Error("block 1 must have a place");
    bare.fill(0, place * 512, (place + 1) * 512); // its bitmap: it covers nothing any more
    const { file, dropped } = await compacted(bare);
    const fresh = readPlainVhd(file);
    expect(dropped).toBe(1);
    expect(fresh.table.map((entry) => entry !== null)).toEqual([false, false, true, false, false, false]);
    expect(fresh.locators).toEqual(
      old.locators.map(({ code, bytes }) => expect.objectContaining({ code, bytes })),
    );
    expect(fresh.locators).toHaveLength(2);
    expect(labHead(bytesFile(file)).parent).toMatchObject({ name: "base.vhd", fieldName: "base.vhd" });
    expect(labChain([base, bytesFile(file)], { readOnly: true }).byteLength).toBe(byteLength);
  });
});

test("bits behind the end of the disk and junk that no bit names are left behind", async () => {
  const source = plainVhd({
    type: "dynamic",
    byteLength,
    sectors: sectorMap([
      [40, 1],
      [16, 2],
    ]),
  });
  const { table } = readPlainVhd(source);
  const [last, middle] = [(table[5] ?? 0) * 512, (table[2] ?? 0) * 512];
  source.fill(0xaa, last + 512 + 5 * 512, last + 512 + 4096);
  source.fill(0xbc, middle + 512 + 512, middle + 1024 + 512);
  source[middle] = 0x80; // only the first sector is held
  const { file } = await compacted(source);
  expect(file.some((byte) => byte === 0xaa || byte === 0xbc)).toBe(false);
  expect(
    same(
      readPlainVhd(file).contents,
      shown(
        byteLength,
        sectorMap([
          [40, 1],
          [16, 2],
        ]),
      ),
    ),
  ).toBe(true);
});

test("a block that covers only what is behind the end of the disk is dropped", async () => {
  const source = plainVhd({
    type: "differencing",
    byteLength,
    sectors: sectorMap([[40, 1]]),
    parent: record,
  });
  source[(readPlainVhd(source).table[5] ?? 0) * 512] = 0x07;
  const { file, dropped } = await compacted(source);
  expect(dropped).toBe(1);
  expect(readPlainVhd(file).table[5]).toBe(null);
});

test("a lost footer does no harm, a damaged table and a fixed disk are refused", async () => {
  const source = plainVhd({ type: "dynamic", byteLength, sectors: sectorMap([[3, 1]]) });
  const { file } = await compacted(source.slice(0, source.length - 512));
  expect(same(file, (await compacted(source)).file)).toBe(true);
  const ask = (contents: Bytes, target: BlockFile) =>
    compact({ source: bytesFile(contents), target }, labSteps());
  const untouched = bytesFile(labSectors(1, 3));
  const damaged = source.slice();
  damaged.fill(0, 1536, 1540);
  expect(await ask(damaged, untouched)).toMatchObject({ kind: "corrupt" });
  const fixed = plainVhd({ type: "fixed", byteLength });
  expect(await ask(fixed, untouched)).toMatchObject({
    kind: "refused",
    text: expect.stringContaining("Convert"),
  });
  expect(await ask(labSectors(9, 1), untouched)).toMatchObject({ kind: "corrupt" });
  expect(same(untouched.contents(), labSectors(1, 3))).toBe(true);
});

test("locators whose text cannot be there are left out; the number of bytes kept for a text may be in bytes", async () => {
  const base = bytesFile(plainVhd({ type: "dynamic", byteLength, id: 0x22 }));
  const source = bytesFile(none);
  createDifferencingVhd(source, { parent: labHead(base), parentName: "base.vhd", identity: labIdentity(3) });
  const bytes = source.contents();
  const view = new DataView(bytes.buffer);
  view.setUint32(512 + 576 + 4, 512);
  view.setBigUint64(512 + 576 + 24 + 16, 2n ** 40n);
  const { file } = await compacted(seal(bytes));
  const { locators } = readPlainVhd(file);
  expect(locators).toHaveLength(1);
  expect(new DataView(file.buffer).getUint32(512 + 576 + 4)).toBe(512);
});

const below = sectorMap([
  [9, 6],
  [30, 7],
]);
const base = plainVhd({ type: "fixed", byteLength, id: 0x22, sectors: below });
const differing = plainVhd({
  type: "differencing",
  byteLength,
  sectors: sectorMap([
    [0, 1],
    [9, 0],
    [10, 4],
    [44, 2],
  ]),
  parent: record,
  backwards: true,
});
const dynamic = plainVhd({
  type: "dynamic",
  byteLength,
  sectors: sectorMap([
    [0, 1],
    [9, 0],
    [20, 4],
    [44, 2],
  ]),
});
const trials = [
  { type: "dynamic", contents: dynamic },
  { type: "differencing", contents: differing },
].map(({ type, contents }): Trial<{ fileBytes: number }> & { type: string } => ({
  type,
  files: [contents, none],
  work: ([source, target], steps) =>
    compact({ source: source ?? bytesFile(none), target: target ?? bytesFile(none) }, steps),
}));

describe.each(trials)("compacting a $type disk", (trial) => {
  test("leaves nothing or all after a power cut, and all once the outcome is there", async () => {
    const { recorder, after } = await tryOnce(trial);
    const whole = readPlainVhd(after[1] ?? none, trial.type === "dynamic" ? none : shown(byteLength, below));
    for (const cut of cuts(recorder, { tear: 512, subsets: 4 })) {
      const [source = none, target = none] = cut.files;
      expect(same(source, trial.files[0] ?? none)).toBe(true);
      if (cut.after === recorder.changes.length) expect(same(target, after[1] ?? none)).toBe(true);
      if (readVhdHead(bytesFile(target)).kind === "corrupt") continue;
      // A footer that was lost does not matter yet: its copy says the same.
      const chain = trial.type === "dynamic" ? [bytesFile(target)] : [bytesFile(base), bytesFile(target)];
      expect(same(labContents(labChain(chain, { readOnly: true })), whole.contents), cut.how).toBe(true);
    }
  });
  test("leaves the source alone when cancelled at any step or when a change fails", async () => {
    const left = await cancelEverywhere(trial);
    expect(left.length).toBeGreaterThan(4);
    for (const [source = none, target = none] of left) {
      expect(same(source, trial.files[0] ?? none)).toBe(true);
      expect(readVhdHead(bytesFile(target)).kind).toBe("corrupt");
    }
    const size = (await tryOnce(trial)).after[1]?.length ?? 0;
    const tried = await failEverywhere(trial);
    expect(tried.length).toBeGreaterThan(8);
    for (const { outcome, after } of tried) {
      expect(same(after[0] ?? none, trial.files[0] ?? none)).toBe(true);
      expect(["noSpace", "failed"]).toContain(outcome.kind);
      if (outcome.kind === "noSpace" && outcome.neededBytes > 0)
        expect(outcome.neededBytes).toBeGreaterThanOrEqual(size);
    }
  });
});
