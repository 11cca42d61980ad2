import type { TcpConnection } from "../tcp/connection.ts";
import type { TcpHandlers } from "../tcp/tcb.ts";
import { answerFault, answerRequest, type HttpAnswer } from "./answer.ts";
import { type HttpFault, type HttpRequest, readRequest } from "./request.ts";
import type { HttpSource } from "./source.ts";

/** Bytes of a request's head, the longest taken. */
const longestHead = 8192;
/** Bytes read from a file at once; length of `VisitHost.piece`. */
export const pieceBytes = 16 << 10;
/** A head must be whole so long after its first byte, and the connection move on so often, microseconds. */
const headPatience = 30_000_000;
const movePatience = 60_000_000;

/** What all visits share. */
export interface VisitHost {
  readonly source: HttpSource;
  /** Where pieces of files are read to. Nobody keeps it beyond a call. */
  readonly piece: Uint8Array<ArrayBuffer>;
  now(): number;
  /** A request is answered: its first line, as it came, and the answer. */
  answered(connection: TcpConnection, line: string, answer: HttpAnswer): void;
  ended(visit: Visit): void;
}

/** One client's connection, from request to request. */
export interface Visit extends TcpHandlers {
  /** Ends what does not move on. */
  tick(): void;
}

/** What a visit is doing. `leaving`: all is said, whatever comes is passed over. */
type Phase = "head" | "body" | "answer" | "leaving";

/** The whole life of one connection; nothing it brings can do more than end it. */
export function openVisit(host: VisitHost, connection: TcpConnection): Visit {
  const head = new Uint8Array(longestHead);
  let filled = 0;
  let phase: Phase = "head";
  let body = 0;
  let next: HttpAnswer | null = null;
  let firstAt = 0;
  let fileAt = 0;
  let movedAt = host.now();
  let unacknowledged = 0;

  /** Takes bytes of a head; answers how many. It is whole at the first empty line. */
  function takeHead(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): number {
    if (filled === 0) movedAt = host.now();
    for (let count = 0; count < length; count++) {
      const byte = bytes[at + count] ?? 0;
      head[filled++] = byte;
      const empty = byte === 10 && endsLine(head, filled);
      // An empty line before a request is passed over. @rfc 9112 2.2
      if (empty && filled <= 2) filled = 0;
      else if (empty) decide(readRequest(latin(head.subarray(0, filled))));
      else if (filled === longestHead) decide(tooLong);
      if (phase !== "head") return count + 1;
    }
    return length;
  }

  function decide(request: HttpRequest | HttpFault): void {
    const answer = request.kind === "fault" ? answerFault(request) : answerRequest(host.source, request);
    host.answered(connection, firstLine(head.subarray(0, filled)), answer);
    next = answer;
    firstAt = 0;
    fileAt = answer.from;
    filled = 0;
    body = request.body;
    movedAt = host.now();
    phase = body > 0 ? "body" : "answer";
    if (phase === "answer") pump();
  }

  function takeBody(length: number): number {
    const taken = Math.min(body, length);
    body -= taken;
    if (body > 0) return taken;
    phase = "answer";
    pump();
    return taken;
  }

  /** Writes as much of the answer as there is room for. */
  function pump(): void {
    while (phase === "answer" && next !== null) {
      const { first, file, end } = next;
      if (firstAt < first.length) {
        const taken = connection.write(first, firstAt);
        firstAt += taken;
        if (firstAt < first.length) return;
      } else if (file !== null && fileAt < end) {
        if (!pumpFile(next)) return;
      } else {
        conclude(next.keep);
      }
    }
  }

  /** One piece of the file. `false`: there is no room for more now, or the file cannot be read. */
  function pumpFile({ file, end }: HttpAnswer): boolean {
    const room = Math.min(pieceBytes, end - fileAt, connection.room);
    if (file === null) return false;
    if (room > 0 && file.read(fileAt, host.piece.subarray(0, room)) !== room) {
      connection.abort();
      return false;
    }
    // A write that is refused asks to be told when there is room.
    const taken = connection.write(host.piece, 0, Math.max(1, room));
    fileAt += taken;
    return taken > 0;
  }

  function closeFile(): void {
    next?.file?.close?.();
    next = null;
  }

  function conclude(keep: boolean): void {
    closeFile();
    phase = keep ? "head" : "leaving";
    movedAt = host.now();
    if (!keep) connection.close();
  }

  const visit: Visit = {
    onData(bytes, at, length) {
      let taken = 0;
      while (taken < length && phase !== "answer") {
        if (phase === "leaving") return length;
        const left = length - taken;
        taken += phase === "head" ? takeHead(bytes, at + taken, left) : takeBody(left);
      }
      return taken;
    },
    onWritable() {
      pump();
      if (phase !== "answer") connection.resume();
    },
    onEnd() {
      // Who says no more may still wait for the answer; without one there is nothing to wait for.
      if (phase === "answer" && next !== null) next = { ...next, keep: false };
      else conclude(false);
    },
    onClosed() {
      phase = "leaving";
      closeFile();
      host.ended(visit);
    },
    tick() {
      const now = host.now();
      if (phase !== "head" && connection.unacknowledged !== unacknowledged) movedAt = now;
      unacknowledged = connection.unacknowledged;
      if (phase === "head" && filled > 0 && now - movedAt >= headPatience) decide(tooSlow);
      else if (now - movedAt < movePatience) return;
      else if (phase === "head") conclude(false);
      else connection.abort();
    },
  };
  return visit;
}

const tooLong: HttpFault = {
  kind: "fault",
  status: 431,
  text: `The head of a request may have ${longestHead} bytes; this one has more.`,
  head: false,
  keep: false,
  body: 0,
};
const tooSlow: HttpFault = {
  ...tooLong,
  status: 408,
  text: `The request was not complete after ${headPatience / 1_000_000} seconds.`,
};

/** Whether the line feed just put makes an empty line, with or without carriage returns. */
function endsLine(head: Uint8Array, filled: number): boolean {
  const before = head[filled - 2] === 13 ? filled - 2 : filled - 1;
  return before === 0 || head[before - 1] === 10;
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** The first line for a log: one line whatever was sent, not longer than 200 characters. */
function firstLine(head: Uint8Array): string {
  const end = head.indexOf(10);
  const line = latin(head.subarray(0, Math.min(200, end < 0 ? head.length : end))).replace(/\r$/, "");
  return line.replace(
    /[^ !#-[\]-~]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
