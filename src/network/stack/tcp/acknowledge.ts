import { progressed, repeated } from "./congestion.ts";
import { measured, timeoutOf } from "./round-trip.ts";
import { Flag, type Segment } from "./segment.ts";
import { after, before, distance, plus } from "./sequence.ts";
import type { Stack } from "./stack.ts";
import { never, type Tcb } from "./tcb.ts";
import { sendFirstAgain } from "./transmit.ts";

/** The window a segment tells, in bytes. That of a SYN is never shifted. @rfc 7323 2.2 */
function toldWindow(tcb: Tcb, segment: Segment): number {
  return (segment.flags & Flag.syn) === 0 ? segment.window * 2 ** tcb.windowShift : segment.window;
}

/** Takes the window of a segment as the newest word. */
export function takeWindow(tcb: Tcb, segment: Segment): void {
  tcb.window = toldWindow(tcb, segment);
  tcb.largestWindow = Math.max(tcb.largestWindow, tcb.window);
  tcb.windowSequence = segment.sequence;
  tcb.windowAcknowledgement = segment.acknowledgement;
}

/** Whether an acknowledgement is neither too old nor of what was never sent. @rfc 5961 5.2 */
export function isBelievable(tcb: Tcb, acknowledgement: number): boolean {
  return !before(acknowledgement, plus(tcb.una, -tcb.largestWindow)) && !after(acknowledgement, tcb.highest);
}

/** Takes the acknowledgement and the window of an acceptable segment. @rfc 9293 3.10.7.4 fifth */
export function acknowledge(stack: Stack, tcb: Tcb, segment: Segment): void {
  const ack = segment.acknowledgement;
  if (before(ack, tcb.una)) return;
  if (after(ack, tcb.una)) advance(stack, tcb, ack);
  else if (isRepeat(tcb, segment) && repeated(tcb) === "sendFirstAgain") sendFirstAgain(stack, tcb);
  const newer =
    before(tcb.windowSequence, segment.sequence) ||
    (tcb.windowSequence === segment.sequence && !after(tcb.windowAcknowledgement, ack));
  if (newer) openWindow(stack, tcb, segment);
}

/** A repeat says nothing else: no bytes, no window, no end. @rfc 5681 2 */
function isRepeat(tcb: Tcb, segment: Segment): boolean {
  return (
    tcb.una !== tcb.next &&
    segment.payloadLength === 0 &&
    (segment.flags & (Flag.syn | Flag.fin)) === 0 &&
    toldWindow(tcb, segment) === tcb.window
  );
}

function openWindow(stack: Stack, tcb: Tcb, segment: Segment): void {
  takeWindow(tcb, segment);
  if (tcb.una !== tcb.next) return;
  // Nothing is under way, yet the other side answers: it lives, however long its window stays shut.
  if (tcb.silentSince !== never) tcb.silentSince = stack.host.now();
  if (tcb.window === 0) return;
  tcb.probeAt = never;
  tcb.trip.doubled = 0;
}

/** The other side has everything before `ack`. */
function advance(stack: Stack, tcb: Tcb, ack: number): void {
  const acked = distance(tcb.una, ack);
  const now = stack.host.now();
  tcb.una = ack;
  if (before(tcb.next, ack)) tcb.next = ack;
  const bytes = Math.min(tcb.outgoing.length, Math.max(0, distance(tcb.outgoingAt, ack)));
  tcb.outgoing.drop(bytes);
  tcb.outgoingAt = plus(tcb.outgoingAt, bytes);
  if (tcb.timedAt !== never && !before(ack, tcb.timedEnd)) {
    measured(tcb.trip, now - tcb.timedAt);
    tcb.timedAt = never;
  }
  tcb.trip.doubled = 0;
  tcb.probeAt = never;
  const more = tcb.una !== tcb.highest;
  tcb.resendAt = more ? now + timeoutOf(tcb.trip) : never;
  tcb.silentSince = more ? now : never;
  if (progressed(tcb, acked) === "sendFirstAgain") sendFirstAgain(stack, tcb);
}

/** Calls the holder when a write was refused and a quarter of the queue is free again. */
export function tellWritable(tcb: Tcb): void {
  const { outgoing } = tcb;
  if (!tcb.refused || tcb.fin !== null || outgoing.limit - outgoing.length < outgoing.limit / 4) return;
  tcb.refused = false;
  tcb.handlers?.onWritable?.();
}
