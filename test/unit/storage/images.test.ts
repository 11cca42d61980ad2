import { describe, expect, test } from "vitest";
import {
  type BlockFile,
  isNoSpace,
  openImage,
  openRawDisk,
  openVhd,
  ramDisk,
  ramFile,
} from "../../../src/storage/index.ts";
import { labFooter, labVhd } from "../../lab/vhd.ts";

const contents = Uint8Array.from({ length: 4096 }, (_, at) => at & 0xff);

function fileOf(bytes: Uint8Array<ArrayBuffer>): BlockFile {
  return ramFile({ contents: bytes });
}

function bytesOf(file: BlockFile): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(file.size());
  file.readAt(0, out);
  return out;
}

function openDisk(file: BlockFile, options?: Parameters<typeof openImage>[1]) {
  const opened = openImage(file, options);
  if (opened.kind !== "disk") throw new Error(opened.text);
  return opened;
}

describe("fixed VHD", () => {
  test("the guest sees the contents, never the footer", () => {
    const file = fileOf(labVhd(contents));
    const { disk, format } = openDisk(file);
    expect(format).toBe("fixed");
    expect(disk.byteLength).toBe(4096);
    const into = new Uint8Array(4096);
    expect(disk.read(0, into)).toBe("ok");
    expect(into).toEqual(contents);
    const sector = new Uint8Array(512).fill(1);
    expect(disk.write(4096, sector)).toBe("outOfRange");
    expect(disk.write(3584, sector)).toBe("ok");
    expect(bytesOf(file).subarray(4096)).toEqual(labFooter());
  });
  test.each([
    ["badChecksum", labVhd(contents, { checksum: 1 })],
    ["badVersion", labVhd(contents, { version: 0x00020000 })],
    ["badType", labVhd(contents, { type: 5 })],
    ["badSize", labVhd(contents, { currentSize: 0n })],
    ["badSize", labVhd(contents, { currentSize: 1000n })],
    ["badSize", labVhd(contents, { currentSize: 2n ** 63n })],
    ["badSize", labVhd(contents, { currentSize: 2040n * 2n ** 30n + 512n })],
    ["truncated", labVhd(contents, { currentSize: 4608n })],
    ["truncated", labVhd(contents, { currentSize: 2n ** 40n })],
  ])("%s is named", (fault, bytes) => {
    const opened = openImage(fileOf(bytes));
    expect(opened).toMatchObject({ kind: "corrupt", fault });
    expect(opened.kind === "corrupt" && opened.text).toMatch(/^The (VHD|file) .*[.:]/);
  });
  test("other files are no VHD", () => {
    expect(openVhd(fileOf(contents))).toMatchObject({ kind: "corrupt", fault: "noFooter" });
    expect(openVhd(fileOf(contents.slice(0, 511)))).toMatchObject({ fault: "truncated" });
    expect(openImage(fileOf(contents), { format: "vhd" })).toMatchObject({ fault: "noFooter" });
  });
});

describe("telling formats apart", () => {
  test("anything else is raw; a torn last sector is padded", () => {
    const file = fileOf(contents.slice(0, 700));
    const { disk, format } = openDisk(file);
    expect(format).toBe("raw");
    expect(disk.byteLength).toBe(1024);
    const into = new Uint8Array(512).fill(0xee);
    expect(disk.read(512, into)).toBe("ok");
    expect(into.subarray(0, 188)).toEqual(contents.subarray(512, 700));
    expect(into.subarray(188)).toEqual(new Uint8Array(324));
  });
  test("an empty file, foreign formats, a beheaded VHD", () => {
    expect(openImage(ramFile())).toMatchObject({ kind: "corrupt", fault: "empty" });
    const foreign = (magic: string) => {
      const bytes = new Uint8Array(1024);
      bytes.set(Uint8Array.from(magic, (letter) => letter.charCodeAt(0)));
      return openImage(fileOf(bytes));
    };
    expect(foreign("vhdxfile")).toMatchObject({ kind: "unsupported", format: "VHDX" });
    expect(foreign("QFI\u00fb")).toMatchObject({ kind: "unsupported" });
    const copyFirst = (type: number) => {
      const bytes = new Uint8Array(2048);
      bytes.set(labFooter({ type }));
      return openImage(fileOf(bytes));
    };
    expect(copyFirst(3)).toMatchObject({ kind: "corrupt", fault: "badHeader" });
    expect(copyFirst(2)).toMatchObject({ kind: "corrupt", fault: "noFooter" });
  });
  test("discs are told by their volume descriptor and are read only", () => {
    const bytes = new Uint8Array(20 * 2048 + 100);
    bytes.set(Buffer.from("\u0001CD001\u0001"), 16 * 2048);
    const { disk, format } = openDisk(fileOf(bytes));
    expect(format).toBe("iso");
    expect(disk.byteLength).toBe(21 * 2048);
    expect(disk.write(0, new Uint8Array(512))).toBe("readOnly");
    expect(openDisk(fileOf(bytes), { format: "raw" }).disk.write(0, new Uint8Array(512))).toBe("ok");
  });
  test("diskettes are told by their size", () => {
    for (const kib of [360, 720, 1200, 1440, 2880]) {
      const { disk, format } = openDisk(fileOf(new Uint8Array(kib * 1024)));
      expect([format, disk.byteLength, disk.readOnly]).toEqual(["floppy", kib * 1024, false]);
    }
    expect(openDisk(fileOf(new Uint8Array(1440 * 1024 + 512))).format).toBe("raw");
    const written = openDisk(fileOf(new Uint8Array(1440 * 1024)), { readOnly: true });
    expect(written.disk.write(0, new Uint8Array(512))).toBe("readOnly");
  });
  test("a guest cannot turn its raw disk into another format once that is recorded", () => {
    const file = fileOf(new Uint8Array(8192));
    const { disk } = openDisk(file, { format: "raw" });
    disk.write(8192 - 512, labFooter());
    expect(openDisk(file, { format: "raw" }).disk.byteLength).toBe(8192);
    expect(openDisk(file).disk.byteLength).toBe(4096);
  });
  test("a file that cannot be read is an outcome", () => {
    const file = {
      ...fileOf(contents),
      readAt: () => {
        throw new Error("the medium is gone");
      },
    };
    expect(openImage(file)).toMatchObject({ kind: "corrupt", fault: "unreadable" });
    expect(openVhd(file)).toMatchObject({ kind: "corrupt", fault: "unreadable" });
  });
});

describe("disks over files", () => {
  test("status instead of exceptions", () => {
    const sector = new Uint8Array(512);
    const full = openRawDisk(ramFile({ contents, limit: 4096 }));
    expect(full.write(0, sector)).toBe("ok");
    expect(full.read(4096, sector)).toBe("outOfRange");
    expect(full.read(-512, sector)).toBe("outOfRange");
    expect(full.read(1, sector)).toBe("outOfRange");
    expect(full.read(Number.NaN, sector)).toBe("outOfRange");
    expect(full.read(0, sector.subarray(1))).toBe("outOfRange");
    expect(openRawDisk(ramFile({ contents: contents.slice(0, 4000), limit: 4000 })).write(3584, sector)).toBe(
      "noSpace",
    );
    const readOnly = openRawDisk(fileOf(contents), { readOnly: true });
    expect([readOnly.write(0, sector), readOnly.unmap(0, 512), readOnly.flush()]).toEqual([
      "readOnly",
      "readOnly",
      "ok",
    ]);
    const broken = openRawDisk({
      ...fileOf(contents),
      readAt: () => {
        throw new Error("gone");
      },
      flush: () => {
        throw new Error("gone");
      },
    });
    expect(broken.read(0, sector)).toBe("mediumError");
    expect(broken.flush()).toBe("mediumError");
    expect(broken.inspect()["lastFailure"]).toBe("gone");
  });
  test("unmap writes zeros, disposing disposes the file", () => {
    const file = fileOf(contents);
    const disk = openRawDisk(file);
    expect(disk.thin).not.toBe(true);
    expect(disk.unmap(512, 1024)).toBe("ok");
    expect(bytesOf(file).subarray(512, 1536)).toEqual(new Uint8Array(1024));
    expect(bytesOf(file)[511]).toBe(255);
    expect(bytesOf(file)[1537]).toBe(1);
    disk[Symbol.dispose]();
    expect(file.size()).toBe(0);
  });
});

describe("memory", () => {
  test("a RAM disk allocates what is written and frees what is unmapped", () => {
    const disk = ramDisk(64 << 20);
    const allocated = () => disk.inspect()["allocated"];
    expect(allocated()).toBe(0);
    const piece = new Uint8Array(2 << 20).fill(7);
    expect(disk.write((1 << 20) - 512, piece)).toBe("ok");
    expect(allocated()).toBe(3 << 20);
    expect(disk.unmap(1 << 20, 1 << 20)).toBe("ok");
    expect(allocated()).toBe(2 << 20);
    const into = new Uint8Array(1024);
    disk.read((1 << 20) - 512, into);
    expect(into).toEqual(Uint8Array.from([...new Uint8Array(512).fill(7), ...new Uint8Array(512)]));
    expect(disk.unmap(0, 64 << 20)).toBe("ok");
    expect(allocated()).toBe(0);
    expect(disk.unmap(0, (64 << 20) + 512)).toBe("outOfRange");
  });
  test("a file in memory ends where it ends, keeps its limit and grows with zeros", () => {
    const file = ramFile({ limit: 3000 });
    file.writeAt(100, new Uint8Array(10).fill(1));
    expect(file.size()).toBe(110);
    expect(file.readAt(105, new Uint8Array(100))).toBe(5);
    expect(file.readAt(500, new Uint8Array(100))).toBe(0);
    file.resize(102);
    file.resize(200);
    expect(Array.from(bytesOf(file).subarray(98, 106))).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    for (const act of [() => file.writeAt(2999, new Uint8Array(2)), () => file.resize(3001)]) {
      let thrown: unknown = null;
      try {
        act();
      } catch (error) {
        thrown = error;
      }
      expect(isNoSpace(thrown)).toBe(true);
    }
  });
});
