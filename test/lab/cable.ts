import type { NetworkStack, StackOptions } from "../../src/network/stack/stack.ts";
import { openStack } from "../../src/network/stack/stack.ts";
import { manualClock, micros } from "../../src/support/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes written as hex digits; spaces and line ends are for the reader. */
export function hex(text: string): Bytes {
  return Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Bytes as hex digits without spaces. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const stackMac = "00-15-5D-01-0A-00";
export const stackIp = "192.168.137.1";
export const guestMac = "00-15-5D-01-0A-03";
export const guestIp = "192.168.137.20";
export const everyMac = "FF-FF-FF-FF-FF-FF";

/** Address and services of the stack under test. */
export const labSettings = {
  address: { address: stackIp, prefix: 24 },
  services: {
    dhcp: { from: "192.168.137.100", to: "192.168.137.103", leaseSeconds: 3600 },
    domain: "tabvisor",
    ntp: true,
  },
};

/** 2026-01-02 03:04:05.5 UTC. */
export const labTime = 1_767_323_045_500;

/** A stack whose wire ends at the test: what it says is kept, what it hears is what the test says. */
export interface Cable {
  readonly stack: NetworkStack;
  /** What the stack has sent since the last call. */
  take(): Bytes[];
  /** Says something to the stack, from the middle of a larger buffer. */
  say(frame: Uint8Array): boolean;
  /** Says it, and answers what came back. */
  ask(frame: Uint8Array): Bytes[];
  /** Lets time pass, a tick every 100 ms unless said. */
  wait(seconds: number, step?: number): void;
}

/** Opens a stack on a cable. Its first announcement has been taken. */
export function stackOnCable(options: Partial<StackOptions> = {}): Cable {
  const clock = manualClock(micros(5_000_000));
  let sent: Bytes[] = [];
  let say = (_bytes: Bytes, _at: number, _length: number): boolean => false;
  const stack = openStack({
    plug(sink) {
      say = (bytes, at, length) => sink.frame(bytes, at, length);
      return {
        send: (bytes, at, length) => void sent.push(bytes.slice(at, at + length)),
        inspect: () => ({}),
        [Symbol.dispose]() {},
      };
    },
    mac: stackMac,
    clock,
    wallClock: () => labTime,
    settings: labSettings,
    ownName: "parent",
    ...options,
  });
  function take(): Bytes[] {
    const frames = sent;
    sent = [];
    return frames;
  }
  function tell(frame: Uint8Array): boolean {
    const buffer = new Uint8Array(frame.length + 32).fill(0xa5);
    buffer.set(frame, 16);
    return say(buffer, 16, frame.length);
  }
  take();
  return {
    stack,
    take,
    say: tell,
    ask(frame) {
      take();
      tell(frame);
      return take();
    },
    wait(seconds, step = 0.1) {
      for (let left = Math.round(seconds / step); left > 0; left--) {
        clock.advance(micros(Math.round(step * 1_000_000)));
        stack.tick();
      }
    },
  };
}

/** A number in network byte order. */
export function be(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)) % 256);
}

export function macOf(text: string): number[] {
  return text.split("-").map((pair) => Number.parseInt(pair, 16));
}

export function ipOf(text: string): number[] {
  return text.split(".").map(Number);
}

/** A frame from the guest to the stack unless said otherwise. */
export function frame(type: number, payload: Iterable<number>, to = stackMac, from = guestMac): Bytes {
  return Uint8Array.from([...macOf(to), ...macOf(from), ...be(type, 2), ...payload]);
}

/** An ARP packet in its frame: `from` tells its addresses, asking or answering about those of `to`. */
export function arp(operation: 1 | 2, from: readonly [string, string], to: readonly [string, string]): Bytes {
  const head = [0, 1, 8, 0, 6, 4, 0, operation];
  const told = [...macOf(from[0]), ...ipOf(from[1]), ...macOf(to[0]), ...ipOf(to[1])];
  return frame(0x0806, [...head, ...told], operation === 1 ? everyMac : to[0], from[0]);
}

/** The guest tells who it is, so that answers need no question. */
export const guestIsHere = arp(2, [guestMac, guestIp], [stackMac, stackIp]);

/** Checksum of RFC 1071, word by word. */
export function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  while (sum > 65535) sum = (sum % 65536) + Math.floor(sum / 65536);
  return 65535 - sum;
}

/** Parts of an IPv4 header that a test wants different. */
export interface Around {
  readonly from?: string;
  readonly to?: string;
  readonly id?: number;
  /** Flags and offset as they stand in the header. */
  readonly fragment?: number;
  readonly options?: readonly number[];
  readonly toMac?: string;
  readonly fromMac?: string;
}

/** An IPv4 packet in its frame, from the guest to the stack. */
export function packet(protocol: number, payload: Iterable<number>, around: Around = {}): Bytes {
  const { from = guestIp, to = stackIp, id = 7, fragment = 0, options = [] } = around;
  const body = [...payload];
  const length = 20 + options.length + body.length;
  const head = [
    0x45 + options.length / 4,
    0,
    ...be(length, 2),
    ...be(id, 2),
    ...be(fragment, 2),
    64,
    protocol,
  ];
  const rest = [...ipOf(from), ...ipOf(to), ...options];
  const sum = be(checksum([...head, 0, 0, ...rest]), 2);
  return frame(0x0800, [...head, ...sum, ...rest, ...body], around.toMac, around.fromMac);
}

/** A UDP datagram in its frame. */
export function udp(fromPort: number, toPort: number, data: Iterable<number>, around: Around = {}): Bytes {
  return packet(17, udpPayload(fromPort, toPort, data, around), around);
}

/** A UDP header with its checksum, and the data. */
export function udpPayload(
  fromPort: number,
  toPort: number,
  data: Iterable<number>,
  around: Around = {},
): number[] {
  const { from = guestIp, to = stackIp } = around;
  const body = [...data];
  const length = be(8 + body.length, 2);
  const pseudo = [...ipOf(from), ...ipOf(to), 0, 17, ...length];
  const head = [...be(fromPort, 2), ...be(toPort, 2), ...length];
  return [...head, ...be(checksum([...pseudo, ...head, 0, 0, ...body]) || 65535, 2), ...body];
}

/** An ICMP message in its frame. */
export function icmp(type: number, code: number, rest: Iterable<number>, around: Around = {}): Bytes {
  const body = [...rest];
  return packet(1, [type, code, ...be(checksum([type, code, 0, 0, ...body]), 2), ...body], around);
}

/** What a frame with IPv4 carries, after its checksums were checked. */
export interface Opened {
  readonly toMac: string;
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly fragment: number;
  readonly payload: Bytes;
  /** UDP only: ports, and what is behind the header. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly data: Bytes;
}

/** Opens a frame with IPv4. @throws when it is none, or one of its checksums is wrong */
export function opened(bytes: Uint8Array | undefined): Opened {
  if (bytes === undefined) throw new Error("no frame");
  const at = (place: number, length: number) => [...bytes.subarray(place, place + length)];
  const number = (place: number, length: number) =>
    at(place, length).reduce((sum, byte) => sum * 256 + byte, 0);
  if (number(12, 2) !== 0x0800 || bytes[14] !== 0x45) throw new Error("no IPv4");
  if (checksum(at(14, 20)) !== 0) throw new Error("IPv4 checksum");
  if (number(16, 2) !== bytes.length - 14) throw new Error("IPv4 length");
  const protocol = number(23, 1);
  const fragment = number(20, 2);
  const payload = Uint8Array.from(bytes.subarray(34));
  const isWhole = (fragment & 0x3fff) === 0;
  if (isWhole && protocol === 1 && checksum([...payload]) !== 0) throw new Error("ICMP checksum");
  const pseudo = [...at(26, 8), 0, 17, ...be(payload.length, 2)];
  if (isWhole && protocol === 17 && checksum([...pseudo, ...payload]) !== 0) throw new Error("UDP checksum");
  return {
    toMac: at(0, 6)
      .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
      .join("-"),
    from: at(26, 4).join("."),
    to: at(30, 4).join("."),
    protocol,
    fragment,
    payload,
    fromPort: number(34, 2),
    toPort: number(36, 2),
    data: payload.subarray(8),
  };
}
