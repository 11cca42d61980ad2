import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BlockFile, cachedFile, isNoSpace, noSpaceError, ramFile } from "../../../src/storage/index.ts";

/** Counts operations, and fails writes while `full` is set: leaving rubbish in the range, as a quota may. */
function watched(contents: Uint8Array<ArrayBuffer>) {
  const inner = ramFile({ contents });
  const seen = { reads: [] as [number, number][], writes: [] as [number, number][], flushes: 0, full: false };
  const file: BlockFile = {
    ...inner,
    readAt(at, into) {
      seen.reads.push([at, into.length]);
      return inner.readAt(at, into);
    },
    writeAt(at, from) {
      seen.writes.push([at, from.length]);
      if (seen.full) {
        const half = Math.min(from.length >> 1, Math.max(0, inner.size() - at));
        if (half > 0) inner.writeAt(at, new Uint8Array(half).fill(0xbd));
        throw noSpaceError();
      }
      inner.writeAt(at, from);
    },
    resize(size) {
      if (seen.full && size > inner.size()) throw noSpaceError();
      inner.resize(size);
    },
    flush() {
      seen.flushes++;
    },
  };
  return { file, inner, seen };
}

function pattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
}

function contentsOf(file: BlockFile): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(file.size());
  file.readAt(0, out);
  return out;
}

/** Comparing a megabyte element by element with `toEqual` takes seconds. */
function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

describe("reads", () => {
  test("a block is fetched once", () => {
    const { file, seen } = watched(pattern(1 << 20));
    const cache = cachedFile(file);
    const into = new Uint8Array(4096);
    cache.readAt(300 << 10, into);
    cache.readAt((300 << 10) + 4096, into);
    expect(into).toEqual(pattern(1 << 20).subarray((300 << 10) + 4096, (300 << 10) + 8192));
    expect(seen.reads).toEqual([[256 << 10, 64 << 10]]);
  });
  test("a sequential reader is read ahead for, in growing pieces up to 1 MiB", () => {
    const size = 16 << 20;
    const { file, seen } = watched(new Uint8Array(size));
    const cache = cachedFile(file);
    const into = new Uint8Array(32 << 10);
    for (let at = 0; at < size; at += into.length) cache.readAt(at, into);
    expect(seen.reads.length).toBeLessThan(24);
    expect(Math.max(...seen.reads.map(([, length]) => length))).toBe(1 << 20);
  });
  test("a large read goes straight into the caller's buffer", () => {
    const { file, seen } = watched(pattern(2 << 20));
    const cache = cachedFile(file);
    const into = new Uint8Array(1 << 20);
    expect(cache.readAt(4096, into)).toBe(1 << 20);
    expect(same(into, pattern(2 << 20).subarray(4096, 4096 + (1 << 20)))).toBe(true);
    expect(seen.reads).toEqual([[4096, 1 << 20]]);
  });
});

test("what lies beyond the end of the file is zeros when the file grows", () => {
  const { file } = watched(pattern(3000));
  const cache = cachedFile(file, { blockBytes: 2048, blocks: 4 });
  cache.readAt(0, new Uint8Array(2048));
  cache.writeAt(2100, new Uint8Array(10).fill(9));
  cache.readAt(2050, new Uint8Array(10));
  cache.resize(4096);
  const into = new Uint8Array(1096);
  cache.readAt(3000, into);
  expect(into).toEqual(new Uint8Array(1096));
});

describe("writes", () => {
  test("small ones wait for the flush and leave as one", () => {
    const { file, inner, seen } = watched(new Uint8Array(1 << 20));
    const cache = cachedFile(file);
    const all = pattern(256 << 10);
    for (let at = 0; at < all.length; at += 4096) cache.writeAt(at, all.subarray(at, at + 4096));
    expect(seen.writes).toEqual([]);
    expect(seen.reads).toEqual([]);
    expect(cache.dirtyBlocks()).toBe(4);
    cache.flush();
    expect(seen.writes).toEqual([[0, 256 << 10]]);
    expect(seen.flushes).toBe(1);
    expect(cache.dirtyBlocks()).toBe(0);
    expect(same(contentsOf(inner).subarray(0, all.length), all)).toBe(true);
  });
  test("the number of dirty blocks is bounded, oldest out first", () => {
    const { file, seen } = watched(new Uint8Array(4 << 20));
    const cache = cachedFile(file, { blockBytes: 4096, blocks: 8 });
    for (let block = 0; block < 20; block += 2) cache.writeAt(block * 4096, new Uint8Array(512));
    expect(cache.dirtyBlocks()).toBe(4);
    expect(seen.writes).toEqual([0, 2, 4, 6, 8, 10].map((block) => [block * 4096, 512]));
  });
  test("write back answers what became of it, disposing writes the rest", () => {
    const { file, inner, seen } = watched(new Uint8Array(1 << 16));
    const cache = cachedFile(file);
    cache.writeAt(0, new Uint8Array(512).fill(1));
    seen.full = true;
    expect(cache.writeBack()).toBe("noSpace");
    expect(() => cache.flush()).toThrow(expect.objectContaining({ code: "storage.noSpace" }));
    seen.full = false;
    expect(cache.writeBack()).toBe("ok");
    expect(contentsOf(inner).subarray(0, 512)).toEqual(new Uint8Array(512).fill(1));
    cache.writeAt(512, new Uint8Array(512).fill(2));
    const writes = seen.writes.length;
    cache[Symbol.dispose]();
    cache[Symbol.dispose]();
    expect(seen.writes.slice(writes)).toEqual([[512, 512]]);
  });
});

type Action =
  | { kind: "read"; at: number; length: number }
  | { kind: "write"; at: number; length: number; value: number }
  | { kind: "resize"; size: number }
  | { kind: "flush" | "writeBack" }
  | { kind: "full"; full: boolean };

const span = 12_000;
/** Positions and lengths meet block borders often, and miss them often enough. */
const number = (max: number) =>
  fc.oneof(
    fc.integer({ min: 0, max }),
    fc.integer({ min: 0, max: max >> 8 }).map((quarter) => quarter << 8),
  );
const value = fc.integer({ min: 1, max: 255 });
const kind = <K extends string>(name: K) => fc.constant(name);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind("read"), at: number(span), length: number(3000) }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("write"), at: number(span), length: number(3000), value }) },
  { weight: 9, arbitrary: fc.record({ kind: kind("write"), at: number(span), length: number(600), value }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("resize"), size: number(span) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("flush" as const, "writeBack" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("full"), full: fc.boolean() }) },
);

/** What the file must hold; `null` where a failed write left nobody any the wiser. */
type Model = (number | null)[];

/** Runs `act`; answers whether there was space. Any other error fails the test. */
function spaceFor(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (thrown) {
    if (!isNoSpace(thrown)) throw thrown;
    return false;
  }
}

function mismatch(model: Model, bytes: Uint8Array, at: number): number {
  for (let place = 0; place < bytes.length; place++) {
    const expected = model[at + place];
    if (expected !== null && bytes[place] !== (expected ?? 0)) return at + place;
  }
  return -1;
}

function put(model: Model, range: { at: number; length: number }, value: number | null): void {
  const end = range.at + range.length;
  while (model.length < end && range.length > 0) model.push(0);
  for (let at = range.at; at < end; at++) model[at] = value;
}

describe("against a plain model", () => {
  test("random reads, writes, flushes and resizes on a file that runs full", () => {
    const property = fc.property(
      fc.array(action, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(
        { blockBytes: 512, blocks: 2 },
        { blockBytes: 512, blocks: 16 },
        { blockBytes: 1024, blocks: 64 },
      ),
      (actions, shape) => {
        const start = pattern(5000);
        const { file, inner, seen } = watched(start);
        const cache = cachedFile(file, shape);
        const model: Model = [...start];
        for (const step of actions) {
          apply(step, { cache, model, inner, seen });
          const { blocks } = cache.inspect();
          if (cache.dirtyBlocks() > shape.blocks >> 1 || Number(blocks) > shape.blocks) return false;
        }
        seen.full = false;
        cache.flush();
        expect(cache.size()).toBe(inner.size());
        expect(mismatch(model, contentsOf(inner), 0)).toBe(-1);
        return same(contentsOf(cache), contentsOf(inner));
      },
    );
    fc.assert(property, { numRuns: 1500 });
  });
});

interface World {
  readonly cache: ReturnType<typeof cachedFile>;
  readonly model: Model;
  readonly inner: BlockFile;
  readonly seen: { full: boolean };
}

function apply(step: Action, world: World): void {
  const { cache, model, inner, seen } = world;
  switch (step.kind) {
    case "full":
      seen.full = step.full;
      return;
    case "read": {
      const into = new Uint8Array(step.length);
      const got = cache.readAt(step.at, into);
      expect(got).toBe(Math.max(0, Math.min(step.length, model.length - step.at)));
      expect(mismatch(model, into.subarray(0, got), step.at)).toBe(-1);
      return;
    }
    case "write": {
      if (step.length === 0) return;
      const from = new Uint8Array(step.length).fill(step.value);
      if (spaceFor(() => cache.writeAt(step.at, from))) {
        put(model, step, step.value);
      } else {
        const length = Math.min(step.length, model.length - step.at);
        if (length > 0) put(model, { at: step.at, length }, null);
      }
      return;
    }
    case "resize":
      if (spaceFor(() => cache.resize(step.size))) {
        while (model.length < step.size) model.push(0);
        model.length = step.size;
      }
      return;
    case "flush":
      if (spaceFor(() => cache.flush())) expect(mismatch(model, contentsOf(inner), 0)).toBe(-1);
      else expect(seen.full).toBe(true);
      return;
    case "writeBack":
      if (cache.writeBack() === "ok") expect(cache.dirtyBlocks()).toBe(0);
      else expect(seen.full).toBe(true);
      return;
  }
}
