import type { InspectNode, Micros } from "../../../support/index.ts";
import { formatAddress } from "../address.ts";
import { resume } from "./deliver.ts";
import type { Ends } from "./first-sequence.ts";
import { plus } from "./sequence.ts";
import { finish, type Stack, tellClosed } from "./stack.ts";
import { mayReceive, type Tcb, type TcpState } from "./tcb.ts";
import { sendReset, transmit } from "./transmit.ts";

/** A connection as its holder sees it. */
export interface TcpConnection {
  readonly ends: Ends;
  readonly state: TcpState;
  /** Bytes that `write` would take now. */
  readonly room: number;
  /** Bytes written and not acknowledged yet. */
  readonly unacknowledged: number;
  /**
   * Queues bytes, which are copied before it returns.
   *
   * @returns how many were taken, from the front: fewer than `length` when the queue is full; `onWritable` tells when
   *   to go on. 0 after `close` and when the connection is no more
   */
  write(bytes: Uint8Array<ArrayBuffer>, at?: number, length?: number): number;
  /** Asks for more after `onData` took less than it was offered. Within `onData` it asks for nothing. */
  resume(): void;
  /** We have said all we will: the other side hears it after all that was written. Bytes still come in. */
  close(): void;
  /** Breaks the connection off: the other side is told, what is queued is lost, `onClosed` says `aborted`. */
  abort(): void;
  /** From now on asks after a silence of so long whether the other side is still there; 0: never, the default. */
  keepAlive(after: Micros): void;
}

/** The holder's view of a control block. */
export function connectionOf(stack: Stack, tcb: Tcb): TcpConnection {
  function write(bytes: Uint8Array<ArrayBuffer>, at = 0, length = bytes.length - at): number {
    if (tcb.fin !== null || !mayWrite(tcb)) return 0;
    const taken = Math.min(length, tcb.outgoing.limit - tcb.outgoing.length);
    if (taken < length) tcb.refused = true;
    if (taken <= 0) return 0;
    tcb.outgoing.put(tcb.outgoing.length, bytes, at, taken);
    tcb.outgoing.extend(taken);
    transmit(stack, tcb);
    return taken;
  }

  return {
    ends: tcb.ends,
    get state() {
      return tcb.state;
    },
    get room() {
      return tcb.fin !== null || !mayWrite(tcb) ? 0 : tcb.outgoing.limit - tcb.outgoing.length;
    },
    get unacknowledged() {
      return tcb.outgoing.length;
    },
    write,
    resume() {
      resume(tcb);
      transmit(stack, tcb);
    },
    close: () => close(stack, tcb),
    abort: () => abort(stack, tcb),
    keepAlive(after) {
      tcb.keepAlive = Math.max(0, after);
    },
  };
}

function mayWrite(tcb: Tcb): boolean {
  return (
    tcb.state === "synSent" || tcb.state === "synReceived" || mayReceive(tcb) || tcb.state === "closeWait"
  );
}

/** @rfc 9293 3.10.4 */
function close(stack: Stack, tcb: Tcb): void {
  if (tcb.fin !== null || !mayWrite(tcb)) return;
  if (tcb.state === "synSent") {
    finish(stack, tcb, "aborted");
    return;
  }
  tcb.fin = plus(tcb.outgoingAt, tcb.outgoing.length);
  // A half-open connection says its FIN once it stands.
  if (tcb.state === "established") tcb.state = "finWait1";
  else if (tcb.state === "closeWait") tcb.state = "lastAck";
  transmit(stack, tcb);
}

/** @rfc 9293 3.10.5 */
export function abort(stack: Stack, tcb: Tcb): void {
  if (tcb.state === "closed") {
    tellClosed(tcb, "aborted");
    return;
  }
  const known = tcb.state === "synReceived" || mayReceive(tcb) || tcb.state === "closeWait";
  if (known || (tcb.state === "lastAck" && tcb.outgoing.length > 0)) sendReset(stack, tcb);
  finish(stack, tcb, "aborted");
}

/** What a connection shows of itself. */
export function inspectTcb(tcb: Tcb): InspectNode {
  const { ends } = tcb;
  return {
    local: `${formatAddress(ends.localAddress)}:${ends.localPort}`,
    remote: `${formatAddress(ends.remoteAddress)}:${ends.remotePort}`,
    state: tcb.state,
    unacknowledged: tcb.outgoing.length,
    unread: tcb.incoming.length,
    early: tcb.early.count,
    window: tcb.window,
    congestionWindow: tcb.congestion.window,
    roundTripMicros: Math.max(0, Math.round(tcb.trip.smoothed)),
    memory: tcb.outgoing.allocated + tcb.incoming.allocated,
  };
}
