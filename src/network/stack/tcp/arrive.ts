import { acknowledge, isBelievable, takeWindow, tellWritable } from "./acknowledge.ts";
import { opened } from "./congestion.ts";
import { takeFin, takeText, tellEnd } from "./deliver.ts";
import { measured } from "./round-trip.ts";
import { Flag, type Segment } from "./segment.ts";
import { after, before, distance, plus } from "./sequence.ts";
import { finish, ownMss, type Stack } from "./stack.ts";
import { finAcknowledged, isSynchronized, mayReceive, never, receiveWindow, type Tcb } from "./tcb.ts";
import { refuse, sendSyn, sequenceLength, transmit } from "./transmit.ts";

/** How long the ends stay known after both sides have closed: twice the life of a segment of 30 s, microseconds. */
export const timeWaitTime = 60_000_000;
/** Patience with a half-open connection, and with one whose other side does not close after us, microseconds. */
export const halfWayPatience = 60_000_000;
/** Smaller segment sizes are taken as this: a hostile one would make us send mostly headers. */
const leastMss = 88;
/** Answers per second and connection to what looks forged. @rfc 5961 7 */
const doubtsPerSecond = 10;

/** A segment, its bytes and its addresses. One record is used again and again. */
export interface Arrival {
  readonly stack: Stack;
  readonly segment: Segment;
  bytes: Uint8Array<ArrayBuffer>;
  at: number;
  length: number;
  from: number;
  to: number;
}

/** Notes what a SYN says of its sender. */
export function takeSyn(stack: Stack, tcb: Tcb, segment: Segment): void {
  tcb.expected = plus(segment.sequence, 1);
  tcb.told = tcb.expected;
  tcb.mss = Math.max(leastMss, Math.min(segment.mss, ownMss(stack)));
  tcb.ownShift = segment.shift < 0 ? -1 : stack.shift;
  tcb.windowShift = Math.max(0, segment.shift);
  tcb.heardAt = stack.host.now();
}

/** A segment for a connection. Whatever it says, the worst that happens is the end of this connection. */
export function arrive(arrival: Arrival, tcb: Tcb): void {
  if (tcb.state === "synSent") arriveAtSynSent(arrival, tcb);
  else if (isAcceptable(tcb, arrival.segment)) arriveInWindow(arrival, tcb);
  else answerOutside(arrival, tcb);
  if (tcb.state === "closed") return;
  tellEnd(tcb);
  tellWritable(tcb);
  transmit(arrival.stack, tcb);
}

/** Something here is not to be believed: say what we know, but not without end. @rfc 5961 3.2 4.2 7 */
function doubt(stack: Stack, tcb: Tcb): void {
  stack.counters.doubtful++;
  const now = stack.host.now();
  if (now - tcb.doubtsSince >= 1_000_000) {
    tcb.doubtsSince = now;
    tcb.doubts = 0;
  }
  if (tcb.doubts++ < doubtsPerSecond) tcb.ackNow = true;
}

/** @rfc 9293 3.10.7.3 */
function arriveAtSynSent(arrival: Arrival, tcb: Tcb): void {
  const { stack, segment } = arrival;
  const acknowledges = (segment.flags & Flag.ack) !== 0;
  const ours = segment.acknowledgement === tcb.highest;
  if (acknowledges && !ours) {
    refuse(stack, segment, arrival.from);
    return;
  }
  if ((segment.flags & Flag.rst) !== 0) {
    if (acknowledges) finish(stack, tcb, "refused");
    return;
  }
  if ((segment.flags & Flag.syn) === 0) return;
  takeSyn(stack, tcb, segment);
  if (!acknowledges) {
    // Both sides open at once: our SYN is said again, now with an acknowledgement. @rfc 9293 figure 7
    tcb.state = "synReceived";
    tcb.timedAt = never;
    sendSyn(stack, tcb);
    return;
  }
  establish(stack, tcb, segment);
  tcb.ackNow = true;
  // What follows the SYN begins one number later.
  segment.sequence = plus(segment.sequence, 1);
  segment.flags &= ~Flag.syn;
  takeContent(arrival, tcb);
}

/** Both sides know each other's numbers. */
function establish(stack: Stack, tcb: Tcb, segment: Segment): void {
  tcb.una = segment.acknowledgement;
  if (tcb.timedAt !== never) measured(tcb.trip, stack.host.now() - tcb.timedAt);
  tcb.timedAt = never;
  tcb.trip.doubled = 0;
  tcb.resendAt = never;
  tcb.silentSince = never;
  tcb.lingerAt = never;
  tcb.heardAt = stack.host.now();
  tcb.sentAt = tcb.heardAt;
  takeWindow(tcb, segment);
  opened(tcb);
  tcb.state = tcb.fin === null ? "established" : "finWait1";
  if (tcb.passive) stack.accept(tcb);
  else tcb.handlers?.onOpen?.();
}

/**
 * Whether a segment lies in the window at least partly. One without bytes may also stand at its right edge: that
 * is where the acknowledgements of a side that has used up its window come from.
 *
 * @rfc 9293 3.10.7.4 first
 */
function isAcceptable(tcb: Tcb, segment: Segment): boolean {
  const window = receiveWindow(tcb);
  const start = distance(tcb.expected, segment.sequence);
  const length = sequenceLength(segment);
  if (length === 0 || (window === 0 && start === 0)) return start >= 0 && start <= window;
  return start < window && start + length > 0;
}

/** @rfc 9293 3.10.7.4 first */
function answerOutside({ stack, segment }: Arrival, tcb: Tcb): void {
  if ((segment.flags & Flag.rst) !== 0) {
    stack.counters.doubtful++;
    return;
  }
  const end = plus(segment.sequence, sequenceLength(segment));
  if (
    tcb.state === "synReceived" &&
    (segment.flags & (Flag.syn | Flag.ack)) === Flag.syn &&
    end === tcb.expected
  ) {
    // The same SYN again: our answer was lost.
    tcb.timedAt = never;
    sendSyn(stack, tcb);
    return;
  }
  if (tcb.state === "timeWait" && (segment.flags & Flag.fin) !== 0 && end === tcb.expected) {
    tcb.lingerAt = stack.host.now() + timeWaitTime;
  }
  // Bytes sent again mean that our acknowledgement was lost; everything else may be an echo of our own answers.
  if (segment.payloadLength > 0 && !after(end, tcb.expected)) tcb.ackNow = true;
  else doubt(stack, tcb);
}

/** @rfc 9293 3.10.7.4 second to eighth */
function arriveInWindow(arrival: Arrival, tcb: Tcb): void {
  const { stack, segment } = arrival;
  if ((segment.flags & Flag.rst) !== 0) {
    takeReset(arrival, tcb);
    return;
  }
  if ((segment.flags & Flag.syn) !== 0) {
    if (tcb.state === "synReceived" && tcb.passive) finish(stack, tcb, "reset");
    else doubt(stack, tcb);
    return;
  }
  if ((segment.flags & Flag.ack) === 0) return;
  if (tcb.state === "synReceived") {
    if (segment.acknowledgement !== tcb.highest) {
      refuse(stack, segment, arrival.from);
      return;
    }
    establish(stack, tcb, segment);
  } else if (!isBelievable(tcb, segment.acknowledgement)) {
    doubt(stack, tcb);
    return;
  }
  takeRest(arrival, tcb);
}

/** Only a reset at exactly the number we expect counts: others are asked for again. @rfc 5961 3.2 */
function takeReset({ stack, segment }: Arrival, tcb: Tcb): void {
  if (segment.sequence !== tcb.expected) {
    if (isSynchronized(tcb)) doubt(stack, tcb);
    return;
  }
  const said =
    tcb.state === "timeWait" || ((tcb.state === "closing" || tcb.state === "lastAck") && allTaken(tcb));
  if (said) finish(stack, tcb, "done");
  else finish(stack, tcb, tcb.state === "synReceived" && !tcb.passive ? "refused" : "reset");
}

/** Whether the other side has acknowledged all our bytes. */
function allTaken(tcb: Tcb): boolean {
  return tcb.outgoing.length === 0;
}

/** The acknowledgement, the bytes and the FIN of a segment that was let in. */
function takeRest(arrival: Arrival, tcb: Tcb): void {
  const { stack, segment } = arrival;
  if (tcb.state === "closed") return;
  tcb.heardAt = stack.host.now();
  tcb.keepAlivesUnanswered = 0;
  acknowledge(stack, tcb, segment);
  if (finAcknowledged(tcb)) takeFinAcknowledged(stack, tcb);
  if (tcb.state === "finWait2") tcb.lingerAt = tcb.heardAt + halfWayPatience;
  takeContent(arrival, tcb);
}

function takeContent({ stack, segment, bytes }: Arrival, tcb: Tcb): void {
  if (tcb.state === "closed") return;
  if (mayReceive(tcb) && segment.payloadLength > 0) takeText(stack, tcb, bytes, segment);
  if (takeFin(tcb, segment)) endReceiving(stack, tcb);
}

/** @rfc 9293 3.10.7.4 fifth */
function takeFinAcknowledged(stack: Stack, tcb: Tcb): void {
  if (tcb.state === "finWait1") tcb.state = "finWait2";
  else if (tcb.state === "closing") enterTimeWait(stack, tcb);
  else if (tcb.state === "lastAck") finish(stack, tcb, "done");
}

/** @rfc 9293 3.10.7.4 eighth */
function endReceiving(stack: Stack, tcb: Tcb): void {
  tcb.ackNow = true;
  if (tcb.state === "established") tcb.state = "closeWait";
  else if (tcb.state === "finWait1") tcb.state = "closing";
  else if (tcb.state === "finWait2") enterTimeWait(stack, tcb);
}

function enterTimeWait(stack: Stack, tcb: Tcb): void {
  tcb.state = "timeWait";
  tcb.lingerAt = stack.host.now() + timeWaitTime;
  tcb.resendAt = never;
  tcb.probeAt = never;
  tcb.ackAt = never;
  tcb.silentSince = never;
  tcb.outgoing.release();
}

/** Whether a SYN for ends in TIME-WAIT is a new connection and no echo of the old one. @rfc 1122 4.2.2.13 */
export function mayOpenAgain(tcb: Tcb, segment: Segment): boolean {
  const opening = (segment.flags & (Flag.syn | Flag.ack | Flag.rst | Flag.fin)) === Flag.syn;
  return opening && tcb.state === "timeWait" && !before(segment.sequence, tcb.expected);
}
