import { describe, expect, test } from "vitest";
import {
  type Disk,
  type DiskStatus,
  dataInBytes,
  decodeCommand,
  executeDisk,
  finishFlush,
  neededBlocks,
  openAttentions,
  ramDisk,
  reportLuns,
  type ScsiUnit,
  Senses,
  wholeLayer,
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

/** Runs a command with a buffer of `room` bytes and answers what a guest would see: sense, or why it waits. */
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
  if (result.kind !== "good") return { sense: result.kind, data: dataIn, transferred: 0 };
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
    layers: () => [wholeLayer("failing")],
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
  test("write protection stands in both forms", () => {
    expect(run(unitOf(failing("ok", true)), "5a 00 3f 00 00 00 00 00 08 00").data[3]).toBe(0x90);
    expect(run(unitOf(), "5a 00 3f 00 00 00 00 00 08 00").data[3]).toBe(0x10);
    expect(run(unitOf(failing("ok", true)), "35 00").sense).toBeNull();
  });
  test("a disk that frees nothing says so in its capacity", () => {
    const { data } = run(unitOf(failing("ok")), "9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00");
    expect(data[14]).toBe(0);
  });
  test("allocation lengths of nothing and of everything", () => {
    for (const cdb of [
      "9e 10 00 00 00 00 00 00 00 00 ff ff ff ff",
      "5a 00 3f 00 00 00 00 ff ff",
      "12 01 b0 ff ff",
    ])
      expect(run(unitOf(), cdb).sense).toBeNull();
    for (const cdb of ["9e 10", "5a 00 3f", "1a 00 3f", "12 01 b0"])
      expect(run(unitOf(), cdb)).toMatchObject({ sense: null, transferred: 0 });
    expect(decodeCommand(bytes("a0 00 03"))).toEqual({ kind: "invalidField" });
    expect(decodeCommand(bytes("a0 00 01"))).toMatchObject({ kind: "reportLuns", wellKnown: true });
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
    expect(run(unitOf(failing("noSpace")), write("00 00", "01"), { out }).sense).toBe("noSpace");
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
    expect(run(unitOf(failing("noSpace")), "35 00").sense).toBe("noSpace");
    expect(run(unitOf(failing("mediumError")), "35 00").sense).toBe("3/c/0");
  });
  test("what a flush must wait for comes first, and after the write", async () => {
    const calls: string[] = [];
    const unit = unitOf({
      ...failing("ok"),
      write: () => {
        calls.push("write");
        return "ok";
      },
      prepareFlush: () => {
        calls.push("prepareFlush");
        return Promise.resolve();
      },
      flush: () => {
        calls.push("flush");
        return "mediumError";
      },
    });
    for (const cdb of ["2a 08", "2e 00", "35 00", "91 00", "1b 00"]) {
      calls.length = 0;
      const one = cdb.startsWith("2") ? `${cdb} 00 00 00 00 00 00 01 00` : cdb;
      const dataOut = marked(1, 1);
      const result = executeDisk(unit, decodeCommand(bytes(one)), { dataIn: new Uint8Array(0), dataOut });
      if (result.kind !== "flushing") throw new Error(`${cdb} did not wait`);
      await result.coming;
      expect(finishFlush(unit, result.transferred)).toEqual({ kind: "check", sense: Senses.writeError });
      expect(calls).toEqual([...(cdb.startsWith("2") ? ["write"] : []), "prepareFlush", "flush"]);
    }
    calls.length = 0;
    run(unit, "2a 00 00 00 00 00 00 00 01 00", { out: marked(1, 1) });
    run(unit, "1b 00 00 00 01 00");
    run(unit, "1b 00 00 00 04 00");
    expect(calls).toEqual(["write"]);
  });
  test("a disk that has nothing to wait for is flushed at once", () => {
    const unit = unitOf({ ...failing("ok"), prepareFlush: () => null, flush: () => "mediumError" });
    expect(run(unit, "35 00").sense).toBe("3/c/0");
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
    expect(run(unit, unmapCdb.replace("42 00", "42 01"), { out: list(0, 1) }).sense).toBe("5/24/0");
    const few = list(0, 1);
    new DataView(few.buffer).setUint16(2, 15); // the descriptor is cut short: it is none
    run(unit, "2a 00 00 00 00 00 00 00 01 00", { out: marked(1, 9) });
    expect(run(unit, unmapCdb, { out: few }).sense).toBeNull();
    expect(run(unit, "28 00 00 00 00 00 00 00 01 00").data).toEqual(marked(1, 9));
    const readOnly = unitOf({ ...failing("ok", true), thin: true });
    expect(run(readOnly, unmapCdb, { out: list(0, 1) }).sense).toBe("7/27/0");
    const full = unitOf({ ...failing("noSpace"), thin: true });
    expect(run(full, unmapCdb, { out: list(0, 1) }).sense).toBe("noSpace");
  });
  test("unmap checks all descriptors before the first is carried out", () => {
    const unit = unitOf();
    run(unit, "2a 00 00 00 00 00 00 00 04 00", { out: marked(4, 9) });
    const out = new Uint8Array(40);
    out.set(list(0, 4));
    out.set(list(100, 1).subarray(8), 24);
    new DataView(out.buffer).setUint16(2, 32);
    expect(run(unit, "42 00 00 00 00 00 00 00 28 00", { out }).sense).toBe("5/21/0");
    expect(run(unit, "28 00 00 00 00 00 00 00 04 00").data).toEqual(marked(4, 9));
    const many = new Uint8Array(8 + 256 * 16);
    new DataView(many.buffer).setUint16(2, 256 * 16);
    expect(run(unit, "42 00 00 00 00 00 00 10 08 00", { out: many }).sense).toBe("5/26/0");
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
  test("write same: unmapping only where space comes back, no anchors, no counters", () => {
    const calls: string[] = [];
    const told: Disk = {
      ...failing("ok"),
      write: (at, from) => {
        calls.push(`write ${at} ${from.length}`);
        return "ok";
      },
      unmap: (at, length) => {
        calls.push(`unmap ${at} ${length}`);
        return "ok";
      },
    };
    const zero = new Uint8Array(512);
    expect(run(unitOf(told), "41 08 00 00 00 02 00 00 03 00", { out: zero }).sense).toBe("5/24/0");
    expect(run(unitOf(told), "41 00 00 00 00 02 00 00 03 00", { out: zero }).sense).toBeNull();
    const thin = unitOf({ ...told, thin: true });
    expect(run(thin, "41 08 00 00 00 02 00 00 03 00", { out: zero }).sense).toBeNull();
    expect(run(thin, "41 08 00 00 00 02 00 00 03 00", { out: marked(1, 5) }).sense).toBeNull();
    expect(calls).toEqual(["write 1024 1536", "unmap 1024 1536", "write 1024 1536"]);
    for (const cdb of ["41 10", "41 02", "41 04", "93 10", "93 20", "41 01"]) {
      const one = `${cdb} 00 00 00 00 00 00 01 00 00 00 00 01 00 00`;
      expect(run(thin, one, { out: zero }).sense).toBe(cdb === "41 01" ? null : "5/24/0");
    }
    expect(run(unitOf(failing("ok", true)), "41 00 00 00 00 02 00 00 03 00", { out: zero }).sense).toBe(
      "7/27/0",
    );
    expect(run(unitOf(failing("noSpace")), "41 00 00 00 00 02 00 00 03 00", { out: zero }).sense).toBe(
      "noSpace",
    );
  });
  test("the longest write same is the one that the limits page names", () => {
    const unit = unitOf(ramDisk(32 << 20));
    const limit = Number(new DataView(run(unit, "12 01 b0 00 ff 00").data.slice().buffer).getBigUint64(36));
    const cdb = (blocks: number) => {
      const out = new Uint8Array(16);
      out[0] = 0x93;
      new DataView(out.buffer).setUint32(10, blocks);
      return hex(out);
    };
    expect(limit).toBe(16384);
    expect(run(unit, cdb(limit), { out: marked(1, 1) }).sense).toBeNull();
    expect(run(unit, cdb(limit + 1), { out: marked(1, 1) }).sense).toBe("5/24/0");
  });
  test("verify compares what came with what is there", () => {
    const unit = unitOf();
    run(unit, "2a 00 00 00 00 01 00 00 02 00", { out: marked(2, 5) });
    const all = "2f 02 00 00 00 01 00 00 02 00";
    expect(run(unit, all, { out: marked(2, 5) })).toMatchObject({ sense: null, transferred: 1024 });
    const wrong = marked(2, 5);
    wrong[1023] = (wrong[1023] ?? 0) ^ 1;
    expect(run(unit, all, { out: wrong }).sense).toBe("e/1d/0");
    expect(run(unit, all, { out: wrong.subarray(1) }).sense).toBe("5/24/0");
    const same = "8f 06 00 00 00 00 00 00 00 01 00 00 00 02 00 00";
    expect(run(unit, same, { out: marked(1, 5) }).sense).toBeNull(); // 512 * 7 is a whole number of rounds
    expect(run(unit, same, { out: marked(1, 6) }).sense).toBe("e/1d/0");
    expect(run(unit, "af 04 00 00 00 01 00 00 00 01 00 00").sense).toBe("5/24/0");
    expect(run(unit, "2f 00 00 00 00 00 00 00 64 00")).toMatchObject({ sense: null, transferred: 0 });
    expect(run(unit, "2f 00 00 00 00 01 00 00 64 00").sense).toBe("5/21/0");
    expect(run(unitOf(failing("mediumError")), all, { out: wrong }).sense).toBe("3/11/0");
    const big = unitOf(ramDisk(8 << 20));
    expect(run(big, "8f 06 00 00 00 00 00 00 00 00 00 00 08 01 00 00", { out: wrong }).sense).toBe("5/24/0");
  });
  test.each(["2e", "ae", "8e"])("write and verify %s writes through", (opcode) => {
    let flushed = 0;
    const unit = unitOf({
      ...ramDisk(sectors * 512),
      flush: () => {
        flushed++;
        return "ok";
      },
    });
    const tail = opcode === "8e" ? "00 00 00 00 00 00 00 01 00 00 00 01" : "00 00 00 01 00 00 00 01 00";
    const short = opcode === "2e" ? "00 00 00 01 00 00 01" : tail;
    expect(run(unit, `${opcode} 02 ${short} 00 00`, { out: marked(1, 4) }).sense).toBeNull();
    expect(flushed).toBe(1);
    expect(run(unit, "28 00 00 00 00 01 00 00 01 00").data).toEqual(marked(1, 4));
    expect(run(unit, `${opcode} 04 ${short} 00 00`, { out: marked(1, 4) }).sense).toBe("5/24/0");
    const readOnly = unitOf(failing("ok", true));
    expect(run(readOnly, `${opcode} 00 ${short} 00 00`, { out: marked(1, 4) }).sense).toBe("7/27/0");
  });
  test("start and stop", () => {
    const unit = unitOf();
    for (const options of ["00", "01", "04", "10"])
      expect(run(unit, `1b 00 00 00 ${options} 00`).sense).toBeNull();
    expect(run(unit, "1b 00 00 00 02 00").sense).toBe("5/24/0");
    expect(run(unitOf(failing("mediumError")), "1b 00 00 00 00 00").sense).toBe("3/c/0");
  });
  test("protection information is refused wherever it could be asked for", () => {
    const unit = unitOf();
    for (const opcode of ["28", "2a", "a8", "aa", "88", "8a", "2e", "ae", "8e", "2f", "af", "8f", "41", "93"])
      expect(run(unit, `${opcode} 20`, { out: marked(1, 1) }).sense).toBe("5/24/0");
  });
  test("what is refused on purpose", () => {
    const reservations = ["5e 00", "5f 00", "16 00", "17 00", "56 00", "57 00"];
    const others = ["04 00", "a3 0c", "4d 00", "85 00", "a1 00", "89 00", "1d 04", "1e 00", "a0 00", "ff"];
    for (const cdb of [...reservations, ...others]) expect(run(unitOf(), cdb).sense).toBe("5/20/0");
  });
});

describe("request sense", () => {
  test("has nothing to tell of its own, and is cut", () => {
    expect(hex(run(unitOf(), "03 00 00 00 ff 00").data)).toBe(
      `70000000000000 0a${"00".repeat(10)}`.replace(" ", ""),
    );
    expect(run(unitOf(), "03 00 00 00 04 00").transferred).toBe(4);
    expect(run(unitOf(), "03 00 00 00 00 00")).toMatchObject({ sense: null, transferred: 0 });
    expect(run(unitOf(), "03 01 00 00 ff 00").sense).toBe("5/24/0");
  });
});

describe("mode select", () => {
  const six = (length: number) => `15 10 00 00 ${length.toString(16).padStart(2, "0")} 00`;
  /** What MODE SENSE gives, as a guest sends it back: with the header's length made zero. */
  function sensed(cdb: string): Uint8Array<ArrayBuffer> {
    const out = run(unitOf(), cdb).data.slice();
    out[0] = 0;
    out[1] = 0;
    return out;
  }
  test("what is so already is good", () => {
    const out = sensed("1a 00 3f 00 ff 00");
    expect(run(unitOf(), six(out.length), { out })).toMatchObject({ sense: null, transferred: out.length });
    const ten = sensed("5a 00 08 00 00 00 00 00 ff 00");
    expect(run(unitOf(), "55 10 00 00 00 00 00 00 1c 00", { out: ten }).sense).toBeNull();
    expect(run(unitOf(), six(4), { out }).sense).toBeNull();
    expect(run(unitOf(), six(0)).sense).toBeNull();
  });
  test("a changed bit, another page, a descriptor, a medium type are refused", () => {
    const off = sensed("1a 00 08 00 ff 00");
    off[6] = 0; // no write cache
    expect(run(unitOf(), six(off.length), { out: off }).sense).toBe("5/26/0");
    for (const [at, value] of [
      [1, 1],
      [3, 8],
      [4, 0x1c],
      [4, 0x88],
      [5, 17],
    ] as const) {
      const out = sensed("1a 00 08 00 ff 00");
      out[at] = value;
      expect(run(unitOf(), six(out.length), { out }).sense).toBe("5/26/0");
    }
  });
  test("lists that are cut, pages to keep, pages in no format", () => {
    const out = sensed("1a 00 08 00 ff 00");
    expect(run(unitOf(), six(out.length + 1), { out }).sense).toBe("5/1a/0");
    expect(run(unitOf(), six(3), { out }).sense).toBe("5/1a/0");
    expect(run(unitOf(), six(out.length - 1), { out }).sense).toBe("5/1a/0");
    expect(run(unitOf(), "15 11 00 00 18 00", { out }).sense).toBe("5/24/0");
    expect(run(unitOf(), "15 00 00 00 18 00", { out }).sense).toBe("5/24/0");
  });
});

describe("what must be here first", () => {
  const needed = (cdb: string) => {
    const blocks = neededBlocks(decodeCommand(bytes(cdb)));
    return blocks === null ? null : [blocks.lba, blocks.blocks];
  };
  test("the blocks of reads, writes and comparisons", () => {
    expect(needed("28 00 00 00 00 05 00 00 02 00")).toEqual([5, 2]);
    expect(needed("2e 00 00 00 00 05 00 00 02 00")).toEqual([5, 2]);
    expect(needed("2f 02 00 00 00 05 00 00 02 00")).toEqual([5, 2]);
    expect(needed("41 00 00 00 00 05 00 40 00 00")).toEqual([5, 16384]);
    expect(needed("2f 00 00 00 00 05 00 00 02 00")).toBeNull();
    expect(needed("35 00 00 00 00 05 00 00 02 00")).toBeNull();
  });
  test("nothing for commands that are too long to be carried out", () => {
    expect(needed("28 00 00 00 00 00 00 08 00 00")).toEqual([0, 2048]);
    expect(needed("28 00 00 00 00 00 00 08 01 00")).toBeNull();
    expect(needed("41 00 00 00 00 00 00 40 01 00")).toBeNull();
  });
});

describe("unit attentions", () => {
  test("a new size, another disk: each once, in order, and nothing at first sight", () => {
    const attentions = openAttentions();
    let byteLength = 4096;
    const growing = unitOf({
      ...failing("ok"),
      get byteLength() {
        return byteLength;
      },
    });
    expect(attentions.of(3, growing)).toEqual([]);
    byteLength = 8192;
    expect(attentions.of(3, growing)).toEqual([Senses.capacityChanged]);
    byteLength = 12288;
    expect(attentions.of(3, growing).splice(0)).toEqual([Senses.capacityChanged]);
    expect(attentions.of(3, growing)).toEqual([]);
    expect(attentions.of(3, unitOf(ramDisk(512)))).toEqual([
      Senses.identifierChanged,
      Senses.capacityChanged,
    ]);
    expect(attentions.of(4, unitOf(ramDisk(512)))).toEqual([]);
  });
  test("another wrapping of the same disk is the same unit; a forgotten one is new", () => {
    const attentions = openAttentions();
    const disk = ramDisk(512);
    attentions.of(0, unitOf(disk));
    expect(attentions.of(0, unitOf(disk))).toEqual([]);
    attentions.forget(0);
    expect(attentions.of(0, unitOf(ramDisk(1024)))).toEqual([]);
  });
});
