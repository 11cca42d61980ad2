import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BlockFile,
  convert,
  createDynamicVhd,
  type Disk,
  openRawDisk,
  ramDisk,
  ramFile,
  readVhdHead,
} from "../../../src/storage/index.ts";
import { HvError } from "../../../src/support/index.ts";
import { plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile, cuts } from "../../lab/power-cut.ts";
import { labSteps } from "../../lab/steps.ts";
import { labChain, labContents, labDisk, labIdentity, labSectors } from "../../lab/vhd.ts";
import {
  cancelEverywhere,
  failEverywhere,
  same,
  sectorMap,
  shown,
  type Trial,
  tryOnce,
} from "../../lab/vhd-tools.ts";

const identity = labIdentity(0x77);
const sectors = 37; // 4 blocks of 4 KiB and 5 sectors
const byteLength = sectors * 512;

function target(): BlockFile & { contents(): Uint8Array<ArrayBuffer> } {
  return bytesFile(new Uint8Array(0));
}

const someSectors = fc.array(fc.tuple(fc.nat({ max: sectors - 1 }), fc.nat({ max: 3 })), { maxLength: 12 });

/** A disk and what it shows, made in one of several ways. */
const anySource = fc
  .record({ kind: fc.constantFrom("raw", "fixed", "dynamic", "chain"), own: someSectors, below: someSectors })
  .map(({ kind, own, below }) => {
    const base = sectorMap(below);
    const over = sectorMap(own);
    if (kind === "raw") {
      const image = shown(byteLength, over);
      return { files: [bytesFile(image.slice())], raw: true, contents: image };
    }
    if (kind !== "chain") {
      const type = kind === "fixed" ? ("fixed" as const) : ("dynamic" as const);
      const file = bytesFile(plainVhd({ type, byteLength, sectors: over }));
      return { files: [file], raw: false, contents: shown(byteLength, over) };
    }
    const parent = plainVhd({ type: "dynamic", byteLength, sectors: base, id: 1, backwards: true });
    const record = { id: 1, timeStamp: 0x2a000000, name: "base.vhd" };
    const child = plainVhd({ type: "differencing", byteLength, sectors: over, id: 2, parent: record });
    const contents = shown(byteLength, over, shown(byteLength, base));
    return { files: [bytesFile(parent), bytesFile(child)], raw: false, contents };
  });

describe("what comes out", () => {
  test("is what the disk shows its guest, whatever the disk is made of; the source is untouched", async () => {
    const property = fc.asyncProperty(
      anySource,
      fc.constantFrom("fixed" as const, "dynamic" as const),
      fc.constantFrom(4096, 8192, 2 << 20),
      async ({ files, raw, contents }, type, blockBytes) => {
        const before = files.map((file) => file.contents());
        const first = files[0] ?? target();
        const source = raw ? openRawDisk(first, { readOnly: true }) : labChain(files, { readOnly: true });
        const made = target();
        const outcome = await convert({ source, target: made, type, identity, blockBytes }, labSteps());
        expect(outcome).toEqual({ kind: "done", fileBytes: made.size() });
        const read = readPlainVhd(made.contents());
        expect(read).toMatchObject({ type, byteLength, id: "77".repeat(16) });
        expect(same(read.contents, contents)).toBe(true);
        for (const [block, place] of read.table.entries()) {
          const part = contents.subarray(block * blockBytes, (block + 1) * blockBytes);
          expect(place !== null).toBe(part.some((byte) => byte !== 0));
        }
        for (const [place, file] of files.entries())
          expect(same(file.contents(), before[place] ?? contents)).toBe(true);
        expect(same(labContents(labDisk(made)), contents)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test("blocks larger than what is read at once are put together", async () => {
    const source = ramDisk(5 << 20);
    source.write(3 << 20, labSectors(1, 9));
    source.write((5 << 20) - 512, labSectors(1, 4));
    const made = target();
    const steps = labSteps();
    const outcome = await convert(
      { source, target: made, type: "dynamic", identity, blockBytes: 4 << 20 },
      steps,
    );
    expect(outcome.kind).toBe("done");
    const { contents, table } = readPlainVhd(made.contents());
    expect(table.map((place) => place !== null)).toEqual([true, true]);
    expect(same(contents, labContents(source))).toBe(true);
    expect(steps.calls[0]).toEqual([0, 5 << 20]);
    expect(steps.calls.at(-1)).toEqual([5 << 20, 5 << 20]);
    for (const [place, [done]] of steps.calls.entries()) {
      expect(done).toBeGreaterThanOrEqual(steps.calls[place - 1]?.[0] ?? 0);
    }
  });

  test("zeros that the source knows of are not read: 2040 GiB of nothing take no time", async () => {
    const empty = ramFile();
    createDynamicVhd(empty, { byteLength: 2040 * 2 ** 30, identity });
    const made = ramFile();
    const steps = { ...labSteps(), everyBytes: 4 << 20 };
    const source = labDisk(empty, { readOnly: true });
    const outcome = await convert({ source, target: made, type: "dynamic", identity }, steps);
    expect(outcome).toEqual({ kind: "done", fileBytes: empty.size() });
  });
});

test("what is still on its way is waited for, and a source that fails is said to", async () => {
  const inner = ramDisk(64 << 10);
  inner.write(8192, labSectors(2, 5));
  const here = new Set<number>();
  const source: Disk = {
    ...inner,
    prepare(at) {
      if (here.has(at)) return null;
      return new Promise((resolve) => setTimeout(resolve, 0)).then(() => void here.add(at));
    },
    read: (at, into) => (here.has(at) && at < 32 << 10 ? inner.read(at, into) : "mediumError"),
  };
  const made = target();
  const failing = await convert({ source, target: made, type: "fixed", identity }, labSteps());
  expect(failing.kind).toBe("done"); // one piece, from 0
  const small = { source, target: target(), type: "dynamic" as const, identity, blockBytes: 4096 };
  expect(await convert(small, labSteps())).toMatchObject({
    kind: "failed",
    text: expect.stringContaining("Reading"),
  });
});

test("a cancel is no outcome, whatever its reason is", async () => {
  const controller = new AbortController();
  const reason = new HvError("job.cancelled", "The job was cancelled.");
  const steps = {
    ...labSteps(),
    signal: controller.signal,
    step: async () => controller.signal.throwIfAborted(),
  };
  controller.abort(reason);
  const parts = { source: ramDisk(4096), target: target(), type: "fixed" as const, identity };
  await expect(convert(parts, steps)).rejects.toBe(reason);
});

test("the impossible is refused before the target is touched", async () => {
  const made = bytesFile(labSectors(1, 1));
  const before = made.contents();
  const large: Disk = { ...ramDisk(512), byteLength: 2040 * 2 ** 30 + 512 };
  const ask = (source: Disk, more: { blockBytes?: number; type?: "fixed" }) =>
    convert({ source, target: made, type: "dynamic", identity, ...more }, labSteps());
  expect(await ask(ramDisk(0), {})).toMatchObject({
    kind: "refused",
    text: expect.stringContaining("empty"),
  });
  expect(await ask(large, { type: "fixed" })).toMatchObject({
    kind: "refused",
    text: expect.stringContaining("2040"),
  });
  const huge: Disk = { ...ramDisk(512), byteLength: 2040 * 2 ** 30 };
  expect(await ask(huge, { blockBytes: 4096 })).toMatchObject({ kind: "refused" });
  for (const blockBytes of [0, 512, 5000, 2 ** 30, Number.NaN]) {
    expect(await ask(ramDisk(4096), { blockBytes })).toMatchObject({ kind: "refused" });
  }
  expect(same(made.contents(), before)).toBe(true);
});

const source = ramDisk(byteLength);
source.write(0, labSectors(3, 1));
source.write(20 * 512, labSectors(17, 2));
const trials = (["fixed", "dynamic"] as const).map(
  (type): Trial<{ fileBytes: number }> & { type: string } => ({
    type,
    files: [labSectors(3, 8)],
    work: ([file], steps) =>
      convert({ source, target: file ?? target(), type, identity, blockBytes: 4096 }, steps),
  }),
);

describe.each(trials)("a $type target", (trial) => {
  test("is nothing or all after a power cut, and all once the outcome is there", async () => {
    const { recorder, after } = await tryOnce(trial);
    const whole = readPlainVhd(after[0] ?? new Uint8Array(0));
    let sound = 0;
    for (const cut of cuts(recorder, { tear: 512, subsets: 4 })) {
      const file = bytesFile(cut.files[0] ?? new Uint8Array(0));
      const head = readVhdHead(file);
      if (cut.after === recorder.changes.length)
        expect(same(file.contents(), after[0] ?? file.contents())).toBe(true);
      if (head.kind === "corrupt") continue;
      sound++;
      expect(same(labContents(labDisk(file, { readOnly: true })), whole.contents), cut.how).toBe(true);
    }
    expect(sound).toBeGreaterThan(0);
  });
  test("means nothing after a cancel at any step", async () => {
    const left = await cancelEverywhere(trial);
    expect(left.length).toBeGreaterThan(2);
    for (const [file] of left) {
      const head = readVhdHead(bytesFile(file ?? new Uint8Array(0)));
      expect(head.kind).toBe("corrupt");
    }
  });
  test("that cannot grow or be flushed is said to, with the bytes that would do", async () => {
    const { after } = await tryOnce(trial);
    const size = after[0]?.length ?? 0;
    const tried = await failEverywhere(trial);
    expect(tried.length).toBeGreaterThan(5);
    for (const { outcome } of tried) {
      if (outcome.kind === "failed") continue;
      expect(outcome.kind).toBe("noSpace");
      if (outcome.kind === "noSpace" && outcome.neededBytes > 0)
        expect(outcome.neededBytes).toBeGreaterThanOrEqual(size);
    }
    expect(tried.filter(({ outcome }) => outcome.kind === "failed")).toHaveLength(2);
    expect(tried.every(({ after: files }) => files.length === 1)).toBe(true);
  });
});
