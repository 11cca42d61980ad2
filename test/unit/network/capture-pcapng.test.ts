import { describe, expect, test } from "vitest";
// The blocks themselves are no export of the room: nobody outside writes them one by one.
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../../../src/network/capture/pcapng/blocks.ts";
import { openCapture, type PcapngWords, pcapngPieces } from "../../../src/network/index.ts";
import { manualClock, micros } from "../../../src/support/index.ts";
import { type PcapngBlock, readPcapng } from "../../lab/pcapng.ts";
import { joined } from "../../lab/wire.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Hex in groups, as it is written below. */
function groups(text: string): string {
  return text.replace(/\s+/g, "");
}

const text = new TextDecoder();

describe("bytes by the draft", () => {
  test("section header block: magic, version 1.0, length unknown, options padded", () => {
    expect(hex(sectionHeader({ application: "pcap_writer.lua", comment: "test001" }))).toBe(
      groups(`0a0d0d0a 40000000 4d3c2b1a 0100 0000 ffffffffffffffff
        0400 0f00 706361705f7772697465722e6c756100 0100 0700 7465737430303100 0000 0000 40000000`),
    );
  });

  test("interface description block: Ethernet, snap length, name, microseconds, no check sequence", () => {
    const block = interfaceDescription({
      name: "silly ethernet interface",
      description: "x",
      comment: "yz",
      snapLength: 128,
    });
    expect(hex(block)).toBe(
      groups(`01000000 54000000 0100 0000 80000000 0200 1800 73696c6c792065746865726e657420696e74657266616365
        0300 0100 78000000 0900 0100 06000000 0d00 0100 00000000 0100 0200 797a0000 0000 0000 54000000`),
    );
  });

  test("enhanced packet block: the high half of the time first, padding, flags", () => {
    const packet = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1);
    // The time of the draft's example of isb_starttime: 2012-06-29 06:17:00.834163 UTC.
    const at = Date.UTC(2012, 5, 29, 6, 17, 0, 834) * 1000 + 163;
    const block = enhancedPacket({ interfaceId: 3, at, bytes: packet, length: 60, direction: "out" });
    expect(hex(block)).toBe(
      groups(`06000000 34000000 03000000 96c30400 73896a65 07000000 3c000000 ffffffffffff0100
        0200 0400 0e000000 0000 0000 34000000`),
    );
  });

  test.each([
    ["in", [0x00, 0x15, 0x5d, 1, 2, 3], 0b00101],
    ["out", [0x00, 0x15, 0x5d, 1, 2, 3], 0b00110],
    ["in", [0x01, 0x00, 0x5e, 0, 0, 1], 0b01001],
    ["in", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0b01101],
    ["in", [], 0b00101],
  ] as const)("flags of a frame %s to %j", (direction, bytes, flags) => {
    const block = enhancedPacket({
      interfaceId: 0,
      at: 0,
      bytes: Uint8Array.from(bytes),
      length: 0,
      direction,
    });
    expect(new DataView(block.buffer).getUint32(block.length - 12, true)).toBe(flags);
  });

  test("interface statistics block: the draft's example times, counts of 64 bits", () => {
    const started = Date.UTC(2012, 5, 29, 6, 17, 0, 834) * 1000 + 163;
    const ended = Date.UTC(2012, 5, 29, 7, 28, 25, 298) * 1000 + 858;
    const block = interfaceStatistics({
      interfaceId: 1,
      started,
      ended,
      received: 100,
      dropped: 2 ** 33,
      accepted: 7,
    });
    expect(hex(block)).toBe(
      groups(`05000000 58000000 01000000 97c30400 aa47ca64 0200 0800 96c3040073896a65 0300 0800 97c30400aa47ca64
        0400 0800 6400000000000000 0500 0800 0000000002000000 0600 0800 0700000000000000 0000 0000 58000000`),
    );
  });

  test("long texts are cut between characters", () => {
    const [block] = readPcapng(sectionHeader({ application: "a", comment: "🦀".repeat(5000) }));
    expect(text.decode(block?.options[1]?.value)).toBe("🦀".repeat(1000));
  });
});

function opened(limitBytes = 64 << 10) {
  const clock = manualClock();
  const capture = openCapture({ clock, wallClock: () => 1_700_000_000_000, limitBytes });
  capture.start();
  const feed = (count: number, port = 1) => {
    for (let place = 0; place < count; place++) {
      clock.advance(micros(10));
      capture.tap(new Uint8Array(61).fill(place), 0, 61, place % 2 === 0 ? "in" : "out", port);
    }
  };
  return { capture, clock, feed };
}

const words: PcapngWords = {
  application: "Tabvisor",
  comment: "the lab",
  ports: [
    { port: 1, name: "web01", description: "web01, Network Adapter", comment: "VLAN 5" },
    { port: 2, name: "db01" },
  ],
};

function written(pieces: Iterable<Uint8Array>): PcapngBlock[] {
  return readPcapng(joined(...pieces));
}

function counts(blocks: readonly PcapngBlock[]) {
  return blocks
    .filter(({ type }) => type === 5)
    .map(({ options }) =>
      [4, 5, 6].map((code) => {
        const value = options.find((option) => option.code === code)?.value ?? new Uint8Array(8);
        return Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
      }),
    );
}

function names(blocks: readonly PcapngBlock[]): string[] {
  const named = blocks.filter(({ type }) => type === 1);
  return named.map(({ options }) => text.decode(Uint8Array.from(options[0]?.value ?? [])));
}

describe("a file", () => {
  test("has a header, an interface for each port, the frames, and the counts", () => {
    const { capture, feed } = opened();
    feed(3, 1);
    feed(2, 2);
    feed(1, 9);
    const blocks = written(pcapngPieces(capture, words));
    expect(blocks.map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 1, 1, 6, 6, 6, 6, 6, 6, 5, 5, 5]);
    expect(names(blocks)).toEqual(["web01", "db01", "port 9"]);
    const ids = blocks.filter(({ type }) => type === 6).map(({ body }) => body[0]);
    expect(ids).toEqual([0, 0, 0, 1, 1, 2]);
    expect(counts(blocks)).toEqual([
      [3, 0, 3],
      [2, 0, 2],
      [1, 0, 1],
    ]);
  });

  test("of an empty capture has a header and its interfaces", () => {
    const capture = openCapture({ clock: manualClock(), wallClock: () => 0, limitBytes: 0 });
    expect(written(pcapngPieces(capture, words)).map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 1, 5, 5]);
  });

  test("a port that is named twice is one interface", () => {
    const { capture } = opened();
    const ports = [...words.ports, { port: 1, name: "again" }];
    expect(names(written(pcapngPieces(capture, { ...words, ports })))).toEqual(["web01", "db01"]);
  });

  test("frames given up before are counted as dropped", () => {
    const { capture, feed } = opened();
    feed(3000);
    const [count = []] = counts(written(pcapngPieces(capture, words)));
    const held = capture.next() - capture.first();
    expect(count).toEqual([3000, 3000 - held, held]);
  });

  test("frames passed over by the reader's filter are neither written nor dropped", () => {
    const { capture, feed } = opened();
    feed(10);
    const blocks = written(pcapngPieces(capture, { ...words, keep: ({ direction }) => direction === "out" }));
    expect(counts(blocks)[0]).toEqual([10, 0, 5]);
  });

  test("comes in pieces, and a capture that goes on does not disturb it", () => {
    const { capture, feed } = opened(256 << 10);
    feed(2500);
    const first = capture.first();
    const held = capture.next() - first;
    const pieces: Uint8Array[] = [];
    for (const piece of pcapngPieces(capture, words)) {
      pieces.push(piece);
      feed(2000);
    }
    expect(pieces.length).toBeGreaterThan(2);
    const blocks = written(pieces);
    const [[received = 0, dropped = 0, accepted = 0] = []] = counts(blocks);
    expect(received).toBe(2500);
    expect(received).toBe(dropped + accepted);
    expect(accepted).toBeLessThan(held);
    expect(blocks.filter(({ type }) => type === 6)).toHaveLength(accepted);
  });

  test("what is held is taken when the writing is asked for", () => {
    const { capture, feed } = opened();
    feed(2);
    const pieces = pcapngPieces(capture, words);
    feed(2);
    expect(counts(written(pieces))[0]).toEqual([2, 0, 2]);
  });

  test("a capture cleared or closed meanwhile ends it, still sound", () => {
    for (const act of ["clear", "close"]) {
      const { capture, feed } = opened(256 << 10);
      feed(2500);
      const pieces: Uint8Array[] = [];
      for (const piece of pcapngPieces(capture, words)) {
        pieces.push(piece);
        if (act === "clear") capture.clear();
        else capture[Symbol.dispose]();
        feed(1);
      }
      const [[received = 0, dropped = 0, accepted = 0] = []] = counts(written(pieces));
      expect(received).toBe(2500);
      expect(dropped + accepted).toBe(2500);
      expect(dropped).toBeGreaterThan(0);
    }
  });
});
