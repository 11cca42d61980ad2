import { describe, expect, it } from "vitest";
import { mapRing } from "../../../src/vmbus/ring/pages.ts";
import { openRingReader, packetLimit, type RingReader } from "../../../src/vmbus/ring/reader.ts";
import { openRingWriter } from "../../../src/vmbus/ring/writer.ts";
import { type GuestRing, openFakeGuest, openGuestRing, words } from "../../lab/loopback-guest.ts";

const scratch = new ArrayBuffer(packetLimit);
const bytes = (length: number, fill = 1) => Uint8Array.from({ length }, (_, i) => (i + fill) & 0xff);

/** Both ends of one ring, starting at `index`. */
function openBoth(pages: readonly number[], index = 0) {
  const guest = openFakeGuest(64);
  const theirs = openGuestRing(guest.memory, pages);
  theirs.setIndex("write", index);
  theirs.setIndex("read", index);
  const ring = mapRing(guest.memory, Uint32Array.from(pages));
  if (ring === null) throw new Error("no ring");
  const reader = openRingReader(ring, scratch);
  const writer = openRingWriter(ring);
  if (reader === null || writer === null) throw new Error("no ends");
  return { guest, theirs, reader, writer };
}

function takeOne(reader: RingReader) {
  expect(reader.next()).toBe("packet");
  const { packet } = reader;
  return {
    type: packet.type,
    flags: packet.flags,
    transaction: [packet.transactionLow, packet.transactionHigh],
    payload: packet.bytes.slice(packet.headerLength, packet.length),
  };
}

describe.each([
  ["neighbouring pages", [3, 4, 5]],
  ["scattered pages", [9, 7, 3]],
  ["one data page", [9, 7]],
])("a ring in %s", (_name, pages) => {
  const size = (pages.length - 1) * 4096;

  it("reads a packet that starts at every position near the ends of its pages", () => {
    for (let start = 0; start < size; start += 8) {
      const edge = start % 4096;
      if (edge > 64 && edge < 4096 - 128) continue;
      const { theirs, reader } = openBoth(pages, start);
      const payload = bytes(64, start);
      theirs.put({ type: 6, flags: 1, transaction: 0x1_0000_0002n, payload });
      expect(takeOne(reader)).toEqual({ type: 6, flags: 1, transaction: [2, 1], payload });
      expect(reader.next()).toBe("empty");
      expect(theirs.index("read")).toBe(start);
      reader.publish();
      expect(theirs.index("read")).toBe(theirs.index("write"));
    }
  });

  it("writes a packet at every position near the ends of its pages", () => {
    for (let start = 0; start < size; start += 8) {
      const edge = start % 4096;
      if (edge > 64 && edge < 4096 - 128) continue;
      const { guest, theirs, writer } = openBoth(pages, start);
      for (const page of pages.slice(1)) guest.memory.bytes().fill(0xee, page * 4096, page * 4096 + 4096);
      const payload = bytes(61, start);
      expect(writer.write({ type: 11, transactionLow: 2, transactionHigh: 1, payload })).toBe("written");
      const [packet] = theirs.takeAll();
      expect(packet).toMatchObject({ type: 11, flags: 0, transaction: 0x1_0000_0002n, trailer: [0, start] });
      expect([...(packet?.payload ?? [])]).toEqual([...payload, 0, 0, 0]);
    }
  });

  it("touches nothing but its pages", () => {
    const { guest, writer } = openBoth(pages, size - 16);
    const outside = () => guest.memory.bytes().filter((_, at) => !pages.includes(Math.floor(at / 4096)));
    writer.write({ type: 6, transactionLow: 0, transactionHigh: 0, payload: bytes(200, 1) });
    expect(outside().every((byte) => byte === 0)).toBe(true);
  });
});

it.each([0, 1, 7, 8, 9])("pads a payload of %i bytes with zeros", (length) => {
  const { guest, theirs, writer } = openBoth([1, 2]);
  guest.memory.bytes().fill(0xee, 0x2000, 0x3000);
  writer.write({ type: 6, transactionLow: 0, transactionHigh: 0, payload: bytes(length, 1) });
  const padded = Math.ceil(length / 8) * 8;
  expect(theirs.index("write")).toBe(16 + padded + 8);
  const [packet] = theirs.takeAll();
  expect([...(packet?.payload ?? [])]).toEqual([...bytes(length, 1), ...new Array(padded - length).fill(0)]);
});

describe("a full ring", () => {
  const fill = { type: 6, transactionLow: 0, transactionHigh: 0, payload: bytes(4096 - 24 - 8, 1) };

  it("leaves eight bytes and never writes index onto index", () => {
    const { theirs, writer } = openBoth([1, 2], 40);
    expect(writer.write(fill)).toBe("written");
    expect(theirs.free()).toBe(8);
    expect(writer.waiting()).toBe(4088);
    expect(writer.write({ ...fill, payload: new Uint8Array(0) })).toBe("full");
    expect(theirs.index("pending")).toBe(24);
    expect(theirs.takeAll()).toHaveLength(1);
    expect(writer.write({ ...fill, payload: new Uint8Array(0) })).toBe("written");
    expect(theirs.index("pending")).toBe(0);
  });

  it("refuses for ever what can never fit", () => {
    const { writer } = openBoth([1, 2]);
    expect(writer.write({ ...fill, payload: new Uint8Array(4096 - 24) })).toBe("tooLarge");
  });

  it("reads the fullest ring a guest may make", () => {
    const { theirs, reader } = openBoth([1, 2], 4000);
    expect(theirs.put({ type: 6, flags: 0, transaction: 0n, payload: fill.payload })).not.toBeNull();
    expect(theirs.put({ type: 6, flags: 0, transaction: 0n, payload: new Uint8Array(0) })).toBeNull();
    expect(reader.waiting()).toBe(4088);
    expect(takeOne(reader).payload).toEqual(fill.payload);
  });

  it("tells the guest of free space exactly when its wish is crossed", () => {
    const { theirs, reader } = openBoth([1, 2]);
    for (let i = 0; i < 3; i++) theirs.put({ type: 6, flags: 0, transaction: 0n, payload: bytes(1000, 1) });
    expect(theirs.free()).toBe(1024);
    theirs.setIndex("pending", 2048);
    reader.next();
    expect(reader.publish()).toBe(false); // exactly 2048 free is not more
    reader.next();
    expect(reader.publish()).toBe(true);
    reader.next();
    expect(reader.publish()).toBe(false); // crossed before
    expect(reader.publish()).toBe(false); // nothing taken
  });
});

describe("signals", () => {
  it("asks and allows by mask, and looks again", () => {
    const { theirs, reader } = openBoth([1, 2]);
    reader.mask();
    expect(theirs.index("mask")).toBe(1);
    expect(theirs.put({ type: 6, flags: 0, transaction: 0n, payload: bytes(8) })).toBe(false);
    expect(reader.unmask()).toBe(true);
    reader.next();
    reader.publish();
    expect(reader.unmask()).toBe(false);
    expect(theirs.put({ type: 6, flags: 0, transaction: 0n, payload: bytes(8) })).toBe(true);
  });

  it("respects the guest's mask", () => {
    const { theirs, writer } = openBoth([1, 2]);
    expect(writer.wantsInterrupt()).toBe(true);
    theirs.setIndex("mask", 1);
    expect(writer.wantsInterrupt()).toBe(false);
  });
});

describe("a ring that lies", () => {
  const lies: readonly (readonly [
    string,
    (ring: GuestRing, poke: (at: number, bytes: Uint8Array) => void) => void,
  ])[] = [
    ["write index not on 8", (ring) => ring.setIndex("write", 36)],
    ["write index beyond", (ring) => ring.setIndex("write", 4096)],
    ["write index far beyond", (ring) => ring.setIndex("write", 0xffff_fff8)],
    ["less than a packet", (ring) => ring.setIndex("write", 16)],
    ["length beyond what was written", (_ring, poke) => poke(0, words(6 | (2 << 16), 6))],
    ["length of 64 Ki units", (_ring, poke) => poke(0, words(6 | (2 << 16), 0xffff))],
    ["length 0", (_ring, poke) => poke(0, words(6 | (2 << 16), 0))],
    ["length 1", (_ring, poke) => poke(0, words(6 | (2 << 16), 1))],
    ["payload before the descriptor's end", (_ring, poke) => poke(0, words(6 | (1 << 16), 3))],
    ["payload beyond the packet", (_ring, poke) => poke(0, words(6 | (4 << 16), 3))],
  ];

  it.each(lies)("%s", (_name, lie) => {
    const { guest, theirs, reader } = openBoth([1, 2]);
    theirs.put({ type: 6, flags: 0, transaction: 0n, payload: bytes(8) });
    lie(theirs, (at, raw) => guest.memory.bytes().set(raw, 0x2000 + at));
    expect(reader.next()).toBe("corrupt");
    expect(reader.publish()).toBe(false);
  });

  it("ignores what the guest makes of our own indices", () => {
    const { theirs, reader } = openBoth([1, 2]);
    theirs.put({ type: 6, flags: 0, transaction: 7n, payload: bytes(8) });
    theirs.setIndex("read", 0xffff_ffff);
    expect(takeOne(reader).transaction).toEqual([7, 0]);
    expect(reader.next()).toBe("empty");
  });

  it("stops writing when the read index is no position", () => {
    const { theirs, writer } = openBoth([1, 2]);
    theirs.setIndex("read", 4);
    expect(writer.write({ type: 6, transactionLow: 0, transactionHigh: 0, payload: bytes(8) })).toBe(
      "corrupt",
    );
    expect(writer.waiting()).toBe(0);
  });

  it.each(["write", "read"] as const)("does not open with a bad %s index", (field) => {
    const guest = openFakeGuest(8);
    openGuestRing(guest.memory, [1, 2]).setIndex(field, 4096);
    const ring = mapRing(guest.memory, Uint32Array.of(1, 2));
    if (ring === null) throw new Error("no ring");
    expect(openRingReader(ring, scratch)).toBeNull();
    expect(openRingWriter(ring)).toBeNull();
  });

  it("maps no ring without data or beyond memory", () => {
    const { memory } = openFakeGuest(8);
    expect(mapRing(memory, Uint32Array.of(1))).toBeNull();
    expect(mapRing(memory, Uint32Array.of())).toBeNull();
    expect(mapRing(memory, Uint32Array.of(1, 8))).toBeNull();
    expect(mapRing(memory, Uint32Array.of(8, 1))).toBeNull();
  });
});
