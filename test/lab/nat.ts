import {
  type FrameSink,
  type Nat,
  type NatOptions,
  type NetworkStack,
  openNat,
  openStack,
  openStandIns,
  type Stream,
  type StreamEvents,
  type StreamOpener,
  type StreamTarget,
} from "../../src/network/index.ts";
import { parseAddress } from "../../src/network/stack/address.ts";
import { openTcp, type Tcp } from "../../src/network/stack/tcp/tcp.ts";
import { manualClock, micros } from "../../src/support/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A stream that the far side of a test holds. */
export interface FarStream {
  readonly target: StreamTarget;
  readonly events: StreamEvents;
  readonly got: number[];
  /** Bytes it takes before it lets the guest wait. */
  appetite: number;
  mores: number;
  finished: boolean;
  closed: boolean;
}

/** A far side that the test plays. */
export function labOpener() {
  const streams: FarStream[] = [];
  let refusal: string | null = null;
  const opener: StreamOpener = {
    open(target, events) {
      if (refusal !== null) return { kind: "refused", reason: refusal };
      const far: FarStream = {
        target,
        events,
        got: [],
        appetite: Number.POSITIVE_INFINITY,
        mores: 0,
        finished: false,
        closed: false,
      };
      streams.push(far);
      return { kind: "open", stream: streamOf(far) };
    },
  };
  return {
    opener,
    streams,
    refuse(reason: string) {
      refusal = reason;
    },
  };
}

function streamOf(far: FarStream): Stream {
  return {
    send(bytes, at, length) {
      const taken = Math.min(length, far.appetite);
      for (let index = 0; index < taken; index++) far.got.push(bytes[at + index] ?? 0);
      far.appetite -= taken;
      return taken;
    },
    more() {
      far.mores++;
    },
    finish() {
      far.finished = true;
    },
    close() {
      far.closed = true;
    },
  };
}

export const natMac = "00-15-5D-01-0A-00";

/** A guest behind a NAT in this thread: its own stack and TCP, on a wire to the management OS's. */
export interface NatLab {
  readonly nat: Nat;
  readonly home: NetworkStack;
  readonly guest: NetworkStack;
  readonly tcp: Tcp;
  readonly lines: string[];
  /** Frames that came to the guest. */
  readonly heard: Bytes[];
  /** Sends a frame as if the guest had. */
  say(frame: Bytes): void;
  /** Lets time pass, and whatever waits. */
  wait(milliseconds: number): Promise<void>;
}

/** Opens the lab; the guest is 192.168.137.20. */
export function openNatLab(opener: StreamOpener, options: Partial<NatOptions> = {}): NatLab {
  const clock = manualClock(micros(5_000_000));
  const wallClock = () => 0;
  const lines: string[] = [];
  const heard: Bytes[] = [];
  const standIns = openStandIns();
  let toNat: FrameSink | null = null;
  let toGuest: FrameSink | null = null;
  let seed = 1;
  function entropy(into: Bytes): void {
    for (let at = 0; at < into.length; at++) into[at] = seed = (seed * 75 + 74) % 65537;
  }
  function portTo(other: () => FrameSink | null, keep: Bytes[] | null) {
    return {
      send(bytes: Bytes, at: number, length: number) {
        keep?.push(bytes.slice(at, at + length));
        other()?.frame(bytes, at, length);
      },
      inspect: () => ({}),
      [Symbol.dispose]() {},
    };
  }
  const nat = openNat({
    plug(sink) {
      toNat = sink;
      return portTo(() => toGuest, heard);
    },
    mac: natMac,
    home: () => ({ ip: parseAddress("192.168.137.1") ?? 0, mask: 0xffffff00 }),
    opener,
    hostOf: standIns.hostOf,
    clock,
    entropy,
    log: (_level, text) => lines.push(text),
    ...options,
  });
  const home = openStack({
    plug: nat.plug,
    mac: natMac,
    clock,
    wallClock,
    settings: {
      address: { address: "192.168.137.1", prefix: 24 },
      services: { domain: "lab", dhcp: null, ntp: false },
    },
    ownName: "parent",
    resolve: standIns.resolve,
  });
  const guest = openStack({
    plug(sink) {
      toGuest = sink;
      return portTo(() => toNat, null);
    },
    mac: "00-15-5D-01-0A-03",
    clock,
    wallClock,
    settings: {
      address: { address: "192.168.137.20", prefix: 24, gateway: "192.168.137.1" },
      services: null,
    },
    ownName: "guest",
  });
  const tcp = openTcp(guest.ip, { entropy });
  return {
    nat,
    home,
    guest,
    tcp,
    lines,
    heard,
    say: (frame) => void toNat?.frame(frame, 0, frame.length),
    async wait(milliseconds) {
      for (let passed = 0; passed < milliseconds; passed += 10) {
        clock.advance(micros(10_000));
        for (const part of [home, guest, nat, tcp]) part.tick();
        await Promise.resolve();
        await Promise.resolve();
      }
    },
  };
}
