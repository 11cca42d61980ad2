import { describe, expect, test } from "vitest";
import { framePlace, frameTime, isAtEnd, mistakePlace, rowWindow } from "../../../src/ui/frame-window.ts";

describe("the rows that are drawn", () => {
  const view = { scrollTop: 0, height: 220, rowHeight: 22 };

  test("are those that can be seen and a few more", () => {
    expect(rowWindow(5000, view)).toEqual({ first: 0, end: 20, before: 0, after: 4980 * 22 });
    const middle = rowWindow(5000, { ...view, scrollTop: 22_000 });
    expect([middle.first, middle.end]).toEqual([990, 1020]);
  });

  test("always make up the whole height, wherever it is scrolled", () => {
    for (const rows of [0, 1, 9, 500]) {
      for (const scrollTop of [0, 50, 5000, 99_999]) {
        const { first, end, before, after } = rowWindow(rows, { ...view, scrollTop });
        expect(before + (end - first) * 22 + after).toBe(rows * 22);
        expect(first <= end && end <= rows).toBe(true);
      }
    }
  });
});

test("new rows are followed at the end only", () => {
  const box = { height: 100, contentHeight: 1000, rowHeight: 22 };
  expect(isAtEnd({ ...box, scrollTop: 900 })).toBe(true);
  expect(isAtEnd({ ...box, scrollTop: 880 })).toBe(true);
  expect(isAtEnd({ ...box, scrollTop: 800 })).toBe(false);
  expect(isAtEnd({ ...box, contentHeight: 50, scrollTop: 0 })).toBe(true);
});

test("times have microseconds", () => {
  expect(frameTime(new Date(2026, 10, 22, 14, 3, 9).getTime() * 1000 + 123)).toBe("14:03:09.000123");
  expect(frameTime(Number.NaN)).toBe("–");
});

test("a frame goes from a port in, or out to one", () => {
  expect(framePlace({ port: 3, direction: "in" })).toBe("3 →");
  expect(framePlace({ port: 3, direction: "out" })).toBe("→ 3");
});

test("the place of a mistake is read from its sentence", () => {
  expect(mistakePlace('"&" at character 5 is no word', "tcp & arp")).toBe(4);
  expect(mistakePlace("Something is missing at position 40.", "tcp and")).toBe(7);
  expect(mistakePlace("Character 1: nothing to compare with", "=")).toBe(0);
  expect(mistakePlace("It cannot be read", "x")).toBeNull();
  expect(mistakePlace("at character 0", "x")).toBeNull();
});
