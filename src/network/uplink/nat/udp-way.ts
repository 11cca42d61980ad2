import type { Clock, InspectNode } from "../../../support/index.ts";
import { putWire16, wire16 } from "../../frame/index.ts";
import { addWords, finishSum, pseudoHeaderSum } from "../../stack/checksum.ts";
import { IpProtocol, ipHeaderBytes } from "../../stack/ip.ts";
import { UdpAt } from "../../stack/udp.ts";
import type { Stream, StreamEvents, StreamOpening } from "../streams.ts";
import type { Route } from "./routes.ts";

/** Conversations of all guests at once; the oldest goes first. */
const mostTalks = 512;
const goAtOnce = 64;
/** A conversation in which nobody spoke for so long is over. @rfc 4787 4.3 asks for two minutes, five are better */
const silenceMicros = 120_000_000;

/** What the NAT's UDP needs. */
export interface UdpWayOptions {
  readonly clock: Clock;
  readonly mtu: number;
  /** Opens the way on for a route. */
  open(route: Route, events: StreamEvents): StreamOpening;
  /** Sends the first `length` bytes of `segment` to the guest, as if the far side had. */
  emit(route: Route, segment: Uint8Array<ArrayBuffer>, length: number): void;
}

/** Carries the guests' datagrams on, each conversation as a stream. */
export interface UdpWay extends Disposable {
  /** A guest's datagram for a route. `false`: nobody carries it on. */
  receive(route: Route, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean;
  tick(): void;
  inspect(): InspectNode;
}

interface Talk {
  readonly stream: Stream;
  used: number;
}

/** Opens UDP for addresses that are not ours. */
export function openUdpWay(options: UdpWayOptions): UdpWay {
  const { clock } = options;
  const talks = new Map<number, Talk>();
  const out = new Uint8Array(options.mtu - ipHeaderBytes);
  const counts = { out: 0, in: 0, malformed: 0, tooLong: 0, refused: 0 };

  function end(key: number, talk: Talk): void {
    talks.delete(key);
    talk.stream.close();
  }
  function makeRoom(): void {
    if (talks.size < mostTalks) return;
    const oldest = [...talks].sort(([, one], [, other]) => one.used - other.used);
    for (const [key, talk] of oldest.slice(0, goAtOnce)) end(key, talk);
  }
  function begin(key: number, route: Route, guestPort: number): Talk | null {
    makeRoom();
    const opening = options.open(route, {
      bytes(bytes, at, length) {
        const talk = talks.get(key);
        if (talk !== undefined) talk.used = clock.now();
        answer(route, guestPort, bytes.subarray(at, at + length));
        return length;
      },
      room() {},
      ended: () => void talks.delete(key),
    });
    if (opening.kind === "refused") return null;
    const talk = { stream: opening.stream, used: clock.now() };
    talks.set(key, talk);
    return talk;
  }
  function answer(route: Route, guestPort: number, payload: Uint8Array<ArrayBuffer>): void {
    const length = UdpAt.payload + payload.length;
    if (length > out.length) {
      counts.tooLong++;
      return;
    }
    counts.in++;
    putWire16(out, UdpAt.fromPort, route.farPort);
    putWire16(out, UdpAt.toPort, guestPort);
    putWire16(out, UdpAt.length, length);
    putWire16(out, UdpAt.checksum, 0);
    out.set(payload, UdpAt.payload);
    const sum = addWords(pseudoHeaderSum(route.far, route.guest, IpProtocol.udp, length), out, 0, length);
    // 0 would say that there is no checksum.
    putWire16(out, UdpAt.checksum, finishSum(sum) || 0xffff);
    options.emit(route, out, length);
  }

  return {
    receive(route, bytes, at, length) {
      const told = wire16(bytes, at + UdpAt.length);
      if (told < UdpAt.payload || told > length || !isWhole(route, bytes, at, told)) {
        counts.malformed++;
        return true;
      }
      const guestPort = wire16(bytes, at + UdpAt.fromPort);
      const key = route.alias * 0x1_0000 + guestPort;
      const talk = talks.get(key) ?? begin(key, route, guestPort);
      if (talk === null) {
        counts.refused++;
        return false;
      }
      counts.out++;
      talk.used = clock.now();
      talk.stream.send(bytes, at + UdpAt.payload, told - UdpAt.payload);
      return true;
    },
    tick() {
      const now = clock.now();
      for (const [key, talk] of talks) if (now - talk.used >= silenceMicros) end(key, talk);
    },
    inspect: () => ({ ...counts, conversations: talks.size }),
    [Symbol.dispose]() {
      for (const [key, talk] of [...talks]) end(key, talk);
    },
  };
}

/** Whether the datagram's checksum is right; 0 says that there is none. @rfc 768 */
function isWhole({ guest, far }: Route, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
  if (wire16(bytes, at + UdpAt.checksum) === 0) return true;
  return finishSum(addWords(pseudoHeaderSum(guest, far, IpProtocol.udp, length), bytes, at, length)) === 0;
}
