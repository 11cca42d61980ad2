import { timedOut } from "./congestion.ts";
import { timeoutOf } from "./round-trip.ts";
import { finish, type Stack } from "./stack.ts";
import { never, type Tcb } from "./tcb.ts";
import { sendAck, sendKeepAlive, sendProbe, sendReset, sendSyn, transmit } from "./transmit.ts";

/** Patience with unanswered bytes, microseconds. @rfc 9293 3.8.3 R2 */
const bytesPatience = 100_000_000;
/** Patience with an unanswered SYN of ours. @rfc 9293 3.8.3 R2 for SYN */
const synPatience = 180_000_000;
/** Unanswered questions after which a silent side is gone, and the longest time between two. */
const mostKeepAlives = 5;
const keepAlivePace = 75_000_000;

/** Does what is due for a connection. */
export function tickConnection(stack: Stack, tcb: Tcb, now: number): void {
  if (tcb.state === "closed") return;
  if (tcb.unreachable) {
    finish(stack, tcb, "unreachable");
    return;
  }
  if (now >= tcb.lingerAt) {
    endLingering(stack, tcb);
    return;
  }
  if (now - tcb.silentSince >= (tcb.state === "synSent" ? synPatience : bytesPatience)) {
    finish(stack, tcb, "silent");
    return;
  }
  if (now >= tcb.resendAt) resend(stack, tcb);
  else if (now >= tcb.probeAt) probe(stack, tcb, now);
  if (now >= tcb.ackAt || tcb.ackNow) sendAck(stack, tcb);
  if (tcb.keepAlive > 0) keepAlive(stack, tcb, now);
}

function endLingering(stack: Stack, tcb: Tcb): void {
  if (tcb.state === "timeWait") {
    finish(stack, tcb, "done");
    return;
  }
  if (tcb.state === "finWait2") sendReset(stack, tcb);
  finish(stack, tcb, "silent");
}

/** Nothing came back in time: all that is under way counts as lost. @rfc 6298 5.4 5.5 5.6 */
function resend(stack: Stack, tcb: Tcb): void {
  tcb.timedAt = never;
  if (tcb.state === "synSent" || tcb.state === "synReceived") {
    tcb.trip.doubled++;
    stack.counters.resent++;
    sendSyn(stack, tcb);
    return;
  }
  timedOut(tcb, tcb.trip.doubled > 0);
  tcb.trip.doubled++;
  tcb.next = tcb.una;
  tcb.resendAt = never;
  transmit(stack, tcb);
}

function probe(stack: Stack, tcb: Tcb, now: number): void {
  if (tcb.silentSince === never) tcb.silentSince = now;
  tcb.trip.doubled++;
  tcb.probeAt = now + timeoutOf(tcb.trip);
  sendProbe(stack, tcb);
}

/** @rfc 9293 3.8.4 */
function keepAlive(stack: Stack, tcb: Tcb, now: number): void {
  if ((tcb.state !== "established" && tcb.state !== "closeWait") || tcb.una !== tcb.highest) return;
  const pace = Math.min(tcb.keepAlive, keepAlivePace);
  if (now - tcb.heardAt < tcb.keepAlive + tcb.keepAlivesUnanswered * pace) return;
  if (tcb.keepAlivesUnanswered >= mostKeepAlives) {
    sendReset(stack, tcb);
    finish(stack, tcb, "silent");
    return;
  }
  tcb.keepAlivesUnanswered++;
  sendKeepAlive(stack, tcb);
}
