import {
  eventFlagCount,
  type GuestMemory,
  HvMessageType,
  Msr,
  messagePayloadLimit,
  type SavedFields,
  type SavedValue,
  type SynicPort,
  sintCount,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { openEventFlags } from "./event-flags.ts";
import { messageQueueLimit, openMessageQueue, type QueuedMessage } from "./message-queue.ts";
import { inert, type MsrEntry, readOnly } from "./msr.ts";
import { openPlacedPage } from "./placed-page.ts";
import { openSintLines, type SintLines } from "./sint-lines.ts";

/** Synthetic interrupt controller of one processor. */
export interface Synic {
  readonly port: SynicPort;
  readonly entries: readonly MsrEntry[];
  /** Queues a message whose last words are known only when it leaves. `false` when refused. */
  enqueue(sint: number, message: QueuedMessage): boolean;
  /** Tries again to deliver what waits. Cheap; called between slices and whenever a slot may be empty. */
  rescan(): void;
  /** Takes both pages off. */
  unmapPages(): void;
  /** As after power-on: nothing queued, nothing flagged. */
  reset(): void;
  save(): SavedValue;
  /**
   * @param fields  from `save`, by whatever way it came
   * @param dress   gives a message back to whoever wanted to hear of its leaving
   */
  resume(fields: SavedFields, dress: (message: QueuedMessage) => QueuedMessage): void;
  inspect(): InspectNode;
}

/** Messages of all SINTs. `page` answers where the message page is, `null` while nothing may be delivered. */
function openMessages(memory: GuestMemory, lines: SintLines, page: () => number | null) {
  const queues = Array.from({ length: sintCount }, (_, sint) => openMessageQueue(memory, sint));
  let delivered = 0;
  let refused = 0;

  function deliver(sint: number): void {
    const at = page();
    if (at === null || !queues[sint]?.deliver(at)) return;
    delivered++;
    lines.raise(sint);
  }

  function enqueue(sint: number, message: QueuedMessage): boolean {
    const isMessage = message.type !== HvMessageType.none && message.payload.length <= messagePayloadLimit;
    const isTaken = isMessage && queues[sint]?.push(message) === true;
    if (isTaken) deliver(sint);
    else refused++;
    return isTaken;
  }

  return {
    enqueue,
    rescan() {
      for (const [sint, queue] of queues.entries()) if (queue.length() > 0) deliver(sint);
    },
    discard: (sint: number) => queues[sint]?.clear(),
    reset() {
      for (const queue of queues) queue.clear();
    },
    save: () =>
      queues.flatMap((queue, sint) =>
        queue.messages().map(({ type, payload }) => ({ sint, type, payload: new Uint8Array(payload) })),
      ),
    push(sint: number, message: QueuedMessage): void {
      queues[sint]?.push(message);
    },
    inspect: () => ({
      messages: delivered,
      messagesRefused: refused,
      messagesWaiting: queues.reduce((sum, queue) => sum + queue.length(), 0),
    }),
  };
}

/** Event flags of all SINTs, with the same rule for `page`. */
function openEvents(memory: GuestMemory, lines: SintLines, page: () => number | null) {
  const flags = openEventFlags(memory);
  const counters = { events: 0, eventsMerged: 0, eventsRefused: 0 };

  return {
    signal(sint: number, flag: number): void {
      const isFlag = Number.isInteger(flag) && flag >= 0 && flag < eventFlagCount;
      if (!isFlag || !Number.isInteger(sint) || sint < 0 || sint >= sintCount) {
        counters.eventsRefused++;
        return;
      }
      counters.events++;
      if (flags.set(page(), sint, flag)) lines.raise(sint);
      else counters.eventsMerged++;
    },
    settle(): void {
      const at = page();
      if (at !== null) for (const sint of flags.release(at)) lines.raise(sint);
    },
    reset: flags.reset,
    save: flags.save,
    resume: flags.resume,
    inspect: () => ({ ...counters }),
  };
}

/** A message that waited, which may be anything. */
function readMessage(fields: SavedFields): { readonly sint: number; readonly message: QueuedMessage } {
  const sint = fields.integer("sint", 0, sintCount - 1);
  const type = fields.integer("type", 1, 0xffff_ffff);
  return { sint, message: { type, payload: fields.bytes("payload", messagePayloadLimit) } };
}

/** @tlfs 11.8 partial: see the lines; SVERSION 1 */
export function openSynic(machine: {
  readonly memory: GuestMemory;
  /** Edge interrupt at the local APIC, vector 16 to 255. */
  raiseVector(vector: number): void;
}): Synic {
  const { memory } = machine;
  let scontrol = 0n;
  const isEnabled = () => (scontrol & 1n) !== 0n;
  const lines = openSintLines(machine.raiseVector, settle);
  const messagePage = openPlacedPage(memory, Msr.simp, settle);
  const eventPage = openPlacedPage(memory, Msr.siefp, settle);
  const messages = openMessages(memory, lines, () => (isEnabled() ? messagePage.at() : null));
  const events = openEvents(memory, lines, () => (isEnabled() ? eventPage.at() : null));

  /** What had to wait for a register goes out now that one was written. */
  function settle(): void {
    if (!isEnabled()) return;
    events.settle();
    lines.settle();
    messages.rescan();
  }
  function control(value: bigint): void {
    scontrol = value;
    settle();
  }
  const postMessage: SynicPort["postMessage"] = (sint, type, payload) => {
    messages.enqueue(sint, { type, payload: payload.slice() });
  };

  return {
    port: { postMessage, signalEvent: events.signal, discardMessages: messages.discard },
    entries: [
      { index: Msr.scontrol, read: () => scontrol, write: control },
      readOnly(Msr.sversion, () => 1n),
      { ...inert(Msr.eom), write: messages.rescan },
      eventPage.entry,
      messagePage.entry,
      ...lines.entries,
    ],
    enqueue: messages.enqueue,
    rescan: messages.rescan,
    unmapPages() {
      messagePage.remove();
      eventPage.remove();
    },
    reset() {
      scontrol = 0n;
      for (const part of [messagePage, eventPage, lines, messages, events]) part.reset();
    },
    save: () => ({
      scontrol,
      messagePage: messagePage.save(),
      eventPage: eventPage.save(),
      lines: lines.save(),
      flags: events.save(),
      messages: messages.save(),
    }),
    resume(fields, dress) {
      scontrol = fields.big("scontrol");
      messagePage.resume(fields.fields("messagePage"));
      eventPage.resume(fields.fields("eventPage"));
      lines.resume(fields.fields("lines"));
      events.resume(fields.fields("flags"));
      const waiting = fields.list("messages", sintCount * messageQueueLimit, readMessage);
      for (const { sint, message } of waiting) messages.push(sint, dress(message));
    },
    inspect: () => ({
      enabled: isEnabled(),
      messagePage: messagePage.inspect(),
      eventPage: eventPage.inspect(),
      ...lines.inspect(),
      ...messages.inspect(),
      ...events.inspect(),
    }),
  };
}
