import { describe, expect, test } from "vitest";
import {
  type Capture,
  type CaptureChoice,
  largestPage,
  longestFrame,
  openCapture,
  smallestCapture,
} from "../../../src/network/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";

const sixtyFour = (first: number) => new Uint8Array(64).fill(first);

function opened(limitBytes = smallestCapture, choice?: CaptureChoice) {
  const clock = manualClock(micros(5_000));
  let wall = 1_700_000_000_000;
  const capture = openCapture({ clock, wallClock: () => wall, limitBytes });
  capture.start(choice);
  const setWall = (milliseconds: number) => {
    wall = milliseconds;
  };
  return { capture, clock, setWall };
}

function feed(capture: Capture, bytes: Uint8Array, port = 1, direction: "in" | "out" = "in"): void {
  capture.tap(bytes, 0, bytes.length, direction, port);
}

describe("what is kept", () => {
  test("a frame out of a larger buffer, with time, port and direction", () => {
    const { capture, clock } = opened();
    clock.advance(micros(1234));
    const buffer = Uint8Array.from({ length: 100 }, (_, place) => place);
    capture.tap(buffer, 10, 60, "out", 0x7fffffff);
    buffer.fill(0);
    expect(capture.since(1, 10)).toEqual({
      frames: [
        {
          number: 1,
          at: 1_700_000_000_001_234,
          length: 60,
          port: 0x7fffffff,
          direction: "out",
          bytes: Uint8Array.from({ length: 60 }, (_, place) => place + 10),
        },
      ],
      next: 2,
      lost: 0,
    });
  });

  test("nothing before the start, and nothing after the stop", () => {
    const clock = manualClock();
    const capture = openCapture({ clock, wallClock: () => 0, limitBytes: smallestCapture });
    feed(capture, sixtyFour(1));
    expect(capture).toMatchObject({ running: false, started: null, stopped: null });
    capture.start();
    feed(capture, sixtyFour(2));
    clock.advance(micros(7));
    capture.stop();
    feed(capture, sixtyFour(3));
    expect(capture).toMatchObject({ running: false, started: 0, stopped: 7 });
    expect(capture.since(1, 10).frames.map(({ bytes }) => bytes[0])).toEqual([2]);
    expect(capture.count(1)).toEqual({ in: 1, out: 0, dropped: 0 });
    capture.start();
    feed(capture, sixtyFour(4));
    expect(capture.since(2, 10).frames.map(({ number, bytes }) => [number, bytes[0]])).toEqual([[2, 4]]);
    expect(capture.stopped).toBeNull();
  });

  test("no more than the snap length, and the true length", () => {
    const { capture } = opened(smallestCapture, { snapLength: 20 });
    feed(capture, sixtyFour(1));
    feed(capture, sixtyFour(2).subarray(0, 15));
    expect(capture.since(1, 9).frames.map(({ bytes, length }) => [bytes.length, length])).toEqual([
      [20, 64],
      [15, 15],
    ]);
    expect(capture.snapLength).toBe(20);
    capture.start({ snapLength: 1 });
    expect(capture.snapLength).toBe(20);
    capture.clear();
    expect(capture.snapLength).toBe(14);
    capture.start();
    expect(capture.snapLength).toBe(longestFrame);
  });

  test("only the wanted ports", () => {
    const { capture } = opened(smallestCapture, { ports: [2, 3] });
    for (const port of [1, 2, 3, 4]) feed(capture, sixtyFour(port), port);
    expect(capture.since(1, 9).frames.map(({ port }) => port)).toEqual([2, 3]);
    expect(capture.heard()).toEqual([2, 3]);
  });

  test("what is no frame is refused and counted", () => {
    const { capture } = opened();
    const bytes = sixtyFour(1);
    capture.tap(bytes, 1, 64, "in", 1);
    capture.tap(bytes, -1, 4, "in", 1);
    capture.tap(bytes, 0, Number.NaN, "in", 1);
    capture.tap(bytes, 0, 64, "in", -1);
    capture.tap(bytes, 0, 64, "in", 2 ** 31);
    expect(capture.since(1, 9).frames).toEqual([]);
    expect(capture.inspect()).toMatchObject({ refused: 5, held: 0, heldBytes: 0 });
  });

  test("ports without end are refused, not counted without end", () => {
    const { capture } = opened();
    for (let port = 0; port < 5000; port++) feed(capture, sixtyFour(1), port);
    expect(capture.heard()).toHaveLength(4096);
    expect(capture.inspect()).toMatchObject({ refused: 904 });
    feed(capture, sixtyFour(1), 7, "out");
    expect(capture.count(7)).toMatchObject({ in: 1, out: 1 });
  });
});

describe("when memory is full", () => {
  test("the oldest frames go, and are counted for their port", () => {
    const { capture } = opened();
    const total = 5000;
    for (let place = 0; place < total; place++) {
      const bytes = new Uint8Array(60 + (place % 90)).fill(place);
      feed(capture, bytes, place % 2, place % 3 === 0 ? "out" : "in");
    }
    const held = capture.next() - capture.first();
    expect(capture.next()).toBe(total + 1);
    expect(held).toBeGreaterThan(430);
    expect(capture.count(0).dropped + capture.count(1).dropped).toBe(total - held);
    expect(capture.count(0).in + capture.count(0).out).toBe(total / 2);
    const page = capture.since(1, largestPage);
    expect(page).toMatchObject({ lost: total - held, next: total + 1 });
    for (const frame of page.frames) {
      const place = frame.number - 1;
      expect(frame).toMatchObject({ port: place % 2, direction: place % 3 === 0 ? "out" : "in" });
      expect(frame.bytes).toEqual(new Uint8Array(60 + (place % 90)).fill(place));
    }
  });

  test("exactly full is not too full, and one byte more costs the oldest frame", () => {
    const { capture } = opened();
    // What the tables leave of the smallest memory is five times 9120 bytes.
    for (let place = 0; place < 5; place++) feed(capture, new Uint8Array(9120).fill(place + 1));
    expect(capture.first()).toBe(1);
    feed(capture, Uint8Array.of(9));
    expect(capture.first()).toBe(2);
    expect(capture.since(2, 1).frames[0]?.bytes).toEqual(new Uint8Array(9120).fill(2));
  });

  test("the tables are full before the bytes when frames are tiny", () => {
    const { capture } = opened();
    for (let place = 0; place < 3000; place++) feed(capture, Uint8Array.of(place, place >> 8));
    const { frames, lost } = capture.since(1, largestPage);
    expect(frames.length + lost).toBe(3000);
    expect(frames.length).toBe(Math.floor(smallestCapture / 92));
    for (const { number, bytes } of frames)
      expect(bytes).toEqual(Uint8Array.of(number - 1, (number - 1) >> 8));
  });

  test("the longest frames fit in the smallest memory", () => {
    const { capture } = opened(0);
    for (let place = 0; place < 9; place++) feed(capture, new Uint8Array(longestFrame).fill(place));
    const { frames } = capture.since(1, 100);
    expect(frames.length).toBeGreaterThan(2);
    for (const { number, bytes } of frames)
      expect(bytes).toEqual(new Uint8Array(longestFrame).fill(number - 1));
  });
});

describe("readers", () => {
  test("each follows by number, page by page", () => {
    const { capture } = opened();
    for (let place = 1; place <= 10; place++) feed(capture, sixtyFour(place));
    const first = capture.since(1, 4);
    expect(first.frames.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(first.next).toBe(5);
    expect(capture.since(first.next, 100).frames.map(({ number }) => number)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(capture.since(11, 100)).toEqual({ frames: [], next: 11, lost: 0 });
  });

  test.each([-1, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("from %d is from the first", (from) => {
    const { capture } = opened();
    feed(capture, sixtyFour(1));
    expect(capture.since(from, 1).frames).toHaveLength(1);
  });

  test("numbers to come, and limits beyond reason", () => {
    const { capture } = opened(1 << 20);
    for (let place = 1; place <= 2000; place++) feed(capture, sixtyFour(place));
    expect(capture.since(9999, 5)).toEqual({ frames: [], next: 2001, lost: 0 });
    expect(capture.since(1, 1e9).frames).toHaveLength(largestPage);
    expect(capture.since(1, -5).frames).toHaveLength(1);
  });

  test("what was cleared is not lost, and numbers go on", () => {
    const { capture, clock } = opened();
    for (let place = 1; place <= 3; place++) feed(capture, sixtyFour(place));
    clock.advance(micros(10));
    capture.clear();
    expect(capture.since(1, 10)).toEqual({ frames: [], next: 4, lost: 0 });
    expect(capture.count(1)).toEqual({ in: 0, out: 0, dropped: 0 });
    expect(capture.started).toBe(1_700_000_000_000_010);
    feed(capture, sixtyFour(9));
    expect(capture.since(1, 10).frames).toMatchObject([{ number: 4 }]);
    expect(capture.inspect()).toMatchObject({ held: 1, heldBytes: 64, running: true });
  });

  test("time never goes backwards, whatever happens to the wall clock", () => {
    const { capture, clock, setWall } = opened();
    clock.advance(micros(500));
    feed(capture, sixtyFour(1));
    capture.stop();
    setWall(1_600_000_000_000);
    capture.start();
    feed(capture, sixtyFour(2));
    setWall(1_700_000_000_900);
    capture.stop();
    capture.start();
    clock.advance(micros(1));
    feed(capture, sixtyFour(3));
    const stamps = capture.since(1, 9).frames.map(({ at }) => at - 1_700_000_000_000_000);
    expect(stamps).toEqual([500, 500, 900_001]);
  });

  test("a closed capture has nothing and takes nothing", () => {
    const { capture } = opened();
    feed(capture, sixtyFour(1));
    capture[Symbol.dispose]();
    feed(capture, sixtyFour(2));
    expect(capture.since(1, 9)).toEqual({ frames: [], next: 1, lost: 0 });
  });
});
