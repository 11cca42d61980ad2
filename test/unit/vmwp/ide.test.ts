import { describe, expect, test } from "vitest";
import { maxTransfer, SrbStatus, StorSrbPacket } from "../../../src/hvdef/index.ts";
import type { InternalChannel } from "../../../src/vmbus/index.ts";
import { gatherStorvsc } from "../../../src/vmwp/gather/storvsc.ts";
import { diskLine } from "../../../src/vmwp/vdev/ide/line.ts";
import { type DiskLine, freshDriveCounters, servedContents } from "../../../src/vmwp/vdev/ide/serve.ts";

type Request = Parameters<InternalChannel["request"]>[0];

/** A channel to a parent that holds `memory` and answers when told. Takes `room` requests at a time. */
function parentWith(memory: Uint8Array<ArrayBuffer>, room = 1000) {
  const out: { at: number; length: number; isWrite: boolean; data: Uint8Array; request: Request }[] = [];
  const seen: { at: number; length: number; isWrite: boolean }[] = [];
  const channel: InternalChannel = {
    request(request) {
      if (out.length >= room) return false;
      const packet = StorSrbPacket.read(new DataView(request.payload.buffer, request.payload.byteOffset));
      const cdb = new DataView(packet.cdbOrSense.buffer);
      const operation = cdb.getUint8(0);
      const isWrite = operation === 0x2a;
      if (operation === 0x35) expect(packet).toMatchObject({ direction: 2, cdbLength: 10 });
      const entry = { at: cdb.getUint32(2, false) * 512, length: cdb.getUint16(7, false) * 512, isWrite };
      expect(packet.transferLength).toBe(entry.length);
      expect(request.dataRoom).toBe(isWrite ? 0 : entry.length);
      expect(request.data.length).toBe(isWrite ? entry.length : 0);
      const flows = operation === 0x35 ? "none" : isWrite ? "toHost" : "toGuest";
      expect(gatherStorvsc(request.payload)).toBe(flows);
      seen.push(entry);
      out.push({ ...entry, data: request.data.slice(), request });
      return true;
    },
    close() {},
  };
  /** Answers the oldest request. */
  function answer(srbStatus: number = SrbStatus.success, short = 0): void {
    const first = out.shift();
    if (first === undefined) throw new Error("nothing to answer");
    const payload = first.request.payload.slice();
    payload[StorSrbPacket.at.srbStatus] = srbStatus;
    if (first.isWrite && srbStatus === SrbStatus.success) memory.set(first.data, first.at);
    const bytes = first.isWrite ? new Uint8Array(0) : memory.slice(first.at, first.at + first.length - short);
    first.request.done(payload, bytes);
    bytes.fill(0xdd);
  }
  return { line: diskLine(channel), channel, out, seen, answer };
}

const pattern = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
function diskOf(memory: Uint8Array<ArrayBuffer>, line: DiskLine) {
  const counters = freshDriveCounters();
  return { disk: servedContents({ byteLength: memory.length, readOnly: false }, line, counters), counters };
}

describe("emulated disk", () => {
  const size = 3 * maxTransfer;

  test("reads and writes what the parent holds", () => {
    const memory = pattern(size);
    const parent = parentWith(memory);
    const { disk, counters } = diskOf(memory, parent.line);
    const got: (Uint8Array | null)[] = [];
    disk.read(1024, 4096, (bytes) => void got.push(bytes));
    expect(got).toEqual([]);
    parent.answer();
    expect(got).toEqual([memory.slice(1024, 1024 + 4096)]);

    const fresh = new Uint8Array(2048).fill(0x5a);
    const written: boolean[] = [];
    disk.write(512, fresh, (ok) => void written.push(ok));
    fresh.fill(0);
    parent.answer();
    expect(written).toEqual([true]);
    expect(memory.slice(512, 2560).every((byte) => byte === 0x5a)).toBe(true);
    const flushed: boolean[] = [];
    disk.flush((ok) => void flushed.push(ok));
    expect(flushed).toEqual([]);
    parent.answer();
    disk.flush((ok) => void flushed.push(ok));
    parent.answer(SrbStatus.error);
    expect(flushed).toEqual([true, false]);
    expect(counters).toEqual({
      ...{ reads: 1, writes: 1, flushes: 2 },
      ...{ bytesRead: 4096, bytesWritten: 2048, errors: 1 },
    });
    expect(disk.byteLength).toBe(size);
  });

  test("what is larger than a record goes in pieces, one after the other", () => {
    const memory = pattern(size);
    const parent = parentWith(memory);
    const { disk } = diskOf(memory, parent.line);
    let got: Uint8Array | null = null;
    disk.read(512, 2 * maxTransfer + 1024, (bytes) => {
      got = bytes;
    });
    for (const left of [2, 1, 0]) {
      expect(parent.out).toHaveLength(1);
      parent.answer();
      expect(got === null).toBe(left > 0);
    }
    expect(Buffer.compare(got ?? new Uint8Array(0), memory.subarray(512, 512 + 2 * maxTransfer + 1024))).toBe(
      0,
    );
    expect(parent.seen).toEqual([
      { at: 512, length: maxTransfer, isWrite: false },
      { at: 512 + maxTransfer, length: maxTransfer, isWrite: false },
      { at: 512 + 2 * maxTransfer, length: 1024, isWrite: false },
    ]);
  });

  test("a large write may be reused by the caller at once", () => {
    const memory = new Uint8Array(size);
    const parent = parentWith(memory);
    const { disk } = diskOf(memory, parent.line);
    const bytes = pattern(maxTransfer + 512);
    const expected = bytes.slice();
    const written: boolean[] = [];
    disk.write(0, bytes, (ok) => void written.push(ok));
    bytes.fill(0);
    parent.answer();
    parent.answer();
    expect(written).toEqual([true]);
    expect(Buffer.compare(memory.subarray(0, expected.length), expected)).toBe(0);
  });

  test.each([
    ["an error status", (parent: ReturnType<typeof parentWith>) => parent.answer(SrbStatus.error)],
    [
      "fewer bytes than asked",
      (parent: ReturnType<typeof parentWith>) => parent.answer(SrbStatus.success, 512),
    ],
  ])("%s is a medium error, answered once, and the rest is not asked for", (_name, fail) => {
    const memory = pattern(size);
    const parent = parentWith(memory);
    const { disk, counters } = diskOf(memory, parent.line);
    const got: unknown[] = [];
    disk.read(0, 2 * maxTransfer, (bytes) => void got.push(bytes));
    fail(parent);
    expect(got).toEqual([null]);
    expect(parent.out).toEqual([]);
    expect(counters).toMatchObject({ errors: 1, bytesRead: 0 });
  });

  test("a write that fails says so once", () => {
    const memory = pattern(size);
    const parent = parentWith(memory);
    const { disk, counters } = diskOf(memory, parent.line);
    const got: boolean[] = [];
    disk.write(0, new Uint8Array(2 * maxTransfer), (ok) => void got.push(ok));
    parent.answer(SrbStatus.error);
    expect(got).toEqual([false]);
    expect(counters).toMatchObject({ errors: 1, bytesWritten: 0 });
  });
});

test("what was asked of a medium that is taken out meanwhile is a medium error", () => {
  const memory = pattern(4096);
  const parent = parentWith(memory);
  const { disk, counters } = diskOf(memory, parent.line);
  const got: unknown[] = [];
  disk.read(0, 512, (bytes) => void got.push(bytes));
  disk.withdraw();
  parent.answer();
  disk.write(0, new Uint8Array(512), (ok) => void got.push(ok));
  parent.answer();
  expect(got).toEqual([null, false]);
  expect(counters.errors).toBe(2);
});

describe("line", () => {
  const payload = new Uint8Array(64);
  const none = new Uint8Array(0);

  /** A channel that takes `room` requests and nothing of their meaning. */
  function plainChannel(room: number) {
    const out: Request[] = [];
    const channel: InternalChannel = {
      request(request) {
        if (out.length >= room) return false;
        out.push(request);
        return true;
      },
      close() {},
    };
    return { out, line: diskLine(channel), answer: () => out.shift()?.done(payload, none) };
  }

  test("requests beyond the room wait their turn, in order, with bytes of their own", () => {
    const { out, line, answer } = plainChannel(2);
    const done: number[] = [];
    const sent: (number | undefined)[] = [];
    const buffer = new Uint8Array(512);
    for (let i = 0; i < 6; i++) {
      buffer.fill(i);
      line.request(payload, buffer, 0, () => void done.push(i));
    }
    buffer.fill(0xff);
    while (out.length > 0) {
      const index = done.length;
      if (index >= 2) sent.push(out[0]?.data[0]);
      answer();
    }
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sent).toEqual([2, 3, 4, 5]);
  });

  test("a queue that is full refuses at once", () => {
    const { line, answer } = plainChannel(1);
    const outcomes: string[] = [];
    for (let i = 0; i < 70; i++)
      line.request(payload, none, 0, (reply) => void outcomes.push(reply === null ? `no ${i}` : `yes ${i}`));
    // One is out, 64 wait, five are too many.
    expect(outcomes).toEqual(["no 65", "no 66", "no 67", "no 68", "no 69"]);
    for (let i = 0; i < 65; i++) answer();
    expect(outcomes.slice(5)).toEqual(Array.from({ length: 65 }, (_, i) => `yes ${i}`));
  });

  test("a request made while an answer is taken keeps the order", () => {
    const { line, out, answer } = plainChannel(1);
    const done: string[] = [];
    line.request(payload, none, 0, () => {
      done.push("first");
      line.request(payload, none, 0, () => void done.push("third"));
    });
    line.request(payload, none, 0, () => void done.push("second"));
    while (out.length > 0) answer();
    expect(done).toEqual(["first", "second", "third"]);
  });
});

describe("gather rule", () => {
  const packet = (operation: number, direction: number): Uint8Array => {
    const bytes = new Uint8Array(64);
    bytes[0] = operation;
    bytes[StorSrbPacket.at.direction] = direction;
    return bytes;
  };

  test.each([
    ["a write", packet(3, 0), "toHost"],
    ["a read", packet(3, 1), "toGuest"],
    ["a command without data", packet(3, 2), "none"],
    ["a direction nobody knows", packet(3, 200), "none"],
    ["another operation", packet(7, 0), "none"],
    ["a packet that is too short", packet(3, 0).subarray(0, 63), "none"],
    ["nothing", new Uint8Array(0), "none"],
  ])("%s", (_name, bytes, direction) => {
    expect(gatherStorvsc(bytes)).toBe(direction);
  });
});
