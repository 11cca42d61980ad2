import { describe, expect, test } from "vitest";
import {
  type BlockFile,
  createDifferencingVhd,
  createDynamicVhd,
  createFixedVhd,
  type Disk,
  noSpaceError,
  openVhd,
  ramDisk,
  ramFile,
  vhdSizeLimit,
} from "../../../src/storage/index.ts";
import { plainVhd, readPlainVhd } from "../../lab/plain-vhd.ts";
import { bytesFile, openRecorder } from "../../lab/power-cut.ts";
import {
  labChain,
  labContents,
  labDisk,
  labFooter,
  labHead,
  labIdentity,
  labSectors,
} from "../../lab/vhd.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const sectors = 64;
const blockBytes = 4096;

function newDynamic(byteLength = sectors * 512): BlockFile & { contents(): Bytes } {
  const file = bytesFile(new Uint8Array(0));
  createDynamicVhd(file, { byteLength, blockBytes, identity: labIdentity(1) });
  return file;
}

function newChild(base: BlockFile, id = 2): BlockFile & { contents(): Bytes } {
  const file = bytesFile(new Uint8Array(0));
  createDifferencingVhd(file, { parent: labHead(base), parentName: "base.vhd", identity: labIdentity(id) });
  return file;
}

function entryOf(bytes: Bytes, block: number, entry: number): Bytes {
  new DataView(bytes.buffer).setUint32(1536 + block * 4, entry);
  return bytes;
}

describe("tables that cannot be", () => {
  const one = labSectors(1, 1);
  const bytes = () =>
    plainVhd({
      type: "dynamic",
      byteLength: sectors * 512,
      sectors: new Map([
        [0, one],
        [8, one],
      ]),
    });
  const first = 4;
  test.each([
    ["beyond the end", 2, 1000, "tableEntry", /Block 2 .*beyond the end/],
    ["into the footer", 2, first + 10, "tableEntry", /Block 2 /],
    ["far away", 2, 0xfffffffe, "tableEntry", /Block 2 /],
    ["the same place", 2, first, "overlap", /Block (0|2) .*another block/],
    ["half of another block", 2, first + 4, "overlap", /Block . .*another block/],
    ["the footer's copy", 0, 0, "overlap", /Block 0 .*header or the table/],
    ["the header", 0, 1, "overlap", /Block 0 /],
    ["the table", 0, 3, "overlap", /Block 0 .*header or the table/],
  ])("%s", (_, block, entry, fault, text) => {
    const file = bytesFile(entryOf(bytes(), block, entry));
    expect(openVhd(file)).toMatchObject({ kind: "corrupt", fault, text: expect.stringMatching(text) });
  });
  test("a file cut short", () => {
    const cut = bytes().slice(0, 6000);
    expect(openVhd(bytesFile(cut))).toMatchObject({
      fault: "tableEntry",
      text: expect.stringMatching(/cut short/),
    });
  });
});

describe("parents", () => {
  const base = newDynamic();
  const child = newChild(base);
  const fits = { disk: labDisk(base), uniqueId: labIdentity(1).uniqueId, timeStamp: 0x2a000000 };
  test("the one it was made for", () => {
    expect(openVhd(child, { parent: fits }).kind).toBe("disk");
    expect(openVhd(child, { parent: { ...fits, timeStamp: 0x29000000 } }).kind).toBe("disk");
  });
  test.each([
    ["missing", undefined, "parentMissing", /without its parent base\.vhd\. Reconnect it to its parent\./],
    ["another", { ...fits, uniqueId: labIdentity(9).uniqueId }, "parentMismatch", /another disk/],
    ["changed since", { ...fits, timeStamp: 0x2a000001 }, "parentMismatch", /changed after/],
    ["of another size", { ...fits, disk: ramDisk(512) }, "sizeMismatch", /32768 bytes, its parent 512/],
  ])("%s", (_, parent, fault, text) => {
    const outcome = openVhd(child, parent === undefined ? {} : { parent });
    expect(outcome).toMatchObject({ kind: "corrupt", fault, text: expect.stringMatching(text) });
    expect(outcome).toMatchObject({ text: expect.stringMatching(/Reconnect it to its parent/) });
  });
  test("belong to the child once it has opened", () => {
    let disposed = 0;
    const disk: Disk = { ...ramDisk(sectors * 512), [Symbol.dispose]: () => disposed++ };
    const opened = openVhd(child, { parent: { ...fits, disk } });
    if (opened.kind !== "disk") throw new Error(opened.text);
    expect(opened.disk.layers().map(({ format }) => format)).toEqual(["differencing", "ram"]);
    opened.disk[Symbol.dispose]();
    expect(disposed).toBe(1);
  });
  test("are waited for where the child holds nothing, and their failures are its own", async () => {
    const asked: number[][] = [];
    const slow: Disk = {
      ...ramDisk(sectors * 512),
      prepare: (at, length) => {
        asked.push([at / 512, length / 512]);
        return Promise.resolve();
      },
      read: (at) => (at === 0 ? "mediumError" : "ok"),
    };
    const opened = openVhd(bytesFile(child.contents()), { parent: { ...fits, disk: slow } });
    if (opened.kind !== "disk") throw new Error(opened.text);
    const { disk } = opened;
    disk.write(4 * 512, labSectors(2, 1));
    disk.write(16 * 512, labSectors(8, 1));
    expect(disk.prepare(16 * 512, 4096)).toBeNull();
    expect(disk.prepare(4 * 512, 1024)).toBeNull();
    expect(disk.read(4 * 512, new Uint8Array(1024))).toBe("ok");
    expect(asked).toEqual([]);
    await disk.prepare(0, 26 * 512);
    expect(asked).toEqual([
      [0, 4],
      [6, 10],
      [24, 2],
    ]);
    expect(disk.read(0, new Uint8Array(26 * 512))).toBe("mediumError");
    expect(disk.prepare(0, 1)).toBeNull();
  });
});

describe("chains", () => {
  test("128 layers deep read, write and close", () => {
    const byteLength = sectors * 512;
    const model = new Uint8Array(byteLength);
    const files = Array.from({ length: 128 }, (_, depth) => {
      const own = labSectors(1, depth);
      model.set(own, (depth % sectors) * 512);
      const held = new Map([[depth % sectors, own]]);
      const parent = { id: depth, timeStamp: 0x2a000000, name: `layer${depth}.vhd` };
      const type = depth === 0 ? "dynamic" : "differencing";
      return bytesFile(
        plainVhd({ type, byteLength, sectors: held, id: depth + 1, ...(depth > 0 ? { parent } : {}) }),
      );
    });
    const disk = labChain(files);
    disk.write(0, labSectors(1, 200));
    model.set(labSectors(1, 200));
    expect(Buffer.compare(labContents(disk), model)).toBe(0);
    expect(disk.layers().length).toBe(128);
    disk[Symbol.dispose]();
  });
  test("a run that one layer holds costs one read", () => {
    const base = newDynamic();
    const below = labDisk(base);
    below.write(0, labSectors(sectors, 5));
    below.flush();
    let reads = 0;
    const child = newChild(base);
    const counted: BlockFile = {
      ...child,
      readAt: (at, into) => {
        reads++;
        return child.readAt(at, into);
      },
    };
    const parentReads: number[] = [];
    const parent: Disk = {
      ...below,
      read: (at, into) => {
        parentReads.push(into.length / 512);
        return below.read(at, into);
      },
    };
    const opened = openVhd(counted, {
      parent: { disk: parent, uniqueId: labIdentity(1).uniqueId, timeStamp: 0 },
    });
    if (opened.kind !== "disk") throw new Error(opened.text);
    opened.disk.write(10 * 512, labSectors(3, 6));
    reads = 0;
    labContents(opened.disk);
    expect([reads, parentReads]).toEqual([1, [10, sectors - 13]]);
  });
});

describe("space", () => {
  test("blocks take places only when written, and give them back", () => {
    const file = newDynamic();
    const bare = file.size();
    const disk = labDisk(file);
    expect(disk.thin).toBe(true);
    for (let block = 0; block < 8; block++) disk.write(block * blockBytes, labSectors(8, block));
    expect(disk.flush()).toBe("ok");
    expect(file.size()).toBe(bare + 8 * (blockBytes + 512));
    disk.unmap(3 * blockBytes, 2 * blockBytes + 512);
    expect(disk.inspect()).toMatchObject({ allocatedBlocks: 6 });
    expect(disk.flush()).toBe("ok");
    expect(file.size()).toBe(bare + 8 * (blockBytes + 512));
    // Two places are free: they are used before the file grows.
    disk.write(4 * blockBytes, labSectors(1, 99));
    disk.flush();
    expect(file.size()).toBe(bare + 8 * (blockBytes + 512));
    const model = Uint8Array.from([0, 1, 2].flatMap((block) => [...labSectors(8, block)]));
    expect(Buffer.compare(labContents(disk).subarray(0, model.length), model)).toBe(0);
    expect(
      labContents(disk)
        .subarray(4 * blockBytes + 512, 5 * blockBytes + 512)
        .every((byte) => byte === 0),
    ).toBe(true);
    disk.unmap(0, sectors * 512);
    expect(disk.flush()).toBe("ok");
    expect(file.size()).toBe(bare);
    expect(readPlainVhd(file.contents()).table).toEqual(Array(8).fill(null));
  });
  test("places freed in the last commit are found again after opening", () => {
    const file = newDynamic();
    const disk = labDisk(file);
    for (let block = 0; block < 4; block++) disk.write(block * blockBytes, labSectors(1, block));
    disk.unmap(blockBytes, blockBytes);
    disk.flush();
    const size = file.size();
    const again = labDisk(file);
    expect(again.inspect()).toMatchObject({ freePlaces: 1 });
    again.write(7 * blockBytes, labSectors(1, 9));
    again.flush();
    expect(file.size()).toBe(size);
  });
  test("more places than are remembered are used again all the same", () => {
    const blocks = 5000;
    const file = newDynamic(blocks * blockBytes);
    const disk = labDisk(file);
    const from = labSectors(1, 1);
    for (let block = 0; block < blocks; block++) disk.write(block * blockBytes, from);
    disk.flush();
    const size = file.size();
    const last = disk.inspect()["allocatedBlocks"];
    disk.unmap(0, (blocks - 1) * blockBytes);
    disk.flush();
    expect(file.size()).toBe(size);
    for (let block = 0; block < blocks; block++) disk.write(block * blockBytes + 512, from);
    disk.flush();
    expect([file.size(), disk.inspect()["allocatedBlocks"]]).toEqual([size, last]);
    const plain = readPlainVhd(file.contents());
    expect(Buffer.compare(plain.contents, labContents(disk))).toBe(0);
  });
  test("a differencing disk does not let its parent show where something was given back", () => {
    const base = newDynamic();
    const below = labDisk(base);
    below.write(0, labSectors(sectors, 1));
    below.flush();
    const disk = labChain([base, newChild(base)]);
    expect(disk.thin).not.toBe(true);
    expect(disk.unmap(512, blockBytes * 2)).toBe("ok");
    const model = labSectors(sectors, 1).fill(0, 512, 512 + blockBytes * 2);
    expect(Buffer.compare(labContents(disk), model)).toBe(0);
  });
  test("full storage refuses the write, harms nothing, and lets it succeed later", () => {
    const held = newDynamic();
    let full = false;
    const refuse = (end: number) => {
      if (full && end > held.size()) throw noSpaceError();
    };
    const file: BlockFile = {
      ...held,
      resize(size) {
        refuse(size);
        held.resize(size);
      },
      writeAt(at, from) {
        refuse(at + from.length);
        held.writeAt(at, from);
      },
    };
    const disk = labDisk(file);
    disk.write(0, labSectors(8, 1));
    disk.flush();
    const before = held.contents();
    full = true;
    expect(disk.write(blockBytes, labSectors(8, 2))).toBe("noSpace");
    expect(disk.write(0, labSectors(1, 3))).toBe("ok");
    expect(disk.flush()).toBe("ok");
    expect(disk.inspect()).toMatchObject({ allocatedBlocks: 1 });
    expect(held.size()).toBe(before.length);
    full = false;
    expect(disk.write(blockBytes, labSectors(8, 2))).toBe("ok");
    expect(disk.flush()).toBe("ok");
    expect(readPlainVhd(held.contents()).contents).toEqual(labContents(disk));
  });
  test("the largest disk opens, and is written at its end, in little memory and file", () => {
    const file = ramFile();
    createDynamicVhd(file, { byteLength: vhdSizeLimit, identity: labIdentity(1) });
    const disk = labDisk(file);
    const from = labSectors(3, 1);
    expect(disk.write(vhdSizeLimit - 1536, from)).toBe("ok");
    expect(disk.flush()).toBe("ok");
    const into = new Uint8Array(2048);
    expect(labDisk(file).read(vhdSizeLimit - 2048, into)).toBe("ok");
    expect(into.subarray(512)).toEqual(from);
    expect(disk.write(vhdSizeLimit, from)).toBe("outOfRange");
    expect(file.size()).toBeLessThan(7 << 20);
  });
});

describe("footers", () => {
  test("a lost footer is put back, and what nobody names is used again", () => {
    const file = newDynamic();
    const disk = labDisk(file);
    disk.write(0, labSectors(8, 1));
    disk.flush();
    const sound = file.contents();
    disk.write(blockBytes, labSectors(8, 2)); // grows the file; no commit
    const torn = bytesFile(file.contents());
    expect(labHead(torn).fromCopy).toBe(true);
    expect(labDisk(torn, { readOnly: true }).read(0, new Uint8Array(512))).toBe("ok");
    expect(labHead(torn).fromCopy).toBe(true);
    labDisk(torn);
    expect(Buffer.compare(torn.contents(), sound)).toBe(0);
  });
  test("a copy that is lost is written again before the footer is given up", () => {
    const file = newDynamic();
    const sound = file.contents();
    file.writeAt(0, new Uint8Array(512));
    const disk = labDisk(file);
    expect(disk.write(0, labSectors(1, 1))).toBe("ok");
    expect(file.contents().subarray(0, 512)).toEqual(sound.subarray(0, 512));
  });
  test("a guest's bytes never stand where a footer is looked for", () => {
    const recorder = openRecorder();
    const disk = labDisk(recorder.file(newDynamic().contents()));
    const trap = new Uint8Array(blockBytes);
    for (let at = 0; at < trap.length; at += 512) trap.set(labFooter({ currentSize: 512n }), at);
    const expectOurs = () => {
      const now = recorder.contents(0);
      const end = now.subarray(now.length - 512);
      expect(end.every((byte) => byte === 0) || Buffer.compare(end, now.subarray(0, 512)) === 0).toBe(true);
    };
    for (const block of [0, 1, 2]) {
      disk.write(block * blockBytes, trap);
      expectOurs();
    }
    disk.flush();
    disk.unmap(blockBytes, 2 * blockBytes);
    disk.flush();
    expectOurs();
    const shrunk = recorder.changes.findLastIndex(({ kind }) => kind === "resize");
    expect(recorder.changes.slice(shrunk - 2, shrunk).map(({ kind }) => kind)).toEqual(["write", "flush"]);
  });
});

describe("disks of others", () => {
  test("sector bitmaps of dynamic disks count, and follow what is written and given back", () => {
    const bytes = plainVhd({
      type: "dynamic",
      byteLength: sectors * 512,
      sectors: new Map([[1, labSectors(1, 1)]]),
    });
    bytes[4 * 512] = 0x40; // of eight sectors only the second
    bytes.fill(0xcc, 5 * 512, 6 * 512); // the first, which is not held
    const file = bytesFile(bytes);
    const disk = labDisk(file);
    expect(labContents(disk).subarray(0, 512)).toEqual(new Uint8Array(512));
    disk.write(5 * 512, labSectors(1, 7));
    disk.flush();
    expect(file.contents()[4 * 512]).toBe(0x44);
    disk.write(6 * 512, labSectors(1, 8));
    disk.unmap(0, blockBytes);
    disk.write(2 * 512, labSectors(1, 9));
    disk.flush();
    const model = new Uint8Array(sectors * 512);
    model.set(labSectors(1, 9), 1024);
    expect(Buffer.compare(labContents(disk), model)).toBe(0);
    expect(Buffer.compare(readPlainVhd(file.contents()).contents, model)).toBe(0);
    expect(file.contents()[(readPlainVhd(file.contents()).table[0] ?? 0) * 512]).toBe(0xff);
  });
  test("a medium that fails makes a status, and what it could not take is taken later", () => {
    const held = newDynamic();
    let broken = false;
    const act = () => {
      if (broken) throw new Error("gone");
    };
    const file: BlockFile = {
      ...held,
      readAt(at, into) {
        act();
        return held.readAt(at, into);
      },
      flush: act,
    };
    const disk = labDisk(file);
    disk.write(0, labSectors(1, 1));
    broken = true;
    expect([disk.flush(), disk.writeBack?.(), disk.read(0, new Uint8Array(512))]).toEqual(
      Array(3).fill("mediumError"),
    );
    expect(disk.inspect()["lastFailure"]).toBe("gone");
    broken = false;
    expect([disk.writeBack?.(), disk.writeBack?.()]).toEqual(["ok", "ok"]);
    expect(readPlainVhd(held.contents()).contents.subarray(0, 512)).toEqual(labSectors(1, 1));
  });
  test("what is opened to be read only stays as it is", () => {
    const base = newDynamic();
    const disk = labDisk(base, { readOnly: true });
    const sector = new Uint8Array(512);
    expect([
      disk.write(0, sector),
      disk.unmap(0, 512),
      disk.flush(),
      disk.writeBack?.(),
      disk.thin ?? false,
    ]).toEqual(["readOnly", "readOnly", "ok", "ok", false]);
    for (const at of [-512, 1, sectors * 512, Number.NaN]) expect(disk.read(at, sector)).toBe("outOfRange");
  });
  test("a fixed disk is as long as its footer says", () => {
    const file = bytesFile(new Uint8Array(0));
    createFixedVhd(file, { byteLength: 8192, identity: labIdentity(1) });
    const disk = labDisk(file);
    expect([disk.byteLength, disk.layers()[0]?.format]).toEqual([8192, "fixed"]);
  });
});
