import { describe, expect, test } from "vitest";
import { createDifferencingVhd, reconnect } from "../../../src/storage/index.ts";
import { plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile, cuts } from "../../lab/power-cut.ts";
import { labSteps } from "../../lab/steps.ts";
import { labChain, labContents, labDisk, labHead, labIdentity, labSectors } from "../../lab/vhd.ts";
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
const byteLength = 21 * 512;
const below = sectorMap([
  [2, 1],
  [9, 2],
]);
const base = plainVhd({ type: "dynamic", byteLength, id: 1, sectors: below });
const other = plainVhd({ type: "fixed", byteLength, id: 7, sectors: below });

/** A differencing disk of `base` that holds sectors 9 to 12. */
function makeChild(parentName = "base.vhd"): Bytes {
  const [parent, file] = [bytesFile(base.slice()), bytesFile(none)];
  createDifferencingVhd(file, {
    parent: labHead(parent),
    parentName,
    identity: labIdentity(3),
    blockBytes: 4096,
  });
  const disk = labChain([parent, file]);
  disk.write(9 * 512, labSectors(4, 5));
  disk.flush();
  return file.contents();
}

const child = makeChild();
const contents = shown(byteLength, new Map([[9, labSectors(4, 5)]]), shown(byteLength, below));

async function reconnected(file: Bytes, parent: Bytes, parentName: string, force = false): Promise<Bytes> {
  const changed = bytesFile(file.slice());
  const to = { parent: labHead(bytesFile(parent)), parentName, force };
  const outcome = await reconnect(changed, to, labSteps());
  if (outcome.kind !== "done") throw new Error(outcome.text);
  expect(outcome.replaced).toBe(parent === other);
  return changed.contents();
}

describe("a reconnected disk", () => {
  test("finds its parent under the new name, by every way it can be looked for", async () => {
    const file = await reconnected(child, base, "moved.vhd");
    const { parent } = labHead(bytesFile(file));
    expect(parent).toMatchObject({ name: "moved.vhd", fieldName: "moved.vhd" });
    expect(parent?.locators.map(({ path }) => path)).toEqual([
      ".\\moved.vhd",
      expect.stringMatching(/^C:.*\\moved\.vhd$/),
    ]);
    const read = readPlainVhd(file, readPlainVhd(base).contents);
    expect(read).toMatchObject({ parentName: "moved.vhd", parentId: "01".repeat(16) });
    expect(same(read.contents, contents)).toBe(true);
    const chain = labChain([bytesFile(base.slice()), bytesFile(file)]);
    expect(chain.write(0, labSectors(1, 6))).toBe("ok"); // new blocks keep away from the texts
    expect(chain.flush()).toBe("ok");
    expect(same(labContents(chain).subarray(512), contents.subarray(512))).toBe(true);
  });
  test("grows only when its parent has another name", async () => {
    const file = await reconnected(child, other, "base.vhd", true);
    expect(file.length).toBe(child.length);
    const read = readPlainVhd(file);
    expect(read).toMatchObject({
      parentId: "07".repeat(16),
      parentName: "base.vhd",
      locators: readPlainVhd(child).locators,
    });
    const chain = labChain([bytesFile(other.slice()), bytesFile(file)], { readOnly: true });
    expect(same(labContents(chain), contents)).toBe(true);
  });
  test("takes the stamp of the parent, so that one written since is no stranger", async () => {
    const younger = plainVhd({ type: "dynamic", byteLength, id: 1, sectors: below, timeStamp: 0x2a000100 });
    const chain = () => labChain([bytesFile(younger.slice()), bytesFile(file.slice())], { readOnly: true });
    let file = child;
    expect(chain).toThrow(/changed after/);
    file = await reconnected(child, younger, "base.vhd");
    expect(same(labContents(chain()), contents)).toBe(true);
  });
});

test("what cannot belong together is refused, a stranger only without force", async () => {
  const ask = async (file: Bytes, parent: Bytes, force?: boolean) => {
    const changed = bytesFile(file.slice());
    const to = {
      parent: labHead(bytesFile(parent)),
      parentName: "x.vhd",
      ...(force === undefined ? {} : { force }),
    };
    const outcome = await reconnect(changed, to, labSteps());
    if (outcome.kind !== "done") expect(same(changed.contents(), file)).toBe(true);
    return outcome;
  };
  const refusal = (text: string) => ({ kind: "refused", text: expect.stringContaining(text) });
  expect(await ask(child, other)).toMatchObject(refusal("not the one this disk was made from"));
  expect(await ask(child, other, false)).toMatchObject(refusal("damaged"));
  expect(await ask(child, other, true)).toEqual({ kind: "done", replaced: true });
  expect(await ask(base, other, true)).toMatchObject(refusal("Only a differencing disk"));
  expect(await ask(child, child, true)).toMatchObject(refusal("own parent"));
  expect(await ask(child, plainVhd({ type: "fixed", byteLength: 512, id: 1 }), true)).toMatchObject(
    refusal("sizes"),
  );
  expect(await ask(child.slice(0, child.length - 512), base, true)).toMatchObject(refusal("Repair"));
  expect(await ask(labSectors(9, 1), base, true)).toMatchObject({ kind: "corrupt" });
});

const parent = labHead(bytesFile(other));
const trials = ["base.vhd", "a much longer name of the parent than before.vhd"].map((parentName) => {
  const work: Trial<object>["work"] = ([file], steps) =>
    reconnect(file ?? bytesFile(none), { parent, parentName, force: true }, steps);
  return { parentName, trial: { files: [child], work } };
});

const ways = [
  { how: "straight", wrap: (trial: Trial<object>) => trial },
  { how: "through a cache", wrap: throughCache<object> },
];

describe.each(trials)("reconnecting to $parentName", ({ parentName, trial }) => {
  /** The parent a file names, after checking that all else is as it was. */
  function parentOf(file: Bytes, message: string): string {
    const read = readPlainVhd(repaired(file), shown(byteLength, below));
    expect(same(read.contents, contents), message).toBe(true);
    expect(
      labHead(bytesFile(file)).parent?.locators.every(({ path }) => path?.endsWith(read.parentName)),
      message,
    ).toBe(true);
    return `${read.parentId.slice(0, 2)} ${read.parentName}`;
  }
  /** A footer that was lost is written again by whoever opens the file to write. */
  function repaired(file: Bytes): Bytes {
    const opened = bytesFile(file.slice());
    const { parent: record } = labHead(opened);
    const below = {
      disk: labDisk(bytesFile(base.slice())),
      uniqueId: record?.uniqueId ?? none,
      timeStamp: 0,
    };
    labDisk(opened, { parent: below }).flush();
    return opened.contents();
  }
  const words = ["01 base.vhd", `07 ${parentName}`];

  test.each(ways)("leaves the old word or the new one after a power cut, $how", async ({ wrap }) => {
    const { recorder } = await tryOnce(wrap(trial));
    const seen = new Set<string>();
    for (const cut of cuts(recorder, { tear: 4096, subsets: 8 })) {
      const word = parentOf(cut.files[0] ?? none, `after ${cut.after}: ${cut.how}`);
      seen.add(word);
      if (cut.after === recorder.changes.length) expect(word).toBe(words[1]);
    }
    expect([...seen].sort()).toEqual(words);
  });
  test("changes nothing when cancelled, and does no harm when a change fails", async () => {
    const left = await cancelEverywhere(trial);
    expect(left.length).toBe(1);
    for (const [file] of left) expect(same(file ?? none, child)).toBe(true);
    for (const { outcome, after } of await failEverywhere(trial)) {
      expect(["noSpace", "failed"]).toContain(outcome.kind);
      expect(words).toContain(parentOf(after[0] ?? none, "after a failure"));
    }
  });
});
