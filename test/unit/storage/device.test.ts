import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DeviceDisk,
  type DeviceFile,
  type DeviceLimits,
  type DevicePiece,
  noSpaceError,
  openDeviceDisk,
} from "../../../src/storage/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const limits: DeviceLimits = { chunkBytes: 4096, cleanBytes: 16 * 4096, dirtyBytes: 8 * 4096 };

function pattern(length: number): Bytes {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 12)) & 0xff);
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A file of a visitor, in memory. Commits wait while `hold` is set, and fail with what `refuse` holds. */
function visitorFile(contents: Bytes, options: { readOnly?: boolean } = {}) {
  const state = {
    contents: contents.slice(),
    reads: [] as [number, number][],
    commits: 0,
    under: 0,
    refuse: null as unknown,
    broken: false,
    hold: null as Promise<void> | null,
    holdRead: null as Promise<void> | null,
  };
  async function write(pieces: readonly DevicePiece[]): Promise<void> {
    expect(state.under++).toBe(0);
    await (state.hold ?? settle());
    state.under--;
    if (state.refuse !== null) throw state.refuse;
    // As the browser does: the bytes are those of now, not of when the call was made.
    for (const { at, bytes } of pieces) state.contents.set(bytes, at);
    state.commits++;
  }
  const file: DeviceFile = {
    byteLength: contents.length,
    async read(at, length) {
      state.reads.push([at, length]);
      const bytes = state.contents.slice(at, at + length);
      await (state.holdRead ?? settle());
      if (state.broken) throw new Error("The stick was pulled out.");
      return bytes;
    },
    write: options.readOnly === true ? null : write,
  };
  return { file, state };
}

function open(file: DeviceFile, shape: DeviceLimits = limits): DeviceDisk {
  const outcome = openDeviceDisk(file, shape);
  if (outcome.kind !== "disk") throw new Error(outcome.text);
  return outcome.disk;
}

async function readOf(disk: DeviceDisk, at: number, length: number): Promise<Bytes | string> {
  await disk.prepare(at, length);
  const into = new Uint8Array(length).fill(0xee);
  const status = disk.read(at, into);
  return status === "ok" ? into : status;
}

async function writeTo(disk: DeviceDisk, at: number, bytes: Bytes): Promise<string> {
  await disk.prepare(at, bytes.length);
  return disk.write(at, bytes);
}

async function flushed(disk: DeviceDisk): Promise<string> {
  await disk.prepareFlush();
  return disk.flush();
}

describe("reading", () => {
  test("loads what is read, once", async () => {
    const contents = pattern(64 << 10);
    const { file, state } = visitorFile(contents);
    const disk = open(file);
    expect(disk.read(0, new Uint8Array(512))).toBe("mediumError");
    expect(await readOf(disk, 20480 - 512, 1024)).toEqual(contents.slice(20480 - 512, 20480 + 512));
    expect(disk.prepare(16384, 8192)).toBeNull();
    expect(state.reads).toEqual([[16384, 8192]]);
  });

  test("a part of a sector at the end is left out, and said", async () => {
    const { file } = visitorFile(pattern(8192 + 700));
    const disk = open(file);
    expect([disk.byteLength, disk.trailingBytes]).toEqual([8704, 188]);
    expect(await readOf(disk, 8192, 512)).toEqual(pattern(8704).slice(8192));
    expect(disk.read(8704, new Uint8Array(512))).toBe("outOfRange");
    expect(await writeTo(disk, 8192, pattern(512))).toBe("ok");
    expect(await flushed(disk)).toBe("ok");
    expect(disk.inspect()).toMatchObject({ trailingBytes: 188, dirty: 0 });
  });

  test("a file without a sector is refused", () => {
    expect(openDeviceDisk(visitorFile(pattern(511)).file)).toMatchObject({
      kind: "refused",
      text: expect.stringContaining("too short"),
    });
  });

  test("a sequential reader is read ahead for", async () => {
    const { file, state } = visitorFile(pattern(256 << 10));
    const disk = open(file);
    let waited = 0;
    for (let at = 0; at < 128 << 10; at += 2048) {
      if (disk.prepare(at, 2048) !== null) waited++;
      await readOf(disk, at, 2048);
      await settle();
    }
    expect(waited).toBe(2);
    expect(new Set(state.reads.map(([at]) => at)).size).toBe(state.reads.length);
  });

  test("a file that fails or has shrunk is a medium error, and is asked again later", async () => {
    const { file, state } = visitorFile(pattern(32 << 10));
    const disk = open(file);
    state.broken = true;
    expect(await readOf(disk, 0, 512)).toBe("mediumError");
    expect(disk.inspect()).toMatchObject({ lastFailure: "The stick was pulled out." });
    state.broken = false;
    expect(await readOf(disk, 0, 512)).toEqual(pattern(512));
    state.contents = state.contents.slice(0, 10_000);
    expect(await readOf(disk, 16384, 512)).toBe("mediumError");
    expect(disk.inspect()).toMatchObject({ lastFailure: expect.stringContaining("shorter") });
  });

  test("memory is bounded", async () => {
    const { file } = visitorFile(pattern(512 << 10));
    const disk = open(file);
    for (let at = 0; at < 512 << 10; at += 4096) expect(typeof (await readOf(disk, at, 4096))).toBe("object");
    expect(Number(disk.inspect()["clean"])).toBeLessThanOrEqual(limits.cleanBytes);
  });
});

describe("writing", () => {
  test("is seen at once and reaches the file with the flush, all in one commit", async () => {
    const contents = pattern(64 << 10);
    const { file, state } = visitorFile(contents);
    const disk = open(file);
    expect(await writeTo(disk, 512, new Uint8Array(512).fill(1))).toBe("ok");
    expect(await writeTo(disk, 40960, new Uint8Array(8192).fill(2))).toBe("ok");
    expect(await readOf(disk, 512, 512)).toEqual(new Uint8Array(512).fill(1));
    expect(state.contents).toEqual(contents);
    expect(disk.flush()).toBe("mediumError");
    expect(await flushed(disk)).toBe("ok");
    contents.fill(1, 512, 1024);
    contents.fill(2, 40960, 49152);
    expect(state.contents).toEqual(contents);
    expect(state.commits).toBe(1);
    expect(disk.prepareFlush()).toBeNull();
    expect(disk.flush()).toBe("ok");
  });

  test("a file that may only be read refuses", async () => {
    const { file } = visitorFile(pattern(8192), { readOnly: true });
    const disk = open(file);
    expect(disk.readOnly).toBe(true);
    expect(await writeTo(disk, 0, new Uint8Array(512))).toBe("readOnly");
    expect(disk.unmap(0, 512)).toBe("readOnly");
    expect(disk.prepareFlush()).toBeNull();
    expect(disk.flush()).toBe("ok");
  });

  test("what is written during a commit is not part of it, and comes with the next", async () => {
    const { file, state } = visitorFile(pattern(64 << 10));
    const disk = open(file);
    await writeTo(disk, 0, new Uint8Array(512).fill(1));
    let go = () => {};
    state.hold = new Promise((resolve) => {
      go = resolve;
    });
    const first = disk.prepareFlush();
    expect(disk.write(0, new Uint8Array(512).fill(2))).toBe("ok");
    expect(disk.write(512, new Uint8Array(512).fill(3))).toBe("ok");
    go();
    state.hold = null;
    await first;
    expect(disk.flush()).toBe("ok");
    expect([state.contents[0], state.contents[512]]).toEqual([1, pattern(513)[512]]);
    expect(await readOf(disk, 0, 512)).toEqual(new Uint8Array(512).fill(2));
    expect(await flushed(disk)).toBe("ok");
    expect([state.contents[0], state.contents[512]]).toEqual([2, 3]);
  });

  test("a commit that fails is the flush's status; nothing is lost and the next one tries again", async () => {
    const { file, state } = visitorFile(pattern(64 << 10));
    const disk = open(file);
    await writeTo(disk, 0, new Uint8Array(4096).fill(7));
    state.refuse = new Error("Permission was taken back.");
    expect(await flushed(disk)).toBe("mediumError");
    expect(disk.inspect()).toMatchObject({ lastFailure: "Permission was taken back." });
    state.refuse = noSpaceError();
    expect(await flushed(disk)).toBe("noSpace");
    expect(await readOf(disk, 0, 512)).toEqual(new Uint8Array(512).fill(7));
    state.refuse = null;
    expect(await flushed(disk)).toBe("ok");
    expect(state.contents[0]).toBe(7);
  });

  test("a full memory waits for a commit, and refuses when there is none", async () => {
    const { file, state } = visitorFile(pattern(512 << 10));
    const disk = open(file);
    for (let at = 0; at < 512 << 10; at += 4096) {
      expect(await writeTo(disk, at, new Uint8Array(4096).fill(9))).toBe("ok");
      expect(Number(disk.inspect()["dirty"])).toBeLessThanOrEqual(limits.dirtyBytes);
    }
    expect(state.commits).toBeGreaterThan(10);
    expect(state.commits).toBeLessThan(20);
    state.refuse = noSpaceError();
    const statuses: string[] = [];
    for (let at = 0; at < 128 << 10; at += 4096) {
      statuses.push(await writeTo(disk, at, new Uint8Array(4096).fill(8)));
    }
    expect(statuses.at(-1)).toBe("noSpace");
    expect(Number(disk.inspect()["dirty"])).toBeLessThanOrEqual(2 * limits.dirtyBytes);
    state.refuse = null;
    expect(await flushed(disk)).toBe("ok");
    expect(await writeTo(disk, 100 << 10, new Uint8Array(4096).fill(8))).toBe("ok");
  });

  test("a write that was not prepared is refused unless it covers whole chunks", () => {
    const disk = open(visitorFile(pattern(10_240)).file);
    expect(disk.write(0, new Uint8Array(512))).toBe("mediumError");
    expect(disk.write(0, new Uint8Array(4096))).toBe("ok");
    expect(disk.write(8192, new Uint8Array(2048))).toBe("ok");
    expect(disk.write(10_240, new Uint8Array(512))).toBe("outOfRange");
  });

  test("what is being loaded does not cover what was written meanwhile", async () => {
    const { file } = visitorFile(pattern(64 << 10));
    const disk = open(file);
    const loading = disk.prepare(4096, 4096);
    expect(disk.write(4096, new Uint8Array(4096).fill(5))).toBe("ok");
    await loading;
    expect(await readOf(disk, 4096, 512)).toEqual(new Uint8Array(512).fill(5));
  });

  test("what was read before a commit does not come back after it", async () => {
    const { file, state } = visitorFile(pattern(64 << 10));
    const disk = open(file);
    let go = () => {};
    state.holdRead = new Promise((resolve) => {
      go = resolve;
    });
    const loading = disk.prepare(4096, 4096);
    expect(disk.write(4096, new Uint8Array(4096).fill(5))).toBe("ok");
    expect(await flushed(disk)).toBe("ok");
    go();
    await loading;
    expect(await readOf(disk, 4096, 512)).toEqual(new Uint8Array(512).fill(5));
  });

  test("a closed disk answers at once and commits nothing", async () => {
    const { file, state } = visitorFile(pattern(8192));
    const disk = open(file);
    await writeTo(disk, 0, new Uint8Array(512));
    disk[Symbol.dispose]();
    expect(disk.prepare(0, 512)).toBeNull();
    expect(disk.read(0, new Uint8Array(512))).toBe("mediumError");
    expect(disk.write(0, new Uint8Array(512))).toBe("mediumError");
    expect(disk.prepareFlush()).toBeNull();
    expect(disk.flush()).toBe("mediumError");
    expect(state.commits).toBe(0);
  });
});

type Step =
  | { readonly kind: "read" | "write" | "unmap"; readonly sector: number; readonly count: number }
  | { readonly kind: "flush" }
  | { readonly kind: "refuse" }
  | { readonly kind: "allow" };

const sectors = 100;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: ranged("write") },
  { weight: 6, arbitrary: ranged("read") },
  { weight: 2, arbitrary: ranged("unmap") },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ kind: "flush" }, { kind: "refuse" }, { kind: "allow" }) },
);

function ranged(kind: "read" | "write" | "unmap"): fc.Arbitrary<Step> {
  return fc
    .tuple(fc.nat({ max: sectors - 1 }), fc.integer({ min: 1, max: 24 }))
    .map(([sector, count]) => ({ kind, sector, count: Math.min(count, sectors - sector) }));
}

test("whatever happens at the same time, it is a disk", async () => {
  const small: DeviceLimits = { chunkBytes: 2048, cleanBytes: 8 * 2048, dirtyBytes: 12 * 2048 };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 60 }), async (steps) => {
      const model = pattern(sectors * 512);
      const { file, state } = visitorFile(model);
      const disk = open(file, small);
      const running: Promise<void>[] = [];
      let stamp = 1;
      async function run(work: Step): Promise<void> {
        if (work.kind === "refuse") state.refuse = new Error("refused");
        else if (work.kind === "allow") state.refuse = null;
        else if (work.kind === "flush") {
          const before = model.slice();
          const quiet = running.length === 0;
          await disk.prepareFlush();
          if (disk.flush() === "ok" && quiet) expect(Buffer.compare(state.contents, before)).toBe(0);
        } else {
          const [at, length] = [work.sector * 512, work.count * 512];
          await disk.prepare(at, length);
          if (work.kind === "read") {
            const into = new Uint8Array(length);
            if (disk.read(at, into) === "ok") {
              expect(Buffer.compare(into, model.subarray(at, at + length))).toBe(0);
            }
          } else {
            const bytes = new Uint8Array(length).fill(work.kind === "unmap" ? 0 : stamp++ & 0xff);
            const status = work.kind === "unmap" ? disk.unmap(at, length) : disk.write(at, bytes);
            if (status === "ok") model.set(bytes, at);
          }
        }
      }
      for (const [work, wait] of steps) {
        const running1 = run(work);
        running.push(running1);
        if (wait) await Promise.all(running.splice(0));
      }
      await Promise.all(running);
      state.refuse = null;
      expect(await flushed(disk)).toBe("ok");
      expect(Buffer.compare(state.contents, model)).toBe(0);
      expect(Buffer.compare((await allOf(disk)) ?? new Uint8Array(0), model)).toBe(0);
    }),
    { numRuns: 150 },
  );
});

async function allOf(disk: DeviceDisk): Promise<Bytes | null> {
  const out = new Uint8Array(disk.byteLength);
  for (let at = 0; at < out.length; at += 2048) {
    const piece = await readOf(disk, at, Math.min(2048, out.length - at));
    if (typeof piece === "string") return null;
    out.set(piece, at);
  }
  return out;
}
