import { describe, expect, it } from "vitest";
import { openRingReader, openRingWriter, sharedBytes } from "../../../src/hal/shared-ring.ts";
import { batchBytes, SharedCell } from "../../../src/hvdef/index.ts";

function open() {
  const memory = new SharedArrayBuffer(sharedBytes);
  const writer = openRingWriter(memory, 0);
  const reader = openRingReader(memory, 1);
  return {
    memory,
    writer,
    reader,
    cells: new Int32Array(memory, 0, 64),
    put: (number: number, ...bytes: number[]) =>
      writer.put(number, Uint8Array.from(bytes).buffer, bytes.length),
    take(number: number): number[] | string | null {
      const taken = reader.take(number, reader.end(), (room) => new ArrayBuffer(room));
      if (taken === null || taken === "corrupt") return taken;
      return [...new Uint8Array(taken.buffer, 0, taken.used)];
    },
  };
}

async function settled(promise: Promise<unknown> | null): Promise<boolean> {
  let done = false;
  void promise?.then(() => {
    done = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  return done;
}

describe("a ring in shared memory", () => {
  it("brings batches in order, in buffers as large as those that were sent", () => {
    const { writer, reader, take, put } = open();
    expect(take(0)).toBeNull();
    writer.put(0, Uint8Array.of(1, 2, 3).buffer, 2);
    put(1);
    put(2, 9);
    const rooms: number[] = [];
    const first = reader.take(0, reader.end(), (room) => {
      rooms.push(room);
      return new ArrayBuffer(room);
    });
    expect(first).toMatchObject({ used: 2 });
    expect(rooms).toEqual([3]);
    expect(take(1)).toEqual([]);
    expect(take(2)).toEqual([9]);
    expect(take(3)).toBeNull();
  });

  it("keeps a batch until its number is wanted", () => {
    const { put, take, reader } = open();
    put(5, 1);
    expect(take(4)).toBeNull();
    expect(reader.ready(4)).toBe(false);
    expect(reader.ready(5)).toBe(true);
    expect(take(5)).toEqual([1]);
    expect(reader.ready(5)).toBe(false);
  });

  it("hands over nothing that came after the end one looked at", () => {
    const { put, reader } = open();
    put(0, 1);
    const end = reader.end();
    put(1, 2);
    const buffer = (room: number) => new ArrayBuffer(room);
    expect(reader.take(0, end, buffer)).not.toBeNull();
    expect(reader.take(1, end, buffer)).toBeNull();
    expect(reader.take(1, reader.end(), buffer)).not.toBeNull();
  });

  it("refuses what does not fit, and writes nothing then", () => {
    const { writer, put, take } = open();
    const large = new ArrayBuffer(128 << 10);
    let sent = 0;
    while (writer.put(sent, large, large.byteLength)) sent++;
    expect(sent).toBe(3);
    expect(writer.put(sent, new ArrayBuffer(batchBytes), batchBytes)).toBe(false);
    expect(put(sent, 1)).toBe(true);
    for (let n = 0; n < 3; n++) expect(take(n)).toHaveLength(large.byteLength);
    expect(take(3)).toEqual([1]);
    expect(writer.put(4, large, large.byteLength)).toBe(true);
  });

  it("the two directions do not meet", () => {
    const { memory, put, take } = open();
    const back = openRingWriter(memory, 1);
    const home = openRingReader(memory, 0);
    const full = new ArrayBuffer(64 << 10);
    for (let n = 0; n < 100; n++) {
      put(n, n);
      back.put(n, full, full.byteLength);
    }
    for (let n = 0; n < 100; n++) expect(take(n)).toEqual([n]);
    expect(home.take(0, home.end(), (room) => new ArrayBuffer(room))).toMatchObject({ used: 64 << 10 });
  });
});

describe("the reader's sleep", () => {
  it("ends when a batch is put; until the next sleep nobody is woken", async () => {
    const { reader, put, cells } = open();
    const sleep = reader.sleep();
    expect(await settled(sleep)).toBe(false);
    expect(cells[SharedCell.asleep]).toBe(1);
    put(0, 1);
    expect(cells[SharedCell.asleep]).toBe(0);
    expect(await settled(sleep)).toBe(true);
    const next = reader.sleep();
    // As if awake: the sender saves itself the call.
    cells[SharedCell.asleep] = 0;
    put(1, 1);
    expect(await settled(next)).toBe(false);
    reader.wake();
    expect(await settled(next)).toBe(true);
  });

  it("is refused where the sender has written to the cell", () => {
    const { reader, cells } = open();
    cells[SharedCell.bell] = 1;
    expect(reader.sleep()).toBeNull();
  });
});
