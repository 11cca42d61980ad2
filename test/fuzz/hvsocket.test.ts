import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { socketPacketBytes, socketWindow } from "../../src/hvdef/index.ts";
import { micros } from "../../src/support/index.ts";
import type { HostStream } from "../../src/vsp/index.ts";
import { connectRequest, nothingLeft, openSocketLab, type ScriptedSocket } from "../lab/hvsocket.ts";
import { joinBytes, words } from "../lab/loopback-guest.ts";

// Invariants of a stream, whatever its ends do:
// 1. Every byte arrives once, in order, in both directions, until its writer ends or somebody aborts.
// 2. What is under way is bounded, however long nobody reads.
// 3. After both ends are through nothing is left of the connection on any floor.

type Step =
  | { readonly kind: "hostWrites" | "guestWrites" | "hostReads" | "guestReads"; readonly amount: number }
  | { readonly kind: "hostEnds" | "guestEnds" | "settle" | "abort" };

const amount = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30_000 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "hostWrites" as const,
        "guestWrites" as const,
        "hostReads" as const,
        "guestReads" as const,
      ),
      amount,
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: "settle" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("hostEnds" as const, "guestEnds" as const) }) },
);

/** Bytes whose every loss, doubling and swap shows. */
function row(from: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => Math.imul(from + at + 1, 0x9e3779b1) >>> 24);
}

/** One end's view of a direction: what went in, what came out. */
interface Way {
  written: number;
  read: number;
  open: boolean;
}

function check(way: Way, piece: Uint8Array): void {
  expect(Buffer.compare(piece, row(way.read, piece.length))).toBe(0);
  way.read += piece.length;
}

function play(steps: readonly Step[]) {
  const streams: HostStream[] = [];
  const lab = openSocketLab(() => (stream) => {
    streams.push(stream);
    return () => {};
  });
  lab.load();
  const socket = lab.connect(5000);
  const [stream] = streams;
  if (socket === null || stream === undefined) throw new Error("no connection");
  const ends = { lab, socket, stream, up: way(), down: way() };
  let aborted = false;
  for (const one of steps) {
    if (one.kind === "abort") aborted = true;
    obey(ends, one);
    expect(ends.up.written - ends.up.read).toBeLessThan(socketWindow + 2 * socketPacketBytes + 3 * 4096);
    expect(ends.down.written - ends.down.read).toBeLessThan(socketWindow + 3 * 4096 + 1);
  }
  return { ...ends, aborted };
}
const way = (): Way => ({ written: 0, read: 0, open: true });

interface Ends {
  readonly lab: ReturnType<typeof openSocketLab>;
  readonly socket: ScriptedSocket;
  readonly stream: HostStream;
  readonly up: Way;
  readonly down: Way;
}

function obey({ lab, socket, stream, up, down }: Ends, one: Step): void {
  switch (one.kind) {
    case "hostWrites": {
      const taken = down.open ? stream.write(row(down.written, one.amount)) : 0;
      if (typeof taken === "number") down.written += taken;
      return;
    }
    case "guestWrites":
      if (up.open) up.written += socket.write(row(up.written, one.amount));
      return;
    case "hostReads": {
      const piece = stream.read(one.amount);
      if (typeof piece !== "string") check(up, piece);
      return;
    }
    case "guestReads":
      check(down, socket.read(1 + (one.amount % 5)));
      return;
    case "hostEnds":
      stream.end();
      down.open = false;
      return;
    case "guestEnds":
      if (up.open && socket.shutdown()) up.open = false;
      return;
    case "settle":
      lab.settle(2);
      return;
    case "abort":
      stream.abort();
      down.open = false;
      up.open = false;
  }
}

describe("the stream of a connection", () => {
  it("brings every byte once and in order, and leaves nothing behind", () => {
    let moved = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const ends = play(steps);
        const { lab, socket, stream, up, down } = ends;
        obey(ends, { kind: "hostEnds" });
        // At least once: what was done last is still on its way.
        for (let turn = 0; turn < 200; turn++) {
          if (turn > 0 && !up.open && up.read === up.written && socket.ended()) break;
          obey(ends, { kind: "guestEnds" });
          obey(ends, { kind: "hostReads", amount: 1 << 20 });
          obey(ends, { kind: "guestReads", amount: 4 });
          lab.settle(2);
        }
        expect([up.read, down.read]).toEqual([up.written, down.written]);
        expect([stream.read(1), socket.ended()]).toEqual(["end", true]);
        socket.close();
        lab.settle();
        expect(lab.remains()).toEqual(nothingLeft);
        moved += up.read + down.read;
      }),
      { numRuns: 40 },
    );
    // The walk must reach what it is about.
    expect(moved).toBeGreaterThan(300_000);
  }, 60_000);

  it("that is aborted brings what came before, in order, and leaves nothing behind", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40, size: "max" }),
        fc.array(step, { maxLength: 10 }),
        (before, after) => {
          const { lab, socket, stream } = play([...before, { kind: "abort" }, ...after]);
          expect(stream.write(row(0, 1))).toBe("lost");
          lab.settle();
          expect(socket.rescinded()).toBe(true);
          socket.close();
          lab.settle();
          expect(lab.remains()).toEqual(nothingLeft);
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe("a guest that says anything", () => {
  const noise = fc.uint8Array({ maxLength: 80 });
  it("about connections or in their packets harms only its own", () => {
    const packet = fc.oneof(
      noise,
      fc
        .tuple(fc.constantFrom(0, 1, 2, 0xffff_ffff), fc.nat(0xffff_ffff), noise)
        .map(([type, length, rest]) => joinBytes(words(type, length), rest)),
    );
    const asks = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((rest) => joinBytes(words(21, 0), rest)),
      fc.tuple(fc.nat(3), fc.constantFrom(5000, 4999)).map(([from, to]) => connectRequest(from, to)),
    );
    fc.assert(
      fc.property(
        fc.array(asks, { maxLength: 60, size: "max" }),
        fc.array(packet, { maxLength: 20, size: "max" }),
        (requests, packets) => {
          const lab = openSocketLab((port) => (port === 5000 ? () => () => {} : null));
          lab.load();
          const good = lab.connect(5000, 0x999);
          const bad = lab.connect(5000, 0x998);
          for (const request of requests) lab.post(request);
          for (const payload of packets) bad?.raw(payload);
          lab.settle();
          expect(good?.rescinded()).toBe(false);
          expect(good?.write(row(0, 100))).toBe(100);
          const there = lab.remains();
          expect(there.connections).toBeLessThanOrEqual(6);
          // What it asked for and did not take is gone after some seconds.
          lab.clock.advance(micros(11_000_000));
          lab.sockets.tick();
          lab.settle();
          expect(lab.remains().lanes).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
