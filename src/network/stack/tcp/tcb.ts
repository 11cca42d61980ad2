import { type ByteRing, openByteRing } from "./byte-ring.ts";
import { type Congestion, freshCongestion } from "./congestion.ts";
import { type EarlyRanges, openEarlyRanges } from "./early-ranges.ts";
import type { Ends } from "./first-sequence.ts";
import { freshRoundTrip, type RoundTrip } from "./round-trip.ts";
import { before, plus } from "./sequence.ts";

/** States of a connection. LISTEN is a port's, not a connection's, here. @rfc 9293 3.3.2 */
export type TcpState =
  | "synSent"
  | "synReceived"
  | "established"
  | "finWait1"
  | "finWait2"
  | "closeWait"
  | "closing"
  | "lastAck"
  | "timeWait"
  | "closed";

/**
 * Why a connection is no more. `done`: both sides have said all, and each knows it. `refused`: nobody listens
 * there. `reset`: the other side broke it off. `aborted`: we did. `silent`: no answer for too long.
 * `unreachable`: no road leads there. `addressChanged`: our address was edited. `crowded`: it made room for others.
 */
export type TcpEnd =
  | "done"
  | "refused"
  | "reset"
  | "aborted"
  | "silent"
  | "unreachable"
  | "addressChanged"
  | "crowded";

/** What the holder of a connection hears. Every call comes from within a call of the stack's; none may throw. */
export interface TcpHandlers {
  /** The connection stands. Not called for accepted ones: they stand already. */
  onOpen?(): void;
  /**
   * Bytes came, in order, valid during the call only.
   *
   * @returns how many of them were taken, from the front. Fewer than `length`: the rest is kept, the other side is
   *   slowed down, and nothing more is offered until `resume()`
   */
  onData(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): number;
  /** There is room again after a `write` that took less than it was given. */
  onWritable?(): void;
  /** The other side has said all it will, and all of it was taken. We may still write. */
  onEnd?(): void;
  /** The connection is no more; the last call. Bytes not offered yet are lost. */
  onClosed?(end: TcpEnd): void;
}

/** Never. */
export const never = Number.POSITIVE_INFINITY;

/** The control block of one connection: plain state that the functions of this folder change. @rfc 9293 3.3.1 */
export interface Tcb {
  readonly ends: Ends;
  /** Of a listening port; it goes to nobody until it stands. */
  readonly passive: boolean;
  state: TcpState;
  handlers: TcpHandlers | null;

  readonly iss: number;
  /** Oldest number not acknowledged. */
  una: number;
  /** Next number to send; goes back to `una` when a timeout makes us send again. */
  next: number;
  /** Behind the highest number ever sent. */
  highest: number;
  /** Number of the first byte in `outgoing`. */
  outgoingAt: number;
  readonly outgoing: ByteRing;
  /** Number of our FIN; `null` until we close. */
  fin: number | null;
  /** What the other side lets us send from `una` on, bytes, and the largest it ever did. */
  window: number;
  largestWindow: number;
  /** Numbers of the segment that told the window. */
  windowSequence: number;
  windowAcknowledgement: number;
  /** Shift of the windows the other side tells. */
  windowShift: number;
  /** Most payload in one segment. */
  mss: number;
  /** `write` has refused bytes since `onWritable` was called. */
  refused: boolean;
  readonly congestion: Congestion;
  readonly trip: RoundTrip;
  /** The segment being timed ends here, sent at `timedAt`; `never` when none is. */
  timedEnd: number;
  timedAt: number;

  /** Next number we expect. */
  expected: number;
  /** Behind the last number we have told the other side it may send. */
  told: number;
  /** Shift of the windows we tell; -1 until the other side has agreed to shifts. */
  ownShift: number;
  /** Taken from the wire in order and not by the holder yet; early bytes lie behind them. */
  readonly incoming: ByteRing;
  readonly early: EarlyRanges;
  /** Number of the other side's FIN once it came, in order or not. */
  peerFin: number | null;
  /** The holder has heard `onEnd`. */
  endTold: boolean;
  /** The holder left bytes and has not asked for more. */
  paused: boolean;

  /** An acknowledgement is due now. */
  ackNow: boolean;
  /** Full segments since the last acknowledgement. */
  unacknowledged: number;
  /** When each timer is due, microseconds or `never`. */
  ackAt: number;
  resendAt: number;
  probeAt: number;
  /** End of TIME-WAIT, or of patience with a half-open or half-closed connection. */
  lingerAt: number;
  /** No road leads to the other side: the next tick ends it. */
  unreachable: boolean;
  /** Since when nothing new is acknowledged although something should be; `never` when all is well. */
  silentSince: number;
  /** When the last acceptable segment came, and the last one with bytes went. */
  heardAt: number;
  sentAt: number;
  /** Asks after a silence of so long, microseconds; 0: never. */
  keepAlive: number;
  keepAlivesUnanswered: number;
  /** Answers to doubtful segments in this second. @rfc 5961 7 */
  doubtsSince: number;
  doubts: number;
}

/** What a new connection starts from. */
export interface TcbStart {
  readonly ends: Ends;
  readonly passive: boolean;
  readonly iss: number;
  /** Limit of each of its two buffers, bytes. */
  readonly buffer: number;
  readonly now: number;
}

/** A connection that has said and heard nothing. */
export function openTcb({ ends, passive, iss, buffer, now }: TcbStart): Tcb {
  return {
    ends,
    passive,
    state: passive ? "synReceived" : "synSent",
    handlers: null,
    iss,
    una: iss,
    next: iss,
    highest: iss,
    outgoingAt: plus(iss, 1),
    outgoing: openByteRing(buffer),
    fin: null,
    window: 0,
    largestWindow: 0,
    windowSequence: 0,
    windowAcknowledgement: 0,
    windowShift: 0,
    mss: 536,
    refused: false,
    congestion: freshCongestion(iss),
    trip: freshRoundTrip(),
    timedEnd: iss,
    timedAt: never,
    expected: 0,
    told: 0,
    ownShift: -1,
    incoming: openByteRing(buffer),
    early: openEarlyRanges(),
    peerFin: null,
    endTold: false,
    paused: false,
    ackNow: false,
    unacknowledged: 0,
    ackAt: never,
    resendAt: never,
    probeAt: never,
    lingerAt: never,
    unreachable: false,
    silentSince: never,
    heardAt: now,
    sentAt: now,
    keepAlive: 0,
    keepAlivesUnanswered: 0,
    doubtsSince: now,
    doubts: 0,
  };
}

/** Whether both sides know each other's numbers. @rfc 9293 3.3.2 */
export function isSynchronized(tcb: Tcb): boolean {
  return tcb.state !== "synSent" && tcb.state !== "synReceived" && tcb.state !== "closed";
}

/** Whether the other side may still say something new. */
export function mayReceive(tcb: Tcb): boolean {
  return tcb.state === "established" || tcb.state === "finWait1" || tcb.state === "finWait2";
}

/** Bytes that the other side may send from `expected` on: what fits into our buffer. */
export function receiveWindow(tcb: Tcb): number {
  return tcb.incoming.limit - tcb.incoming.length;
}

/** Whether our FIN was sent and acknowledged. */
export function finAcknowledged(tcb: Tcb): boolean {
  return tcb.fin !== null && before(tcb.fin, tcb.una);
}
