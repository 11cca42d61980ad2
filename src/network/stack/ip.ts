import type { Micros } from "../../support/index.ts";

/** Protocol numbers of IPv4 that this host speaks. @iana protocol-numbers */
export const IpProtocol = { icmp: 1, tcp: 6, udp: 17 } as const;
export type IpProtocol = (typeof IpProtocol)[keyof typeof IpProtocol];

/** Bytes of an IPv4 header without options, the only kind we send. */
export const ipHeaderBytes = 20;

/**
 * What became of a segment. `resolving`: kept until the neighbour has answered our ARP request; a later segment
 * for the same neighbour takes its place. `unreachable`: nothing was kept, no road leads there.
 */
export type SegmentFate = "sent" | "resolving" | "unreachable";

/**
 * Takes the payload of an IPv4 packet whose header was checked; checksums inside it were not.
 *
 * The bytes belong to the caller and are valid during the call only. `to` is `IpHost.address` or a broadcast
 * address; `from` is never a broadcast or multicast address, and 0 only for UDP.
 */
export type SegmentHandler = (
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  length: number,
  from: number,
  to: number,
) => void;

/** The management OS as a transport protocol sees it. Addresses are unsigned 32-bit numbers. */
export interface IpHost {
  /** Our address now; it may be edited at any time. What was said under an old one is void. */
  readonly address: number;
  /** Longest IPv4 packet in bytes, header included. */
  readonly mtu: number;
  /** The time of the stack's clock. */
  now(): Micros;
  /**
   * Sends bytes `at` to `at + length` as the payload of one packet, cut into fragments when it is too long. They
   * are read before the call returns. No handler runs during the call, so a caller may be halfway through a change.
   */
  sendSegment(
    protocol: number,
    to: number,
    bytes: Uint8Array<ArrayBuffer>,
    at: number,
    length: number,
  ): SegmentFate;
  /**
   * From now on `handler` gets what comes for `protocol`, until it is disposed.
   *
   * @throws a bug of ours: the protocol is taken
   */
  onProtocol(protocol: number, handler: SegmentHandler): Disposable;
}
