import { describe, expect, test } from "vitest";
import { repairFooter } from "../../../src/storage/index.ts";
import { plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile, cuts } from "../../lab/power-cut.ts";
import { labSteps } from "../../lab/steps.ts";
import { labSectors } from "../../lab/vhd.ts";
import {
  cancelEverywhere,
  failEverywhere,
  same,
  sectorMap,
  type Trial,
  throughCache,
  tryOnce,
} from "../../lab/vhd-tools.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const none: Bytes = new Uint8Array(0);
const byteLength = 21 * 512;
const some = sectorMap([
  [0, 1],
  [9, 2],
  [20, 3],
]);
const dynamic = plainVhd({ type: "dynamic", byteLength, sectors: some });
const fixed = plainVhd({ type: "fixed", byteLength, sectors: some });

function joined(...parts: Uint8Array[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}
const bare = dynamic.subarray(0, dynamic.length - 512);
const cases = [
  { how: "has lost its footer", broken: bare.slice(), sound: dynamic, repaired: "footer" },
  {
    how: "has half a footer",
    broken: dynamic.slice(0, dynamic.length - 100),
    sound: dynamic,
    repaired: "footer",
  },
  {
    how: "has rubbish at its end",
    broken: joined(bare, labSectors(11, 5)),
    sound: dynamic,
    repaired: "footer",
  },
  {
    how: "has zeros at its end",
    broken: joined(bare, new Uint8Array(20 * 512)),
    sound: dynamic,
    repaired: "footer",
  },
  {
    how: "has no copy",
    broken: joined(new Uint8Array(512), dynamic.subarray(512)),
    sound: dynamic,
    repaired: "copy",
  },
  {
    how: "is fixed and was about to grow",
    broken: joined(fixed, new Uint8Array(3 << 20)),
    sound: fixed,
    repaired: "footer",
  },
].map((one) => {
  const work: Trial<object>["work"] = ([file], steps) => repairFooter(file ?? bytesFile(none), steps);
  return { ...one, trial: { files: [one.broken], work } };
});

const ways = [
  { how: "straight", wrap: (trial: Trial<object>) => trial },
  { how: "through a cache", wrap: throughCache<object> },
];

describe.each(cases)("a disk that $how", ({ broken, sound, repaired, trial }) => {
  test("is as it was once it is repaired, and then needs no repair", async () => {
    const { outcome, after } = await tryOnce(trial);
    expect(outcome).toEqual({ kind: "done", repaired });
    expect(same(after[0] ?? none, sound)).toBe(true);
    const again = await tryOnce({ ...trial, files: after });
    expect(again.outcome).toMatchObject({
      kind: "refused",
      text: expect.stringContaining("nothing to repair"),
    });
    expect(again.recorder.changes).toEqual([]);
  });
  test.each(ways)("can be repaired after a power cut in the middle of it, $how", async ({ wrap }) => {
    const { recorder } = await tryOnce(wrap(trial));
    for (const cut of cuts(recorder, { tear: 512, subsets: 6 })) {
      const left = cut.files[0] ?? none;
      const message = `after ${cut.after}: ${cut.how}`;
      if (cut.after === recorder.changes.length) expect(same(left, sound), message).toBe(true);
      const again = await tryOnce({ ...trial, files: [left] });
      expect(same(again.after[0] ?? none, sound), message).toBe(true);
    }
  });
  test("is as before when the repair is cancelled, and can be repaired after one that failed", async () => {
    for (const [file] of await cancelEverywhere(trial)) expect(same(file ?? none, broken)).toBe(true);
    for (const { outcome, after } of await failEverywhere(trial)) {
      expect(["noSpace", "failed"]).toContain(outcome.kind);
      const again = await tryOnce({ ...trial, files: after });
      expect(same(again.after[0] ?? none, sound)).toBe(true);
    }
  });
});

test("what cannot be repaired is left alone", async () => {
  const bothGone = dynamic.slice();
  bothGone[100] = 1;
  bothGone[bothGone.length - 100] = 1;
  const cut = dynamic.slice(0, dynamic.length - 1024);
  const guests = joined(fixed.subarray(0, 512), fixed.subarray(byteLength), new Uint8Array(4096)); // not where it says
  for (const contents of [bothGone, cut, guests, labSectors(9, 1), new Uint8Array(9 * 512), none]) {
    const file = bytesFile(contents.slice());
    const outcome = await repairFooter(file, labSteps());
    expect(outcome).toMatchObject({ kind: "corrupt", text: expect.stringMatching(/\.$/) });
    expect(same(file.contents(), contents)).toBe(true);
  }
});

test("a sound disk has nothing to repair", async () => {
  for (const contents of [dynamic, fixed]) {
    expect(await repairFooter(bytesFile(contents.slice()), labSteps())).toMatchObject({ kind: "refused" });
    expect(readPlainVhd(contents).byteLength).toBe(byteLength);
  }
});
