import { describe, expect, test } from "vitest";
import {
  type Disk,
  type DiskStatus,
  dataInBytes,
  decodeCommand,
  executeDisk,
  ramDisk,
  reportLuns,
  type ScsiUnit,
} from "../../../src/storage/index.ts";

const sectors = 100;
const id = Uint8Array.from({ length: 16 }, (_, place) => 0xa0 + place);

function unitOf(disk: Disk = ramDisk(sectors * 512)): ScsiUnit {
  return { disk, id };
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  const clean = hex.replaceAll(/\s/g, "");
  return Uint8Array.from({ length: clean.length / 2 }, (_, at) =>
    Number.parseInt(clean.slice(at * 2, at * 2 + 2), 16),
  );
}

/** Runs a command with a buffer of `room` bytes and answers what a guest would see. */
function run(unit: ScsiUnit, cdb: string, options: { room?: number; out?: Uint8Array<ArrayBuffer> } = {}) {
  const command = decodeCommand(bytes(cdb));
  const room = Math.min(options.room ?? 1 << 20, dataInBytes(command));
  const dataIn = new Uint8Array(room).fill(0xee);
  const result = executeDisk(unit, command, { dataIn, dataOut: options.out ?? new Uint8Array(0) });
  if (result.kind === "check") {
    const { key, asc, ascq } = result.sense;
    return {
      sense: [key, asc, ascq].map((part) => part.toString(16)).join("/"),
      data: dataIn,
      transferred: 0,
    };
  }
  return { sense: null, data: dataIn.subarray(0, result.transferred), transferred: result.transferred };
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

function marked(blocks: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: blocks * 512 }, (_, at) => (at * 7 + seed) & 0xff);
}

/** A disk that answers every call with one status. */
function failing(status: DiskStatus, readOnly = false): Disk {
  return {
    byteLength: sectors * 512,
    readOnly,
    prepare: () => null,
    read: () => status,
    write: () => status,
    flush: () => status,
    unmap: () => status,
    inspect: () => ({}),
    [Symbol.dispose]() {},
  };
}

describe("inquiry", () => {
  test("standard data in Hyper-V's words", () => {
    const { data } = run(unitOf(), "12 00 00 00 24 00");
    expect(hex(data.subarray(0, 8))).toBe("000005021f000002");
    expect(Buffer.from(data.subarray(8)).toString("latin1")).toBe("Msft    Virtual Disk    1.0 ");
  });
  test("is cut to the allocation length", () => {
    expect(hex(run(unitOf(), "12 00 00 00 05 00").data)).toBe("000005021f");
    expect(run(unitOf(), "12 00 00 00 00 00").transferred).toBe(0);
    expect(run(unitOf(), "12 00 00 ff ff 00").transferred).toBe(36);
  });
  test("lists exactly the pages it serves, ascending", () => {
    const { data } = run(unitOf(), "12 01 00 00 ff 00");
    expect(hex(data)).toBe("00000006008083b0b1b2");
    for (const page of data.subarray(4)) {
      const served = run(unitOf(), `12 01 ${page.toString(16).padStart(2, "0")} 00 ff 00`);
      expect(served.sense).toBeNull();
      expect(served.data[1]).toBe(page);
      expect(served.data.length).toBe(4 + ((served.data[2] ?? 0) << 8) + (served.data[3] ?? 0));
    }
  });
  test("identifies the disk by NAA 6", () => {
    const { data } = run(unitOf(), "12 01 83 00 ff 00");
    expect(hex(data)).toBe("0083001401030010" + "60a1a2a3a4a5a6a7a8a9aaabacadaeaf");
  });
  test("serial number, characteristics", () => {
    const serial = run(unitOf(), "12 01 80 00 ff 00").data;
    expect(Buffer.from(serial.subarray(4)).toString("latin1")).toBe("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    expect(hex(run(unitOf(), "12 01 b1 00 ff 00").data.subarray(0, 8))).toBe("00b1003c00010000");
  });
  test("limits and provisioning follow the disk", () => {
    const thin = run(unitOf(), "12 01 b0 00 ff 00").data;
    expect(thin.length).toBe(64);
    expect(new DataView(thin.buffer).getUint32(8)).toBe(2048);
    expect(new DataView(thin.buffer).getUint32(20)).toBeGreaterThan(0);
    expect(hex(run(unitOf(), "12 01 b2 00 ff 00").data)).toBe("00b2000400e40200");
    const thick = unitOf(failing("ok"));
    expect(new DataView(run(thick, "12 01 b0 00 ff 00").data.buffer).getUint32(20)).toBe(0);
    expect(hex(run(thick, "12 01 b2 00 ff 00").data)).toBe("00b2000400000000");
  });
  test.each(["12 01 84 00 ff 00", "12 00 80 00 ff 00", "12 02 00 00 ff 00"])("refuses %s", (cdb) => {
    expect(run(unitOf(), cdb).sense).toBe("5/24/0");
  });
});

describe("capacity and modes", () => {
  test("read capacity 10 and 16", () => {
    expect(hex(run(unitOf(), "25 00").data)).toBe("0000006300000200");
    const long = run(unitOf(), "9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00").data;
    expect(hex(long)).toBe(`000000000000006300000200${"0003c000"}${"00".repeat(16)}`);
    expect(run(unitOf(), "9e 10 00 00 00 00 00 00 00 00 00 00 00 0c 00 00").transferred).toBe(12);
    expect(run(unitOf(), "9e 11 00 00 00 00 00 00 00 00 00 00 00 20 00 00").sense).toBe("5/24/0");
  });
  test("a disk beyond 2 TiB and an empty one", () => {
    const huge = unitOf({ ...failing("ok"), byteLength: 2 ** 42 });
    expect(hex(run(huge, "25 00").data)).toBe("ffffffff00000200");
    expect(hex(run(huge, "9e 10 00 00 00 00 00 00 00 00 00 00 00 08 00 00").data)).toBe("00000001ffffffff");
    const none = unitOf(ramDisk(0));
    expect(run(none, "25 00").sense).toBe("2/3a/0");
    expect(run(none, "00").sense).toBe("2/3a/0");
  });
  test("mode sense gives caching and control pages", () => {
    expect(hex(run(unitOf(), "1a 00 3f 00 04 00").data)).toBe("23001000");
    expect(hex(run(unitOf(), "1a 00 08 00 ff 00").data)).toBe(`170010000812${"04"}${"00".repeat(17)}`);
    expect(hex(run(unitOf(), "1a 00 48 00 ff 00").data)).toBe(`170010000812${"00".repeat(18)}`);
    expect(hex(run(unitOf(), "1a 00 0a 00 ff 00").data)).toBe(`0f0010000a0a0010${"00".repeat(8)}`);
    const ten = run(unitOf(), "5a 00 3f ff 00 00 00 00 ff 00").data;
    expect(hex(ten.subarray(0, 10))).toBe("00260010000000000812");
    expect(ten.length).toBe(0x28);
  });
  test("mode sense shows write protection and refuses what it has not", () => {
    expect(run(unitOf(failing("ok", true)), "1a 00 3f 00 04 00").data[2]).toBe(0x90);
    expect(run(unitOf(), "1a 00 05 00 ff 00").sense).toBe("5/24/0");
    expect(run(unitOf(), "1a 00 3f 01 ff 00").sense).toBe("5/24/0");
    expect(run(unitOf(), "1a 00 c8 00 ff 00").sense).toBe("5/39/0");
  });
  test("report luns lists in order and is cut", () => {
    const transfer = { dataIn: new Uint8Array(64), dataOut: new Uint8Array(0) };
    expect(reportLuns([9, 0], 4096, transfer)).toEqual({ kind: "good", transferred: 24 });
    expect(hex(transfer.dataIn.subarray(0, 24))).toBe(
      "0000001000000000" + "0000000000000000" + "0009000000000000",
    );
    expect(reportLuns([], 4096, transfer)).toEqual({ kind: "good", transferred: 8 });
    expect(reportLuns([0], 4, transfer)).toEqual({ kind: "good", transferred: 4 });
  });
});

/** Every form with its CDB for an LBA below 2^16 and a count below 256. */
const forms = {
  read: {
    6: (lba: string, n: string) => `08 00 ${lba} ${n} 00`,
    10: (lba: string, n: string) => `28 00 00 00 ${lba} 00 00 ${n} 00`,
    12: (lba: string, n: string) => `a8 00 00 00 ${lba} 00 00 00 ${n} 00 00`,
    16: (lba: string, n: string) => `88 00 00 00 00 00 00 00 ${lba} 00 00 00 ${n} 00 00`,
  },
  write: {
    6: (lba: string, n: string) => `0a 00 ${lba} ${n} 00`,
    10: (lba: string, n: string) => `2a 00 00 00 ${lba} 00 00 ${n} 00`,
    12: (lba: string, n: string) => `aa 00 00 00 ${lba} 00 00 00 ${n} 00 00`,
    16: (lba: string, n: string) => `8a 00 00 00 00 00 00 00 ${lba} 00 00 00 ${n} 00 00`,
  },
};

describe.each([6, 10, 12, 16] as const)("transfers of form %i", (form) => {
  const read = forms.read[form];
  const write = forms.write[form];

  test("what is written is read", () => {
    const unit = unitOf();
    expect(run(unit, write("00 62", "02"), { out: marked(2, 3) })).toMatchObject({
      sense: null,
      transferred: 1024,
    });
    expect(run(unit, read("00 62", "02")).data).toEqual(marked(2, 3));
    expect(run(unit, read("00 63", "01")).data).toEqual(marked(2, 3).subarray(512));
  });
  test("the end of the disk is a wall", () => {
    const unit = unitOf();
    expect(run(unit, read("00 64", "01")).sense).toBe("5/21/0");
    expect(run(unit, read("00 63", "02")).sense).toBe("5/21/0");
    expect(run(unit, write("00 63", "02"), { out: marked(2, 1) }).sense).toBe("5/21/0");
    expect(run(unit, read("00 63", "01")).data).toEqual(new Uint8Array(512));
  });
  test("buffers that are too short are refused whole", () => {
    const unit = unitOf();
    expect(run(unit, read("00 00", "02"), { room: 1023 }).sense).toBe("5/24/0");
    expect(run(unit, write("00 00", "02"), { out: marked(1, 1) }).sense).toBe("5/24/0");
    expect(run(unit, read("00 00", "01")).data).toEqual(new Uint8Array(512));
  });
  test("a read-only disk, a full one, a broken one", () => {
    const out = marked(1, 1);
    expect(run(unitOf(failing("ok", true)), write("00 00", "01"), { out }).sense).toBe("7/27/0");
    expect(run(unitOf(failing("noSpace")), write("00 00", "01"), { out }).sense).toBe("7/27/7");
    expect(run(unitOf(failing("mediumError")), write("00 00", "01"), { out }).sense).toBe("3/c/0");
    expect(run(unitOf(failing("mediumError")), read("00 00", "01")).sense).toBe("3/11/0");
    expect(run(unitOf(failing("outOfRange")), read("00 00", "01")).sense).toBe("5/21/0");
  });
});

describe("transfers at the limits of their fields", () => {
  test("zero blocks move nothing, except in the oldest form", () => {
    const unit = unitOf(ramDisk(256 * 512));
    expect(run(unit, "28 00 00 00 00 00 00 00 00 00")).toMatchObject({ sense: null, transferred: 0 });
    expect(run(unit, "2a 00 00 00 00 00 00 00 00 00")).toMatchObject({ sense: null, transferred: 0 });
    expect(run(unit, "08 00 00 00 00 00").transferred).toBe(256 * 512);
    expect(run(unit, "28 00 00 00 01 01 00 00 00 00").sense).toBe("5/21/0");
  });
  test.each([
    "88 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
    "88 00 ff ff ff ff ff ff ff ff ff ff ff ff 00 00",
    "88 00 ff ff ff ff ff ff ff ff 00 00 00 00 00 00",
    "88 00 00 20 00 00 00 00 00 00 00 00 00 01 00 00",
    "88 00 00 00 00 00 00 00 00 00 ff ff ff ff 00 00",
    "a8 00 ff ff ff ff ff ff ff ff 00 00",
    "91 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
    "8f 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00",
  ])("%s is out of range", (cdb) => {
    expect(run(unitOf(), cdb).sense).toBe("5/21/0");
  });
  test("more than one link record carries is refused", () => {
    const big = unitOf(ramDisk(8 << 20));
    expect(run(big, "28 00 00 00 00 00 00 08 00 00").transferred).toBe(1 << 20);
    expect(run(big, "28 00 00 00 00 00 00 08 01 00", { room: 2 << 20 }).sense).toBe("5/24/0");
  });
});

describe("cache, discard, repetition", () => {
  test("forced unit access and synchronize cache reach the disk", () => {
    let flushed = 0;
    const unit = unitOf({
      ...failing("ok"),
      flush: () => {
        flushed++;
        return "ok";
      },
    });
    run(unit, "2a 00 00 00 00 00 00 00 01 00", { out: marked(1, 1) });
    expect(flushed).toBe(0);
    run(unit, "2a 08 00 00 00 00 00 00 01 00", { out: marked(1, 1) });
    expect(flushed).toBe(1);
    run(unit, "35 00 00 00 00 00 00 00 00 00");
    run(unit, "91 00");
    expect(flushed).toBe(3);
    expect(run(unitOf(failing("noSpace")), "35 00").sense).toBe("7/27/7");
  });
  const list = (lba: number, count: number) => {
    const out = new Uint8Array(24);
    const view = new DataView(out.buffer);
    view.setUint16(0, 22);
    view.setUint16(2, 16);
    view.setBigUint64(8, BigInt(lba));
    view.setUint32(16, count);
    return out;
  };
  const unmapCdb = "42 00 00 00 00 00 00 00 18 00";
  test("unmap zeroes the range and nothing else", () => {
    const unit = unitOf();
    run(unit, "2a 00 00 00 00 00 00 00 04 00", { out: marked(4, 9) });
    expect(run(unit, unmapCdb, { out: list(1, 2) }).sense).toBeNull();
    const expected = marked(4, 9);
    expected.fill(0, 512, 1536);
    expect(run(unit, "28 00 00 00 00 00 00 00 04 00").data).toEqual(expected);
  });
  test("unmap refuses lists that lie", () => {
    const unit = unitOf();
    expect(run(unit, unmapCdb, { out: list(99, 2) }).sense).toBe("5/21/0");
    expect(run(unit, unmapCdb, { out: list(0, 0xffffffff) }).sense).toBe("5/21/0");
    expect(run(unit, unmapCdb, { out: list(0, 1).subarray(0, 23) }).sense).toBe("5/1a/0");
    expect(run(unit, "42 00 00 00 00 00 00 00 07 00", { out: list(0, 1) }).sense).toBe("5/1a/0");
    expect(run(unit, "42 00 00 00 00 00 00 00 00 00").sense).toBeNull();
    const huge = unitOf(ramDisk(4 * 2 ** 30));
    expect(run(huge, unmapCdb, { out: list(0, (1 << 22) + 1) }).sense).toBe("5/26/0");
    expect(run(unitOf(failing("ok")), unmapCdb, { out: list(0, 1) }).sense).toBe("5/20/0");
  });
  test("write same repeats a block, and bounds the work", () => {
    const unit = unitOf();
    expect(run(unit, "41 00 00 00 00 02 00 00 03 00", { out: marked(1, 5) }).sense).toBeNull();
    const { data } = run(unit, "28 00 00 00 00 01 00 00 05 00");
    const block = marked(1, 5);
    expect(data).toEqual(
      Uint8Array.from([...new Uint8Array(512), ...block, ...block, ...block, ...new Uint8Array(512)]),
    );
    const zeros = "93 09 00 00 00 00 00 00 00 03 00 00 00 01 00 00";
    expect(run(unit, zeros).sense).toBeNull();
    expect(run(unit, "28 00 00 00 00 03 00 00 01 00").data).toEqual(new Uint8Array(512));
    expect(run(unit, "93 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", { out: block }).sense).toBe("5/24/0");
    expect(run(unit, "93 00 00 00 00 00 00 00 00 00 ff ff ff ff 00 00", { out: block }).sense).toBe("5/24/0");
    expect(run(unit, "93 00 00 00 00 00 00 00 00 63 00 00 00 02 00 00", { out: block }).sense).toBe("5/21/0");
    expect(run(unit, "41 00 00 00 00 00 00 00 01 00", { out: block.subarray(1) }).sense).toBe("5/24/0");
  });
  test("verify and start stop are good, unknown commands are not", () => {
    const unit = unitOf();
    expect(run(unit, "2f 00 00 00 00 00 00 00 64 00").sense).toBeNull();
    expect(run(unit, "2f 02 00 00 00 00 00 00 01 00").sense).toBe("5/24/0");
    expect(run(unit, "1b 00 00 00 01 00").sense).toBeNull();
    for (const cdb of ["a3 0c", "4d 00", "85 00", "5e 00", "a0 00", "ff"]) {
      expect(run(unit, cdb).sense).toBe("5/20/0");
    }
  });
});
