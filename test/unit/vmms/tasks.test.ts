import { describe, expect, test } from "vitest";
import type { DiskJobRequest, JobId } from "../../../src/hvdef/index.ts";
import { openImage, ramFile } from "../../../src/storage/index.ts";
import { type MemoryHost, openMemoryHost, siteContents, web01 } from "../../lab/memory-host.ts";
import { plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { labContents, labSectors, labVhd } from "../../lab/vhd.ts";
import { same, sectorMap, shown } from "../../lab/vhd-tools.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const byteLength = 64 * 1024;
const baseSectors = sectorMap([
  [0, 1],
  [9, 2],
  [40, 3],
  [100, 0],
]);
const childSectors = sectorMap([
  [9, 5],
  [41, 6],
  [120, 7],
]);
const inBase = shown(byteLength, baseSectors);
const inChild = shown(byteLength, childSectors, inBase);
const parent = { id: 0x21, timeStamp: 0x2a000000, name: "base.vhd" };
const small = labSectors(33, 8);
/** Enough for a step in the middle of the work. */
const large = labSectors((5 << 20) / 512, 8);
const fixedFor = (request: DiskJobRequest): Bytes =>
  JSON.stringify(request).includes("fixed.vhd") ? large : small;

/** A host with a disk of every kind, two of them in a chain. */
async function stocked(fixed = small): Promise<MemoryHost> {
  const host = await openMemoryHost();
  await host.disks.put("base.vhd", plainVhd({ type: "dynamic", byteLength, sectors: baseSectors, id: 0x21 }));
  await host.disks.put(
    "child.vhd",
    plainVhd({ type: "differencing", byteLength, sectors: childSectors, id: 0x22, parent }),
  );
  await host.disks.put(
    "alone.vhd",
    plainVhd({ type: "dynamic", byteLength, sectors: baseSectors, id: 0x23 }),
  );
  await host.disks.put("fixed.vhd", labVhd(fixed));
  await host.disks.put("raw.img", labSectors(21, 4));
  return host;
}

/** What a disk of the host shows its guest. */
async function contents(host: MemoryHost, name: string): Promise<Bytes> {
  const file = ramFile({ contents: await host.disks.contents(name) });
  const opened = openImage(file, name.endsWith("vhd") ? { format: "vhd" } : { format: "raw" });
  if (opened.kind !== "disk") throw new Error(opened.text);
  return labContents(opened.disk);
}

const over = async (host: MemoryHost, name: string, below: Bytes): Promise<Bytes> =>
  readPlainVhd(await host.disks.contents(name), below).contents;

describe("what a job does", () => {
  test("create: fixed, dynamic, differencing and a diskette", async () => {
    const host = await stocked();
    const name = "new.vhd";
    expect(await host.must({ kind: "create", name, type: "fixed", byteLength: 51_200 })).toEqual([
      "new.vhd is ready.",
    ]);
    expect(readPlainVhd(await host.disks.contents(name))).toMatchObject({
      type: "fixed",
      byteLength: 51_200,
    });
    await host.must({ kind: "create", name: "thin.vhd", type: "dynamic", byteLength: 2040 * 2 ** 30 });
    expect(await host.file("thin.vhd")).toMatchObject({ format: "dynamic", byteLength: 2040 * 2 ** 30 });
    expect(
      await host.must({ kind: "create", name: "over.vhd", type: "differencing", parent: "CHILD.vhd" }),
    ).toEqual(["over.vhd is ready; it builds on child.vhd."]);
    expect(await host.file("over.vhd")).toMatchObject({ parent: "child.vhd", byteLength });
    expect((await host.session.inspectDisk("over.vhd")).chain).toEqual(["over.vhd", "child.vhd", "base.vhd"]);
    expect(await host.must({ kind: "createFloppy", name: "boot.vfd" })).toEqual([
      "boot.vfd is ready: an unformatted diskette of 1440 KB.",
    ]);
    expect(await host.file("boot.vfd")).toMatchObject({ format: "floppy", byteLength: 1_474_560 });
    const ids = new Set(
      await Promise.all(
        [name, "thin.vhd", "over.vhd"].map(
          async (one) => (await host.session.inspectDisk(one)).vhd?.uniqueId,
        ),
      ),
    );
    expect(ids.size).toBe(3);
  });

  test.each(["fixed", "dynamic"] as const)(
    "convert: anything into a %s disk without a parent",
    async (type) => {
      const host = await stocked();
      const before = await host.disks.hashes();
      const wanted = [
        ["child.vhd", inChild],
        ["alone.vhd", inBase],
        ["fixed.vhd", small],
        ["raw.img", labSectors(21, 4)],
        ["site.vhd", siteContents],
      ] as const;
      for (const [source, held] of wanted) {
        const name = `copy of ${source}.vhd`;
        const lines = await host.must({ kind: "convert", source, name, type });
        expect(lines).toEqual([`${name} holds a copy of ${source}.`]);
        expect(await host.file(name)).toMatchObject({ format: type, parent: null });
        expect(same(await contents(host, name), held)).toBe(true);
      }
      expect(await host.disks.hashes()).toMatchObject(before);
    },
  );

  test("compact: takes less and holds the same; its identity stays, so a child still fits", async () => {
    const host = await stocked();
    const zeros = new Map([...baseSectors.keys()].map((sector) => [sector, new Uint8Array(512)]));
    const sectors = new Map([...zeros, ...sectorMap([[0, 1]])]);
    await host.disks.put("alone.vhd", plainVhd({ type: "dynamic", byteLength, sectors, id: 0x23, gap: 9 }));
    const before = (await host.disks.contents("alone.vhd")).length;
    const [line] = await host.must({ kind: "compact", name: "alone.vhd" });
    expect(line).toMatch(/^alone\.vhd takes .* MB now; it took .* MB\.$/);
    expect((await host.disks.contents("alone.vhd")).length).toBeLessThan(before);
    expect(await contents(host, "alone.vhd")).toEqual(shown(byteLength, sectors));
    expect((await host.session.inspectDisk("alone.vhd")).vhd).toMatchObject({ allocatedBlocks: 1 });
    await host.must({ kind: "compact", name: "child.vhd" });
    expect(await over(host, "child.vhd", inBase)).toEqual(inChild);
    expect((await host.file("child.vhd"))?.trouble).toBeNull();
  });

  test("expand: dynamic and fixed, the rest reads as zeros", async () => {
    const host = await stocked();
    const [line] = await host.must({ kind: "expand", name: "alone.vhd", byteLength: 1 << 20 });
    expect(line).toBe("alone.vhd has 1 MB now. The guest still has to make use of the new room.");
    expect(await host.file("alone.vhd")).toMatchObject({ byteLength: 1 << 20 });
    expect(same(await contents(host, "alone.vhd"), shown(1 << 20, baseSectors))).toBe(true);
    await host.must({ kind: "expand", name: "fixed.vhd", byteLength: 10 << 20 });
    expect(same((await contents(host, "fixed.vhd")).subarray(0, small.length), small)).toBe(true);
  });

  test("merge: into its parent, which takes its place in the drives, over a reload too", async () => {
    const host = await stocked();
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    const medium = { kind: "file", name: "CHILD.vhd" } as const;
    await host.session.addDrive(web01, { slot, kind: "disk", medium });
    expect(await host.must({ kind: "merge", name: "child.vhd", into: null })).toEqual([
      "child.vhd is part of base.vhd now.",
    ]);
    expect(await host.disks.has("child.vhd")).toBe(false);
    expect(await contents(host, "base.vhd")).toEqual(inChild);
    expect((await host.summary()).drives.at(-1)?.title).toBe("base.vhd");
    const again = await openMemoryHost({ disks: host.disks, kept: host.kept });
    expect((await again.summary()).drives.at(-1)?.title).toBe("base.vhd");
  });

  test("merge: into its parent while its machine starts, whose next start finds the parent", async () => {
    const host = await stocked();
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    const medium = { kind: "file", name: "child.vhd" } as const;
    await host.session.addDrive(web01, { slot, kind: "disk", medium });
    host.be({ network: "hangs" });
    const starting = host.session.start(web01).catch(() => {});
    const job = await host.session.beginDiskJob({ kind: "merge", name: "child.vhd", into: null });
    // The image of the site is asked for by whoever lists children, too.
    for (let turn = 0; turn < 200; turn++) {
      host.letGo();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect((await host.over(job)).state).toMatch(/completed|failed/);
    await starting;
    await host.session.turnOff(web01).catch(() => {});
    host.be({});
    await host.session.start(web01);
    const disk = host.placed.get("SCSI 0:5");
    expect(disk === undefined ? null : labContents(disk)).toEqual(inChild);
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
  });

  test("merge: whose drive cannot follow leaves the disk that the drive holds", async () => {
    const host = await stocked();
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    const medium = { kind: "file", name: "child.vhd" } as const;
    await host.session.addDrive(web01, { slot, kind: "disk", medium });
    host.be({ keep: "fails" });
    expect((await host.job({ kind: "merge", name: "child.vhd", into: null })).state).toBe("failed");
    host.be({});
    expect((await host.summary()).drives.at(-1)?.title).toBe("child.vhd");
    expect(await over(host, "child.vhd", await contents(host, "base.vhd"))).toEqual(inChild);
    await host.session.start(web01);
  });

  test("merge: both into a new disk; they stay as they are", async () => {
    const host = await stocked();
    const before = await host.disks.hashes();
    await host.must({ kind: "merge", name: "child.vhd", into: "both.vhd" });
    expect(await contents(host, "both.vhd")).toEqual(inChild);
    expect(await host.disks.hashes()).toMatchObject(before);
  });

  test("merge: of a chain of three, in the middle of which the parent has a parent", async () => {
    const host = await stocked();
    const above = sectorMap([
      [9, 11],
      [77, 12],
    ]);
    const top = { id: 0x22, timeStamp: 0x2a000000, name: "child.vhd" };
    await host.disks.put(
      "top.vhd",
      plainVhd({ type: "differencing", byteLength, sectors: above, id: 0x24, parent: top }),
    );
    await host.must({ kind: "merge", name: "top.vhd", into: null });
    expect(await over(host, "child.vhd", inBase)).toEqual(shown(byteLength, above, inChild));
    expect(await contents(host, "base.vhd")).toEqual(inBase);
  });

  test("reconnect: to the parent under its new name, to another only by force", async () => {
    const host = await stocked();
    await host.disks.rename("base.vhd", "moved.vhd");
    expect((await host.file("child.vhd"))?.trouble).toMatch(
      /base\.vhd is not in the library.*reconnect child\.vhd/,
    );
    const wrong = await host.job({ kind: "reconnect", name: "child.vhd", parent: "alone.vhd" });
    expect([wrong.state, wrong.lines[0]]).toEqual(["failed", expect.stringMatching(/not the one/)]);
    expect(await host.must({ kind: "reconnect", name: "child.vhd", parent: "moved.vhd" })).toEqual([
      "child.vhd builds on moved.vhd again.",
    ]);
    expect(await host.file("child.vhd")).toMatchObject({ parent: "moved.vhd", trouble: null });
    await host.must({ kind: "reconnect", name: "child.vhd", parent: "alone.vhd", force: true });
    expect((await host.file("child.vhd"))?.parent).toBe("alone.vhd");
    const loop = await host.job({ kind: "reconnect", name: "child.vhd", parent: "child.vhd", force: true });
    expect(loop.lines).toEqual(["child.vhd cannot build on child.vhd, which builds on it."]);
  });

  test("reconnect: never makes a circle", async () => {
    const host = await stocked();
    const top = { id: 0x22, timeStamp: 0x2a000000, name: "child.vhd" };
    await host.disks.put("top.vhd", plainVhd({ type: "differencing", byteLength, id: 0x24, parent: top }));
    const before = await host.disks.hashes();
    const loop = await host.job({ kind: "reconnect", name: "child.vhd", parent: "top.vhd", force: true });
    expect(loop.lines).toEqual(["child.vhd cannot build on top.vhd, which builds on it."]);
    expect(await host.disks.hashes()).toEqual(before);
  });

  test("validate and repair: what is wrong, and the footer from its copy", async () => {
    const host = await stocked();
    expect(await host.must({ kind: "validate", name: "child.vhd" })).toEqual(["child.vhd is sound."]);
    const sound = await host.disks.contents("alone.vhd");
    const broken = sound.slice();
    broken.fill(0x77, broken.length - 512);
    await host.disks.put("alone.vhd", broken);
    const again = await openMemoryHost({ disks: host.disks });
    expect((await again.file("alone.vhd"))?.trouble).toMatch(/footer is damaged.*Repair/);
    expect((await again.must({ kind: "validate", name: "alone.vhd" })).join()).toMatch(/^(Warning|Error): /);
    expect(await again.must({ kind: "repair", name: "alone.vhd" })).toEqual([
      "The footer of alone.vhd was written again.",
    ]);
    expect(await again.disks.contents("alone.vhd")).toEqual(sound);
    expect((await again.file("alone.vhd"))?.trouble).toBeNull();
    expect((await again.job({ kind: "repair", name: "alone.vhd" })).state).toBe("failed");
  });

  test("a machine that opened a damaged footer has mended it, and the list knows", async () => {
    const host = await stocked();
    const broken = await host.disks.contents("alone.vhd");
    broken.fill(0x77, broken.length - 512);
    await host.disks.put("alone.vhd", broken);
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    await host.session.addDrive(web01, { slot, kind: "disk", medium: { kind: "file", name: "alone.vhd" } });
    expect((await host.file("alone.vhd"))?.trouble).toMatch(/footer is damaged/);
    await host.session.start(web01);
    await host.session.turnOff(web01);
    expect((await host.file("alone.vhd"))?.trouble).toBeNull();
  });
});

describe("what a job refuses, in a sentence, changing nothing", () => {
  const disc = new Uint8Array(20 * 2048);
  disc.set(new TextEncoder().encode("CD001"), 16 * 2048 + 1);
  test.each<[DiskJobRequest, RegExp]>([
    [{ kind: "compact", name: "base.vhd" }, /base\.vhd cannot be compacted: child\.vhd builds on it/],
    [
      { kind: "expand", name: "base.vhd", byteLength: 1 << 20 },
      /cannot be expanded: child\.vhd builds on it/,
    ],
    [{ kind: "merge", name: "base.vhd", into: null }, /cannot be merged: child\.vhd builds on it/],
    [{ kind: "merge", name: "alone.vhd", into: null }, /builds on nothing/],
    [
      { kind: "expand", name: "child.vhd", byteLength: 1 << 20 },
      /differencing disk has the size of its parent/,
    ],
    [{ kind: "expand", name: "alone.vhd", byteLength: 512 }, /only become larger/],
    [{ kind: "expand", name: "alone.vhd", byteLength: 2 ** 50 }, /2040 GiB/],
    [{ kind: "expand", name: "alone.vhd", byteLength: Number.NaN }, /2040 GiB/],
    [{ kind: "compact", name: "fixed.vhd" }, /Convert it to a dynamically expanding disk/],
    [{ kind: "create", name: "n.vhd", type: "dynamic", byteLength: 2 ** 42 }, /at most 2040 GB/],
    [{ kind: "create", name: "n.vhd", type: "fixed", byteLength: 1000 }, /whole sectors/],
    [{ kind: "create", name: "n.vhd", type: "fixed", byteLength: -512 }, /whole sectors/],
    [{ kind: "create", name: "n.vhd", type: "differencing", parent: "gone.vhd" }, /no file gone\.vhd/],
    [{ kind: "validate", name: "gone.vhd" }, /no file gone\.vhd/],
    [{ kind: "convert", source: "gone.vhd", name: "n.vhd", type: "fixed" }, /no file gone\.vhd/],
    // Raw images and discs.
    [
      { kind: "expand", name: "raw.img", byteLength: 1 << 20 },
      /raw\.img is a raw image: only .* be expanded.*Convert it/,
    ],
    [{ kind: "compact", name: "raw.img" }, /raw\.img is a raw image: only .* be compacted.*Convert it/],
    [{ kind: "merge", name: "raw.img", into: null }, /raw\.img is a raw image: only .* be merged/],
    [{ kind: "validate", name: "raw.img" }, /raw\.img is a raw image: only .* be validated/],
    [
      { kind: "repair", name: "disc.iso" },
      /disc\.iso is a disc image: only virtual hard disks can be repaired\.$/,
    ],
    [
      { kind: "create", name: "n.vhd", type: "differencing", parent: "raw.img" },
      /raw\.img is a raw image: only virtual hard disks can have differencing disks\. Convert it/,
    ],
    [
      { kind: "reconnect", name: "child.vhd", parent: "raw.img", force: true },
      /only .* have differencing disks/,
    ],
    // Pass-through disks.
    [
      { kind: "create", name: "n.vhd", type: "differencing", parent: "stick" },
      /stick is a pass-through disk: only virtual hard disks can have differencing disks\. Convert it/,
    ],
    [{ kind: "expand", name: "stick", byteLength: 1 << 20 }, /stick is a pass-through disk: only the guest/],
    [{ kind: "compact", name: "stick" }, /stick is a pass-through disk/],
    [{ kind: "validate", name: "stick" }, /stick is a pass-through disk/],
    // What belongs to the site.
    [{ kind: "expand", name: "site.vhd", byteLength: 1 << 20 }, /site\.vhd belongs to the site/],
    [{ kind: "compact", name: "site.vhd" }, /site\.vhd belongs to the site/],
    [{ kind: "validate", name: "site.vhd" }, /site\.vhd belongs to the site/],
    [{ kind: "merge", name: "onsite.vhd", into: null }, /site\.vhd belongs to the site/],
  ])("%j", async (request, why) => {
    const host = await stocked();
    await host.import("disc.iso", disc);
    await host.must({ kind: "create", name: "onsite.vhd", type: "differencing", parent: "site.vhd" });
    await host.management.addDevice({
      name: "stick",
      byteLength: 4096,
      disk: () => {
        throw new Error("the device was opened");
      },
    });
    const before = await host.disks.hashes();
    const { state, lines } = await host.job(request);
    expect([state, lines.join(" ")]).toEqual(["failed", expect.stringMatching(why)]);
    expect([await host.disks.hashes(), host.stillOpen()]).toEqual([before, []]);
  });

  test("two children: the parent takes in neither", async () => {
    const host = await stocked();
    await host.must({ kind: "create", name: "second.vhd", type: "differencing", parent: "base.vhd" });
    const before = await host.disks.hashes();
    const { lines } = await host.job({ kind: "merge", name: "child.vhd", into: null });
    expect(lines[0]).toMatch(/base\.vhd cannot take in child\.vhd: second\.vhd would lose.*new disk/);
    expect(await host.disks.hashes()).toEqual(before);
  });

  test.each<DiskJobRequest>([
    { kind: "compact", name: "alone.vhd" },
    { kind: "expand", name: "alone.vhd", byteLength: 1 << 20 },
    { kind: "repair", name: "alone.vhd" },
    { kind: "convert", source: "alone.vhd", name: "n.vhd", type: "fixed" },
    { kind: "validate", name: "alone.vhd" },
    { kind: "create", name: "n.vhd", type: "differencing", parent: "alone.vhd" },
    { kind: "reconnect", name: "child.vhd", parent: "alone.vhd", force: true },
  ])("a disk that a running machine writes to: %j", async (request) => {
    const host = await stocked();
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    await host.session.addDrive(web01, { slot, kind: "disk", medium: { kind: "file", name: "alone.vhd" } });
    await host.session.start(web01);
    const { state, lines } = await host.job(request);
    expect([state, lines[0]]).toEqual(["failed", "alone.vhd is in use by the virtual machine web01."]);
    await host.session.turnOff(web01);
    expect((await host.disks.list()).map(({ name }) => name)).not.toContain("n.vhd");
    expect((await host.job(request)).lines[0]).not.toMatch(/in use/);
  });
});

/** What each job may change when it does not come to its end. */
const trials: readonly { readonly request: DiskJobRequest; readonly inPlace?: string }[] = [
  { request: { kind: "create", name: "n.vhd", type: "fixed", byteLength: 1 << 20 } },
  { request: { kind: "create", name: "n.vhd", type: "dynamic", byteLength: 1 << 20 } },
  { request: { kind: "create", name: "n.vhd", type: "differencing", parent: "child.vhd" } },
  { request: { kind: "createFloppy", name: "n.vfd" } },
  { request: { kind: "convert", source: "fixed.vhd", name: "n.vhd", type: "dynamic" } },
  { request: { kind: "convert", source: "child.vhd", name: "n.vhd", type: "fixed" } },
  { request: { kind: "compact", name: "alone.vhd" } },
  { request: { kind: "merge", name: "child.vhd", into: "n.vhd" } },
  { request: { kind: "merge", name: "child.vhd", into: null }, inPlace: "base.vhd" },
  { request: { kind: "expand", name: "alone.vhd", byteLength: 1 << 20 }, inPlace: "alone.vhd" },
  { request: { kind: "expand", name: "fixed.vhd", byteLength: 10 << 20 }, inPlace: "fixed.vhd" },
  {
    request: { kind: "reconnect", name: "child.vhd", parent: "alone.vhd", force: true },
    inPlace: "child.vhd",
  },
  { request: { kind: "validate", name: "fixed.vhd" } },
];

/** Everything but what a job changes in place is as it was; that still shows the same, through its child too. */
async function checkUntouched(
  host: MemoryHost,
  before: Readonly<Record<string, string>>,
  inPlace: string | undefined,
): Promise<void> {
  const after = await host.disks.hashes();
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
  for (const [name, hash] of Object.entries(before)) if (name !== inPlace) expect(after[name]).toBe(hash);
  if (inPlace === "base.vhd")
    expect(await over(host, "child.vhd", await contents(host, "base.vhd"))).toEqual(inChild);
  if (inPlace === "alone.vhd") expect(await contents(host, "alone.vhd")).toEqual(inBase);
  if (inPlace === "fixed.vhd")
    expect(same((await contents(host, "fixed.vhd")).subarray(0, large.length), large)).toBe(true);
  if (inPlace === "child.vhd") expect(await over(host, "child.vhd", inBase)).toEqual(inChild);
  expect(host.stillOpen()).toEqual([]);
}

describe("a job that is cancelled leaves its source and no debris", () => {
  test.each(trials)("$request", async ({ request, inPlace }) => {
    let cancelled = 0;
    for (let at = 0; ; at++) {
      const host = await stocked(fixedFor(request));
      const before = await host.disks.hashes();
      const asked: { job: JobId | null } = { job: null };
      host.atBreath((breath) => {
        if (breath === at && asked.job !== null) void host.session.cancelJob(asked.job);
      });
      asked.job = await host.session.beginDiskJob(request);
      if (at === 0) await host.session.cancelJob(asked.job);
      const { state, lines } = await host.over(asked.job);
      if (state === "completed") break;
      expect([state, lines]).toEqual(["cancelled", ["Cancelled."]]);
      const states = host.jobNews(asked.job).map((news) => news.state);
      expect(states.slice(-2)).toEqual(["cancelling", "cancelled"]);
      await checkUntouched(host, before, inPlace);
      cancelled++;
      // What was cancelled can be done later.
      if (at === 1) expect((await host.job(request)).state).toBe("completed");
    }
    expect(cancelled).toBeGreaterThan(0);
  });
});

describe("a job that finds no space leaves its source and no debris", () => {
  test.each(trials.filter(({ request }) => request.kind !== "validate"))(
    "$request",
    async ({ request, inPlace }) => {
      let failed = 0;
      for (let room = 0; ; room++) {
        const host = await stocked(fixedFor(request));
        const before = await host.disks.hashes();
        host.disks.room(room);
        const { state, lines } = await host.job(request);
        host.disks.room(Number.POSITIVE_INFINITY);
        if (state === "completed") break;
        expect([state, lines[0]]).toEqual(["failed", expect.stringMatching(/space|storage/)]);
        await checkUntouched(host, before, inPlace);
        failed++;
        if (room === 0) expect((await host.job(request)).state).toBe("completed");
      }
      expect(failed).toBeGreaterThan(0);
    },
  );
});

test("percent never falls and ends at a hundred", async () => {
  for (const { request } of trials) {
    const host = await stocked(fixedFor(request));
    const job = await host.session.beginDiskJob(request);
    await host.over(job);
    const percents = host.jobNews(job).map(({ percent }) => percent);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect([percents[0], percents.at(-1)]).toEqual([0, 100]);
  }
});

test("two jobs on one disk: the second is told of the first, by its name", async () => {
  const host = await stocked(large);
  const first = await host.session.beginDiskJob({
    kind: "convert",
    source: "fixed.vhd",
    name: "a.vhd",
    type: "fixed",
  });
  let second: Promise<unknown> | null = null;
  host.atBreath((breath) => {
    if (breath === 2) second = host.job({ kind: "expand", name: "fixed.vhd", byteLength: 10 << 20 });
  });
  expect((await host.over(first)).state).toBe("completed");
  expect(await second).toMatchObject({
    state: "failed",
    lines: ["fixed.vhd is in use by the job “Convert fixed.vhd to a.vhd”."],
  });
});

test("a file that another tab holds is named with its holder", async () => {
  const host = await stocked();
  const letGo = host.disks.holdElsewhere("alone.vhd");
  expect((await host.job({ kind: "compact", name: "alone.vhd" })).lines[0]).toMatch(
    /alone\.vhd.* in use by another tab/,
  );
  expect(await host.file("alone.vhd")).toMatchObject({
    format: "unusable",
    trouble: "alone.vhd is in use by another tab.",
  });
  letGo();
  expect((await host.file("alone.vhd"))?.trouble).toBeNull();
});
