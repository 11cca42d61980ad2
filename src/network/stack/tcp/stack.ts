import type { IpHost, SegmentFate } from "../ip.ts";
import { IpProtocol, ipHeaderBytes } from "../ip.ts";
import type { ByteRing } from "./byte-ring.ts";
import {
  emptyHead,
  headerBytes,
  type SegmentHead,
  sealSegment,
  synOptionBytes,
  writeHead,
} from "./segment.ts";
import type { Tcb, TcpEnd } from "./tcb.ts";

/** What happened since the start. */
export interface TcpCounters {
  received: number;
  sent: number;
  /** Too short, wrong offset, wrong checksum, or to a broadcast address. */
  damaged: number;
  /** Sent again, by timeout or by repeated acknowledgements. */
  resent: number;
  /** Came before those in front of them, and kept. */
  early: number;
  /** Outside the window, or otherwise answered with what we know instead of believed. */
  doubtful: number;
  /** Resets we sent. */
  resets: number;
  /** Connections given up to make room, and openings that found none. */
  crowded: number;
}

/** What all connections of a host share. */
export interface Stack {
  readonly host: IpHost;
  readonly counters: TcpCounters;
  /** Header of the segment to be sent. */
  readonly head: SegmentHead;
  /** Bytes a connection buffers each way at most. */
  readonly buffer: number;
  /** The shift that lets a window say all of `buffer`. */
  readonly shift: number;
  /** Sends `head` to the address, with bytes of a queue. */
  send(to: number, from?: ByteRing, offset?: number, length?: number): SegmentFate;
  /** Takes a connection out of the books; nothing finds it afterwards. */
  forget(tcb: Tcb): void;
  /** A passive connection stands: its port's holder takes it, or it is reset. */
  accept(tcb: Tcb): void;
}

/** The parts of a stack that only send and count. */
export function openOutlet(host: IpHost, buffer: number): Omit<Stack, "forget" | "accept"> {
  const counters: TcpCounters = {
    received: 0,
    sent: 0,
    damaged: 0,
    resent: 0,
    early: 0,
    doubtful: 0,
    resets: 0,
    crowded: 0,
  };
  const head = emptyHead();
  let bytes = new Uint8Array(headerBytes + synOptionBytes);
  let view = new DataView(bytes.buffer);
  let shift = 0;
  while (buffer >>> shift > 0xffff) shift++;

  function send(to: number, from?: ByteRing, offset = 0, length = 0): SegmentFate {
    if (bytes.length < headerBytes + synOptionBytes + length) {
      bytes = new Uint8Array(Math.max(host.mtu, headerBytes + synOptionBytes + length));
      view = new DataView(bytes.buffer);
    }
    const payloadAt = writeHead(view, head);
    from?.copy(offset, bytes, payloadAt, length);
    sealSegment(bytes, payloadAt + length, host.address, to);
    counters.sent++;
    return host.sendSegment(IpProtocol.tcp, to, bytes, 0, payloadAt + length);
  }
  return { host, counters, head, buffer, shift, send };
}

/** Payload that fits into one packet of ours. @rfc 9293 3.7.1 */
export function ownMss(stack: Stack): number {
  return Math.min(0xffff, stack.host.mtu - ipHeaderBytes - headerBytes);
}

/** A connection is no more. What the holder has not taken yet stays for it when all went well. */
export function finish(stack: Stack, tcb: Tcb, end: TcpEnd): void {
  if (tcb.state === "closed") return;
  tcb.state = "closed";
  stack.forget(tcb);
  tcb.outgoing.release();
  if (end === "done" && tcb.handlers !== null && tcb.incoming.length > 0) return;
  tellClosed(tcb, end);
}

/** The holder hears the last of a connection. */
export function tellClosed(tcb: Tcb, end: TcpEnd): void {
  const { handlers } = tcb;
  tcb.handlers = null;
  tcb.incoming.release();
  tcb.early.clear();
  handlers?.onClosed?.(end);
}
