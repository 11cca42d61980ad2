import type { Clock, InspectNode } from "../../../support/index.ts";
import { putWire16, wire16 } from "../../frame/index.ts";
import { finishSum } from "../../stack/checksum.ts";
import type { IpHost, SegmentHandler } from "../../stack/ip.ts";
import type { TcpConnection } from "../../stack/tcp/connection.ts";
import type { TcpHandlers } from "../../stack/tcp/tcb.ts";
import { openTcp } from "../../stack/tcp/tcp.ts";
import type { StreamEvents, StreamOpening } from "../streams.ts";
import type { Route, Routes } from "./routes.ts";

/** Where the parts of a TCP header are. @rfc 9293 3.1 */
const TcpAt = { fromPort: 0, toPort: 2, checksum: 16, end: 20 } as const;
/** The address and port at which our TCP takes every guest's connection. No packet carries them. @rfc 7600 4.8 */
const ownAddress = 0xc000_0008;
const ownPort = 1;
/** Connections of all guests at once. */
const mostConnections = 512;

/** What the NAT's TCP needs. */
export interface TcpWayOptions {
  readonly clock: Clock;
  readonly mtu: number;
  readonly routes: Routes;
  entropy(into: Uint8Array<ArrayBuffer>): void;
  /** Opens the way on for a route. */
  open(route: Route, events: StreamEvents): StreamOpening;
  /** Sends the first `length` bytes of `segment` to the guest, as if the far side had. No handler runs meanwhile. */
  emit(route: Route, segment: Uint8Array<ArrayBuffer>, length: number): void;
}

/** Ends the guests' TCP connections here and carries their bytes on as streams. */
export interface TcpWay extends Disposable {
  /** A guest's segment for a route; copied. */
  receive(route: Route, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void;
  tick(): void;
  inspect(): InspectNode;
}

/**
 * Opens TCP for addresses that are not ours. One TCP serves them all: on the way in a route's addresses and port are
 * exchanged for its alias and one port of ours, on the way out back again, and the checksums follow.
 *
 * @rfc 1624 3
 */
export function openTcpWay(options: TcpWayOptions): TcpWay {
  const { routes } = options;
  const scratch = new Uint8Array(0xffff);
  let handler: SegmentHandler | null = null;

  const host: IpHost = {
    address: ownAddress,
    mtu: options.mtu,
    now: () => options.clock.now(),
    sendSegment(_protocol, to, bytes, at, length) {
      const route = routes.byAlias(to);
      if (route === null || length < TcpAt.end) return "unreachable";
      scratch.set(bytes.subarray(at, at + length));
      exchange(scratch, TcpAt.fromPort, route.farPort, -difference(route, route.farPort));
      options.emit(route, scratch, length);
      return "sent";
    },
    onProtocol(_protocol, taker) {
      handler = taker;
      return {
        [Symbol.dispose]() {
          handler = null;
        },
      };
    },
  };
  const tcp = openTcp(host, { entropy: options.entropy, connections: mostConnections });
  const port = tcp.listen(ownPort, accept);

  function accept(connection: TcpConnection): TcpHandlers | null {
    const route = routes.byAlias(connection.ends.remoteAddress);
    if (route === null) return null;
    const opening = options.open(route, {
      bytes: (bytes, at, length) => connection.write(bytes, at, length),
      room: () => connection.resume(),
      ended(end) {
        if (end.kind === "finished") connection.close();
        else connection.abort();
      },
    });
    if (opening.kind === "refused") return null;
    const { stream } = opening;
    return {
      onData: (bytes, at, length) => stream.send(bytes, at, length),
      onWritable: () => stream.more(),
      onEnd: () => stream.finish(),
      onClosed: () => stream.close(),
    };
  }

  return {
    receive(route, bytes, at, length) {
      if (length < TcpAt.end || length > scratch.length) return;
      const segment = bytes.slice(at, at + length);
      exchange(segment, TcpAt.toPort, ownPort, difference(route, route.farPort));
      handler?.(segment, 0, length, route.alias, ownAddress);
    },
    tick: () => tcp.tick(),
    inspect: () => tcp.inspect(),
    [Symbol.dispose]() {
      port?.[Symbol.dispose]();
      tcp[Symbol.dispose]();
    },
  };
}

/** What the checksum's words grow by on the way in. On the way out they shrink by the same. */
function difference({ guest, far, alias }: Route, farPort: number): number {
  return words(alias) + words(ownAddress) + ownPort - words(guest) - words(far) - farPort;
}

function words(address: number): number {
  return (address >>> 16) + (address & 0xffff);
}

/** Puts another port in, and the checksum right. */
function exchange(segment: Uint8Array, at: number, port: number, growth: number): void {
  putWire16(segment, at, port);
  const sum = ~wire16(segment, TcpAt.checksum) & 0xffff;
  // A multiple of 0xffff is nothing in ones' complement; it keeps the number from being negative.
  putWire16(segment, TcpAt.checksum, finishSum(sum + growth + 8 * 0xffff));
}
