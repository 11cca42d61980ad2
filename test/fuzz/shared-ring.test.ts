import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRingReader, openRingWriter, sharedBytes } from "../../src/hal/shared-ring.ts";
import { batchBytes, SharedCell } from "../../src/hvdef/index.ts";

const cellsOfBoth = 128;
const wordsOfRing = (sharedBytes / 4 - cellsOfBoth) / 2;
/** Values a liar likes. */
const nasty = fc.oneof(
  fc.constantFrom(0, 1, 15, 16, 17, 32, 0x1_0000, 0x8_0000, 0x8_0010, batchBytes, batchBytes + 1),
  fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff),
  fc.nat(0xffff_ffff),
);

describe("a ring in shared memory", () => {
  it("carries every batch unchanged, whatever the sizes and the order of turns", () => {
    const step = fc.oneof(
      fc.record({ used: fc.integer({ min: 0, max: 130_000 }), seed: fc.nat(255) }),
      fc.constant("take" as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
        const memory = new SharedArrayBuffer(sharedBytes);
        const writer = openRingWriter(memory, 1);
        const reader = openRingReader(memory, 0);
        const waiting: Uint8Array[] = [];
        let put = 0;
        let taken = 0;
        for (const one of steps) {
          if (one !== "take") {
            const bytes = Uint8Array.from({ length: one.used }, (_, at) => at * 31 + one.seed);
            if (!writer.put(put, bytes.buffer, one.used)) continue;
            put++;
            waiting.push(bytes);
            continue;
          }
          const batch = reader.take(taken, reader.end(), (room) => new ArrayBuffer(room));
          const wanted = waiting.shift();
          if (wanted === undefined) expect(batch).toBeNull();
          else if (batch === null || batch === "corrupt") expect.fail("nothing came");
          else expect(Buffer.compare(new Uint8Array(batch.buffer, 0, batch.used), wanted)).toBe(0);
          if (wanted !== undefined) taken++;
        }
      }),
      { numRuns: 40 },
    );
  });

  it("a sender that lies is found out or believed, without an exception, an endless loop or a large buffer", () => {
    const lie = fc.record({ cell: fc.constantFrom(SharedCell.written, SharedCell.read), value: nasty });
    const head = fc.tuple(fc.constantFrom(0, 1, 2, 7), nasty, nasty);
    fc.assert(
      fc.property(
        fc.array(lie, { maxLength: 6 }),
        fc.array(head, { maxLength: 20, size: "max" }),
        (lies, heads) => {
          const memory = new SharedArrayBuffer(sharedBytes);
          const words = new Int32Array(memory);
          const reader = openRingReader(memory, 1);
          heads.forEach(([number, used, room], n) => {
            words.set([number, used, room], cellsOfBoth + n * 4);
          });
          words.set([0, 0, 16], cellsOfBoth + wordsOfRing - 4);
          let expected = 0;
          let ended = false;
          for (const { cell, value } of lies) {
            words[cell] = value;
            const end = reader.end();
            for (let steps = 0; !ended; steps++) {
              expect(steps).toBeLessThan(sharedBytes / 16);
              const batch = reader.take(expected, end, (room) => {
                expect(room).toBeLessThanOrEqual(batchBytes);
                return new ArrayBuffer(room);
              });
              if (batch === null) break;
              if (batch === "corrupt") ended = true;
              else expect(batch.used).toBeLessThanOrEqual(batch.buffer.byteLength);
              expected++;
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("a reader that lies of its position harms no other memory, and the sender neither fails nor waits", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(nasty, fc.nat(140_000)), { maxLength: 30, size: "max" }), (turns) => {
        const memory = new SharedArrayBuffer(sharedBytes);
        const cells = new Int32Array(memory);
        const writer = openRingWriter(memory, 0);
        turns.forEach(([position, used], number) => {
          cells[SharedCell.read] = position;
          writer.put(number, new Uint8Array(used).fill(7).buffer, used);
        });
        const theirs = new Int32Array(memory, (cellsOfBoth + wordsOfRing) * 4);
        expect(theirs.every((word) => word === 0)).toBe(true);
        expect(cells.subarray(cellsOfBoth / 2, cellsOfBoth).every((word) => word === 0)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
