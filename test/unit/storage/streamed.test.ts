import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BlockFile,
  type ChunkSource,
  noSpaceError,
  openStreamedDisk,
  ramFile,
  type StreamedDisk,
  type StreamedOptions,
} from "../../../src/storage/index.ts";
import type { Micros } from "../../../src/support/index.ts";
import { bytesFile, cuts, openRecorder } from "../../lab/power-cut.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const chunkBytes = 4096;

function pattern(length: number): Bytes {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 12)) & 0xff);
}

/** A server in memory. `hold` makes fetches wait until they are let go; `broken` makes them fail. */
function server(contents: Bytes, options: { hold?: boolean } = {}) {
  const asked: number[] = [];
  const waiting: { chunk: number; go: () => void }[] = [];
  const state = { broken: false, asked, waiting, most: 0, under: 0 };
  const source: ChunkSource = {
    byteLength: contents.length,
    chunkBytes,
    async fetch(chunk, signal) {
      asked.push(chunk);
      state.most = Math.max(state.most, ++state.under);
      if (options.hold === true) {
        await new Promise<void>((resolve) => waiting.push({ chunk, go: resolve }));
      }
      state.under--;
      signal.throwIfAborted();
      if (state.broken) throw new Error("The server is gone.");
      return contents.slice(chunk * chunkBytes, (chunk + 1) * chunkBytes);
    },
  };
  return { source, state };
}

/** Time that stands still for the patience with a server and flies when a failed fetch rests. */
function pauses() {
  const seen: number[] = [];
  const pause = (time: Micros): Promise<void> => {
    if (time >= 10_000_000) return new Promise(() => {});
    seen.push(time);
    return Promise.resolve();
  };
  return { seen, pause };
}

function open(options: Partial<StreamedOptions> & { source: ChunkSource }): StreamedDisk {
  const outcome = openStreamedDisk({
    kept: ramFile(),
    identity: "image one",
    pause: pauses().pause,
    ...options,
  });
  if (outcome.kind !== "disk") throw new Error(outcome.text);
  return outcome.disk;
}

async function fetched(disk: StreamedDisk, at: number, length: number): Promise<Bytes | string> {
  await disk.prepare(at, length);
  const into = new Uint8Array(length).fill(0xee);
  const status = disk.read(at, into);
  return status === "ok" ? into : status;
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("reading", () => {
  test("fetches what is read, once, and answers it from then on", async () => {
    const contents = pattern(64 << 10);
    const { source, state } = server(contents);
    const disk = open({ source });
    expect(disk.byteLength).toBe(64 << 10);
    expect(await fetched(disk, 9 * 4096 + 512, 4096)).toEqual(
      contents.slice(9 * 4096 + 512, 10 * 4096 + 512),
    );
    expect(state.asked).toEqual([9, 10]);
    expect(disk.prepare(9 * 4096, 8192)).toBeNull();
    expect(disk.fetchedShare()).toBe(2 / 16);
    expect([...(disk.layers()[0]?.allocation(8) ?? [])]).toEqual([0, 0, 0, 0, 128, 128, 0, 0]);
  });

  test("a range that is not here is a medium error, and one that is wrong is out of range", () => {
    const disk = open({ source: server(pattern(8192)).source });
    expect(disk.read(0, new Uint8Array(512))).toBe("mediumError");
    expect(disk.read(8192, new Uint8Array(512))).toBe("outOfRange");
    expect(disk.read(100, new Uint8Array(512))).toBe("outOfRange");
    expect(disk.prepare(8192, 512)).toBeNull();
    expect(disk.prepare(Number.NaN, 512)).toBeNull();
    expect(disk.prepare(-512, 512)).toBeNull();
  });

  test("nothing can be written", () => {
    const disk = open({ source: server(pattern(8192)).source });
    expect(disk.readOnly).toBe(true);
    expect(disk.write(0, new Uint8Array(512))).toBe("readOnly");
    expect(disk.unmap(0, 512)).toBe("readOnly");
    expect(disk.write(1 << 20, new Uint8Array(512))).toBe("outOfRange");
    expect(disk.flush()).toBe("ok");
  });

  test("contents that end inside a sector are padded with zeros", async () => {
    const contents = pattern(4096 + 700);
    const disk = open({ source: server(contents).source });
    expect(disk.byteLength).toBe(4096 + 1024);
    const want = new Uint8Array(1536);
    want.set(contents.subarray(4096 - 512));
    expect(await fetched(disk, 4096 - 512, 1536)).toEqual(want);
  });

  test("chunks known to be zeros are neither fetched nor kept", async () => {
    const { source, state } = server(new Uint8Array(32 << 10));
    const kept = ramFile();
    const disk = open({ source: { ...source, isZero: (chunk) => chunk !== 3 }, kept });
    expect(disk.prepare(0, 3 * 4096)).toBeNull();
    const into = new Uint8Array(12288).fill(1);
    expect(disk.read(0, into)).toBe("ok");
    expect(into.every((byte) => byte === 0)).toBe(true);
    expect(disk.fetchedShare()).toBe(0);
    await disk.prepare(0, 32 << 10);
    expect(state.asked).toEqual([3]);
    expect(disk.fetchedShare()).toBe(1);
  });

  test.each([
    ["no size", 0, 4096],
    ["a size that is no number", Number.NaN, 4096],
    ["tiny pieces", 4096, 512],
    ["crooked pieces", 65536, 5000],
    ["huge pieces", 2 ** 30, 2 ** 28],
    ["too many pieces", 2 ** 50, 4096],
  ])("%s is refused with a sentence", (_name, byteLength, bytes) => {
    const { source } = server(pattern(4096));
    const outcome = openStreamedDisk({
      source: { ...source, byteLength, chunkBytes: bytes },
      kept: ramFile(),
      identity: "x",
      pause: pauses().pause,
    });
    expect(outcome).toMatchObject({ kind: "refused", text: expect.stringMatching(/impossible/) });
  });
});

describe("fetching", () => {
  test("several requests share one fetch, and few run at once", async () => {
    const { source, state } = server(pattern(256 << 10), { hold: true });
    const disk = open({ source });
    const waits = [disk.prepare(0, 20 * 4096), disk.prepare(4096, 4096), disk.prepare(0, 8192)];
    await settle();
    expect(state.waiting.length).toBe(6);
    while (state.waiting.length > 0) {
      state.waiting.shift()?.go();
      await settle();
    }
    await Promise.all(waits);
    expect(state.asked).toEqual(Array.from({ length: 20 }, (_, chunk) => chunk));
    expect(state.most).toBe(6);
  });

  test("a sequential reader is read ahead for, and what it wants goes first", async () => {
    const { source, state } = server(pattern(256 << 10), { hold: true });
    const disk = open({ source });
    for (let chunk = 0; chunk < 3; chunk++) {
      const wait = disk.prepare(chunk * 4096, 512);
      await settle();
      for (const held of state.waiting.splice(0)) held.go();
      await settle();
      await wait;
    }
    const foreseen = state.asked.filter((chunk) => chunk > 2);
    expect(foreseen.length).toBeGreaterThan(0);
    // Four foreseen are on their way at most: two connections stay free for a demand.
    const far = disk.prepare(60 * 4096, 512);
    await settle();
    expect(state.asked.at(-1)).toBe(60);
    for (const held of state.waiting.splice(0)) held.go();
    await far;
    expect(new Set(state.asked).size).toBe(state.asked.length);
  });

  test("a reader who jumps about is not read ahead for", async () => {
    const { source, state } = server(pattern(256 << 10));
    const disk = open({ source });
    for (const chunk of [40, 3, 22, 9, 60]) await disk.prepare(chunk * 4096, 512);
    await settle();
    expect(state.asked).toEqual([40, 3, 22, 9, 60]);
  });

  test("a failed fetch is tried again after growing pauses, then the read fails, and a later one tries anew", async () => {
    const contents = pattern(32 << 10);
    const { source, state } = server(contents);
    const { seen, pause } = pauses();
    const disk = open({ source, pause });
    state.broken = true;
    expect(await fetched(disk, 0, 512)).toBe("mediumError");
    expect(state.asked).toEqual([0, 0, 0, 0]);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
    expect(seen.length).toBe(3);
    expect(disk.inspect()).toMatchObject({ failed: 1, lastFailure: "The server is gone." });
    // A server that is gone is not asked four times for every chunk.
    expect(await fetched(disk, 8192, 512)).toBe("mediumError");
    expect(state.asked).toEqual([0, 0, 0, 0, 2]);
    state.broken = false;
    expect(await fetched(disk, 0, 512)).toEqual(contents.slice(0, 512));
  });

  test("a server that accepts and says nothing holds nobody for ever", async () => {
    const { source } = server(pattern(8192), { hold: true });
    const disk = open({ source, pause: () => settle() });
    expect(await fetched(disk, 0, 512)).toBe("mediumError");
    expect(disk.inspect()).toMatchObject({ lastFailure: "The server does not answer." });
  });

  test("what arrives with the wrong checksum or length is not believed", async () => {
    const contents = pattern(3 * 4096);
    const digest = async (bytes: Bytes) => createHash("sha256").update(bytes).digest("hex");
    const hashes = [await digest(contents.slice(0, 4096)), "00".repeat(32), null];
    const { source } = server(contents);
    const disk = open({ source, check: { hashes, digest } });
    expect(await fetched(disk, 0, 512)).toEqual(contents.slice(0, 512));
    expect(await fetched(disk, 4096, 512)).toBe("mediumError");
    expect(disk.inspect()).toMatchObject({ lastFailure: expect.stringContaining("damaged") });
    expect(await fetched(disk, 8192, 512)).toEqual(contents.slice(8192, 8704));
    const short = open({ source: { ...source, fetch: async () => new Uint8Array(4095) } });
    expect(await fetched(short, 0, 512)).toBe("mediumError");
  });

  test("a disk that is closed settles everybody and takes nothing in any more", async () => {
    const { source, state } = server(pattern(256 << 10), { hold: true });
    const disk = open({ source });
    const waits = disk.prepare(0, 20 * 4096);
    await settle();
    disk[Symbol.dispose]();
    await waits;
    for (const held of state.waiting) held.go();
    await settle();
    expect(disk.read(0, new Uint8Array(512))).toBe("mediumError");
    expect(disk.prepare(0, 512)).toBeNull();
    expect(state.asked.length).toBe(6);
    disk[Symbol.dispose]();
  });
});

describe("keeping", () => {
  /** A file that outlives the disk over it. */
  const lasting = (contents?: Bytes): BlockFile => bytesFile(contents ?? new Uint8Array(0));

  test("what was fetched is there on the next visit", async () => {
    const contents = pattern(64 << 10);
    const kept = lasting();
    const { source, state } = server(contents);
    const first = open({ source, kept });
    await first.prepare(0, 5000 - (5000 % 512));
    await first.prepare(15 * 4096, 4096);
    first[Symbol.dispose]();
    const second = open({ source, kept });
    expect(second.fetchedShare()).toBe(3 / 16);
    state.asked.length = 0;
    expect(await fetched(second, 0, 8192)).toEqual(contents.slice(0, 8192));
    expect(await fetched(second, 15 * 4096, 4096)).toEqual(contents.slice(15 * 4096));
    expect(state.asked).toEqual([]);
  });

  test.each([
    ["another identity", { identity: "image two" }],
    ["another size", { source: server(pattern((64 << 10) - 512)).source }],
    ["other pieces", { source: { ...server(pattern(64 << 10)).source, chunkBytes: 8192 } }],
  ])("%s starts over", async (_name, change) => {
    const kept = lasting();
    const { source } = server(pattern(64 << 10));
    const first = open({ source, kept });
    await first.prepare(0, 64 << 10);
    first[Symbol.dispose]();
    expect(open({ source, kept, ...change }).fetchedShare()).toBe(0);
  });

  test("a damaged mark, a damaged header and a file cut short are not believed", async () => {
    const recorder = openRecorder();
    const { source } = server(pattern(64 << 10));
    const first = open({ source, kept: recorder.file() });
    await first.prepare(0, 64 << 10);
    first[Symbol.dispose]();
    const whole = recorder.contents(0);
    expect(open({ source, kept: lasting(whole.slice()) }).fetchedShare()).toBe(1);
    for (const at of [3, 20, 40, 400, 510, 512, 513, 1020]) {
      const spoilt = whole.slice();
      spoilt[at] = (spoilt[at] ?? 0) ^ 4;
      expect(open({ source, kept: lasting(spoilt) }).fetchedShare()).toBe(0);
    }
    expect(open({ source, kept: lasting(whole.slice(0, whole.length - 4096)) }).fetchedShare()).toBe(15 / 16);
    expect(open({ source, kept: lasting(whole.slice(0, 700)) }).fetchedShare()).toBe(0);
  });

  test("marks of other contents under a right header are not believed", async () => {
    const { source } = server(pattern(64 << 10));
    const [old, fresh] = [openRecorder(), openRecorder()];
    for (const [recorder, identity] of [[old, "image one"] as const, [fresh, "image two"] as const]) {
      const disk = open({ source, kept: recorder.file(), identity });
      if (recorder === old) await disk.prepare(0, 64 << 10);
      disk[Symbol.dispose]();
    }
    const mixed = old.contents(0);
    mixed.set(fresh.contents(0).subarray(0, 512));
    expect(open({ source, kept: lasting(mixed), identity: "image two" }).fetchedShare()).toBe(0);
  });

  test("any bytes may lie in the kept file", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const contents = pattern(16 << 10);
        const disk = open({ source: server(contents).source, kept: lasting(Uint8Array.from(bytes)) });
        expect(await fetched(disk, 0, 16 << 10)).toEqual(contents);
      }),
      { numRuns: 50 },
    );
  });

  test("after a power cut at any moment, what the kept file claims is true", async () => {
    const contents = pattern(40 << 10);
    const recorder = openRecorder();
    const kept = recorder.file(pattern(100_000));
    const { source } = server(contents);
    const disk = open({ source, kept });
    for (const chunk of [3, 0, 9, 4, 5]) {
      await disk.prepare(chunk * 4096, 4096);
      if (chunk !== 0) disk.writeBack();
    }
    disk[Symbol.dispose]();
    let seen = 0;
    for (const cut of cuts(recorder, { tear: 512, subsets: 4 })) {
      const gone = { ...source, fetch: () => Promise.reject(new Error("offline")) };
      const after = open({ source: gone, kept: lasting(cut.files[0]) });
      for (let chunk = 0; chunk < 10; chunk++) {
        const into = new Uint8Array(4096);
        if (after.read(chunk * 4096, into) !== "ok") continue;
        seen++;
        expect(into, `${cut.how} after ${cut.after}`).toEqual(
          contents.slice(chunk * 4096, (chunk + 1) * 4096),
        );
      }
    }
    expect(seen).toBeGreaterThan(20);
  });

  test("a mark is written only after its chunk was flushed", async () => {
    const recorder = openRecorder();
    const { source } = server(pattern(64 << 10));
    const disk = open({ source, kept: recorder.file() });
    const before = recorder.changes.length;
    await disk.prepare(0, 4096);
    expect(recorder.changes.slice(before).map(({ kind }) => kind)).toEqual(["write"]);
    disk.writeBack();
    expect(recorder.changes.slice(before).map(({ kind }) => kind)).toEqual(["write", "flush", "write"]);
    disk.writeBack();
    expect(recorder.changes.length).toBe(before + 3);
  });

  test("without room in the browser's storage the disk goes on from memory", async () => {
    const contents = pattern(96 << 10);
    const { source, state } = server(contents);
    const inner = ramFile();
    const room = { full: false };
    const kept: BlockFile = {
      ...inner,
      writeAt(at, from) {
        if (room.full) throw noSpaceError();
        inner.writeAt(at, from);
      },
    };
    const disk = open({ source, kept });
    await disk.prepare(0, 4096);
    room.full = true;
    expect(await fetched(disk, 0, 40 << 10)).toEqual(contents.slice(0, 40 << 10));
    await settle(); // one chunk more was foreseen
    expect(disk.inspect()).toMatchObject({ kept: 1, inMemory: 10 });
    disk.writeBack();
    room.full = false;
    expect(await fetched(disk, 80 << 10, 8192)).toEqual(contents.slice(80 << 10, 88 << 10));
    expect(disk.inspect()).toMatchObject({ kept: 3, inMemory: 10 });
    expect(new Set(state.asked).size).toBe(state.asked.length);
  });

  test("memory is bounded: the least recently read goes, and is fetched again", async () => {
    const chunk = 8 << 20;
    const source: ChunkSource = {
      byteLength: 20 * chunk,
      chunkBytes: chunk,
      fetch: async (index) => new Uint8Array(chunk).fill(index),
    };
    const disk = open({ source, kept: ramFile({ limit: 100_000 }) });
    for (let index = 0; index < 12; index++) {
      expect(await fetched(disk, index * chunk, 512)).toEqual(new Uint8Array(512).fill(index));
    }
    expect(Number(disk.inspect()["inMemory"])).toBeLessThanOrEqual(8);
    expect(await fetched(disk, 0, 512)).toEqual(new Uint8Array(512));
  });

  test("a chunk that cannot be read back is fetched again and the mark withdrawn", async () => {
    const contents = pattern(16 << 10);
    const inner = bytesFile(new Uint8Array(0));
    const broken = { on: false };
    const kept: BlockFile = {
      ...inner,
      readAt(at, into) {
        if (broken.on && at >= 4096) throw new Error("bad sector");
        return inner.readAt(at, into);
      },
    };
    const { source } = server(contents);
    const disk = open({ source, kept });
    await disk.prepare(0, 16 << 10);
    disk.writeBack();
    broken.on = true;
    expect(disk.read(0, new Uint8Array(512))).toBe("mediumError");
    expect(await fetched(disk, 0, 512)).toEqual(contents.slice(0, 512));
    disk[Symbol.dispose]();
    broken.on = false;
    expect(open({ source, kept: inner }).fetchedShare()).toBe(3 / 4);
  });

  test("a file that cannot even be started keeps nothing and stops nobody", async () => {
    const contents = pattern(16 << 10);
    const refusing: BlockFile = {
      ...ramFile(),
      resize() {
        throw noSpaceError();
      },
    };
    const disk = open({ source: server(contents).source, kept: refusing });
    expect(await fetched(disk, 0, 16 << 10)).toEqual(contents);
    disk[Symbol.dispose]();
  });
});

test("a block map is true for every number of cells", async () => {
  const { source } = server(pattern(10 * 4096 + 100));
  const disk = open({ source });
  for (const chunk of [10, 2, 1]) await disk.prepare(chunk * 4096, 512);
  await settle();
  for (const cells of [1, 2, 3, 7, 11, 100, 1000]) {
    const map = disk.layers()[0]?.allocation(cells) ?? new Uint8Array(0);
    expect(map.length).toBe(cells);
    for (let cell = 0; cell < cells; cell++) {
      const [from, to] = [(cell * disk.byteLength) / cells, ((cell + 1) * disk.byteLength) / cells];
      let here = 0;
      for (const chunk of [1, 2, 10]) {
        here += Math.max(0, Math.min(to, (chunk + 1) * 4096) - Math.max(from, chunk * 4096));
      }
      const share = here / (to - from);
      expect(Math.abs((map[cell] ?? 0) - share * 255)).toBeLessThanOrEqual(1.5);
      expect(map[cell] === 0).toBe(share < 1e-9);
    }
  }
});
