import { after, before, distance } from "./sequence.ts";

/**
 * How much may be under way: slow start, congestion avoidance, fast retransmit and fast recovery.
 *
 * @rfc 5681
 * @rfc 6582 partial acknowledgements, and no second fast retransmit for one window
 */

/** Segments sent before the first acknowledgement. @rfc 6928 2 */
const firstSegments = 10;
/** Repeated acknowledgements that mean a loss. @rfc 5681 3.2 */
const lossSigns = 3;
/** Bytes no window exceeds. @rfc 7323 2.3 */
const mostWindow = 1 << 30;

/** Bytes unless said otherwise. */
export interface Congestion {
  /** Most that may be under way. */
  window: number;
  /** Below it the window doubles each round trip, above it grows by a segment. */
  threshold: number;
  /** Acknowledgements in a row that said nothing new. */
  repeats: number;
  /** Recovering from a loss that three repeats told of. */
  recovering: boolean;
  /** Highest sequence number sent when the last loss was seen. */
  recover: number;
}

/** What an acknowledgement asks the sender to do besides sending what the window allows. */
export type CongestionAdvice = "nothing" | "sendFirstAgain";

/** @param iss  the connection's first sequence number */
export function freshCongestion(iss: number): Congestion {
  return { window: 0, threshold: Number.MAX_SAFE_INTEGER, repeats: 0, recovering: false, recover: iss };
}

/** What of a connection matters here. Sequence numbers as in its control block. */
export interface Sender {
  readonly congestion: Congestion;
  readonly una: number;
  readonly next: number;
  readonly highest: number;
  /** Most payload of one segment, bytes. */
  readonly mss: number;
}

function flight(sender: Sender): number {
  return distance(sender.una, sender.next);
}

/** The size of a segment is known now: the window opens. @rfc 6928 2 */
export function opened({ congestion, mss }: Sender): void {
  congestion.window = firstWindow(mss);
}

function firstWindow(mss: number): number {
  return Math.min(firstSegments * mss, Math.max(2 * mss, 14_600));
}

/** After a silence longer than the timeout a larger window is not trusted any more. @rfc 5681 4.1 */
export function restarted({ congestion, mss }: Sender): void {
  congestion.window = Math.min(congestion.window, firstWindow(mss));
}

/**
 * Something new was acknowledged, and `una` says so already.
 *
 * @param acked  bytes
 */
export function progressed(sender: Sender, acked: number): CongestionAdvice {
  const { congestion, mss } = sender;
  congestion.repeats = 0;
  if (!congestion.recovering) {
    const slow = congestion.window < congestion.threshold;
    congestion.window += slow ? Math.min(acked, mss) : Math.ceil((mss * mss) / congestion.window);
    // More than any receiver can open; it keeps hostile acknowledgements from growing it without end.
    congestion.window = Math.min(congestion.window, mostWindow);
    return "nothing";
  }
  if (!before(sender.una, congestion.recover)) {
    congestion.recovering = false;
    congestion.window = Math.min(congestion.threshold, Math.max(flight(sender), mss) + mss);
    return "nothing";
  }
  congestion.window = Math.max(mss, congestion.window - acked + (acked >= mss ? mss : 0));
  return "sendFirstAgain";
}

/** An acknowledgement was repeated while bytes are under way. @rfc 5681 3.2 @rfc 6582 3.2 */
export function repeated(sender: Sender): CongestionAdvice {
  const { congestion, mss } = sender;
  congestion.repeats++;
  if (congestion.recovering) {
    // A segment has left the wire, another may enter it. Invented repeats must not open it for ever.
    congestion.window = Math.min(congestion.window + mss, mostWindow);
    return "nothing";
  }
  if (congestion.repeats !== lossSigns || !after(sender.una, congestion.recover)) return "nothing";
  congestion.threshold = Math.max(Math.floor(flight(sender) / 2), 2 * mss);
  congestion.window = congestion.threshold + lossSigns * mss;
  congestion.recovering = true;
  congestion.recover = sender.highest;
  return "sendFirstAgain";
}

/**
 * Nothing was acknowledged in time.
 *
 * @param again  it is not the first time for these bytes
 * @rfc 5681 3.1
 */
export function timedOut(sender: Sender, again: boolean): void {
  const { congestion, mss } = sender;
  if (!again) congestion.threshold = Math.max(Math.floor(flight(sender) / 2), 2 * mss);
  congestion.window = mss;
  congestion.repeats = 0;
  congestion.recovering = false;
  congestion.recover = sender.highest;
}

/** Bytes that the first repeats allow beyond the window, so that a short flight has its third one. @rfc 3042 */
export function limitedTransmit({ congestion, mss }: Sender): number {
  return congestion.recovering ? 0 : Math.min(congestion.repeats, lossSigns - 1) * mss;
}
