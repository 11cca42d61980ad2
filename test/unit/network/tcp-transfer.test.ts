import { describe, expect, test } from "vitest";
import type { TcpConnection } from "../../../src/network/stack/tcp/connection.ts";
import type { TcpEnd, TcpHandlers } from "../../../src/network/stack/tcp/tcb.ts";
import { openTcp, type Tcp } from "../../../src/network/stack/tcp/tcp.ts";
import { cable, fixedEntropy, seeded, type Weather } from "../../lab/tcp-wire.ts";

const mebibyte = 1 << 20;

function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = seeded(seed);
  const words = new Uint32Array(length / 4).map(() => random() * 2 ** 32);
  return new Uint8Array(words.buffer);
}

/** One end that sends `bytes`, closes, and collects what it hears, in the greed of `appetite`. */
function end(bytes: Uint8Array<ArrayBuffer>, expected: number, appetite: () => number) {
  let connection: TcpConnection | null = null;
  let sent = 0;
  const heard = new Uint8Array(expected);
  const state = { received: 0, ended: false, closed: null as TcpEnd | null, overrun: false };
  function push(): void {
    if (connection === null) return;
    while (sent < bytes.length) {
      const taken = connection.write(bytes, sent, Math.min(50_000, bytes.length - sent));
      sent += taken;
      if (taken === 0) return;
    }
    connection.close();
  }
  const handlers: TcpHandlers = {
    onOpen: push,
    onWritable: push,
    onData(from, at, length) {
      const count = Math.min(length, Math.floor(appetite() * length * 2));
      if (state.received + count > expected) state.overrun = true;
      else heard.set(from.subarray(at, at + count), state.received);
      state.received += count;
      return count;
    },
    onEnd: () => {
      state.ended = true;
    },
    onClosed: (why) => {
      state.closed = why;
    },
  };
  return {
    state,
    heard,
    handlers,
    push,
    hold(taken: TcpConnection) {
      connection = taken;
    },
    /** What a holder with little appetite does from time to time. */
    tick: () => connection?.resume(),
  };
}

interface Transfer {
  readonly weather: Weather;
  readonly bytes: number;
  readonly seed: number;
  readonly appetite?: () => number;
  readonly mtus?: readonly [number, number];
}

function transfer({ weather, bytes, seed, appetite = () => 1, mtus = [1500, 1500] }: Transfer) {
  const wire = cable(weather, seeded(seed));
  const [a, b] = [wire.host(0x0a00_0001), wire.host(0x0a00_0002)];
  [a.mtu, b.mtu] = mtus;
  const tcps: Tcp[] = [a, b].map((host, at) => openTcp(host, { entropy: fixedEntropy(seed + at) }));
  const up = noise(bytes, seed + 10);
  const down = noise(bytes, seed + 11);
  const client = end(up, bytes, appetite);
  const server = end(down, bytes, appetite);
  tcps[1]?.listen(80, (connection) => {
    server.hold(connection);
    server.push();
    return server.handlers;
  });
  const connection = tcps[0]?.connect(b.address, 80, client.handlers);
  if (connection) client.hold(connection);
  const done = wire.run(
    [...tcps, client, server],
    () => client.state.closed !== null && server.state.closed !== null,
    3_600_000_000,
  );
  return { wire, client, server, up, down, done };
}

/** Each with the packets it may cost at most; 2 × 2873 full segments and half as many answers are the least. */
const weathers: readonly [string, number, Weather][] = [
  ["a good cable", 8800, {}],
  ["a cable that loses one in fifty", 10_000, { loss: 0.02 }],
  ["a cable that shuffles", 12_000, { shuffled: 0.5, late: 3000 }],
  ["a cable that says one in ten twice", 10_000, { twice: 0.1 }],
  ["a cable that turns bits", 10_000, { damaged: 0.02 }],
  ["a cable with all of it", 13_000, { loss: 0.02, shuffled: 0.2, late: 4000, twice: 0.05, damaged: 0.01 }],
];

describe("two of ours", () => {
  for (const [name, most, weather] of weathers) {
    test(`4 MiB each way over ${name} byte for byte`, () => {
      const { client, server, up, down, done, wire } = transfer({ weather, bytes: 4 * mebibyte, seed: 3 });
      expect(done).toBe(true);
      expect([client.state.closed, server.state.closed]).toEqual(["done", "done"]);
      expect([client.state.ended, server.state.ended]).toEqual([true, true]);
      expect(Buffer.compare(server.heard, up)).toBe(0);
      expect(Buffer.compare(client.heard, down)).toBe(0);
      expect(wire.carried).toBeLessThan(most);
      expect(wire.clock.now()).toBeLessThan(30_000_000);
    });
  }

  test("a holder with little appetite slows the other side down and loses nothing", () => {
    const random = seeded(5);
    const { client, server, up, down, done } = transfer({
      weather: { loss: 0.01 },
      bytes: mebibyte,
      seed: 9,
      appetite: () => (random() < 0.5 ? 0 : random()),
    });
    expect(done).toBe(true);
    expect([client.state.closed, server.state.closed]).toEqual(["done", "done"]);
    expect(Buffer.compare(server.heard, up)).toBe(0);
    expect(Buffer.compare(client.heard, down)).toBe(0);
  });

  test("jumbo frames on one side and small ones on the other", () => {
    const { client, server, up, down, done } = transfer({
      weather: { loss: 0.01 },
      bytes: mebibyte,
      seed: 4,
      mtus: [9000, 576],
    });
    expect(done).toBe(true);
    expect(Buffer.compare(server.heard, up)).toBe(0);
    expect(Buffer.compare(client.heard, down)).toBe(0);
  });
});
