import { expect, test } from "vitest";
import { decodeSaved, encodeSaved, type PointerMovement } from "../../../src/hvdef/index.ts";
import { manualClock } from "../../../src/support/index.ts";
import { openFakeEngine } from "../../../src/vid/index.ts";
import { openHands } from "../../../src/vmwp/vdev/ps2/serve.ts";

const open = () => {
  const { guest, ...engine } = openFakeEngine({ memoryBytes: 4096, clock: manualClock() });
  return { guest, hands: openHands(engine) };
};
const move = (dx: number, dy: number, more: Partial<PointerMovement> = {}): PointerMovement => ({
  kind: "relative",
  dx,
  dy,
  buttons: 0,
  wheel: 0,
  ...more,
});

test("keys are given one by one, as the guest reads them", () => {
  const { guest, hands } = open();
  expect(hands.type([0x1e, 0x9e, 0xe0, 0x4d])).toBe(4);
  expect(hands.feed()).toBe(true);
  expect(hands.feed()).toBe(false);
  expect(guest.takeKey()).toEqual([0x1e]);
  expect(hands.type([])).toBe(3);
  hands.feed();
  expect(guest.takeKey()).toEqual([0x9e]);
  hands.feed();
  expect(guest.takeKey()).toEqual([0xe0, 0x4d]);
  expect(hands.type([])).toBe(0);
});

test("a guest that does not read loses whole keys, and costs no more memory", () => {
  const { guest, hands } = open();
  for (let i = 0; i < 1000; i++) hands.type([0xe0, 0x4d, 0xe0, 0xcd]);
  expect(hands.type([0x1e])).toBe(256);
  expect(hands.inspect()).toMatchObject({ keysLost: 2000 - 128 + 1 });
  let keys = 0;
  while (hands.feed()) expect(guest.takeKey()).toEqual([0xe0, keys++ % 2 === 0 ? 0x4d : 0xcd]);
  expect(keys).toBe(128);
});

test("movements that wait become one, but no click is lost", () => {
  const { guest, hands } = open();
  hands.move([move(3, 4), move(5, -9), move(0, 0, { buttons: 1 }), move(0, 0), move(1, 1)]);
  const seen: (PointerMovement | null)[] = [];
  while (hands.feed()) seen.push(guest.takeMovement());
  expect(seen).toEqual([move(8, -5), move(0, 0, { buttons: 1 }), move(1, 1)]);
});

test("a long way is told in steps that one report can say", () => {
  const { guest, hands } = open();
  hands.move([move(600, -300, { wheel: 9 })]);
  const seen: PointerMovement[] = [];
  while (hands.feed()) seen.push(guest.takeMovement() ?? move(0, 0));
  expect(seen).toEqual([move(255, -255, { wheel: 7 }), move(255, -45, { wheel: 2 }), move(90, 0)]);
});

test("a guest that does not read has the last buttons when it does", () => {
  const { guest, hands } = open();
  for (let i = 0; i < 500; i++) hands.move([move(1, 0, { buttons: i % 2 })]);
  hands.move([move(0, 0, { buttons: 4 })]);
  const seen: PointerMovement[] = [];
  while (hands.feed()) seen.push(guest.takeMovement() ?? move(0, 0));
  expect(seen.length).toBeLessThanOrEqual(18);
  expect(seen.at(-1)?.buttons).toBe(4);
  expect(seen.reduce((sum, { dx }) => sum + dx, 0)).toBe(500);
});

test("what waits goes on after a restore", () => {
  const { hands } = open();
  hands.type([0x1e, 0x9e, 0xe0, 0x4d]);
  hands.move([move(300, -2, { buttons: 1 }), move(0, 0)]);
  const { guest, hands: next } = open();
  expect(next.resume(decodeSaved(encodeSaved(hands.save())))).toBeNull();
  const keys: (readonly number[] | null)[] = [];
  const movements: (PointerMovement | null)[] = [];
  while (next.feed()) {
    keys.push(guest.takeKey());
    movements.push(guest.takeMovement());
  }
  expect(keys).toEqual([[0x1e], [0x9e], [0xe0, 0x4d]]);
  expect(movements).toEqual([move(255, -2, { buttons: 1 }), move(45, 0, { buttons: 1 }), move(0, 0)]);
});

test("a saved state that is none, or says what cannot be, is refused in words", () => {
  const good = { format: 1, keys: Uint8Array.of(0x1e), movements: [] };
  expect(open().hands.resume(good)).toBeNull();
  for (const bad of [
    undefined,
    [],
    { ...good, format: 2 },
    { ...good, keys: new Uint8Array(257) },
    { ...good, movements: Array(17).fill(move(0, 0)) },
    { ...good, movements: [move(0x8000, 0)] },
    { ...good, movements: [move(0, 0, { buttons: 32 })] },
    { ...good, movements: [move(Number.NaN, 0)] },
  ])
    expect(open().hands.resume(bad)).toMatch(/keyboard and mouse/);
});
