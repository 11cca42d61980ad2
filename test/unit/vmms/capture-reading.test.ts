import { describe, expect, test } from "vitest";
import { openCapture } from "../../../src/network/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { openCaptureReading } from "../../../src/vmms/networks/capture-reading.ts";

/** An ARP request from this adapter, enough for the decoder. */
function frame(last: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(60);
  bytes.fill(0xff, 0, 6);
  bytes.set([0x00, 0x15, 0x5d, 0, 0, last, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 6);
  return bytes;
}

function rig() {
  const clock = manualClock();
  const capture = openCapture({ clock, wallClock: () => 0, limitBytes: 1 << 20 });
  capture.start();
  let asked = 0;
  const reading = openCaptureReading(capture, (port) => {
    asked++;
    return `port ${port}`;
  });
  function see(count: number, port = 1): void {
    for (let turn = 0; turn < count; turn++) {
      clock.advance(micros(10));
      capture.tap(frame(turn & 255), 0, 60, "in", port);
    }
  }
  return { reading, see, decoded: () => asked };
}

describe("a reader of a capture", () => {
  test("goes on where it was: what it has is not decoded again", () => {
    const { reading, see, decoded } = rig();
    see(600);
    const first = reading.read({ after: 0, limit: 500, filter: "" });
    expect(first.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 500 }, (_, place) => place + 1),
    );
    expect(decoded()).toBe(500);
    see(50);
    const second = reading.read({ after: 500, limit: 500, filter: "" });
    expect(second.at(0)?.sequence).toBe(501);
    expect(second.at(-1)?.sequence).toBe(650);
    expect(decoded()).toBe(650);
    expect(reading.read({ after: 650, limit: 500, filter: "" })).toEqual([]);
    expect(decoded()).toBe(650);
  });

  test("begins anew with another filter or another place", () => {
    const { reading, see } = rig();
    see(10, 1);
    see(10, 2);
    expect(reading.read({ after: 0, limit: 100, filter: "" })).toHaveLength(20);
    const other = reading.read({ after: 0, limit: 100, filter: 'port == "port 2"' });
    expect(other.map(({ sequence }) => sequence)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(reading.read({ after: 15, limit: 100, filter: 'port == "port 2"' })).toHaveLength(5);
    expect(reading.read({ after: 0, limit: 3, filter: "arp" })).toHaveLength(3);
  });

  test("is told where a filter is wrong, and loses nothing by it", () => {
    const { reading, see } = rig();
    see(3);
    expect(() => reading.read({ after: 0, limit: 10, filter: "arp and" })).toThrow(/at character 8/);
    expect(reading.read({ after: 0, limit: 10, filter: "" })).toHaveLength(3);
  });
});
