import { describe, expect, test } from "vitest";
import { openByteRing } from "../../../src/network/stack/tcp/byte-ring.ts";
import { openEarlyRanges } from "../../../src/network/stack/tcp/early-ranges.ts";
import { firstSequence, keyedHash } from "../../../src/network/stack/tcp/first-sequence.ts";
import { freshRoundTrip, measured, timeoutOf } from "../../../src/network/stack/tcp/round-trip.ts";
import {
  emptyHead,
  emptySegment,
  readSegment,
  sealSegment,
  writeHead,
} from "../../../src/network/stack/tcp/segment.ts";
import {
  distance,
  after as isAfter,
  before as isBefore,
  plus,
} from "../../../src/network/stack/tcp/sequence.ts";
import { seeded } from "../../lab/tcp-wire.ts";

function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

describe("sequence numbers", () => {
  test("wrap around", () => {
    expect(plus(0xffff_ffff, 2)).toBe(1);
    expect(plus(1, -3)).toBe(0xffff_fffe);
    expect(distance(0xffff_fff0, 0x10)).toBe(0x20);
    expect(distance(0x10, 0xffff_fff0)).toBe(-0x20);
    expect(isBefore(0xffff_ffff, 0)).toBe(true);
    expect(isAfter(0, 0xffff_ffff)).toBe(true);
    expect(isBefore(5, 5) || isAfter(5, 5)).toBe(false);
    expect(isBefore(0, 0x7fff_ffff)).toBe(true);
    expect(isAfter(0x8000_0001, 0)).toBe(false);
  });
});

describe("segments", () => {
  // 10.0.0.1:49152 to 10.0.0.2:80, sequence 1, SYN, window 65535, size 1460, shift 3. The checksum by hand:
  // pseudo header 0a00+0001+0a00+0002+0006+001c, then the words below.
  const vector = hex("c000 0050 0000 0001 0000 0000 7002 ffff 0000 0000 0204 05b4 0103 0303");
  const words = [0x0a00, 0x0001, 0x0a00, 0x0002, 0x0006, 0x001c];

  function byHand(bytes: Uint8Array): number {
    let sum = words.reduce((total, word) => total + word, 0);
    for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return 0xffff - sum;
  }

  test("a SYN is written as the RFC draws it", () => {
    const bytes = new Uint8Array(40);
    const head = {
      ...emptyHead(),
      sourcePort: 49_152,
      destinationPort: 80,
      sequence: 1,
      flags: 2,
      window: 65_535,
    };
    const length = writeHead(new DataView(bytes.buffer), { ...head, mss: 1460, shift: 3 });
    expect(length).toBe(28);
    expect(bytes.subarray(0, 28)).toEqual(vector);
    sealSegment(bytes, length, 0x0a00_0001, 0x0a00_0002);
    expect((bytes[16] ?? 0) * 256 + (bytes[17] ?? 0)).toBe(byHand(vector));
  });

  test("what Linux says in a SYN is read: size, selective, timestamps, padding, shift", () => {
    const options = "0204 05b4 0402 080a 0102 0304 0000 0000 0103 0307";
    const bytes = hex(`c000 0050 8000 0001 0000 0000 a002 7d78 0000 0000 ${options}`);
    sealSegment(bytes, bytes.length, 1, 2);
    const segment = emptySegment();
    const place = { bytes, at: 0, length: bytes.length, from: 1, to: 2 };
    expect(readSegment(segment, place)).toBe("ok");
    expect(segment).toMatchObject({ sequence: 0x8000_0001, flags: 2, window: 0x7d78, mss: 1460, shift: 7 });
    expect(segment.payloadLength).toBe(0);
  });

  const odd: readonly [string, string, object][] = [
    ["an end before the rest", "00 02 04 05 b4 00 00 00", { mss: 536, shift: -1 }],
    ["a length of 0", "02 00 05 b4 03 03 07 00", { mss: 536, shift: -1 }],
    ["a length of 1", "02 01 05 b4", { mss: 536 }],
    ["a length beyond the header", "01 01 02 04", { mss: 536 }],
    ["a kind without length at the end", "01 01 01 02", { mss: 536 }],
    ["a size of the wrong length", "02 03 05 01", { mss: 536 }],
    ["a shift beyond 14", "03 03 ff 00", { shift: 14 }],
    ["an unknown kind", "fd 04 00 00 02 04 01 00", { mss: 256 }],
  ];
  for (const [name, options, expected] of odd) {
    test(`options with ${name}`, () => {
      const size = (5 + hex(options).length / 4).toString(16);
      const bytes = hex(`c000 0050 0000 0001 0000 0000 ${size}002 ffff 0000 0000 ${options}`);
      sealSegment(bytes, bytes.length, 1, 2);
      const segment = emptySegment();
      expect(readSegment(segment, { bytes, at: 0, length: bytes.length, from: 1, to: 2 })).toBe("ok");
      expect(segment).toMatchObject(expected);
    });
  }
});

describe("first numbers", () => {
  test("the hash is HalfSipHash-2-4", () => {
    const key = [0x0302_0100, 0x0706_0504] as const;
    expect(keyedHash(key, [])).toBe(0x5b9f_35a9);
    expect(keyedHash(key, [0x0302_0100])).toBe(0x8946_6e2a);
  });

  test("rise with the clock for one pair of ends and differ between pairs", () => {
    const ends = { localAddress: 1, localPort: 80, remoteAddress: 2, remotePort: 4000 };
    const first = firstSequence([1, 2], ends, 0);
    expect(distance(first, firstSequence([1, 2], ends, 4000))).toBe(1000);
    expect(firstSequence([1, 2], { ...ends, remotePort: 4001 }, 0)).not.toBe(first);
    expect(firstSequence([1, 3], ends, 0)).not.toBe(first);
  });
});

describe("the time to the other side", () => {
  test("is smoothed as RFC 6298 says", () => {
    const trip = freshRoundTrip();
    expect(timeoutOf(trip)).toBe(1_000_000);
    measured(trip, 800_000);
    expect(timeoutOf(trip)).toBe(800_000 + 4 * 400_000);
    measured(trip, 400_000);
    expect(trip).toMatchObject({ variation: 0.75 * 400_000 + 0.25 * 400_000, smoothed: 750_000 });
    trip.doubled = 2;
    expect(timeoutOf(trip)).toBe(4 * (750_000 + 4 * 400_000));
    trip.doubled = 1000;
    expect(timeoutOf(trip)).toBe(60_000_000);
  });

  test("is never trusted to be nothing", () => {
    const trip = freshRoundTrip();
    for (let count = 0; count < 100; count++) measured(trip, 0);
    expect(timeoutOf(trip)).toBe(250_000);
  });
});

describe("the ring of bytes", () => {
  test("is a queue, whatever the order of its growth", () => {
    const random = seeded(6);
    const ring = openByteRing(1 << 16);
    const model: number[] = [];
    for (let step = 0; step < 3000; step++) {
      const count = Math.floor(random() * 3000);
      if (random() < 0.55) {
        const bytes = new Uint8Array(Math.min(count, ring.limit - ring.length)).map(() => random() * 256);
        ring.put(ring.length, bytes, 0, bytes.length);
        ring.extend(bytes.length);
        model.push(...bytes);
      } else {
        const dropped = Math.min(count, ring.length);
        ring.drop(dropped);
        model.splice(0, dropped);
      }
      expect(ring.length).toBe(model.length);
      const at = Math.floor(random() * (model.length + 1));
      const length = Math.min(50, model.length - at);
      const out = new Uint8Array(length + 2);
      ring.copy(at, out, 1, length);
      expect([...out.subarray(1, 1 + length)]).toEqual(model.slice(at, at + length));
      const front = ring.front();
      expect(front.length > 0 || model.length === 0).toBe(true);
      expect(front[0]).toBe(model[0]);
    }
  });

  test("keeps what was put behind a gap, also when it grows", () => {
    const ring = openByteRing(1 << 16);
    ring.put(0, Uint8Array.of(9, 9, 9), 0, 3);
    ring.extend(3);
    ring.drop(3);
    ring.put(4000, Uint8Array.of(1, 2), 0, 2);
    ring.put(20_000, Uint8Array.of(3), 0, 1);
    ring.put(0, new Uint8Array(4000), 0, 4000);
    ring.extend(4002);
    const out = new Uint8Array(2);
    ring.copy(4000, out, 0, 2);
    expect([...out]).toEqual([1, 2]);
    ring.extend(16_000);
    ring.copy(20_000, out, 0, 1);
    expect(out[0]).toBe(3);
    expect(ring.allocated).toBe(32_768);
    ring.release();
    expect([ring.allocated, ring.length, ring.front().length]).toEqual([0, 0, 0]);
  });

  test("a bug of ours is loud", () => {
    const ring = openByteRing(4096);
    expect(() => ring.put(4090, new Uint8Array(7), 0, 7)).toThrow(RangeError);
    expect(() => ring.put(-1, new Uint8Array(7), 0, 7)).toThrow(RangeError);
    expect(() => ring.drop(1)).toThrow(RangeError);
    expect(() => ring.copy(0, new Uint8Array(1), 0, 1)).toThrow(RangeError);
  });
});

describe("early ranges", () => {
  test("join, reach, and wrap around", () => {
    const ranges = openEarlyRanges();
    expect(ranges.add(0xffff_fff0, 0xffff_fff8)).toBe(true);
    ranges.add(4, 8);
    ranges.add(0xffff_fffa, 2);
    expect(ranges.count).toBe(3);
    ranges.add(0xffff_fff8, 0xffff_fffa);
    expect(ranges.count).toBe(2);
    expect(ranges.reach(0xffff_ffe0)).toBe(0xffff_ffe0);
    expect(ranges.reach(0xffff_fff4)).toBe(2);
    ranges.add(1, 20);
    expect([ranges.count, ranges.reach(2)]).toEqual([1, 20]);
    expect(ranges.count).toBe(0);
  });

  test("a range that covers many becomes one, and there are never more than 32", () => {
    const ranges = openEarlyRanges();
    for (let at = 0; at < 40; at++) expect(ranges.add(at * 10, at * 10 + 5)).toBe(at < 32);
    expect(ranges.count).toBe(32);
    expect(ranges.add(15, 20)).toBe(true);
    expect(ranges.count).toBe(31);
    ranges.add(3, 1000);
    expect([ranges.count, ranges.reach(0)]).toEqual([1, 1000]);
  });
});
