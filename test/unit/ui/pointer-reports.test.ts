import { expect, test } from "vitest";
import type { PointerReport } from "../../../src/hvdef/index.ts";
import { openPointerQueue, openWheel, screenPlace } from "../../../src/ui/pointer-reports.ts";

const box = { left: 100, top: 50, width: 640, height: 480 };
const place = (clientX: number, clientY: number) => screenPlace({ clientX, clientY }, box);
const absolute = (x: number, buttons = 0, wheel = 0): PointerReport => ({
  kind: "absolute",
  x,
  y: 0,
  buttons,
  wheel,
});
const relative = (dx: number, buttons = 0): PointerReport => ({
  kind: "relative",
  dx,
  dy: -dx,
  buttons,
  wheel: 0,
});

test("a place on the page is one on the screen, whatever its size; beside it is its edge", () => {
  expect(place(100, 50)).toEqual({ x: 0, y: 0 });
  expect(place(420, 290)).toEqual({ x: 16_384, y: 16_384 });
  expect(place(740, 530)).toEqual({ x: 32_767, y: 32_767 });
  expect(place(-10, 9999)).toEqual({ x: 0, y: 32_767 });
  expect(screenPlace({ clientX: 5, clientY: 5 }, { left: 0, top: 0, width: 0, height: 0 })).toEqual({
    x: 0,
    y: 0,
  });
});

test("a wheel turns by whole notches, whatever it counts in", () => {
  const wheel = openWheel();
  expect(wheel.turn({ deltaY: 100, deltaMode: 0 })).toBe(-1);
  expect(wheel.turn({ deltaY: -3, deltaMode: 1 })).toBe(1);
  // A touch pad says little and often.
  const pad = openWheel();
  const turns = Array.from({ length: 30 }, () => pad.turn({ deltaY: 10, deltaMode: 0 }));
  expect(turns.reduce((sum, turn) => sum + turn, 0)).toBe(-3);
  expect(pad.turn({ deltaY: -90, deltaMode: 0 })).toBe(0);
});

test("one message is under way; moves meanwhile become one, clicks stay", async () => {
  const sent: (readonly PointerReport[])[] = [];
  const waiting: (() => void)[] = [];
  const queue = openPointerQueue((reports) => {
    sent.push(reports);
    return new Promise((resolve) => waiting.push(resolve));
  });
  const next = async () => {
    waiting.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  };
  queue.put(absolute(1));
  for (const x of [2, 3, 4]) queue.put(absolute(x, 0, 1));
  queue.put(absolute(4, 1));
  queue.put(absolute(9, 1));
  queue.put(absolute(9, 0));
  await next();
  expect(sent).toEqual([[absolute(1)], [absolute(4, 0, 3), absolute(9, 1), absolute(9, 0)]]);
  queue.put(relative(3));
  queue.put(relative(4));
  queue.put(relative(0, 1));
  await next();
  expect(sent.at(-1)).toEqual([relative(7), { ...relative(0, 1), dy: -0 }]);
});

test("a host that refuses or is away loses reports, and neither memory nor the last of them", async () => {
  let refuse: (() => void) | null = null;
  const sent: (readonly PointerReport[])[] = [];
  const queue = openPointerQueue(
    (reports) =>
      new Promise((_, reject) => {
        sent.push(reports);
        refuse = () => reject(new Error("gone"));
      }),
  );
  for (let i = 0; i < 1000; i++) queue.put(absolute(i, i % 2));
  (refuse as (() => void) | null)?.();
  await new Promise((resolve) => setTimeout(resolve));
  expect(sent[1]).toHaveLength(64);
  expect(sent[1]?.at(-1)).toEqual(absolute(999, 1));
});
