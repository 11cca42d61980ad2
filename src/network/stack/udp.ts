import type { InspectNode, OwnBytes } from "../../support/index.ts";
import { putWire16, wire16 } from "../frame/index.ts";
import { addWords, finishSum, pseudoHeaderSum } from "./checksum.ts";
import { type Icmp, Unreachable } from "./icmp.ts";
import { IpProtocol, type SegmentFate } from "./ip.ts";
import type { Ipv4 } from "./ipv4.ts";

/** Where the parts of a UDP header are. @rfc 768 */
export const UdpAt = { fromPort: 0, toPort: 2, length: 4, checksum: 6, payload: 8 } as const;

/** Ports open at a time; services of ours are fewer than ten. */
const socketLimit = 64;

/** A datagram that came in. The object and its bytes are valid during the call only. */
export interface Datagram {
  readonly bytes: OwnBytes;
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly fromPort: number;
  /** Our address or a broadcast address. */
  readonly to: number;
}

/** Whom a datagram is for. */
export interface UdpTarget {
  readonly ip: number;
  readonly port: number;
  /** MAC address of a host that cannot answer ARP yet. */
  readonly mac?: number;
}

/** An open port. Disposing closes it. */
export interface UdpSocket extends Disposable {
  readonly port: number;
  /** Sends a whole array as one datagram; it is read before the call returns. */
  send(to: UdpTarget, bytes: Uint8Array): SegmentFate;
}

/** UDP of the management OS. */
export interface Udp {
  /**
   * Opens a port.
   *
   * @throws a bug of ours: the port is open already, or too many are
   */
  open(port: number, handler: (datagram: Datagram) => void): UdpSocket;
  inspect(): InspectNode;
}

/** Opens UDP above `ip`. */
export function openUdp(ip: Ipv4, icmp: Icmp): Udp {
  const sockets = new Map<number, (datagram: Datagram) => void>();
  const counters = { datagramsIn: 0, datagramsOut: 0, malformed: 0, badChecksum: 0, closedPort: 0 };
  const datagram = { bytes: new Uint8Array(0), at: 0, length: 0, from: 0, fromPort: 0, to: 0 };

  function receive(bytes: OwnBytes, at: number, length: number, from: number, to: number): void {
    const told = wire16(bytes, at + UdpAt.length);
    if (length < UdpAt.payload || told < UdpAt.payload || told > length) {
      counters.malformed++;
      return;
    }
    // A checksum of 0 says that there is none.
    if (wire16(bytes, at + UdpAt.checksum) !== 0) {
      const sum = addWords(pseudoHeaderSum(from, to, IpProtocol.udp, told), bytes, at, told);
      if (finishSum(sum) !== 0) {
        counters.badChecksum++;
        return;
      }
    }
    const handler = sockets.get(wire16(bytes, at + UdpAt.toPort));
    if (handler === undefined) {
      counters.closedPort++;
      icmp.complain(Unreachable.port);
      return;
    }
    counters.datagramsIn++;
    datagram.bytes = bytes;
    datagram.at = at + UdpAt.payload;
    datagram.length = told - UdpAt.payload;
    datagram.from = from;
    datagram.fromPort = wire16(bytes, at + UdpAt.fromPort);
    datagram.to = to;
    handler(datagram);
  }

  function send(fromPort: number, to: UdpTarget, payload: Uint8Array): SegmentFate {
    const length = UdpAt.payload + payload.length;
    const bytes = new Uint8Array(length);
    putWire16(bytes, UdpAt.fromPort, fromPort);
    putWire16(bytes, UdpAt.toPort, to.port);
    putWire16(bytes, UdpAt.length, length);
    bytes.set(payload, UdpAt.payload);
    const sum = addWords(pseudoHeaderSum(ip.address, to.ip, IpProtocol.udp, length), bytes, 0, length);
    // 0 would say that there is no checksum; the other zero of ones' complement says the same number.
    putWire16(bytes, UdpAt.checksum, finishSum(sum) || 0xffff);
    counters.datagramsOut++;
    if (to.mac === undefined) return ip.sendSegment(IpProtocol.udp, to.ip, bytes, 0, length);
    ip.sendTo(to.mac, { protocol: IpProtocol.udp, to: to.ip, bytes, at: 0, length });
    return "sent";
  }

  ip.onProtocol(IpProtocol.udp, receive);
  return {
    open(port, handler) {
      if (sockets.has(port) || sockets.size >= socketLimit)
        throw new Error(`UDP port ${port} cannot be opened`);
      sockets.set(port, handler);
      return {
        port,
        send: (to, bytes) => send(port, to, bytes),
        [Symbol.dispose]: () => void (sockets.get(port) === handler && sockets.delete(port)),
      };
    },
    inspect: () => ({ ...counters, openPorts: [...sockets.keys()].join(" ") }),
  };
}
