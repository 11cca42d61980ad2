import { describe, expect, test } from "vitest";
import { ramDisk, ramFile, readVhdHead } from "../../../src/storage/index.ts";
import {
  codeOf,
  type MemoryHost,
  openMemoryHost,
  settle,
  siteContents,
  web01,
} from "../../lab/memory-host.ts";
import { plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { labSectors, labVhd } from "../../lab/vhd.ts";
import { sectorMap, shown } from "../../lab/vhd-tools.ts";

const byteLength = 32 * 1024;
const disc = labSectors(80, 1);
disc.set(new TextEncoder().encode("CD001"), 16 * 2048 + 1);
const floppy = new Uint8Array(1_474_560);
const dynamic = plainVhd({ type: "dynamic", byteLength, sectors: sectorMap([[3, 4]]), id: 1 });
const parent = { id: 1, timeStamp: 0x2a000000, name: "base.vhd" };
const differencing = plainVhd({
  type: "differencing",
  byteLength,
  sectors: sectorMap([[5, 6]]),
  id: 2,
  parent,
});
const raw = labSectors(7, 2);
const vhdx = new Uint8Array(4096);
vhdx.set(new TextEncoder().encode("vhdxfile"));

describe("a file of the visitor", () => {
  test.each([
    ["a.vhd", "fixed", labVhd(raw)],
    ["a.VHD", "dynamic", dynamic],
    ["a.avhd", "dynamic", dynamic],
    ["a.iso", "iso", disc],
    ["hybrid.img", "raw", disc],
    ["a.img", "raw", raw],
    ["a.raw", "raw", raw],
    ["a", "raw", raw],
    ["a.bin", "raw", raw],
    ["a.img", "floppy", floppy],
    ["a.vfd", "floppy", floppy],
    ["a.flp", "floppy", floppy],
  ])("%s is taken as %s, byte for byte", async (name, format, bytes) => {
    const host = await openMemoryHost();
    const { state, lines } = await host.import(name, bytes.slice(0, 1000), bytes.slice(1000));
    expect([state, lines]).toEqual(["completed", [`${name} is in the library.`]]);
    expect(await host.file(name)).toMatchObject({ format, fileBytes: bytes.length, trouble: null });
    expect(Buffer.compare(await host.disks.contents(name), bytes)).toBe(0);
    expect(host.stillOpen()).toEqual([]);
  });

  test.each([
    ["a.vhd", raw, /contents are a raw disk image: name it \.img, then import it again/],
    ["a.img", labVhd(raw), /a virtual hard disk: name it \.vhd/],
    ["a.iso", dynamic, /a virtual hard disk: name it \.vhd/],
    ["a.vhd", disc, /a disc image: name it \.iso/],
    ["a.bin", disc, /a disc image: name it \.iso/],
    ["a.vfd", raw, /a raw disk image: name it \.img/],
    ["a.iso", floppy, /a diskette image: name it \.vfd or \.img/],
    ["a.vhd", vhdx, /a\.vhd cannot be used\. The image is a VHDX.*Choose another file/],
    ["a.vhd", labVhd(raw, { checksum: 7 }), /a\.vhd cannot be used\./],
    ["a.vhd", dynamic.slice(0, 600), /a\.vhd cannot be used\./],
    ["a.img", new Uint8Array(0), /a\.img is empty\. Choose another file/],
  ])("%s that is something else is refused and leaves nothing", async (name, bytes, why) => {
    const host = await openMemoryHost();
    const { state, lines } = await host.import(name, bytes);
    expect([state, lines.join()]).toEqual(["failed", expect.stringMatching(why)]);
    expect([await host.disks.list(), host.stillOpen()]).toEqual([[], []]);
  });

  test("is listed before its job is told to be done, and gone before its removal is", async () => {
    const host = await openMemoryHost();
    await host.import("a.img", raw);
    const told = host.notices.findIndex(
      (notice) => notice.kind === "job" && notice.job.state === "completed",
    );
    const listed = host.notices.findIndex(
      (notice) => notice.kind === "disks" && notice.files.some(({ name }) => name === "a.img"),
    );
    expect(listed).toBeGreaterThanOrEqual(0);
    expect(listed).toBeLessThan(told);
    await host.management.session.removeDisk("a.img");
    const lists = host.notices.flatMap((notice) => (notice.kind === "disks" ? [notice.files] : []));
    expect(lists.at(-1)?.map(({ name }) => name)).not.toContain("a.img");
  });

  test("with a last sector too short is filled up with zeros", async () => {
    const host = await openMemoryHost();
    await host.import("a.img", raw.slice(0, 700));
    const wanted = new Uint8Array(1024);
    wanted.set(raw.slice(0, 700));
    expect(await host.disks.contents("a.img")).toEqual(wanted);
    // Old tools wrote footers of 511 bytes.
    expect((await host.import("b.vhd", labVhd(raw).slice(0, -1))).state).toBe("completed");
  });

  test("that builds on one which is not here says which", async () => {
    const host = await openMemoryHost();
    expect((await host.import("top.vhd", differencing)).lines).toEqual([
      "top.vhd is in the library.",
      "It builds on base.vhd, which is not here yet: import that too.",
    ]);
    expect((await host.file("top.vhd"))?.trouble).toMatch(/base\.vhd is not in the library/);
    await host.import("BASE.vhd", dynamic);
    expect(await host.file("top.vhd")).toMatchObject({ trouble: null, parent: "base.vhd" });
    expect((await host.file("BASE.vhd"))?.children).toEqual(["top.vhd"]);
  });

  test.each([
    ["breaks off", "failed", /The connection broke/],
    ["finds no space", "failed", /no space/],
    ["is cancelled", "cancelled", /Cancelled/],
  ] as const)("that %s leaves nothing", async (what, state, why) => {
    const host = await openMemoryHost();
    const piece = labSectors(2 << 11, 1);
    async function* pieces() {
      for (let count = 0; count < 6; count++) yield piece;
      if (what === "breaks off") throw new Error("The connection broke.");
    }
    if (what === "finds no space") host.disks.room(3);
    const file = { name: "a.img", pieces: pieces(), consumed: () => 1, total: 7 };
    const job = host.management.takeIn("Import a.img", async () => file);
    if (what === "is cancelled")
      host.atBreath((breath) => {
        if (breath === 2) void host.session.cancelJob(job);
      });
    const end = await host.over(job);
    expect([end.state, end.lines.join()]).toEqual([state, expect.stringMatching(why)]);
    expect([await host.disks.list(), host.stillOpen()]).toEqual([[], []]);
  });

  test("that cannot be unpacked says so", async () => {
    const host = await openMemoryHost();
    const job = host.management.takeIn("Import a.zip", () => Promise.reject(new Error("It is no archive.")));
    expect(await host.over(job)).toMatchObject({ state: "failed", lines: ["It is no archive."] });
  });
});

describe("a disk that leaves", () => {
  async function stocked(): Promise<MemoryHost> {
    const host = await openMemoryHost();
    await host.disks.put("base.vhd", dynamic);
    await host.disks.put("top.vhd", differencing);
    await host.disks.put("fixed.vhd", labVhd(raw));
    await host.disks.put("raw.img", raw);
    await host.disks.put("noname", raw);
    await host.disks.put("disc.iso", disc);
    await host.disks.put("boot.vfd", floppy);
    await host.management.addDevice({ name: "stick.bin", byteLength: 4096, disk: () => ramDisk(4096) });
    return host;
  }
  async function saved(host: MemoryHost, name: string) {
    const { name: called, stored, tail } = await host.management.depart(name);
    const bytes = await host.disks.contents(stored);
    return { called, bytes: new Uint8Array(Buffer.concat([bytes, tail])), stored };
  }

  test.each([
    ["base.vhd", dynamic],
    ["fixed.vhd", labVhd(raw)],
    ["disc.iso", disc],
    ["boot.vfd", floppy],
  ])("%s goes as it is", async (name, bytes) => {
    const host = await stocked();
    const left = await saved(host, name);
    expect([left.called, left.stored, Buffer.compare(left.bytes, bytes)]).toEqual([name, name, 0]);
  });

  test.each([
    ["raw.img", "raw.vhd"],
    ["noname", "noname.vhd"],
  ])("%s goes with a footer, as %s", async (name, called) => {
    const host = await stocked();
    const left = await saved(host, name);
    expect(left.called).toBe(called);
    expect(readPlainVhd(left.bytes)).toMatchObject({ type: "fixed", byteLength: raw.length, contents: raw });
    expect(readVhdHead(ramFile({ contents: left.bytes })).kind).toBe("head");
  });

  test.each([
    [
      "TOP.vhd",
      "top.vhd",
      shown(
        byteLength,
        sectorMap([
          [3, 4],
          [5, 6],
        ]),
      ),
    ],
    ["site.vhd", "site.vhd", siteContents],
    ["stick.bin", "stick.vhd", new Uint8Array(4096)],
  ])("%s is put together first", async (name, called, contents) => {
    const host = await stocked();
    const before = await host.session.listDisks();
    const left = await saved(host, name);
    expect(left.called).toBe(called);
    expect(readPlainVhd(left.bytes)).toMatchObject({ type: "dynamic", contents, parentName: "" });
    await settle(2);
    // The one put together is in nobody's list.
    expect((await host.session.listDisks()).map((file) => file.name)).toEqual(
      before.map((file) => file.name),
    );
    expect(host.stillOpen()).toEqual([]);
  });

  test("for which there is no space leaves nothing", async () => {
    for (const room of [0, 1]) {
      const host = await stocked();
      const before = await host.disks.hashes();
      host.disks.room(room);
      expect(await codeOf(host.management.depart("top.vhd"))).toBe("disk.noSpace");
      host.disks.room(Number.POSITIVE_INFINITY);
      expect([await host.disks.hashes(), host.stillOpen()]).toEqual([before, []]);
    }
  });

  test("stays while a machine writes to it", async () => {
    const host = await stocked();
    await host.session.start(web01);
    await expect(host.management.depart("web01.vhd")).rejects.toMatchObject({
      code: "storage.inUse",
      message: "web01.vhd is in use by the virtual machine web01. Turn it off first, then download it.",
    });
    // What it builds on is only read.
    expect((await host.management.depart("site.vhd")).name).toBe("site.vhd");
    expect(await codeOf(host.management.depart("gone.vhd"))).toBe("storage.missing");
  });
});

describe("what is told of a file", () => {
  test("everything in the list and in the report can cross threads", async () => {
    const host = await openMemoryHost();
    await host.disks.put("base.vhd", dynamic);
    await host.disks.put("top.vhd", differencing);
    await host.disks.put("fixed.vhd", labVhd(raw));
    await host.disks.put("raw.img", raw);
    await host.disks.put("broken.vhd", raw);
    const files = await host.session.listDisks();
    expect(structuredClone(files)).toEqual(files);
    for (const { name } of files) {
      const report = await host.session.inspectDisk(name);
      expect(structuredClone(report)).toEqual(report);
    }
    for (const notice of host.notices) structuredClone(notice);
  });

  test("the report has the facts of footer and header", async () => {
    const host = await openMemoryHost();
    await host.disks.put("base.vhd", dynamic);
    await host.disks.put("top.vhd", differencing);
    expect(await host.session.inspectDisk("TOP.vhd")).toEqual({
      name: "top.vhd",
      format: "differencing",
      fileBytes: differencing.length,
      byteLength,
      parent: "base.vhd",
      children: [],
      usedBy: [],
      inUse: false,
      fetched: null,
      trouble: null,
      chain: ["top.vhd", "base.vhd"],
      vhd: {
        uniqueId: "02020202-0202-0202-0202-020202020202",
        created: Date.UTC(2000, 0, 1) + 0x2a000000 * 1000,
        creator: "tvsr 1.0",
        geometry: { cylinders: 1, heads: 4, sectors: 17 },
        blockBytes: 4096,
        blocks: 8,
        allocatedBlocks: 1,
        fragmentation: 0,
        repaired: false,
      },
    });
    expect(await codeOf(host.session.inspectDisk("gone"))).toBe("storage.missing");
  });

  test("of a disk in use counts what the open disk holds", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    const before = await host.session.inspectDisk("web01.vhd");
    expect(before.vhd).toMatchObject({ blocks: 1, allocatedBlocks: 0, fragmentation: null });
    host.placed.get("IDE 0:0")?.write(0, labSectors(1, 1));
    expect((await host.session.inspectDisk("web01.vhd")).vhd).toMatchObject({ allocatedBlocks: 1 });
    expect((await host.session.blockMap("web01.vhd", 4)).layers[0]?.cells.some((cell) => cell > 0)).toBe(
      true,
    );
  });

  test("images of the site: not there yet, then there", async () => {
    const host = await openMemoryHost({ moods: { network: "fails" } });
    expect(await host.file("site.vhd")).toMatchObject({
      format: "unusable",
      trouble: "The network refused.",
    });
    host.be({});
    expect(await host.file("site.vhd")).toMatchObject({ format: "fixed", trouble: null });
    expect((await host.file("site.vhd"))?.fetched).toBeGreaterThan(0);
  });

  test("a file that is damaged is listed with its trouble, and removed", async () => {
    const host = await openMemoryHost();
    await host.disks.put("broken.vhd", raw);
    expect(await host.file("broken.vhd")).toMatchObject({ format: "unusable", byteLength: 0 });
    expect((await host.file("broken.vhd"))?.trouble).not.toBeNull();
    await host.session.removeDisk("broken.vhd");
    expect(await host.disks.list()).toEqual([]);
  });

  test("a raw image stays one, whatever a guest writes into it", async () => {
    const host = await openMemoryHost();
    await host.import("a.img", new Uint8Array(labVhd(raw).length));
    const slot = { controller: "SCSI", number: 0, location: 3 } as const;
    await host.session.addDrive(web01, { slot, kind: "disk", medium: { kind: "file", name: "a.img" } });
    await host.session.start(web01);
    host.placed.get("SCSI 0:3")?.write(0, labVhd(raw));
    await host.session.turnOff(web01);
    const again = await openMemoryHost({ disks: host.disks, kept: host.kept });
    expect(await again.file("a.img")).toMatchObject({ format: "raw", byteLength: labVhd(raw).length });
  });

  test("a list comes after every change, one at a time; the last one is how it is", async () => {
    const host = await openMemoryHost();
    await Promise.all([1, 2, 3, 4, 5].map((count) => host.import(`${count}.img`, raw)));
    await settle();
    const lists = host.notices.flatMap((notice) => (notice.kind === "disks" ? [notice.files] : []));
    expect(lists.at(-1)).toEqual(await host.session.listDisks());
    expect(lists.length).toBeLessThanOrEqual(5);
    expect(lists.at(-1)).toHaveLength(6);
  });

  test("of the room there is", async () => {
    const host = await openMemoryHost();
    expect(await host.session.storageSpace()).toEqual({ usedBytes: 1, quotaBytes: 2, persisted: false });
  });
});
