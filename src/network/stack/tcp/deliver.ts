import { Flag, type Segment } from "./segment.ts";
import { after, distance, plus } from "./sequence.ts";
import { type Stack, tellClosed } from "./stack.ts";
import { mayReceive, receiveWindow, type Tcb } from "./tcb.ts";

/** Longest wait with an acknowledgement, microseconds; a second full segment ends it. @rfc 9293 3.8.6.3 */
const ackDelay = 40_000;

/**
 * Takes the bytes of an acceptable segment: those in order go to the holder at once, early ones are kept where they
 * belong, all else is cut off.
 *
 * @rfc 9293 3.10.7.4 seventh
 */
export function takeText(stack: Stack, tcb: Tcb, bytes: Uint8Array<ArrayBuffer>, segment: Segment): void {
  const ahead = distance(tcb.expected, segment.sequence);
  const skipped = Math.max(0, -ahead);
  const offset = Math.max(0, ahead);
  const length = Math.min(segment.payloadLength - skipped, receiveWindow(tcb) - offset);
  if (length < segment.payloadLength) tcb.ackNow = true;
  if (length <= 0) return;
  const at = segment.payloadAt + skipped;
  if (offset > 0) {
    takeEarly(stack, tcb, { bytes, at, length, offset });
    return;
  }
  delayAcknowledgement(stack, tcb);
  if (tcb.incoming.length === 0 && tcb.early.count === 0 && !tcb.paused) {
    tcb.expected = plus(tcb.expected, length);
    takeAtOnce(tcb, bytes, at, length);
    return;
  }
  tcb.incoming.put(tcb.incoming.length, bytes, at, length);
  const end = plus(tcb.expected, length);
  const reached = tcb.early.reach(end);
  // Filling a hole is worth an answer at once. @rfc 5681 4.2
  if (reached !== end || tcb.early.count > 0) tcb.ackNow = true;
  tcb.incoming.extend(distance(tcb.expected, reached));
  tcb.expected = reached;
  offer(tcb);
}

interface EarlyPiece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: number;
  readonly length: number;
  /** How far after the expected number. */
  readonly offset: number;
}

function takeEarly(stack: Stack, tcb: Tcb, { bytes, at, length, offset }: EarlyPiece): void {
  tcb.ackNow = true;
  const from = plus(tcb.expected, offset);
  if (!tcb.early.add(from, plus(from, length))) return;
  stack.counters.early++;
  tcb.incoming.put(tcb.incoming.length + offset, bytes, at, length);
}

function delayAcknowledgement(stack: Stack, tcb: Tcb): void {
  tcb.unacknowledged++;
  if (tcb.unacknowledged >= 2) tcb.ackNow = true;
  else tcb.ackAt = Math.min(tcb.ackAt, stack.host.now() + ackDelay);
}

/** Offers bytes to the holder; answers how many it took. Meanwhile it may write and close, but not ask for more. */
function hand(tcb: Tcb, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): number {
  const answer = tcb.handlers?.onData(bytes, at, length) ?? 0;
  const count = Math.max(0, Math.min(length, Math.floor(answer) || 0));
  tcb.paused = count < length;
  return count;
}

/** Hands on bytes that never need to be copied when the holder takes them all. */
function takeAtOnce(tcb: Tcb, bytes: Uint8Array<ArrayBuffer>, at: number, length: number): void {
  const count = hand(tcb, bytes, at, length);
  if (tcb.handlers === null || count === length) return;
  tcb.incoming.put(0, bytes, at + count, length - count);
  tcb.incoming.extend(length - count);
}

/** Offers what is kept, until the holder has enough. */
function offer(tcb: Tcb): void {
  while (tcb.incoming.length > 0 && !tcb.paused && tcb.handlers !== null) {
    const front = tcb.incoming.front();
    const count = hand(tcb, front, 0, front.length);
    if (tcb.handlers !== null) tcb.incoming.drop(count);
  }
}

/** The holder asks for more. The window it opens is told when it is worth a segment. @rfc 9293 3.8.6.2.2 */
export function resume(tcb: Tcb): void {
  // Within `onData` nothing is paused yet, so nobody is offered bytes twice.
  if (!tcb.paused) return;
  tcb.paused = false;
  const before = receiveWindow(tcb);
  const wasShut = distance(tcb.expected, tcb.told) < tcb.mss;
  offer(tcb);
  const gained = receiveWindow(tcb) - before;
  if (
    gained > 0 &&
    (wasShut || distance(tcb.told, plus(tcb.expected, receiveWindow(tcb))) >= tcb.incoming.limit / 4)
  ) {
    tcb.ackNow = true;
  }
  tellEnd(tcb);
}

/** Notes a FIN that is wholly inside the window, and takes it once everything before it is here. */
export function takeFin(tcb: Tcb, segment: Segment): boolean {
  if (!mayReceive(tcb)) return false;
  if ((segment.flags & Flag.fin) !== 0) {
    const fin = plus(segment.sequence, segment.payloadLength);
    if (distance(tcb.expected, fin) <= receiveWindow(tcb)) tcb.peerFin = fin;
    tcb.ackNow = true;
  }
  if (tcb.peerFin === null) return false;
  // Bytes beyond an end: one of the two was a lie, and the bytes are here.
  if (after(tcb.expected, tcb.peerFin)) tcb.peerFin = null;
  if (tcb.peerFin !== tcb.expected) return false;
  tcb.expected = plus(tcb.expected, 1);
  return true;
}

/** Whether the other side's FIN was taken. */
export function isEnded(tcb: Tcb): boolean {
  return tcb.peerFin !== null && after(tcb.expected, tcb.peerFin);
}

/** Once all bytes are taken the holder hears of the end, and of the connection's when there is no more to do. */
export function tellEnd(tcb: Tcb): void {
  if (tcb.handlers === null || !isEnded(tcb) || tcb.incoming.length > 0) return;
  if (!tcb.endTold) {
    tcb.endTold = true;
    tcb.handlers.onEnd?.();
  }
  if (tcb.state === "timeWait" || tcb.state === "closed") tellClosed(tcb, "done");
}
