import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdsFrames, openFrameReminder, receiveFrame } from "../../../src/hal/v86/ne2k-receive.ts";
import type { V86Ne2kRegisters } from "../../../src/hal/v86/shape.ts";

/** Receive pages as Linux lays them out. */
const first = 0x4c;
const end = 0x80;
const mac = Uint8Array.of(0, 0x15, 0x5d, 1, 0x0a, 3);
const broadcast = new Uint8Array(6).fill(0xff);
const group = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
const stranger = Uint8Array.of(0, 0x15, 0x5d, 1, 0x0a, 4);

type Card = { -readonly [Name in keyof V86Ne2kRegisters]: V86Ne2kRegisters[Name] };

function openCard(registers: Partial<Card> = {}): Card {
  return {
    cr: 0x22,
    rxcr: 0x0c,
    pstart: first,
    pstop: end,
    curpg: first,
    boundary: end - 1,
    mac,
    memory: new Uint8Array(0x8000),
    ...registers,
  };
}

function frameTo(target: Uint8Array, length = 60, value = 1): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(length).fill(value);
  frame.set(target);
  return frame;
}
const receive = (card: Card, bytes: Uint8Array) => receiveFrame(card, { bytes, at: 0, length: bytes.length });

/** Reads a frame as Linux's driver does. `null`: none waits. @throws when the header makes no sense */
function read(card: Card): Uint8Array | null {
  const page = card.boundary + 1 >= end ? first : card.boundary + 1;
  if (page === card.curpg) return null;
  const at = page << 8;
  const count = (card.memory[at + 2] ?? 0) | ((card.memory[at + 3] ?? 0) << 8);
  const next = page + 1 + (count >> 8);
  const wrapped = next >= end ? next - (end - first) : next;
  if (((card.memory[at] ?? 0) & 0xf) !== 1 || card.memory[at + 1] !== wrapped)
    throw new Error("the header makes no sense");
  const frame = new Uint8Array(count - 4);
  for (let i = 0, from = at + 4; i < frame.length; i++, from++) {
    if (from === end << 8) from = first << 8;
    frame[i] = card.memory[from] ?? 0;
  }
  // One page before the ring, when the next frame is in its first page.
  card.boundary = wrapped - 1;
  return frame;
}

describe("what an adapter takes", () => {
  const none = 0x00;
  const broadcasts = 0x04;
  const groups = 0x08;
  const everything = 0x10;
  test.each([
    [none, [true, false, false, false]],
    [broadcasts, [true, true, false, false]],
    [groups, [true, false, true, false]],
    [broadcasts | groups, [true, true, true, false]],
    [everything, [true, true, true, true]],
  ])("with receive configuration %i", (rxcr, expected) => {
    const taken = [mac, broadcast, group, stranger].map(
      (target) => receive(openCard({ rxcr }), frameTo(target)) === "received",
    );
    expect(taken).toEqual(expected);
  });

  test("is nothing while it is stopped", () => {
    expect(receive(openCard({ cr: 0x21 }), frameTo(mac))).toBe("ignored");
  });

  test("is told in the header: whether it is for many, and that short ones were filled up", () => {
    const card = openCard();
    card.memory.fill(0xee);
    receive(card, frameTo(broadcast, 14));
    expect([...card.memory.subarray(first << 8, (first << 8) + 4)]).toEqual([0x21, first + 1, 64, 0]);
    expect([...(read(card) ?? [])]).toEqual([...frameTo(broadcast, 14), ...new Uint8Array(46)]);
  });
});

test("a frame may lie in the middle of a buffer", () => {
  const card = openCard();
  const bytes = new Uint8Array(100).fill(0xee);
  bytes.set(frameTo(mac), 20);
  expect(receiveFrame(card, { bytes, at: 20, length: 60 })).toBe("received");
  expect(read(card)).toEqual(frameTo(mac));
});

test("a full ring takes no more, and is not mistaken for an empty one", () => {
  const card = openCard();
  let held = 0;
  while (held < 99 && receive(card, frameTo(mac, 1514, held)) === "received") held++;
  expect(held).toBe(8);
  expect(receive(card, frameTo(mac, 1514))).toBe("full");
  // Small ones fit into what is left.
  while (held < 99 && receive(card, frameTo(mac, 60, held)) === "received") held++;
  expect(held).toBeGreaterThan(8);
  for (let i = 0; i < held; i++) expect(read(card)?.at(-1)).toBe(i);
  expect(read(card)).toBeNull();
});

test("what waits is told from what does not, wherever the ring wraps", () => {
  const card = openCard();
  expect(holdsFrames(card)).toBe(false);
  for (let i = 0; i < 200; i++) {
    expect(receive(card, frameTo(mac, 60 + ((i * 97) % 1400)))).toBe("received");
    expect(holdsFrames(card)).toBe(true);
    expect(holdsFrames({ ...card, cr: 0x21 })).toBe(false);
    read(card);
    expect(holdsFrames(card)).toBe(false);
  }
});

test("a driver that keeps the boundary on the next page it reads is no different", () => {
  const card = openCard({ boundary: first });
  expect(holdsFrames(card)).toBe(false);
  for (let i = 0; i < 60; i++) {
    expect(receive(card, frameTo(mac, 600))).toBe("received");
    expect(holdsFrames(card)).toBe(true);
    card.boundary = card.curpg;
    expect(holdsFrames(card)).toBe(false);
  }
});

test("a driver that reads a few is reminded of the rest, one that reads none is left alone", () => {
  const card = openCard();
  const reminder = openFrameReminder(card);
  expect(reminder.isDue()).toBe(false);
  for (let i = 0; i < 3; i++) receive(card, frameTo(mac));
  expect([reminder.isDue(), reminder.isDue(), reminder.isDue()]).toEqual([true, false, false]);
  read(card);
  expect([reminder.isDue(), reminder.isDue()]).toEqual([true, false]);
  receive(card, frameTo(mac));
  reminder.arrived();
  expect([reminder.isDue(), reminder.isDue()]).toEqual([true, false]);
  while (read(card) !== null);
  expect(reminder.isDue()).toBe(false);
});

test("frames come out as they went in, in order, in whatever rhythm the driver reads", () => {
  const step = fc.oneof(
    fc.record({ put: fc.constant(true), length: fc.integer({ min: 60, max: 1518 }) }),
    fc.record({ put: fc.constant(false), length: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 150 }), (steps) => {
      const card = openCard();
      const model: Uint8Array[] = [];
      for (const [i, { put, length }] of steps.entries()) {
        if (!put) {
          expect(read(card)).toEqual(model.shift() ?? null);
          continue;
        }
        const frame = frameTo(mac, length, i & 0xff);
        const outcome = receive(card, frame);
        if (outcome === "received") model.push(frame);
        else expect([outcome, model.length > 0]).toEqual(["full", true]);
      }
      while (model.length > 0) expect(read(card)).toEqual(model.shift());
    }),
    { numRuns: 60 },
  );
});

test("registers that make no sense write nothing outside the memory, and never throw", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const registers = fc.record({
    cr: byte,
    rxcr: byte,
    pstart: byte,
    pstop: byte,
    curpg: byte,
    boundary: byte,
  });
  fc.assert(
    fc.property(registers, fc.integer({ min: 14, max: 1518 }), (wild, length) => {
      const card = openCard(wild);
      const kept = { pstart: card.pstart << 8, pstop: card.pstop << 8 };
      const outcome = receive(card, frameTo(broadcast, length, 0xaa));
      holdsFrames(card);
      const outside = card.memory.some((value, at) => value !== 0 && (at < kept.pstart || at >= kept.pstop));
      expect(outside).toBe(false);
      if (outcome === "received") expect(card.curpg >= card.pstart && card.curpg < card.pstop).toBe(true);
      else expect(card.curpg).toBe(wild.curpg);
    }),
    { numRuns: 2000 },
  );
});
