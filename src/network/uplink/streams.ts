import type { InspectNode } from "../../support/index.ts";
import type { UplinkState, UplinkWords } from "./uplink.ts";

/** What a stream carries: a TCP connection's bytes in order, or datagrams, each whole or lost. */
export type StreamKind = "tcp" | "udp";

/** Where a stream leads. */
export interface StreamTarget {
  readonly kind: StreamKind;
  /** A name or an address, as text. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** How a stream ended. `reason` is a sentence for the page. */
export interface StreamEnd {
  /** `finished`: as agreed. `refused`: it never was. `broken`: bytes may be missing. */
  readonly kind: "finished" | "refused" | "broken";
  readonly reason: string;
}

/** What comes from a stream. Nothing comes before `open` has returned, nor after `ended`. */
export interface StreamEvents {
  /**
   * Bytes `at` to `at + length` came; they are valid during the call only.
   *
   * @returns how many were taken. The others are kept and offered again after `Stream.more`, up to a bound: a
   *          listener that falls behind for too long loses the stream. A datagram is taken whole or lost.
   */
  bytes(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): number;
  /** There is room again, after a `send` that took less than it was given. */
  room(): void;
  /** It is over. The last event. */
  ended(end: StreamEnd): void;
}

/** An open way out. Owned by whoever opened it. */
export interface Stream {
  /** Sends bytes. @returns how many were taken: the rest must be kept until `room`. A datagram: all or, lost, all the same. */
  send(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): number;
  /** The listener can take bytes again. May call `bytes` before it returns. */
  more(): void;
  /** Nothing more will be sent. What still comes is handed out; then `ended`. */
  finish(): void;
  /** Gives it up. No event comes afterwards. */
  close(): void;
}

/** A stream, or why there is none. */
export type StreamOpening =
  | { readonly kind: "open"; readonly stream: Stream }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * A way out of the page for streams: the seam between the NAT, which ends the guests' connections, and whoever
 * carries them on (a Wisp server, the web gateway).
 */
export interface StreamOpener {
  /** Opens a stream. Never throws: a guest causes the call. */
  open(target: StreamTarget, events: StreamEvents): StreamOpening;
}

/** A way out for streams with a life, chosen by name like an uplink for frames. */
export interface StreamUplink extends StreamOpener, Disposable {
  /** Connects, and connects again with growing pauses whenever the connection is lost. */
  connect(): void;
  /** Stops. Every stream breaks. */
  close(): void;
  /** Lets time pass: call it about four times a second while connected. */
  tick(): void;
  state(): UplinkState;
  describe(): UplinkWords;
  inspect(): InspectNode;
}
