import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TcpConnection } from "../../src/network/stack/tcp/connection.ts";
import { sealSegment } from "../../src/network/stack/tcp/segment.ts";
import type { TcpHandlers } from "../../src/network/stack/tcp/tcb.ts";
import { micros } from "../../src/support/index.ts";
import { type Bench, bench, type Said, standing, theirs, written } from "../lab/tcp-wire.ts";

const buffer = 8192;
const connections = 6;

/** A number near one that matters, or anywhere. */
const near = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: -10_000, max: 10_000 }) },
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

/** What a peer does next; numbers are relative to what an honest peer would say. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("say" as const),
      seq: near,
      ack: near,
      flags: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(16, 17, 24, 2, 18, 4, 20) },
        fc.integer({ min: 0, max: 255 }),
      ),
      window: fc.oneof(fc.constantFrom(0, 1, 100, 0xffff), fc.integer({ min: 0, max: 0xffff })),
      payload: fc.integer({ min: 0, max: 1500 }),
      options: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 10 }),
      ),
      port: fc.integer({ min: 4000, max: 4009 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      time: fc.integer({ min: 0, max: 70_000_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("write" as const, "close" as const, "abort" as const, "resume" as const),
      which: fc.nat(20),
      length: fc.integer({ min: 0, max: 12_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("connect" as const),
      port: fc.integer({ min: 4000, max: 4009 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("noise" as const), bytes: fc.uint8Array({ maxLength: 60 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A bench whose holders take what the appetite allows, and the numbers an honest peer would go on with. */
function room(appetite: () => number) {
  const on = bench({ buffer, connections });
  const held: TcpConnection[] = [];
  const ended = new Set<TcpConnection>();
  const honest = new Map<number, { seq: number; ack: number; ourPort: number }>();
  const holder = (of: () => TcpConnection | null): TcpHandlers => ({
    onData: (_bytes, _at, length) => Math.min(length, appetite()),
    onWritable: () => of()?.write(new Uint8Array(100)),
    onClosed: () => {
      const connection = of();
      if (connection === null) return;
      expect(ended.has(connection)).toBe(false);
      ended.add(connection);
    },
  });
  on.tcp.listen(80, (connection) => {
    held.push(connection);
    return holder(() => connection);
  });
  /** Learns from all we said where an honest peer would stand. */
  function learn(): void {
    for (const heard of on.heard()) {
      if (heard.flags.includes("RST")) continue;
      const length = heard.payload.length + (heard.flags.match(/SYN|FIN/g)?.length ?? 0);
      const ack = (heard.seq + length) >>> 0;
      honest.set(heard.destinationPort, { seq: heard.ack, ack, ourPort: heard.sourcePort });
    }
  }
  return { on, held, holder, honest, learn };
}

function act(made: ReturnType<typeof room>, next: Step): void {
  const { on, held, honest } = made;
  const holding =
    "which" in next ? held[held.length - 1 - (next.which % Math.max(1, held.length))] : undefined;
  switch (next.kind) {
    case "say": {
      const from = honest.get(next.port) ?? { seq: 1000, ack: 0, ourPort: 80 };
      const options = next.options.slice(0, Math.floor(next.options.length / 4) * 4);
      const said: Said = {
        ...next,
        options,
        seq: (from.seq + next.seq) >>> 0,
        ack: (from.ack + next.ack) >>> 0,
        payload: new Uint8Array(next.payload),
      };
      on.say({ ...said, sourcePort: next.port, destinationPort: from.ourPort });
      return;
    }
    case "wait":
      on.clock.advance(micros(next.time));
      on.tcp.tick();
      return;
    case "noise": {
      const bytes = Uint8Array.from(next.bytes);
      on.host.receive?.(bytes, 0, bytes.length, theirs, on.host.address);
      return;
    }
    case "connect": {
      let connection: TcpConnection | null = null;
      connection = on.tcp.connect(
        theirs,
        next.port,
        made.holder(() => connection),
      );
      if (connection !== null) held.push(connection);
      return;
    }
    case "write":
      holding?.write(new Uint8Array(next.length));
      return;
    case "close":
      holding?.close();
      return;
    case "abort":
      holding?.abort();
      return;
    default:
      holding?.resume();
  }
}

/** What must hold whatever came. */
function bounded(on: Bench): void {
  const inspected = Object.values(on.tcp.inspect()["connections"] ?? {});
  expect(inspected.length).toBeLessThanOrEqual(connections);
  for (const one of inspected) {
    expect(one["memory"]).toBeLessThanOrEqual(2 * buffer);
    expect(one["unread"]).toBeLessThanOrEqual(buffer);
    expect(one["unacknowledged"]).toBeLessThanOrEqual(buffer);
    expect(one["early"]).toBeLessThanOrEqual(32);
  }
}

describe("hostile segments", () => {
  test("never throw, and memory stays bounded", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.array(fc.nat(3000), { minLength: 1, maxLength: 8 }),
        (steps, appetites) => {
          let meal = 0;
          const made = room(() => appetites[meal++ % appetites.length] ?? 0);
          for (const next of steps) {
            act(made, next);
            made.learn();
            bounded(made.on);
          }
          // All of it comes to an end: who does not answer is given up.
          for (const connection of made.held) connection.close();
          for (let minutes = 0; minutes < 10; minutes += 2) {
            made.on.clock.advance(micros(120_000_000));
            made.on.tcp.tick();
          }
          expect(made.on.tcp.inspect()["connections"]).toEqual({});
        },
      ),
      { numRuns: 300 },
    );
  });

  test("answers are fewer than a few for each segment", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const made = room(() => 5000);
        for (const next of steps) {
          if (next.kind !== "say" && next.kind !== "noise") continue;
          act(made, next);
          expect(made.on.heard().length).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("what is not for it does not change a connection", () => {
    const outside = fc.record({
      seq: fc.integer({ min: buffer + 2000, max: 0xffff_ffff - 2000 }),
      ack: fc.integer({ min: 0, max: 0xffff_ffff }),
      flags: fc.integer({ min: 0, max: 255 }),
      window: fc.integer({ min: 0, max: 0xffff }),
      payload: fc.integer({ min: 0, max: 1460 }),
    });
    fc.assert(
      fc.property(fc.array(outside, { maxLength: 40, size: "max" }), (segments) => {
        const { bench: on, connection, events, iss, seq } = standing(bench({ buffer }));
        connection.write(new TextEncoder().encode("question"));
        const before = on.tcp.inspect()["connections"];
        for (const segment of segments) {
          on.say({ ...segment, seq: (seq + segment.seq) >>> 0, payload: new Uint8Array(segment.payload) });
        }
        expect(on.tcp.inspect()["connections"]).toEqual(before);
        on.say({ seq, ack: iss + 9, payload: "answer" });
        expect(events).toEqual(["data:answer"]);
        expect(connection.unacknowledged).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test("an honest stream arrives whole, in whatever pieces and order it comes", () => {
    const text = Array.from({ length: 3000 }, (_, at) => String.fromCharCode(97 + (at % 26))).join("");
    const piece = fc.record({ at: fc.nat(2999), length: fc.integer({ min: 1, max: 700 }) });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60, size: "max" }),
        fc.nat(0xffff_ffff),
        fc.nat(900),
        (pieces, first, appetite) => {
          const made = standing(bench({ buffer }), { seq: first });
          const { bench: on, connection, events, iss, seq } = made;
          made.appetite = appetite + 1;
          const give = (at: number, length: number) =>
            on.say({ seq: (seq + at) >>> 0, ack: iss + 1, payload: text.slice(at, at + length) });
          for (const { at, length } of pieces) {
            give(at, length);
            if (at % 3 === 0) connection.resume();
          }
          for (let at = 0; at < 3000; at += 500) give(at, 500);
          on.say({ seq: (seq + 3000) >>> 0, ack: iss + 1, flags: 17 });
          for (let more = 0; more < 3001 && !events.includes("end"); more++) connection.resume();
          expect(
            events
              .filter((event) => event !== "end")
              .map((event) => event.slice(5))
              .join(""),
          ).toBe(text);
          expect(events.at(-1)).toBe("end");
        },
      ),
      { numRuns: 200 },
    );
  });

  test("any bytes with a right checksum are read without an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 40 }), fc.nat(15), (raw, offset) => {
        const on = bench();
        on.tcp.listen(80, () => null);
        const whole = written({ seq: 1, flags: 2, options: [...raw.subarray(0, raw.length & ~3)] });
        whole.set([offset << 4, 2, 0, 0, 0, 0], 12);
        sealSegment(whole, whole.length, theirs, on.host.address);
        on.host.receive?.(whole, 0, whole.length, theirs, on.host.address);
        expect(on.heard()).toHaveLength(offset >= 5 && offset * 4 <= whole.length ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });
});
