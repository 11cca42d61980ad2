import { type Clock, unreachable } from "../../../support/index.ts";
import type { Stream, StreamEnd, StreamEvents, StreamKind } from "../streams.ts";
import { CloseReason, closePacket, dataPacket, headBytes } from "./packet.ts";

/** Most bytes in one DATA packet: each costs one credit, and one message in memory on the way. */
const mostPayload = 16 * 1024;
/** Bytes kept for a guest that reads slowly. Wisp cannot ask a server to wait, so more ends the stream. */
const mostKept = 8 * 1024 * 1024;
/** What a kept message costs besides its bytes: a server may send them one at a time. */
const keepingBytes = 256;
/** A stream on which we have finished is closed when nothing came for so long: Wisp knows no half-closed one. */
const lingerMicros = 60_000_000;

/** What a stream needs of its connection. */
export interface StreamCarrier {
  readonly clock: Clock;
  post(packet: Uint8Array<ArrayBuffer>): void;
  /** Whether so many bytes may join what waits to leave. */
  hasRoom(bytes: number): boolean;
  /**
   * Bytes are kept for the listener, or with a negative number no longer.
   * `false`: all streams together keep too much, this one must end.
   */
  keep(bytes: number): boolean;
  /** The stream is over; its number may be given up. */
  gone(): void;
}

/** A stream as its connection sees it. */
export interface WispStream extends Stream {
  /** A DATA packet came; its buffer is the stream's. */
  receive(message: Uint8Array<ArrayBuffer>): void;
  /** A CONTINUE packet came. */
  allow(credit: number): void;
  /** The far side, or the connection, ended it. */
  end(end: StreamEnd): void;
  tick(): void;
}

/** What tells one stream from another. */
export interface WispStreamOptions {
  readonly id: number;
  readonly kind: StreamKind;
  /** Packets that may be sent at first. */
  readonly credit: number;
  readonly events: StreamEvents;
  readonly carrier: StreamCarrier;
}

type Phase = "open" | "finishing" | "over";

/** Opens our end of a stream. The CONNECT packet has been sent. */
export function openWispStream({ id, kind, events, carrier, ...options }: WispStreamOptions): WispStream {
  let phase: Phase = "open";
  let credit = options.credit;
  let wantsRoom = false;
  /** What the listener has not taken: whole messages, the first one from `keptAt` on. */
  let kept: Uint8Array<ArrayBuffer>[] = [];
  let keptAt = headBytes;
  let keptBytes = 0;
  let offering = false;
  /** The end that waits until all kept bytes were taken. */
  let pendingEnd: StreamEnd | null = null;
  let lastHeard: number = carrier.clock.now();

  function leave(): void {
    phase = "over";
    kept = [];
    carrier.keep(-keptBytes);
    keptBytes = 0;
    carrier.gone();
  }
  function conclude(end: StreamEnd): void {
    if (phase === "over") return;
    leave();
    events.ended(end);
  }
  function abandon(reason: number): void {
    if (phase === "over") return;
    if (pendingEnd === null) carrier.post(closePacket(id, reason));
    leave();
  }

  function send(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): number {
    if (phase !== "open" || pendingEnd !== null) return length;
    if (kind === "udp") {
      if (carrier.hasRoom(length)) carrier.post(dataPacket(id, bytes.subarray(at, at + length)));
      return length;
    }
    let taken = 0;
    while (taken < length) {
      const part = Math.min(length - taken, mostPayload);
      if (credit < 1 || !carrier.hasRoom(part)) {
        wantsRoom = true;
        break;
      }
      credit--;
      carrier.post(dataPacket(id, bytes.subarray(at + taken, at + taken + part)));
      taken += part;
    }
    return taken;
  }
  function offerRoom(): void {
    if (!wantsRoom || phase !== "open" || credit < 1 || !carrier.hasRoom(mostPayload)) return;
    wantsRoom = false;
    events.room();
  }

  function receive(message: Uint8Array<ArrayBuffer>): void {
    if (phase === "over" || pendingEnd !== null) return;
    lastHeard = carrier.clock.now();
    const length = message.length - headBytes;
    if (length === 0 && kind === "tcp") return;
    const taken = kept.length === 0 && !offering ? events.bytes(message, headBytes, length) : 0;
    // The listener may have closed the stream.
    if (kind === "udp" || taken >= length || isOver()) return;
    if (kept.length === 0) keptAt = headBytes + taken;
    kept.push(message);
    const fits = keep(length - taken + keepingBytes);
    if (keptBytes <= mostKept && fits) return;
    carrier.post(closePacket(id, CloseReason.cannotTakeMore));
    conclude({ kind: "broken", reason: "The server sent more than the guest could read in time." });
  }
  function keep(bytes: number): boolean {
    keptBytes += bytes;
    return carrier.keep(bytes);
  }
  function more(): void {
    if (offering) return;
    offering = true;
    const empty = offerKept();
    offering = false;
    if (empty && pendingEnd !== null) conclude(pendingEnd);
  }
  /** Whether the listener took all there was. */
  function offerKept(): boolean {
    for (let message = kept[0]; message !== undefined; message = kept[0]) {
      const length = message.length - keptAt;
      const taken = events.bytes(message, keptAt, length);
      if (isOver()) return false;
      keep(-taken);
      keptAt += taken;
      if (taken < length) return false;
      kept.shift();
      keep(-keepingBytes);
      keptAt = headBytes;
    }
    return !isOver();
  }
  function endSilence(): void {
    if (carrier.clock.now() - lastHeard < lingerMicros || kept.length > 0) return;
    carrier.post(closePacket(id, CloseReason.voluntary));
    conclude({ kind: "finished", reason: "Nothing more came." });
  }
  function isOver(): boolean {
    return phase === "over";
  }

  return {
    send,
    more,
    receive,
    allow(packets) {
      credit = packets;
      offerRoom();
    },
    end(end) {
      if (kept.length === 0 || end.kind !== "finished") conclude(end);
      else pendingEnd ??= end;
    },
    finish() {
      if (phase !== "open") return;
      phase = "finishing";
      lastHeard = carrier.clock.now();
    },
    close: () => abandon(CloseReason.voluntary),
    tick() {
      switch (phase) {
        case "open":
          offerRoom();
          break;
        case "finishing":
          endSilence();
          break;
        case "over":
          break;
        default:
          unreachable(phase);
      }
    },
  };
}
