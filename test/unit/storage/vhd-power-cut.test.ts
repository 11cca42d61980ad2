import { describe, expect, test } from "vitest";
import {
  type BlockFile,
  cachedFile,
  createDifferencingVhd,
  createDynamicVhd,
  type Disk,
} from "../../../src/storage/index.ts";
import { readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile, cuts, openRecorder, type Recorder, seededRandom } from "../../lab/power-cut.ts";
import { labChain, labContents, labHead, labIdentity, labSectors } from "../../lab/vhd.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const sectors = 70;

/** What the disk held once so many changes had been recorded. */
interface Moment {
  readonly changes: number;
  readonly contents: Bytes;
  /** A flush had just been acknowledged. */
  readonly safe: boolean;
}

/** A disk at work on recorded files, the base first. */
interface Work {
  readonly recorder: Recorder;
  readonly disk: Disk;
  readonly model: Bytes;
  readonly moments: Moment[];
}

function made(make: (file: BlockFile) => unknown): Bytes {
  const file = bytesFile(new Uint8Array(0));
  make(file);
  return file.contents();
}

const blockBytes = 4096;
const emptyDynamic = made((file) =>
  createDynamicVhd(file, { byteLength: sectors * 512, blockBytes, identity: labIdentity(1) }),
);
const usedDynamic = made((file) => {
  file.writeAt(0, emptyDynamic);
  const disk = labChain([file]);
  for (const block of [7, 2, 5, 0]) disk.write(block * blockBytes, labSectors(8, block + 1));
  disk.flush();
});
const emptyChild = made((file) =>
  createDifferencingVhd(file, {
    parent: labHead(bytesFile(usedDynamic.slice())),
    parentName: "base.vhd",
    identity: labIdentity(2),
  }),
);

interface Conditions {
  readonly fail?: () => boolean;
  /** What stands between the disk and its file. */
  readonly behind?: (file: BlockFile) => BlockFile;
}

function begin(contents: readonly Bytes[], { fail, behind = (file) => file }: Conditions = {}): Work {
  const recorder = openRecorder(fail === undefined ? {} : { fail });
  const disk = labChain(contents.map((bytes) => behind(recorder.file(bytes))));
  const model = labContents(disk);
  return { recorder, disk, model, moments: [{ changes: 0, contents: model.slice(), safe: true }] };
}

function note({ recorder, model, moments }: Work, safe: boolean): void {
  moments.push({ changes: recorder.changes.length, contents: model.slice(), safe });
}

/** Random work. Failures may come from a test's own hand: what was asked for counts as possible then. */
function work(job: Work, seed: number, steps: number): void {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let place = 0; place < steps; place++) {
    const dice = random();
    if (dice < 0.3) {
      if (random() < 0.5) note(job, job.disk.flush() === "ok");
      else job.disk.writeBack?.();
      continue;
    }
    // Whole blocks often, so that places are given back and used again.
    const whole = random() < 0.5;
    const first = whole ? below(8) * 8 : below(sectors - 1);
    const count = Math.min(whole ? 8 * (1 + below(3)) : 1 + below(12), sectors - first);
    const bytes = dice < 0.75 ? labSectors(count, place + 17) : new Uint8Array(count * 512);
    const before = job.model.slice();
    job.model.set(bytes, first * 512);
    if (dice < 0.75) settleWrite(job, before, job.disk.write(first * 512, bytes));
    else settleWrite(job, before, job.disk.unmap(first * 512, bytes.length));
    note(job, false);
  }
  note(job, job.disk.flush() === "ok");
}

/** A write that failed may have happened in part: the disk itself says how it stands. */
function settleWrite(job: Work, before: Bytes, status: string): void {
  if (status === "ok") return;
  const now = labContents(job.disk);
  for (let at = 0; at < now.length; at += 512) {
    const sector = now.subarray(at, at + 512);
    const known = [before, job.model].some((one) => Buffer.compare(one.subarray(at, at + 512), sector) === 0);
    if (!known) throw new Error(`sector ${at / 512} holds what nobody wrote`);
  }
  job.model.set(now);
}

/** Every sector holds what it held at the last acknowledged flush, or something written to it since. */
function expectKnown(found: Bytes, moments: readonly Moment[], after: number): void {
  const from = moments.findLastIndex((one) => one.safe && one.changes <= after);
  const until = moments.findIndex((one, place) => place >= from && one.changes >= after);
  const possible = moments.slice(from, until < 0 ? undefined : until + 1);
  for (let at = 0; at < found.length; at += 512) {
    const sector = found.subarray(at, at + 512);
    const known = possible.some(
      ({ contents }) => Buffer.compare(contents.subarray(at, at + 512), sector) === 0,
    );
    if (!known) throw new Error(`sector ${at / 512} holds ${sector[0]}, which it never should`);
  }
}

/** Tries every cut: the files open, hold what they must, can be written, and are sound to a second reader. */
function expectSurvival({ recorder, moments }: Work, seed: number): number {
  let tried = 0;
  for (const { after, how, files } of cuts(recorder, { seed, tear: 512, subsets: 2 })) {
    try {
      const opened = files.map((bytes) => bytesFile(bytes));
      expectKnown(
        labContents(
          labChain(
            opened.map((file) => bytesFile(file.contents())),
            { readOnly: true },
          ),
        ),
        moments,
        after,
      );
      const disk = labChain(opened);
      const found = labContents(disk);
      expectKnown(found, moments, after);
      const fresh = labSectors(9, tried);
      expect(disk.write(3 * 512, fresh)).toBe("ok");
      expect(disk.flush()).toBe("ok");
      found.set(fresh, 3 * 512);
      let below = new Uint8Array(0);
      for (const file of opened) below = readPlainVhd(file.contents(), below).contents;
      expect(Buffer.compare(below, found)).toBe(0);
    } catch (thrown) {
      throw new Error(`after change ${after} (${how}): ${thrown instanceof Error ? thrown.message : thrown}`);
    }
    tried++;
  }
  return tried;
}

describe.each([
  ["a new dynamic disk", [emptyDynamic]],
  ["a dynamic disk with blocks", [usedDynamic]],
  ["a differencing disk", [usedDynamic, emptyChild]],
])("power cuts: %s", (_, contents) => {
  test.each([1, 2, 3])("random work %i", (seed) => {
    const job = begin(contents);
    work(job, seed, 32);
    expect(expectSurvival(job, seed)).toBeGreaterThan(80);
  });
  test.each([11])("random work %i with a medium that fails now and then", (seed) => {
    const random = seededRandom(seed);
    const job = begin(contents, { fail: () => random() < 0.08 });
    work(job, seed, 32);
    expect(expectSurvival(job, seed)).toBeGreaterThan(80);
  });
  test.each([21])("random work %i through a cache that reorders", (seed) => {
    const shape = { blockBytes: 2048, blocks: 6 };
    const job = begin(contents, { behind: (file) => cachedFile(file, shape) });
    work(job, seed, 32);
    expect(expectSurvival(job, seed)).toBeGreaterThan(50);
  });
});
