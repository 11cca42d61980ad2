import { describe, expect, test } from "vitest";
import {
  createDifferencingVhd,
  createDynamicVhd,
  createFixedVhd,
  geometryOf,
  LocatorPlatform,
  readVhdHead,
  sealHeader,
  surveyVhd,
  vhdSizeLimit,
  vhdTime,
  vhdTimeStamp,
} from "../../../src/storage/index.ts";
import { plainSum, plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile } from "../../lab/power-cut.ts";
import { labFooter, labHead, labIdentity, labSectors } from "../../lab/vhd.ts";

const empty = () => bytesFile(new Uint8Array(0));
const gib = 2 ** 30;

describe("geometry", () => {
  // Sizes and geometries as qemu-img 7.2.22 writes them.
  test.each([
    [1079296, 31, 4, 17],
    [34607104, 994, 4, 17],
    [535191552, 1037, 16, 63],
    [1048707072, 2032, 16, 63],
    [8388624384, 16254, 16, 63],
    [21475270656, 41611, 16, 63],
    [107374632960, 51401, 16, 255],
    [137438953472, 65535, 16, 255],
    [2147483648000, 65535, 16, 255],
  ])("%i bytes", (byteLength, cylinders, heads, sectorsPerTrack) => {
    expect(geometryOf(byteLength)).toEqual({ cylinders, heads, sectorsPerTrack });
  });
  test("never describes more than there is", () => {
    for (let sectors = 1; sectors < 5e9; sectors = Math.ceil(sectors * 1.37)) {
      const { cylinders, heads, sectorsPerTrack } = geometryOf(sectors * 512);
      expect(cylinders * heads * sectorsPerTrack).toBeLessThanOrEqual(sectors);
      expect(cylinders).toBeLessThanOrEqual(65535);
    }
  });
});

describe("time stamps", () => {
  test("count seconds since 2000", () => {
    expect(vhdTimeStamp(Date.UTC(2000, 0, 1, 0, 1, 0, 999))).toBe(60);
    expect(vhdTime(vhdTimeStamp(Date.UTC(2011, 2, 9)))).toBe(Date.UTC(2011, 2, 9));
    expect(vhdTimeStamp(0)).toBe(0);
    expect(vhdTimeStamp(Number.MAX_SAFE_INTEGER)).toBe(0xffffffff);
  });
});

describe("making disks", () => {
  test("a fixed disk is its contents and a footer", () => {
    const file = bytesFile(labSectors(40, 1));
    expect(createFixedVhd(file, { byteLength: 7 * 512, identity: labIdentity(9, 77) })).toEqual({
      kind: "created",
    });
    const plain = readPlainVhd(file.contents());
    expect(plain).toMatchObject({ type: "fixed", byteLength: 7 * 512, id: "09".repeat(16) });
    expect(plain.contents.every((byte) => byte === 0)).toBe(true);
    expect(labHead(file)).toMatchObject({
      type: "fixed",
      creator: "win 6.1",
      created: vhdTime(77),
      sparse: null,
    });
  });
  test("a dynamic disk begins with copy, header and table", () => {
    const file = bytesFile(labSectors(40, 1));
    createDynamicVhd(file, { byteLength: 5 * gib + 512, identity: labIdentity(3) });
    expect(file.size()).toBe(512 + 1024 + 10752 + 512);
    expect(labHead(file)).toMatchObject({ type: "dynamic", parent: null, copySound: true });
    expect(labHead(file).sparse).toMatchObject({
      tableAt: 1536,
      blockBytes: 2 << 20,
      blocks: 2561,
      tableEntries: 2561,
    });
  });
  test("a differencing disk names its parent in every way there is", () => {
    const base = empty();
    createFixedVhd(base, { byteLength: 8192, identity: labIdentity(1, 123) });
    const child = empty();
    const parentName = "Größe 東京.vhd";
    createDifferencingVhd(child, { parent: labHead(base), parentName, identity: labIdentity(2) });
    const plain = readPlainVhd(child.contents());
    expect(plain).toMatchObject({
      type: "differencing",
      parentId: "01".repeat(16),
      parentTimeStamp: 123,
      parentName,
    });
    const little = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf16le");
    expect(plain.locators.map(({ code, bytes }) => [code, little(bytes)])).toEqual([
      [LocatorPlatform.relativeUtf16, `.\\${parentName}`],
      [
        LocatorPlatform.absoluteUtf16,
        `C:\\Users\\Public\\Documents\\Hyper-V\\Virtual Hard Disks\\${parentName}`,
      ],
    ]);
    expect(labHead(child).parent).toMatchObject({ name: parentName, fieldName: parentName, timeStamp: 123 });
    expect(labHead(child)).toMatchObject({
      byteLength: 8192,
      uniqueIdText: "02020202-0202-0202-0202-020202020202",
    });
  });
  test("the largest disk takes 2040 GiB and a table of 4 MiB", () => {
    const file = empty();
    const identity = labIdentity(1);
    expect(createDynamicVhd(file, { byteLength: vhdSizeLimit, identity })).toEqual({ kind: "created" });
    expect(labHead(file)).toMatchObject({ byteLength: vhdSizeLimit, sparse: { blocks: 1044480 } });
    expect(file.size()).toBe(512 + 1024 + 1044480 * 4 + 512);
  });
  test.each([
    [{ byteLength: vhdSizeLimit + 512 }, /at most 2040 GB/],
    [{ byteLength: 0 }, /at least one/],
    [{ byteLength: 513 }, /whole sectors/],
    [{ byteLength: Number.NaN }, /whole sectors/],
    [{ byteLength: 8192, blockBytes: 5000 }, /power of two/],
    [{ byteLength: 8192, blockBytes: 512 }, /power of two/],
    [{ byteLength: vhdSizeLimit, blockBytes: 256 << 10 }, /larger blocks/],
  ])("%o is refused before the file is touched", (wanted, text) => {
    const file = bytesFile(labSectors(1, 1));
    const outcome = createDynamicVhd(file, { identity: labIdentity(1), ...wanted });
    expect(outcome).toMatchObject({ kind: "refused", fault: "badSize", text: expect.stringMatching(text) });
    expect(file.contents()).toEqual(labSectors(1, 1));
  });
  test("names that are no file names are refused", () => {
    const base = empty();
    createFixedVhd(base, { byteLength: 8192, identity: labIdentity(1) });
    for (const parentName of ["", "a\\b.vhd", "../x.vhd", "x".repeat(256)]) {
      const wanted = { parent: labHead(base), parentName, identity: labIdentity(2) };
      expect(createDifferencingVhd(empty(), wanted)).toMatchObject({ kind: "refused", fault: "badName" });
    }
  });
});

describe("the head of a file", () => {
  const dynamic = plainVhd({
    type: "dynamic",
    byteLength: 64 * 512,
    sectors: new Map([[3, labSectors(1, 1)]]),
  });
  const noEnd = (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, bytes.length - 512);

  test("the copy serves when the footer is damaged, cut off or torn", () => {
    for (const damage of [
      (bytes: Uint8Array<ArrayBuffer>) => bytes.fill(0, bytes.length - 512),
      noEnd,
      (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, bytes.length - 100),
    ]) {
      expect(labHead(bytesFile(damage(dynamic.slice())))).toMatchObject({
        fromCopy: true,
        byteLength: 64 * 512,
      });
    }
    expect(labHead(bytesFile(dynamic))).toMatchObject({ fromCopy: false, copySound: true });
    expect(labHead(bytesFile(dynamic.slice().fill(0, 0, 512)))).toMatchObject({
      fromCopy: false,
      copySound: false,
    });
  });
  test("what only looks like a footer at the end does not count against the copy", () => {
    for (const pretended of [labFooter({ type: 3 }), labFooter({ type: 2, currentSize: 512n })]) {
      const bytes = dynamic.slice();
      bytes.set(pretended, bytes.length - 512);
      expect(labHead(bytesFile(bytes))).toMatchObject({ type: "dynamic", fromCopy: true });
    }
    const fixed = new Uint8Array(8192 + 512);
    fixed.set(dynamic.subarray(0, 8192));
    fixed.set(labFooter({ currentSize: 8192n }), 8192);
    expect(labHead(bytesFile(fixed))).toMatchObject({ type: "fixed", byteLength: 8192 });
  });
  test("damage is named", () => {
    const withHeader = (change: (header: DataView) => void) => {
      const bytes = dynamic.slice();
      const header = new DataView(bytes.buffer, 512, 1024);
      change(header);
      header.setUint32(36, plainSum(bytes.subarray(512, 1536), 36));
      return readVhdHead(bytesFile(bytes));
    };
    const flipped = dynamic.slice();
    flipped[600] = 1;
    expect(readVhdHead(bytesFile(flipped))).toMatchObject({ kind: "corrupt", fault: "badHeader" });
    expect(withHeader((header) => header.setUint8(0, 0))).toMatchObject({ fault: "badHeader" });
    expect(withHeader((header) => header.setUint16(24, 2))).toMatchObject({ fault: "badVersion" });
    expect(withHeader((header) => header.setUint32(32, 0))).toMatchObject({ fault: "badHeader" });
    expect(withHeader((header) => header.setUint32(32, 1000))).toMatchObject({ fault: "badHeader" });
    expect(withHeader((header) => header.setUint32(32, 2 ** 31))).toMatchObject({ fault: "badHeader" });
    expect(withHeader((header) => header.setUint32(28, 7))).toMatchObject({ fault: "tableSize" });
    expect(withHeader((header) => header.setUint32(28, 0xffffffff))).toMatchObject({ fault: "tableSize" });
    expect(withHeader((header) => header.setBigUint64(16, 2n ** 60n))).toMatchObject({ fault: "tableSize" });
    expect(withHeader((header) => header.setBigUint64(16, 0n))).toMatchObject({ fault: "tableSize" });
    expect(withHeader((header) => header.setBigUint64(16, 1024n))).toMatchObject({ fault: "overlap" });
  });
  test("locators of others are kept and hostile ones are harmless", () => {
    const base = empty();
    createFixedVhd(base, { byteLength: 8192, identity: labIdentity(1) });
    const child = empty();
    createDifferencingVhd(child, { parent: labHead(base), parentName: "base.vhd", identity: labIdentity(2) });
    const header = labHead(child).sparse?.header;
    if (header === undefined) throw new Error("no header");
    const locators = header.locators.slice();
    const view = new DataView(locators.buffer);
    view.setUint32(0, 0x4d616358); // MacX, which nobody here reads
    view.setUint32(24 + 8, 0xffffffff);
    view.setBigUint64(24 + 16, 2n ** 63n);
    child.writeAt(512, sealHeader({ ...header, locators }));
    const { parent } = labHead(child);
    expect(parent?.locators.map(({ platform, path }) => [platform, path])).toEqual([[0x4d616358, null]]);
    expect(parent?.name).toBe("base.vhd");
  });
});

describe("a survey", () => {
  const one = labSectors(1, 1);
  const sectors = new Map([0, 8, 24, 63].map((sector) => [sector, one]));
  test("counts blocks and tells how scattered they are", () => {
    const bytes = plainVhd({ type: "dynamic", byteLength: 64 * 512, sectors });
    const survey = surveyVhd(bytesFile(bytes), labHead(bytesFile(bytes)));
    expect(survey).toMatchObject({ kind: "survey", blocks: 8, allocatedBlocks: 4, fragmentation: 0 });
    expect(survey.kind === "survey" && [...survey.allocation(4)]).toEqual([255, 128, 0, 128]);
    expect(survey.kind === "survey" && [...survey.allocation(16)]).toEqual(
      [0, 1, 3, 7].reduce(
        (cells: number[], block) => cells.fill(255, block * 2, block * 2 + 2),
        Array(16).fill(0),
      ),
    );
    const scattered = plainVhd({ type: "dynamic", byteLength: 64 * 512, sectors, backwards: true });
    expect(surveyVhd(bytesFile(scattered), labHead(bytesFile(scattered)))).toMatchObject({
      fragmentation: 1,
    });
  });
  test("takes a fixed disk as one block that is there", () => {
    const file = empty();
    createFixedVhd(file, { byteLength: 8192, identity: labIdentity(1) });
    const survey = surveyVhd(file, labHead(file));
    expect(survey).toMatchObject({ blocks: 1, allocatedBlocks: 1, fragmentation: 0 });
  });
});
