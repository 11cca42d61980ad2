import { addWords, finishSum, pseudoHeaderSum } from "../../src/network/stack/checksum.ts";
import type { IpHost, SegmentFate, SegmentHandler } from "../../src/network/stack/ip.ts";
import type { TcpConnection } from "../../src/network/stack/tcp/connection.ts";
import { emptySegment, Flag, readSegment, type Segment } from "../../src/network/stack/tcp/segment.ts";
import type { TcpHandlers } from "../../src/network/stack/tcp/tcb.ts";
import { openTcp, type Tcp, type TcpOptions } from "../../src/network/stack/tcp/tcp.ts";
import { type ManualClock, manualClock, micros } from "../../src/support/index.ts";

/** A small seeded random source: 0 up to, without, 1. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How a cable treats what it carries; shares are of 1, times in microseconds. */
export interface Weather {
  readonly loss?: number;
  readonly twice?: number;
  /** Share of packets that take up to `late` longer. */
  readonly shuffled?: number;
  readonly late?: number;
  readonly delay?: number;
  readonly damaged?: number;
}

interface Packet {
  readonly due: number;
  readonly order: number;
  readonly to: StandIn;
  readonly from: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An IP host that only TCP speaks to. */
export interface StandIn extends IpHost {
  address: number;
  mtu: number;
  fate: SegmentFate;
  receive: SegmentHandler | null;
}

/** A cable between hosts with a clock of its own. */
export interface Cable {
  readonly clock: ManualClock;
  weather: Weather;
  carried: number;
  /** Sees all that is sent, before the weather does. */
  spy: ((segment: Segment, payload: Uint8Array, from: number) => void) | null;
  host(address: number): StandIn;
  /** Lets time pass, 10 ms a tick, until `done` or `most` microseconds are over; answers whether it was done. */
  run(tcps: readonly { tick(): void }[], done: () => boolean, most?: number): boolean;
}

export function cable(weather: Weather = {}, random: () => number = seeded(1)): Cable {
  const clock = manualClock(micros(1_000_000));
  const hosts: StandIn[] = [];
  let packets: Packet[] = [];
  let order = 0;

  function post(from: number, to: StandIn, bytes: Uint8Array<ArrayBuffer>): void {
    const { loss = 0, twice = 0, shuffled = 0, late = 0, delay = 500, damaged = 0 } = self.weather;
    if (random() < loss) return;
    const copy = bytes.slice();
    if (random() < damaged) {
      const at = Math.floor(random() * copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    const due = clock.now() + delay + (random() < shuffled ? random() * late : 0);
    packets.push({ due, order: order++, to, from, bytes: copy });
    if (random() < twice) post(from, to, bytes);
  }

  function host(address: number): StandIn {
    const made: StandIn = {
      address,
      mtu: 1500,
      fate: "sent",
      receive: null,
      now: () => clock.now(),
      sendSegment(_protocol, to, bytes, at, length) {
        if (made.fate !== "sent") return made.fate;
        self.carried++;
        const payload = bytes.slice(at, at + length);
        if (self.spy !== null) {
          const segment = emptySegment();
          const place = { bytes: payload, at: 0, length, from: made.address, to };
          if (readSegment(segment, place) !== "ok") throw new Error("a segment of ours is damaged");
          self.spy(segment, payload.subarray(segment.payloadAt), made.address);
        }
        const target = hosts.find((other) => other.address === to);
        if (target !== undefined) post(made.address, target, payload);
        return "sent";
      },
      onProtocol(_protocol, handler) {
        made.receive = handler;
        return { [Symbol.dispose]: () => (made.receive = null) };
      },
    };
    hosts.push(made);
    return made;
  }

  function deliverUntil(time: number): void {
    for (;;) {
      const due = packets.filter((packet) => packet.due <= time);
      if (due.length === 0) return;
      due.sort((a, b) => a.due - b.due || a.order - b.order);
      packets = packets.filter((packet) => packet.due > time);
      for (const { to, from, bytes } of due) to.receive?.(bytes, 0, bytes.length, from, to.address);
    }
  }

  const self: Cable = {
    clock,
    weather,
    carried: 0,
    spy: null,
    host,
    run(tcps, done, most = 600_000_000) {
      const end = clock.now() + most;
      while (!done()) {
        if (clock.now() >= end) return false;
        for (let step = 0; step < 10; step++) {
          clock.advance(micros(1000));
          deliverUntil(clock.now());
        }
        for (const tcp of tcps) tcp.tick();
      }
      return true;
    },
  };
  return self;
}

/** Entropy that is always the same. */
export function fixedEntropy(seed: number): TcpOptions["entropy"] {
  const random = seeded(seed);
  return (into) => {
    for (let at = 0; at < into.length; at++) into[at] = Math.floor(random() * 256);
  };
}

/** Address of the TCP under test, and of the peer played by hand. */
export const ours = 0xc0a8_8901;
export const theirs = 0xc0a8_8902;

/** What a segment of a hand-played peer says; the ports are those of its conversation. */
export interface Said {
  readonly seq: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly options?: readonly number[];
  readonly payload?: Uint8Array | string;
  readonly from?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** A segment of ours as the peer saw it. */
export interface Heard {
  readonly seq: number;
  readonly ack: number;
  /** Like `SYN,ACK`. */
  readonly flags: string;
  readonly window: number;
  readonly mss: number;
  readonly shift: number;
  readonly payload: string;
  readonly destinationPort: number;
  readonly sourcePort: number;
}

/** One TCP of ours and a peer whose every segment the test writes. */
export interface Bench {
  readonly tcp: Tcp;
  readonly host: StandIn;
  readonly clock: ManualClock;
  /** Default ports of the conversation. */
  peerPort: number;
  ourPort: number;
  say(said: Said): void;
  /** All that we sent since the last call. */
  heard(): Heard[];
  /** Lets time pass in steps of 10 ms. */
  wait(time: number): void;
}

export function bench(options: Partial<TcpOptions> = {}): Bench {
  const clock = manualClock(micros(5_000_000));
  let log: Heard[] = [];
  const host: StandIn = {
    address: ours,
    mtu: 1500,
    fate: "sent",
    receive: null,
    now: () => clock.now(),
    sendSegment(_protocol, to, bytes, at, length) {
      if (host.fate !== "sent") return host.fate;
      log.push(hear(bytes.slice(at, at + length), to));
      return "sent";
    },
    onProtocol(_protocol, handler) {
      host.receive = handler;
      return { [Symbol.dispose]: () => (host.receive = null) };
    },
  };
  const tcp = openTcp(host, { entropy: fixedEntropy(7), ...options });
  const self: Bench = {
    tcp,
    host,
    clock,
    peerPort: 4000,
    ourPort: 80,
    say(said) {
      const { from = theirs } = said;
      const bytes = written({ sourcePort: self.peerPort, destinationPort: self.ourPort, ...said });
      host.receive?.(bytes, 0, bytes.length, from, host.address);
    },
    heard() {
      const all = log;
      log = [];
      return all;
    },
    wait(time) {
      const end = clock.now() + time;
      while (clock.now() < end) {
        clock.advance(micros(Math.min(10_000, end - clock.now())));
        tcp.tick();
      }
    },
  };
  return self;
}

const flagNames = ["FIN", "SYN", "RST", "PSH", "ACK"];

function hear(bytes: Uint8Array<ArrayBuffer>, to: number): Heard {
  const segment = emptySegment();
  const fault = readSegment(segment, { bytes, at: 0, length: bytes.length, from: ours, to });
  if (fault !== "ok") throw new Error(`a segment of ours is ${fault}`);
  const flags = flagNames.filter((_, bit) => (segment.flags & (1 << bit)) !== 0 && bit !== 3).join(",");
  return {
    seq: segment.sequence,
    ack: segment.acknowledgement,
    flags,
    window: segment.window,
    mss: segment.mss,
    shift: segment.shift,
    payload: String.fromCharCode(...bytes.subarray(segment.payloadAt)),
    sourcePort: segment.sourcePort,
    destinationPort: segment.destinationPort,
  };
}

/** A segment from its parts, written without the code under test. */
export function written(said: Said): Uint8Array<ArrayBuffer> {
  const { payload = "", options = [], from = theirs } = said;
  const text = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const length = 20 + options.length + text.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, said.sourcePort ?? 4000);
  view.setUint16(2, said.destinationPort ?? 80);
  view.setUint32(4, said.seq >>> 0);
  view.setUint32(8, (said.ack ?? 0) >>> 0);
  bytes[12] = (5 + options.length / 4) << 4;
  bytes[13] = said.flags ?? Flag.ack;
  view.setUint16(14, said.window ?? 0xffff);
  bytes.set(options, 20);
  bytes.set(text, 20 + options.length);
  view.setUint16(16, finishSum(addWords(pseudoHeaderSum(from, ours, 6, length), bytes, 0, length)));
  return bytes;
}

/** A connection that a bench's peer has opened, and what its holder heard. */
export interface Standing {
  readonly bench: Bench;
  readonly connection: TcpConnection;
  /** What the holder heard: `data:abc`, `end`, `writable`, `closed:reset`. */
  readonly events: string[];
  /** Our first number and the next the peer uses. */
  readonly iss: number;
  seq: number;
  /** Bytes `onData` takes from now on, of each offer. */
  appetite: number;
}

/** Opens a connection from the peer: SYN, SYN and acknowledgement, acknowledgement. */
export function standing(made: Bench = bench(), said: Partial<Said> = {}): Standing {
  const events: string[] = [];
  let connection: TcpConnection | null = null;
  const port = made.tcp.listen(made.ourPort, (accepted) => {
    connection = accepted;
    return listener(events, () => result?.appetite ?? Number.POSITIVE_INFINITY);
  });
  const first = said.seq ?? 1000;
  let result: Standing | null = null;
  made.heard();
  made.say({ options: [2, 4, 0x05, 0xb4], ...said, seq: first, flags: Flag.syn });
  const iss = made.heard()[0]?.seq ?? 0;
  made.say({ window: said.window ?? 0xffff, seq: first + 1, ack: iss + 1 });
  port?.[Symbol.dispose]();
  if (connection === null) throw new Error("the connection does not stand");
  result = {
    bench: made,
    connection,
    events,
    iss,
    seq: (first + 1) >>> 0,
    appetite: Number.POSITIVE_INFINITY,
  };
  return result;
}

/** A holder that writes down what it hears. */
export function listener(
  events: string[],
  appetite: () => number = () => Number.POSITIVE_INFINITY,
): TcpHandlers {
  return {
    onOpen: () => events.push("open"),
    onData(bytes, at, length) {
      const count = Math.min(length, appetite());
      if (count > 0) events.push(`data:${String.fromCharCode(...bytes.subarray(at, at + count))}`);
      return count;
    },
    onWritable: () => events.push("writable"),
    onEnd: () => events.push("end"),
    onClosed: (end) => events.push(`closed:${end}`),
  };
}
