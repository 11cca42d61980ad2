import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeIntoParent, type OpenParent, readVhdHead } from "../../../src/storage/index.ts";
import { type PlainVhd, plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile, cuts } from "../../lab/power-cut.ts";
import { labSteps } from "../../lab/steps.ts";
import { labChain, labContents, labHead, labSectors } from "../../lab/vhd.ts";
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
type Sectors = PlainVhd["sectors"];

const none: Bytes = new Uint8Array(0);
const sectors = 45; // 5 blocks of 4 KiB and 5 sectors
const byteLength = sectors * 512;
const timeStamp = 0x2a000000;

function layer(id: number, own: Sectors, blockBytes = 4096): Bytes {
  const parent = { id: id - 1, timeStamp, name: `disk${id - 1}.vhd` };
  const contents = own ?? new Map<number, Bytes>();
  return plainVhd({ type: "differencing", byteLength, id, sectors: contents, parent, blockBytes });
}

function base(type: "fixed" | "dynamic", own: Sectors, blockBytes = 4096): Bytes {
  return plainVhd({ type, byteLength, id: 1, sectors: own ?? new Map<number, Bytes>(), blockBytes });
}

function asParent(contents: Bytes): OpenParent {
  const file = bytesFile(contents);
  const disk = labChain([file], { readOnly: true });
  return { disk, uniqueId: labHead(file).uniqueId, timeStamp };
}

const someSectors = fc.array(fc.tuple(fc.nat({ max: sectors - 1 }), fc.nat({ max: 3 })), { maxLength: 20 });
const blockSize = fc.constantFrom(4096, 8192, 16384);

describe("a merged disk", () => {
  test("makes its parent show what it showed itself, and keeps what it was", async () => {
    const type = fc.constantFrom("fixed" as const, "dynamic" as const);
    const property = fc.asyncProperty(
      fc.record({ type, below: someSectors, own: someSectors, one: blockSize, other: blockSize }),
      async ({ type: kind, below, own, one, other }) => {
        const [parentBytes, childBytes] = [
          base(kind, sectorMap(below), one),
          layer(2, sectorMap(own), other),
        ];
        const [parent, child] = [bytesFile(parentBytes.slice()), bytesFile(childBytes.slice())];
        const outcome = await mergeIntoParent({ child, parent, grandparent: null }, labSteps());
        const copiedBytes = sectorMap(own).size * 512;
        expect(outcome).toEqual({ kind: "done", copiedBytes, parentFileBytes: parent.size() });
        const merged = readPlainVhd(parent.contents());
        expect(merged).toMatchObject({ type: kind, byteLength, id: "01".repeat(16) });
        const wanted = shown(byteLength, sectorMap(own), shown(byteLength, sectorMap(below)));
        expect(same(merged.contents, wanted)).toBe(true);
        expect(same(child.contents(), childBytes)).toBe(true);
        expect(same(labContents(labChain([parent, child], { readOnly: true })), wanted)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 120 });
  });

  test("in the middle of a chain covers its grandparent as before, zeros included", async () => {
    const property = fc.asyncProperty(someSectors, someSectors, someSectors, async (low, middle, own) => {
      const bottom = base("dynamic", sectorMap(low));
      const [parent, child] = [bytesFile(layer(2, sectorMap(middle))), bytesFile(layer(3, sectorMap(own)))];
      const grandparent = asParent(bottom);
      let disposed = 0;
      const watched = {
        ...grandparent.disk,
        [Symbol.dispose]() {
          disposed++;
        },
      };
      const parts = { child, parent, grandparent: { ...grandparent, disk: watched } };
      expect(await mergeIntoParent(parts, labSteps())).toMatchObject({ kind: "done" });
      expect(disposed).toBe(0);
      const under = shown(byteLength, sectorMap(low));
      const wanted = shown(byteLength, sectorMap(own), shown(byteLength, sectorMap(middle), under));
      expect(same(readPlainVhd(parent.contents(), under).contents, wanted)).toBe(true);
      // Over another grandparent only what neither layer holds may differ.
      const other = new Uint8Array(byteLength).fill(0xee);
      const differs = shown(byteLength, sectorMap(own), shown(byteLength, sectorMap(middle), other));
      expect(same(readPlainVhd(parent.contents(), other).contents, differs)).toBe(true);
    });
    await fc.assert(property, { numRuns: 80 });
  });

  test("gives back blocks of its parent that it covers with zeros", async () => {
    const parent = bytesFile(
      base(
        "dynamic",
        sectorMap([
          [8, 1],
          [17, 2],
        ]),
      ),
    );
    const child = bytesFile(
      layer(2, sectorMap(Array.from({ length: 8 }, (_, place) => [8 + place, 0] as const))),
    );
    await mergeIntoParent({ child, parent, grandparent: null }, labSteps());
    expect(readPlainVhd(parent.contents()).table.map((place) => place !== null)).toEqual([
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
  });
});

test("disks that do not belong together are refused and nothing touched", async () => {
  const child = layer(2, sectorMap([[1, 1]]));
  const parent = base("dynamic", sectorMap([[2, 1]]));
  const ask = async (one: Bytes, other: Bytes, grandparent: OpenParent | null = null) => {
    const [first, second] = [bytesFile(one.slice()), bytesFile(other.slice())];
    const outcome = await mergeIntoParent({ child: first, parent: second, grandparent }, labSteps());
    expect(same(first.contents(), one) && same(second.contents(), other)).toBe(true);
    return outcome;
  };
  const larger = plainVhd({ type: "dynamic", byteLength: byteLength + 512, id: 1 });
  const stranger = plainVhd({ type: "dynamic", byteLength, id: 9 });
  expect(await ask(parent, parent)).toMatchObject({
    kind: "refused",
    text: expect.stringContaining("no parent"),
  });
  expect(await ask(child, stranger)).toMatchObject({
    kind: "refused",
    text: expect.stringContaining("Reconnect"),
  });
  expect(await ask(child, larger)).toMatchObject({ kind: "refused", text: expect.stringContaining("bytes") });
  expect(await ask(labSectors(9, 1), parent)).toMatchObject({ kind: "corrupt" });
  expect(await ask(child, labSectors(9, 1))).toMatchObject({
    kind: "corrupt",
    text: expect.stringContaining("parent"),
  });
  // The parent is a differencing disk itself and its own parent is not there, or is another one.
  const third = layer(3, sectorMap([[1, 1]]));
  expect(await ask(third, child)).toMatchObject({ kind: "corrupt" });
  expect(await ask(third, child, asParent(stranger))).toMatchObject({ kind: "corrupt" });
  expect(await ask(third, child, asParent(parent))).toBeDefined();
});

const low = sectorMap([
  [0, 1],
  [9, 1],
  [44, 2],
]);
const own = sectorMap([
  [1, 3],
  [9, 0],
  [16, 4],
  [17, 5],
  [30, 6],
  [43, 7],
]);
const whole: (readonly [number, number])[] = Array.from({ length: 8 }, (_, place) => [place, 0]);
const trials = [
  { how: "a fixed disk", chain: [base("fixed", low), layer(2, own)] },
  { how: "a dynamic disk", chain: [base("dynamic", low), layer(2, own)] },
  {
    how: "a dynamic disk whose blocks it clears",
    chain: [base("dynamic", low), layer(2, sectorMap([...whole, [20, 4]]))],
  },
  {
    how: "a differencing disk",
    chain: [
      base("dynamic", low),
      layer(
        2,
        sectorMap([
          [16, 8],
          [20, 8],
        ]),
      ),
      layer(3, own),
    ],
  },
].map(({ how, chain }) => {
  const [parent = none, child = none] = chain.slice(-2);
  const bottom = chain.length > 2 ? (chain[0] ?? none) : null;
  const work: Trial<object>["work"] = ([first, second], steps) => {
    const files = { child: first ?? bytesFile(none), parent: second ?? bytesFile(none) };
    return mergeIntoParent(
      { ...files, grandparent: bottom === null ? null : asParent(bottom.slice()) },
      steps,
    );
  };
  const over = (files: readonly Bytes[]) =>
    labContents(
      labChain(
        [...(bottom === null ? [] : [bottom]), ...files].map((one) => bytesFile(one.slice())),
        { readOnly: true },
      ),
    );
  const trial = { files: [child, parent], work };
  return { how, child, over, trial, wanted: over([parent, child]) };
});

const ways = [
  { how: "straight", wrap: (trial: Trial<object>) => trial },
  { how: "through a cache", wrap: throughCache<object> },
];

describe.each(trials)("merging into $how", ({ child, over, trial, wanted }) => {
  test.each(ways)(
    "never changes what the child shows, and after a power cut behind the outcome the parent alone shows it, $how",
    async ({ wrap }) => {
      const { recorder, outcome } = await tryOnce(wrap(trial));
      expect(outcome.kind).toBe("done");
      for (const cut of cuts(recorder, { tear: 512, subsets: 6 })) {
        const [left = none, parent = none] = cut.files;
        const message = `after ${cut.after}: ${cut.how}`;
        expect(same(left, child)).toBe(true);
        expect(same(over([parent, left]), wanted), message).toBe(true);
        if (cut.after === recorder.changes.length) expect(same(over([parent]), wanted), message).toBe(true);
      }
    },
  );
  test("can be cancelled at every step and done again", async () => {
    const left = await cancelEverywhere(trial);
    expect(left.length).toBeGreaterThan(3);
    for (const files of left) {
      const [untouched = none, parent = none] = files;
      expect(same(untouched, child)).toBe(true);
      expect(same(over([parent, untouched]), wanted)).toBe(true);
      const head = readVhdHead(bytesFile(parent));
      expect(head).toMatchObject({ kind: "head", fromCopy: false });
      const again = await tryOnce({ ...trial, files });
      expect(again.outcome.kind).toBe("done");
      expect(same(over([again.after[1] ?? none]), wanted)).toBe(true);
    }
  });
  test("does no harm when any change fails", async () => {
    for (const { outcome, after } of await failEverywhere(trial)) {
      const [untouched = none, parent = none] = after;
      expect(same(untouched, child)).toBe(true);
      expect(same(over([parent, untouched]), wanted)).toBe(true);
      if (outcome.kind === "done") expect(same(over([parent]), wanted)).toBe(true);
      else expect(["noSpace", "failed"]).toContain(outcome.kind);
    }
  });
});
