import { type Clock, unreachable } from "../../../support/index.ts";
import type { Stream, StreamEvents } from "../streams.ts";
import { answerHead, errorPage, goOn, troubleWords } from "./answer.ts";
import { openAnswerQueue } from "./answer-queue.ts";
import { asksLeave, reachOf, type Web, type WebRequest } from "./reach.ts";
import { type GuestRequest, openRequestReader, type RequestProgress } from "./request.ts";

/** What one request and its answer need. */
export interface ExchangeOptions {
  readonly web: Web;
  readonly clock: Clock;
  readonly pageIsSecure: boolean;
  readonly events: StreamEvents;
  /** A server's answer has begun. */
  readonly answered: () => void;
  /** The guest is told of trouble; the same for the page, in a sentence or two. */
  readonly troubled: (words: string) => void;
  /** It is over, however. */
  readonly over: () => void;
}

/** A guest's connection to the gateway: one request, one answer. */
export interface WebExchange extends Stream {
  tick(): void;
  /** Ends it from the gateway's side. */
  abandon(reason: string): void;
}

/** How long a guest may take for its request, and a server for the head of its answer. */
const requestPatience = 60_000_000;
const answerPatience = 60_000_000;

type Phase = "asking" | "waiting" | "answering" | "over";

/** Opens an exchange. */
export function openExchange(options: ExchangeOptions): WebExchange {
  const { web, clock, events } = options;
  const reader = openRequestReader();
  const queue = openAnswerQueue(events.bytes);
  const stop = new AbortController();
  let phase: Phase = "asking";
  let since: number = clock.now();

  function enter(next: Phase): void {
    phase = next;
    since = clock.now();
  }
  function isOver(): boolean {
    return phase === "over";
  }
  function isWaiting(): boolean {
    return phase === "waiting";
  }
  function leave(): void {
    if (isOver()) return;
    enter("over");
    stop.abort();
    queue.drop();
    options.over();
  }
  async function answer(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    enter("answering");
    await queue.put(bytes);
    conclude();
  }
  function conclude(): void {
    if (isOver()) return;
    leave();
    events.ended({ kind: "finished", reason: "The request was answered." });
  }
  function refuse(status: number, words: string): Promise<void> {
    options.troubled(words);
    return answer(errorPage(status, words));
  }

  /** Never rejects: every failure becomes a page or the end of the connection. */
  async function serve(request: GuestRequest): Promise<void> {
    const reach = reachOf(request, options);
    if (reach.kind === "refused") return refuse(reach.status, reach.why);
    if (reach.left.length > 0) {
      options.troubled(
        `What would identify the guest (${reach.left.join(", ")}) was not sent to ${request.host}.`,
      );
    }
    enter("waiting");
    await bring(reach.request);
    if (!isWaiting()) return;
    const { url } = reach.request;
    const isThere = await web.isThere(url, stop.signal);
    // The guest may have been told meanwhile that nobody answers.
    if (!isWaiting()) return;
    const trouble = { url, isThere, isUpgraded: options.pageIsSecure, asksLeave: asksLeave(reach.request) };
    return refuse(502, troubleWords(trouble));
  }
  /** Hands an answer out, if there is one; else we are still waiting afterwards. */
  async function bring(request: WebRequest): Promise<void> {
    try {
      const got = await web.fetch(request, stop.signal);
      if (!isWaiting()) return;
      enter("answering");
      options.answered();
      await queue.put(answerHead(got));
      for (let piece = await got.read(); piece !== null && !isOver(); piece = await got.read()) {
        await queue.put(piece);
      }
      conclude();
    } catch {
      if (!isWaiting()) abandon(`The answer of ${request.url} broke off.`);
    }
  }
  function abandon(reason: string): void {
    if (isOver()) return;
    leave();
    events.ended({ kind: "broken", reason });
  }

  function follow(progress: RequestProgress): void {
    switch (progress.kind) {
      case "more":
        if (progress.wantsContinue) void queue.put(goOn());
        break;
      case "whole":
        void serve(progress.request);
        break;
      case "refused":
        void refuse(progress.status, progress.why);
        break;
      default:
        unreachable(progress);
    }
  }
  function tick(): void {
    const waited = clock.now() - since;
    if (phase === "asking" && waited >= requestPatience) {
      void refuse(408, "The guest did not finish its request within a minute.");
    } else if (phase === "waiting" && waited >= answerPatience) {
      stop.abort();
      void refuse(504, "The server did not answer within a minute.");
    }
  }

  return {
    send(bytes, at, length) {
      // What follows a request belongs to nobody: the answer ends the connection.
      if (phase === "asking") follow(reader.take(bytes, at, length));
      return length;
    },
    more: queue.offer,
    finish() {
      if (phase === "asking") abandon("The guest ended its request in the middle.");
    },
    close: leave,
    tick,
    abandon,
  };
}
