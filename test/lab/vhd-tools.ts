import { type BlockFile, cachedFile, type Steps, type ToolOutcome } from "../../src/storage/index.ts";
import { openRecorder, type Recorder } from "./power-cut.ts";
import { labSteps } from "./steps.ts";
import { labSectors } from "./vhd.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Sectors to build a disk from: number and seed; seed 0 makes a sector of zeros. */
export function sectorMap(wanted: Iterable<readonly [sector: number, seed: number]>): Map<number, Bytes> {
  const out = new Map<number, Bytes>();
  for (const [sector, seed] of wanted) {
    out.set(sector, seed === 0 ? new Uint8Array(512) : labSectors(1, seed));
  }
  return out;
}

/** What a disk of these sectors shows, over a parent's contents. */
export function shown(byteLength: number, sectors: ReadonlyMap<number, Bytes>, parent?: Bytes): Bytes {
  const out = new Uint8Array(byteLength);
  if (parent !== undefined) out.set(parent.subarray(0, byteLength));
  for (const [sector, bytes] of sectors) out.set(bytes, sector * 512);
  return out;
}

/** Whether bytes are equal; `toEqual` takes seconds for a megabyte. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** Everything a file holds. */
export function fileBytes(file: BlockFile): Bytes {
  const out = new Uint8Array(file.size());
  file.readAt(0, out);
  return out;
}

/** What a tool was asked, to be asked again and again of fresh files. */
export interface Trial<Result> {
  /** First contents of the files, in the order `work` gets them. */
  readonly files: readonly Bytes[];
  work(files: readonly BlockFile[], steps: Steps): Promise<ToolOutcome<Result>>;
}

/** How one asking went. */
export interface Tried<Result> {
  readonly outcome: ToolOutcome<Result>;
  readonly recorder: Recorder;
  readonly after: readonly Bytes[];
}

/** The same trial over a cache, which joins and reorders what lies between two flushes. */
export function throughCache<Result>(trial: Trial<Result>): Trial<Result> {
  const cached = (file: BlockFile) => cachedFile(file, { blockBytes: 2048, blocks: 6 });
  return { ...trial, work: (files, steps) => trial.work(files.map(cached), steps) };
}

/** Asks once, over recorded files. */
export async function tryOnce<Result>(
  trial: Trial<Result>,
  recorder = openRecorder(),
): Promise<Tried<Result>> {
  const files = trial.files.map((contents) => recorder.file(contents));
  const outcome = await trial.work(files, labSteps());
  return { outcome, recorder, after: files.map(fileBytes) };
}

/** Cancels at every step there is, in turn. Answers what each left in the files. @throws when one is not cancelled */
export async function cancelEverywhere<Result>(trial: Trial<Result>): Promise<readonly (readonly Bytes[])[]> {
  const left: (readonly Bytes[])[] = [];
  for (let at = 0; ; at++) {
    const recorder = openRecorder();
    const files = trial.files.map((contents) => recorder.file(contents));
    const steps = labSteps(at);
    try {
      await trial.work(files, steps);
    } catch (thrown) {
      if (thrown !== steps.signal.reason) throw thrown;
      left.push(files.map(fileBytes));
      continue;
    }
    if (steps.signal.aborted) throw new Error(`step ${at} was cancelled but the work went on`);
    return left;
  }
}

/** Lets every single change fail in turn: writes for lack of space, flushes anyhow. */
export async function failEverywhere<Result>(trial: Trial<Result>): Promise<readonly Tried<Result>[]> {
  const tried: Tried<Result>[] = [];
  for (let at = 0; ; at++) {
    let failed = false;
    const fail = (_: unknown, ordinal: number) => {
      failed ||= ordinal === at;
      return ordinal === at;
    };
    const one = await tryOnce(trial, openRecorder({ fail }));
    if (!failed) return tried;
    tried.push(one);
  }
}
