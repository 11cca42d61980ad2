import { describe, expect, test } from "vitest";
import {
  asSentence,
  formatByteRate,
  formatBytes,
  formatCount,
  formatRate,
  formatShare,
  formatShortBytes,
  formatTime,
} from "../../../src/ui/format.ts";

describe("numbers", () => {
  test("bytes in Hyper-V's units", () => {
    expect(formatBytes(0)).toBe("0 bytes");
    expect(formatBytes(1)).toBe("1 byte");
    expect(formatBytes(1023)).toBe("1023 bytes");
    expect(formatBytes(1024)).toBe("1.0 KB");
    expect(formatBytes(128 * 1024 * 1024)).toBe("128 MB");
    expect(formatBytes(1.5 * 1024 ** 3)).toBe("1.5 GB");
    expect(formatShortBytes(12)).toBe("12 B");
  });

  test("a value that would round up to a full unit takes the next one", () => {
    expect(formatBytes(1024 * 1024 - 1)).toBe("1.0 MB");
    expect(formatBytes(1000 * 1024)).toBe("1.0 MB");
    expect(formatBytes(999 * 1024)).toBe("999 KB");
    expect(formatCount(999_999_999)).toBe("1.0 G");
  });

  test("counts are exact as long as they fit", () => {
    expect(formatCount(0)).toBe("0");
    expect(formatCount(999_999)).toBe("999,999");
    expect(formatCount(1_234_567)).toBe("1.2 M");
  });

  test("a trickle is not shown as nothing", () => {
    expect(formatRate(0)).toBe("0/s");
    expect(formatRate(0.5)).toBe("0.5/s");
    expect(formatRate(1204)).toBe("1,204/s");
    expect(formatByteRate(2048)).toBe("2.0 KB/s");
  });

  test.each([null, Number.NaN, Number.POSITIVE_INFINITY])("%s is a dash, never a zero", (value) => {
    expect(formatBytes(value)).toBe("–");
    expect(formatCount(value)).toBe("–");
    expect(formatRate(value)).toBe("–");
    expect(formatByteRate(value)).toBe("–");
  });

  test("shares of a processor", () => {
    expect(formatShare(0.374)).toBe("37%");
    expect(formatShare(1.2)).toBe("120%");
    expect(formatShare(Number.NaN)).toBe("–");
  });
});

test("time of day is local and has two digits each", () => {
  expect(formatTime(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe("03:04:05");
  expect(formatTime(Number.NaN)).toBe("–");
});

test("sentences", () => {
  expect(asSentence("the worker ended")).toBe("The worker ended.");
  expect(asSentence("Really?")).toBe("Really?");
  expect(asSentence("  ")).toBe("");
  expect(asSentence("data.vhd is ready")).toBe("data.vhd is ready.");
});
