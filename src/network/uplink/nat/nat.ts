import { type Clock, type InspectNode, type Log, limitedLog } from "../../../support/index.ts";
import {
  destinationOffset,
  etherType,
  headerBytes,
  putWire16,
  sourceOffset,
  typeOffset,
  wire16,
} from "../../frame/index.ts";
import { type FrameSink, longestFrame, type SwitchPort } from "../../port.ts";
import { formatAddress, isHostAddress } from "../../stack/address.ts";
import { addWords, finishSum } from "../../stack/checksum.ts";
import { IpProtocol, ipHeaderBytes } from "../../stack/ip.ts";
import { checkMac, putWireMac, wireMac } from "../../stack/mac.ts";
import { openAllowance } from "../allowance.ts";
import type { StreamEvents, StreamKind, StreamOpener, StreamOpening } from "../streams.ts";
import { emptyPacket, type FarPacket, readPacket, writePacketHead } from "./packet.ts";
import { openRoutes, type Route } from "./routes.ts";
import { openTcpWay } from "./tcp-way.ts";
import { openUdpWay } from "./udp-way.ts";

/** What a NAT needs. */
export interface NatOptions {
  /** Connects it to a port, which then belongs to the NAT. */
  plug(sink: FrameSink): SwitchPort;
  /** MAC address of the management OS on this network: the guests' gateway. */
  readonly mac: string;
  /** The guests' network: the management OS's address and mask as numbers. May change at any time. */
  home(): { readonly ip: number; readonly mask: number };
  /** Carries the guests' connections on. */
  readonly opener: StreamOpener;
  /** As `StandIns.hostOf`. */
  hostOf(address: number): string | null;
  readonly clock: Clock;
  entropy(into: Uint8Array<ArrayBuffer>): void;
  readonly log: Log;
}

/** Stands between a port and the management OS: takes what guests send to addresses far away. */
export interface Nat extends Disposable {
  /** Plugs the management OS in, behind the NAT. For `StackOptions.plug`. */
  plug(sink: FrameSink): SwitchPort;
  /** Lets time pass: every 10 to 50 ms is a good pace. */
  tick(): void;
  inspect(): InspectNode;
}

const mtu = 1500;
/** Frames kept that came while one of ours was on its way: only who is on this thread answers that fast. */
const mostWaiting = 64;
/** Refusals told to guests. */
const complaintRate = { framesPerSecond: 40, bytesPerSecond: 1 << 20 };
/** "Communication administratively prohibited". @rfc 1812 5.2.7.1 */
const Unreachable = { type: 3, prohibited: 13 } as const;

/** Opens a NAT with nobody behind it. */
export function openNat(options: NatOptions): Nat {
  const { clock, opener } = options;
  const mac = checkMac(options.mac);
  const log = limitedLog(options.log, clock);
  const complaints = openAllowance(complaintRate, clock);
  const routes = openRoutes(clock);
  const counts = { carried: 0, pieces: 0, refused: 0, crowded: 0 };
  const packet = emptyPacket();
  const out = new Uint8Array(headerBytes + mtu);
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  let behind: FrameSink | null = null;
  let sending = false;

  const tcp = openTcpWay({
    clock,
    mtu,
    routes,
    entropy: options.entropy,
    open: opening("tcp"),
    emit: emitAs(IpProtocol.tcp),
  });
  const udp = openUdpWay({ clock, mtu, open: opening("udp"), emit: emitAs(IpProtocol.udp) });
  const port = options.plug({ frame });

  function opening(kind: StreamKind) {
    return (route: Route, events: StreamEvents): StreamOpening => {
      const host = options.hostOf(route.far);
      const opened: StreamOpening =
        host === null
          ? { kind: "refused", reason: "The guest's name for it is too old: it must ask for the name again." }
          : opener.open({ kind, host, port: route.farPort }, events);
      if (opened.kind === "refused") {
        counts.refused++;
        const where = `${host ?? formatAddress(route.far)} port ${route.farPort}`;
        log(
          "warning",
          `${formatAddress(route.guest)} could not connect to ${where} (${kind}). ${opened.reason}`,
        );
      }
      return opened;
    };
  }
  function emitAs(protocol: number) {
    return (route: Route, segment: Uint8Array<ArrayBuffer>, length: number): void => {
      if (length > mtu - ipHeaderBytes) return;
      out.set(segment.subarray(0, length), headerBytes + ipHeaderBytes);
      send({ mac: route.mac, from: route.far, to: route.guest, protocol, payloadLength: length });
    };
  }
  function send(head: {
    mac: number;
    from: number;
    to: number;
    protocol: number;
    payloadLength: number;
  }): void {
    putWireMac(out, destinationOffset, head.mac);
    putWireMac(out, sourceOffset, mac);
    putWire16(out, typeOffset, etherType.ipv4);
    writePacketHead(out, headerBytes, head);
    const wasSending = sending;
    sending = true;
    try {
      port.send(out, 0, headerBytes + ipHeaderBytes + head.payloadLength);
    } finally {
      sending = wasSending;
    }
  }

  function isFar(to: number, from: number): boolean {
    const { ip, mask } = options.home();
    const network = (ip & mask) >>> 0;
    return (
      (to & mask) >>> 0 !== network && isHostAddress(to) && (from & mask) >>> 0 === network && from !== ip
    );
  }
  function frame(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): boolean {
    if (length < headerBytes || length > longestFrame || at < 0 || at + length > bytes.length) return true;
    const isOurs =
      wireMac(bytes, at + destinationOffset) === mac &&
      readPacket(packet, bytes, at, length) &&
      isFar(packet.to, packet.from);
    if (!isOurs) return behind?.frame(bytes, at, length) ?? false;
    if (sending) return wait(bytes.slice(at, at + length));
    carry(bytes, at, packet);
    return true;
  }
  function wait(copy: Uint8Array<ArrayBuffer>): boolean {
    if (waiting.length >= mostWaiting) {
      counts.crowded++;
      return false;
    }
    waiting.push(copy);
    if (waiting.length === 1) void Promise.resolve().then(settle);
    return true;
  }
  function settle(): void {
    for (const copy of waiting.splice(0)) frame(copy, 0, copy.length);
  }

  function carry(
    bytes: Uint8Array<ArrayBuffer>,
    at: number,
    { from, to, protocol, payloadAt, payloadLength, isPiece }: FarPacket,
  ): void {
    // Pieces are not put together here: TCP never needs it, and streams carry no datagram that long.
    if (isPiece) {
      counts.pieces++;
      return;
    }
    counts.carried++;
    const ends = {
      mac: wireMac(bytes, at + sourceOffset),
      guest: from,
      far: to,
      farPort: wire16(bytes, payloadAt + 2),
    };
    if (protocol === IpProtocol.tcp && payloadLength >= 20) {
      tcp.receive(routes.take(ends), bytes, payloadAt, payloadLength);
    } else if (protocol === IpProtocol.udp && payloadLength >= 8) {
      if (!udp.receive(routes.take(ends), bytes, payloadAt, payloadLength)) complain(bytes, ends.mac);
    } else {
      complain(bytes, ends.mac);
    }
  }
  /** Tells a guest that what it sent, which `packet` describes, is not carried. @rfc 792 */
  function complain(bytes: Uint8Array<ArrayBuffer>, guestMac: number): void {
    counts.refused++;
    const { headerAt, payloadAt, payloadLength, from } = packet;
    const quoted = payloadAt - headerAt + Math.min(8, payloadLength);
    if (!complaints.take(quoted)) return;
    const at = headerBytes + ipHeaderBytes;
    out.fill(0, at, at + 8);
    out[at] = Unreachable.type;
    out[at + 1] = Unreachable.prohibited;
    out.set(bytes.subarray(headerAt, headerAt + quoted), at + 8);
    putWire16(out, at + 2, finishSum(addWords(0, out, at, 8 + quoted)));
    send({
      mac: guestMac,
      from: options.home().ip,
      to: from,
      protocol: IpProtocol.icmp,
      payloadLength: 8 + quoted,
    });
  }

  return {
    plug(sink) {
      behind = sink;
      return {
        send: (bytes, at, length) => port.send(bytes, at, length),
        inspect: () => port.inspect(),
        [Symbol.dispose]() {
          if (behind === sink) behind = null;
        },
      };
    },
    tick() {
      tcp.tick();
      udp.tick();
    },
    inspect: () => ({ ...counts, routes: routes.count(), tcp: tcp.inspect(), udp: udp.inspect() }),
    [Symbol.dispose]() {
      tcp[Symbol.dispose]();
      udp[Symbol.dispose]();
      behind = null;
      port[Symbol.dispose]();
    },
  };
}
