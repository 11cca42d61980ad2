import { type BlockFile, noSpaceError, sectorSize } from "../../src/storage/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** One thing that was done to a recorded file. `file` is the order in which the recorder made them. */
export type Change =
  | { readonly kind: "write"; readonly file: number; readonly at: number; readonly bytes: Bytes }
  | { readonly kind: "resize"; readonly file: number; readonly size: number }
  | { readonly kind: "flush"; readonly file: number };

/** What a recorder may do to the code under test. */
export interface RecorderOptions {
  /**
   * Asked before each change; `ordinal` counts from 0 over all files. `true` makes it throw: a write or resize
   * `storage.noSpace`, where a write that would lengthen the file leaves rubbish behind the old end; a flush a
   * plain error.
   */
  readonly fail?: (change: Change, ordinal: number) => boolean;
}

/** Files in memory with one common memory of what was done to them, in order. */
export interface Recorder {
  /** A new file. Its first contents are copied and safe. */
  file(contents?: Bytes): BlockFile;
  /** Everything done so far. A test notes its length to know what had been acknowledged when. */
  readonly changes: readonly Change[];
  /** First contents, by file. */
  readonly origins: readonly Bytes[];
  /** What a file holds now, power intact. A copy. */
  contents(file: number): Bytes;
}

/** What the files hold after the power went. */
export interface Cut {
  /** Changes that had been made. Those up to each file's last flush among them are all there. */
  readonly after: number;
  /** Which of the others are there, for a message. */
  readonly how: string;
  /** Contents by file; the caller's to keep and to change. */
  readonly files: readonly Bytes[];
}

/** Which cuts are tried. */
export interface CutOptions {
  /** Random subsets of the unflushed changes after each change; 2 when absent. */
  readonly subsets?: number;
  /** Also tear writes at multiples of this many bytes of the file, and let a longer file keep its length but not its bytes. */
  readonly tear?: number;
  /** First change after which to cut; 0 when absent, which is before anything. */
  readonly from?: number;
  readonly seed?: number;
}

/** Contents that grow without being copied each time. */
interface Image {
  bytes: Bytes;
  length: number;
}

function image(contents: Bytes): Image {
  return { bytes: contents.slice(), length: contents.length };
}

function setLength(target: Image, length: number): void {
  if (length > target.bytes.length) {
    const larger = new Uint8Array(Math.max(length, target.bytes.length * 2));
    larger.set(target.bytes.subarray(0, target.length));
    target.bytes = larger;
  }
  if (length < target.length) target.bytes.fill(0, length, target.length);
  target.length = length;
}

function put(target: Image, at: number, from: Bytes): void {
  if (from.length === 0) return;
  if (at + from.length > target.length) setLength(target, at + from.length);
  target.bytes.set(from, at);
}

function apply(target: Image, change: Change): void {
  if (change.kind === "write") put(target, change.at, change.bytes);
  if (change.kind === "resize") setLength(target, change.size);
}

/** A plain file over bytes, for opening what a cut left. Nothing is copied until the file outgrows them. */
export function bytesFile(contents: Bytes): BlockFile & { contents(): Bytes } {
  const held: Image = { bytes: contents, length: contents.length };
  return {
    size: () => held.length,
    readAt: (at, into) => readFrom(held, at, into),
    writeAt: (at, from) => put(held, at, from),
    resize: (size) => setLength(held, size),
    flush() {},
    contents: () => held.bytes.slice(0, held.length),
    [Symbol.dispose]() {},
  };
}

function readFrom(held: Image, at: number, into: Bytes): number {
  const count = Math.max(0, Math.min(into.length, held.length - at));
  into.set(held.bytes.subarray(at, at + count));
  return count;
}

/** Opens a recorder without files. */
export function openRecorder(options: RecorderOptions = {}): Recorder {
  const changes: Change[] = [];
  const origins: Bytes[] = [];
  const images: Image[] = [];
  let asked = 0;

  function record(held: Image, change: Change): void {
    if (options.fail?.(change, asked++) === true) {
      if (change.kind === "flush") throw new Error("The test does not let this flush succeed.");
      leaveRubbish(held, change);
      throw noSpaceError();
    }
    changes.push(change);
    apply(held, change);
  }

  function leaveRubbish(held: Image, change: Change): void {
    if (change.kind !== "write") return;
    const from = Math.max(change.at, held.length);
    const count = (change.at + change.bytes.length - from) >> 1;
    if (count <= 0) return;
    const rubbish: Change = { ...change, at: from, bytes: new Uint8Array(count).fill(0xbd) };
    changes.push(rubbish);
    apply(held, rubbish);
  }

  function file(contents: Bytes = new Uint8Array(0)): BlockFile {
    const index = images.length;
    const held = image(contents);
    images.push(held);
    origins.push(contents.slice());
    return {
      size: () => held.length,
      readAt: (at, into) => readFrom(held, at, into),
      writeAt: (at, from) => record(held, { kind: "write", file: index, at, bytes: from.slice() }),
      resize: (size) => record(held, { kind: "resize", file: index, size }),
      flush: () => record(held, { kind: "flush", file: index }),
      [Symbol.dispose]() {},
    };
  }

  return {
    file,
    changes,
    origins,
    contents: (index) => images[index]?.bytes.slice(0, images[index]?.length) ?? new Uint8Array(0),
  };
}

/** A small generator of numbers from 0 up to 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  };
}

/** What becomes of one unflushed change. A torn write keeps its first sectors; `hollow` keeps only the length. */
type Fate = "kept" | "lost" | "torn" | "hollow";

/**
 * Everything the files may hold after a power cut, for a cut after each recorded change in turn: what was
 * flushed is there; of the rest everything, nothing, or seeded subsets in their order.
 */
export function* cuts(
  recorded: Pick<Recorder, "changes" | "origins">,
  options: CutOptions = {},
): Generator<Cut> {
  const random = seededRandom(options.seed ?? 1);
  const safe = recorded.origins.map(image);
  let pending: Change[] = [];
  for (let after = 0; after <= recorded.changes.length; after++) {
    const change = recorded.changes[after - 1];
    if (change?.kind === "flush") {
      pending = settle(safe, pending, change.file);
    } else if (change !== undefined) {
      pending.push(change);
    }
    if (after < (options.from ?? 0)) continue;
    for (const { how, fates } of draws(pending, options, random)) {
      yield { after, how, files: build({ safe, pending, fates, tear: options.tear ?? sectorSize, random }) };
    }
  }
}

/** Makes the changes of one file safe; answers those that are still not. */
function settle(safe: readonly Image[], pending: readonly Change[], file: number): Change[] {
  for (const change of pending) {
    const target = safe[file];
    if (change.file === file && target !== undefined) apply(target, change);
  }
  return pending.filter((change) => change.file !== file);
}

/** The fates to try for what is pending. One way is enough when nothing is. */
function draws(pending: readonly Change[], options: CutOptions, random: () => number) {
  const tear = options.tear !== undefined;
  const out: { how: string; fates: Fate[] }[] = [{ how: "all kept", fates: pending.map(() => "kept") }];
  if (pending.length === 0) return out;
  out.push({ how: "all lost", fates: pending.map(() => "lost") });
  for (let subset = 0; subset < (pending.length > 1 ? (options.subsets ?? 2) : 0); subset++) {
    const fates = pending.map(() => drawFate(random, tear));
    out.push({ how: fates.join(" "), fates });
  }
  if (tear) {
    for (const last of ["torn", "hollow"] as const) {
      const fates = pending.map((_, place): Fate => (place === pending.length - 1 ? last : "kept"));
      out.push({ how: `last ${last}`, fates });
    }
  }
  return out;
}

function drawFate(random: () => number, tear: boolean): Fate {
  const drawn = random();
  if (tear && drawn > 0.9) return "hollow";
  if (tear && drawn > 0.8) return "torn";
  return drawn < (tear ? 0.4 : 0.5) ? "kept" : "lost";
}

interface Remains {
  readonly safe: readonly Image[];
  readonly pending: readonly Change[];
  readonly fates: readonly Fate[];
  readonly tear: number;
  readonly random: () => number;
}

function build({ safe, pending, fates, tear, random }: Remains): readonly Bytes[] {
  const out = safe.map((held): Image => ({ bytes: held.bytes.slice(0, held.length), length: held.length }));
  for (const [place, change] of pending.entries()) {
    const target = out[change.file];
    const fate = fates[place];
    if (target === undefined || fate === "lost") continue;
    if (change.kind !== "write" || fate === "kept") apply(target, change);
    else if (fate === "torn")
      put(target, change.at, change.bytes.subarray(0, tornLength(change, tear, random)));
    else setLength(target, Math.max(target.length, change.at + change.bytes.length));
  }
  return out.map((held) => held.bytes.slice(0, held.length));
}

/** Bytes that a torn write keeps: up to some boundary of the medium inside it, none when there is no such. */
function tornLength(change: Extract<Change, { kind: "write" }>, tear: number, random: () => number): number {
  const first = Math.floor(change.at / tear) + 1;
  const last = Math.ceil((change.at + change.bytes.length) / tear) - 1;
  if (last < first) return 0;
  const boundary = first + Math.floor(random() * (last - first + 1));
  return boundary * tear - change.at;
}
