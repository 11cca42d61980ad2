import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapRing } from "../../src/vmbus/ring/pages.ts";
import { openRingReader, packetLimit } from "../../src/vmbus/ring/reader.ts";
import { openRingWriter } from "../../src/vmbus/ring/writer.ts";
import { openFakeGuest, openGuestRing } from "../lab/loopback-guest.ts";

const scratch = new ArrayBuffer(packetLimit);
const pageLists = fc.constantFrom([1, 2], [3, 4, 5], [9, 4, 6, 5], [2, 2], [7, 8, 7]);
/** Values a liar likes: near positions, lengths, limits. */
const nasty = fc.oneof(
  fc.constantFrom(
    0,
    1,
    4,
    7,
    8,
    15,
    16,
    24,
    32,
    4088,
    4096,
    8184,
    8192,
    0x7fff_ffff,
    0xffff_fff8,
    0xffff_ffff,
  ),
  fc.integer({ min: 0, max: 16384 }),
  fc.nat(0xffff_ffff),
);
const payloads = fc.uint8Array({ minLength: 0, maxLength: 700 });

/** Memory with the ring's pages cut out: what nobody may touch. */
function untouched(ram: Uint8Array, pages: readonly number[]): boolean {
  for (let page = 0; page < ram.length / 4096; page++) {
    if (pages.includes(page)) continue;
    if (ram.subarray(page * 4096, page * 4096 + 4096).some((byte) => byte !== 0)) return false;
  }
  return true;
}

describe("ring reader and writer", () => {
  it("carry every packet unchanged, whatever the sizes and the order of turns", () => {
    const step = fc.oneof(
      fc.record({ put: payloads, id: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
      fc.constant("take" as const),
    );
    fc.assert(
      fc.property(
        pageLists.filter((pages) => new Set(pages).size === pages.length),
        fc.array(step, { maxLength: 60, size: "max" }),
        (pages, steps) => {
          const { memory } = openFakeGuest(16);
          const ring = mapRing(memory, Uint32Array.from(pages));
          const theirs = openGuestRing(memory, pages);
          const reader = ring && openRingReader(ring, scratch);
          if (!reader) throw new Error("no reader");
          const expected: { id: bigint; payload: Uint8Array }[] = [];
          const takeAll = () => {
            for (let next = reader.next(); next !== "empty"; next = reader.next()) {
              expect(next).toBe("packet");
              const { packet } = reader;
              const sent = expected.shift();
              const id = (BigInt(packet.transactionHigh) << 32n) | BigInt(packet.transactionLow);
              expect(id).toBe(sent?.id);
              const payload = packet.bytes.subarray(packet.headerLength, packet.length);
              const length = sent?.payload.length ?? 0;
              expect(Buffer.compare(payload.subarray(0, length), sent?.payload ?? new Uint8Array(0))).toBe(0);
              expect(payload.length).toBe(Math.ceil(length / 8) * 8);
            }
            reader.publish();
          };
          for (const one of steps) {
            if (one === "take") takeAll();
            else if (theirs.put({ type: 6, flags: 0, transaction: one.id, payload: one.put }) !== null) {
              expected.push({ id: one.id, payload: one.put });
            }
          }
          takeAll();
          expect(expected).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("write what the guest can read, and never over what it has not", () => {
    const step = fc.oneof(payloads, fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const pages = [3, 5, 4];
        const { memory } = openFakeGuest(16);
        const ring = mapRing(memory, Uint32Array.from(pages));
        const theirs = openGuestRing(memory, pages);
        const writer = ring && openRingWriter(ring);
        if (!writer) throw new Error("no writer");
        const expected: Uint8Array[] = [];
        const take = (limit: number) => {
          for (const packet of theirs.takeSome(limit)) {
            const sent = expected.shift() ?? new Uint8Array(0);
            expect(packet.trailer).toEqual([0, packet.start]);
            expect(Buffer.compare(packet.payload.subarray(0, sent.length), sent)).toBe(0);
          }
        };
        for (const one of steps) {
          if (typeof one === "number") take(one);
          else if (
            writer.write({ type: 6, transactionLow: 1, transactionHigh: 2, payload: one }) === "written"
          ) {
            expected.push(one);
          }
          expect(theirs.free()).toBeGreaterThan(0);
        }
        take(Number.POSITIVE_INFINITY);
        expect(expected).toEqual([]);
        expect(untouched(memory.bytes(), pages)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("survive any content and any index: no throw, no endless walk, no byte outside", () => {
    const poke = fc.record({ page: fc.nat(3), at: fc.integer({ min: 0, max: 1023 }), value: nasty });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ poke: fc.array(poke, { maxLength: 12 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          index: fc.constantFrom("write", "read", "mask", "pending" as const),
          value: nasty,
        }),
      },
      { weight: 2, arbitrary: fc.record({ write: payloads }) },
      { weight: 2, arbitrary: fc.constant("read" as const) },
    );
    fc.assert(
      fc.property(pageLists, fc.array(step, { maxLength: 40, size: "max" }), (pages, steps) => {
        const { memory } = openFakeGuest(16);
        const ring = mapRing(memory, Uint32Array.from(pages));
        if (ring === null) throw new Error("no ring");
        const reader = openRingReader(ring, scratch);
        const writer = openRingWriter(ring);
        if (reader === null || writer === null) throw new Error("no ends");
        const theirs = openGuestRing(memory, pages);
        for (const one of steps) {
          if (one === "read") {
            let turns = 0;
            reader.mask();
            while (reader.next() === "packet") {
              expect(++turns).toBeLessThanOrEqual(ring.size / 24);
              expect(reader.packet.length).toBeLessThanOrEqual(packetLimit);
              expect(reader.packet.headerLength).toBeLessThanOrEqual(reader.packet.length);
            }
            reader.publish();
            reader.unmask();
          } else if ("write" in one) {
            writer.write({ type: 6, transactionLow: 0, transactionHigh: 0, payload: one.write });
          } else if ("index" in one) {
            theirs.setIndex(one.index, one.value);
          } else {
            for (const { page, at, value } of one.poke) {
              const target = pages[page % pages.length] ?? 0;
              memory.view().setUint32(target * 4096 + at * 4, value, true);
            }
          }
          for (const amount of [reader.waiting(), writer.waiting()]) {
            expect(amount).toBeGreaterThanOrEqual(0);
            expect(amount).toBeLessThanOrEqual(ring.size);
          }
        }
        expect(untouched(memory.bytes(), pages)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
