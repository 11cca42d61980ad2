import type { SegmentFate } from "../ip.ts";
import { limitedTransmit, restarted } from "./congestion.ts";
import { timeoutOf } from "./round-trip.ts";
import { Flag, type Segment } from "./segment.ts";
import { after, distance, plus } from "./sequence.ts";
import { ownMss, type Stack } from "./stack.ts";
import { isSynchronized, never, receiveWindow, type Tcb } from "./tcb.ts";

/** Fills the shared header with what every segment of a connection says. */
function address(stack: Stack, tcb: Tcb, sequence: number, flags: number): void {
  const { head } = stack;
  head.sourcePort = tcb.ends.localPort;
  head.destinationPort = tcb.ends.remotePort;
  head.sequence = sequence;
  head.acknowledgement = (flags & Flag.ack) === 0 ? 0 : tcb.expected;
  head.flags = flags;
  head.window = 0;
  head.mss = 0;
  head.shift = -1;
}

/** The window to tell: never less far than told before, and further only by a worthwhile step. @rfc 9293 3.8.6.2.2 */
function tellWindow(tcb: Tcb): number {
  const edge = plus(tcb.expected, receiveWindow(tcb));
  if (distance(tcb.told, edge) >= Math.min(tcb.incoming.limit / 2, tcb.mss)) tcb.told = edge;
  return Math.min(0xffff, Math.max(0, distance(tcb.expected, tcb.told)) >>> Math.max(0, tcb.ownShift));
}

/** Every segment with an acknowledgement settles the one that was due. */
function acknowledged(tcb: Tcb): void {
  tcb.ackNow = false;
  tcb.ackAt = never;
  tcb.unacknowledged = 0;
}

/** Sends our SYN, the first time or again. It acknowledges once the other side's SYN is here. @rfc 9293 3.5 */
export function sendSyn(stack: Stack, tcb: Tcb): SegmentFate {
  const answering = tcb.state === "synReceived";
  const now = stack.host.now();
  address(stack, tcb, tcb.iss, answering ? Flag.syn | Flag.ack : Flag.syn);
  stack.head.mss = ownMss(stack);
  stack.head.shift = answering && tcb.ownShift < 0 ? -1 : stack.shift;
  // The window of a SYN is never shifted. @rfc 7323 2.2
  stack.head.window = Math.min(0xffff, tcb.incoming.limit);
  tcb.told = plus(tcb.expected, stack.head.window);
  if (tcb.next === tcb.iss && tcb.timedAt === never) {
    tcb.timedAt = now;
    tcb.timedEnd = plus(tcb.iss, 1);
  }
  tcb.next = plus(tcb.iss, 1);
  tcb.highest = tcb.next;
  tcb.resendAt = now + timeoutOf(tcb.trip);
  if (tcb.silentSince === never) tcb.silentSince = now;
  acknowledged(tcb);
  return stack.send(tcb.ends.remoteAddress);
}

/** A number the other side accepts of a segment without bytes: probes may have gone beyond its window. */
function acceptedNumber(tcb: Tcb): number {
  if (!isSynchronized(tcb)) return tcb.highest;
  const edge = plus(tcb.una, tcb.window);
  return after(tcb.highest, edge) ? edge : tcb.highest;
}

/** Sends an acknowledgement with nothing else. */
export function sendAck(stack: Stack, tcb: Tcb): void {
  address(stack, tcb, acceptedNumber(tcb), Flag.ack);
  stack.head.window = tellWindow(tcb);
  acknowledged(tcb);
  stack.send(tcb.ends.remoteAddress);
}

/** Asks whether the other side is still there: a number it has acknowledged makes it answer. @rfc 9293 3.8.4 */
export function sendKeepAlive(stack: Stack, tcb: Tcb): void {
  address(stack, tcb, plus(tcb.una, -1), Flag.ack);
  stack.head.window = tellWindow(tcb);
  stack.send(tcb.ends.remoteAddress);
}

/** Breaks the connection off on the other side. @rfc 9293 3.10.5 */
export function sendReset(stack: Stack, tcb: Tcb): void {
  address(stack, tcb, acceptedNumber(tcb), Flag.rst | Flag.ack);
  stack.counters.resets++;
  stack.send(tcb.ends.remoteAddress);
}

/** Answers a segment that belongs to no connection, or acknowledges what was never sent. @rfc 9293 3.10.7.1 */
export function refuse(stack: Stack, segment: Segment, from: number): void {
  if ((segment.flags & Flag.rst) !== 0) return;
  const { head } = stack;
  const acknowledges = (segment.flags & Flag.ack) !== 0;
  head.sourcePort = segment.destinationPort;
  head.destinationPort = segment.sourcePort;
  head.sequence = acknowledges ? segment.acknowledgement : 0;
  head.acknowledgement = acknowledges ? 0 : plus(segment.sequence, sequenceLength(segment));
  head.flags = acknowledges ? Flag.rst : Flag.rst | Flag.ack;
  head.window = 0;
  head.mss = 0;
  head.shift = -1;
  stack.counters.resets++;
  stack.send(from);
}

/** Sequence numbers that a segment takes: its bytes, its SYN and its FIN. */
export function sequenceLength(segment: Segment): number {
  const { flags, payloadLength } = segment;
  return payloadLength + ((flags & Flag.syn) === 0 ? 0 : 1) + ((flags & Flag.fin) === 0 ? 0 : 1);
}

/** Bytes in the queue from `sequence` on. */
function bytesFrom(tcb: Tcb, sequence: number): number {
  return tcb.outgoing.length - distance(tcb.outgoingAt, sequence);
}

/** Sends a piece of the queue, and the FIN when it follows at once and there is room for it. */
function sendPiece(stack: Stack, tcb: Tcb, sequence: number, room: number): number {
  const left = bytesFrom(tcb, sequence);
  const bytes = Math.max(0, Math.min(left, tcb.mss, room));
  const fin = tcb.fin === plus(sequence, bytes) && room > bytes;
  let flags: number = Flag.ack;
  if (bytes > 0 && bytes === left) flags |= Flag.psh;
  if (fin) flags |= Flag.fin;
  address(stack, tcb, sequence, flags);
  stack.head.window = tellWindow(tcb);
  acknowledged(tcb);
  const end = plus(sequence, bytes + (fin ? 1 : 0));
  const fresh = sequence === tcb.highest;
  if (!fresh) stack.counters.resent++;
  if (after(end, tcb.highest)) tcb.highest = end;
  const now = stack.host.now();
  if (fresh && tcb.timedAt === never) {
    tcb.timedAt = now;
    tcb.timedEnd = end;
  }
  tcb.sentAt = now;
  stack.send(
    tcb.ends.remoteAddress,
    tcb.outgoing,
    bytes === 0 ? 0 : distance(tcb.outgoingAt, sequence),
    bytes,
  );
  return distance(sequence, end);
}

/** Sends the oldest unacknowledged piece again, whatever else is under way. @rfc 5681 3.2 */
export function sendFirstAgain(stack: Stack, tcb: Tcb): void {
  tcb.timedAt = never;
  const sent = sendPiece(stack, tcb, tcb.una, distance(tcb.una, tcb.highest));
  if (distance(tcb.next, plus(tcb.una, sent)) > 0) tcb.next = plus(tcb.una, sent);
}

/**
 * Asks a closed window, with one byte beyond it, whether it has opened. What was sent is not counted as under way.
 *
 * @rfc 9293 3.8.6.1
 */
export function sendProbe(stack: Stack, tcb: Tcb): void {
  sendPiece(stack, tcb, tcb.una, Math.max(1, tcb.window));
  tcb.timedAt = never;
}

/** Sends one more piece when both windows and good sense allow it. Nagle's rule is off. @rfc 9293 3.8.6.2.1 */
function sendNext(stack: Stack, tcb: Tcb): boolean {
  const left = bytesFrom(tcb, tcb.next);
  const finLeft = tcb.fin !== null && !after(tcb.next, tcb.fin);
  if (left <= 0 && !finLeft) return false;
  const underWay = distance(tcb.una, tcb.next);
  const room = Math.min(tcb.window, tcb.congestion.window + limitedTransmit(tcb)) - underWay;
  if (room <= 0) return false;
  const bytes = Math.min(left, tcb.mss, room);
  // A small piece of something larger is silly, unless the other side never has room for more.
  if (bytes < left && bytes < tcb.mss && bytes * 2 < tcb.largestWindow) return false;
  tcb.next = plus(tcb.next, sendPiece(stack, tcb, tcb.next, room));
  return true;
}

/** Whether something is queued that was not sent since the last timeout. */
function isPending(tcb: Tcb): boolean {
  return bytesFrom(tcb, tcb.next) > 0 || (tcb.fin !== null && !after(tcb.next, tcb.fin));
}

/** Sends what may be sent, sets the timers, and acknowledges what is due when nothing carried it. */
export function transmit(stack: Stack, tcb: Tcb): void {
  if (tcb.state === "closed") return;
  if (tcb.state !== "synSent" && tcb.state !== "synReceived") {
    const now = stack.host.now();
    if (tcb.una === tcb.highest && now - tcb.sentAt > timeoutOf(tcb.trip)) restarted(tcb);
    while (sendNext(stack, tcb)) {
      // Each round sends one segment; both windows are finite.
    }
    setTimers(tcb, now);
  }
  if (tcb.ackNow) sendAck(stack, tcb);
}

function setTimers(tcb: Tcb, now: number): void {
  if (tcb.una !== tcb.next) {
    if (tcb.resendAt === never) tcb.resendAt = now + timeoutOf(tcb.trip);
    if (tcb.silentSince === never) tcb.silentSince = now;
    tcb.probeAt = never;
    return;
  }
  tcb.resendAt = never;
  if (!isPending(tcb)) {
    tcb.probeAt = never;
    tcb.silentSince = never;
    return;
  }
  if (tcb.probeAt === never) tcb.probeAt = now + timeoutOf(tcb.trip);
}
