import { reasonOf } from "../../support/index.ts";
import type { CimInstance, SubscriptionId, WmiSession } from "../../wmi/index.ts";

/** Events that wait for somebody. Reason: as many as the namespace keeps; the oldest are thrown away. */
const mostWaiting = 1024;
/** Subscriptions of one shell. */
const mostSubscriptions = 64;

/** An event that has come. */
export interface WaitingEvent {
  readonly id: number;
  readonly source: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: CimInstance;
}

/** Event queries that a shell has registered, and what came of them. */
export interface EventDesk {
  /** Begins a query. @throws Error when there is one of that name, or there are too many */
  register(session: WmiSession, query: string, source: string): Promise<void>;
  /** Ends one; answers whether there was one of that name. */
  unregister(source: string): Promise<boolean>;
  /** Names of the queries, and why one has ended early. */
  sources(): readonly { readonly source: string; readonly query: string; readonly ended: string | null }[];
  events(): readonly WaitingEvent[];
  forget(id: number): void;
  /** Resolves when another event has come or a query has ended. */
  changed(): Promise<void>;
  /** Ends all. */
  close(): Promise<void>;
}

interface Subscribed {
  readonly source: string;
  readonly query: string;
  readonly session: WmiSession;
  readonly id: SubscriptionId;
  ended: string | null;
}

/** Opens a desk without queries. */
export function openEventDesk(wallClock: () => number): EventDesk {
  const all = new Map<string, Subscribed>();
  const waiting: WaitingEvent[] = [];
  let next = 1;
  let listeners: (() => void)[] = [];

  function tell(): void {
    const now = listeners;
    listeners = [];
    for (const listener of now) listener();
  }
  async function pump(of: Subscribed): Promise<void> {
    try {
      for (let over = false; !over && all.get(of.source.toLowerCase()) === of; ) {
        const batch = await of.session.next(of.id);
        over = batch.over;
        for (const event of batch.events)
          waiting.push({ id: next++, source: of.source, at: wallClock(), event });
        waiting.splice(0, Math.max(0, waiting.length - mostWaiting));
        tell();
      }
    } catch (failure) {
      of.ended = reasonOf(failure);
      tell();
    }
  }
  async function unregister(source: string): Promise<boolean> {
    const found = all.get(source.toLowerCase());
    if (found === undefined) return false;
    all.delete(source.toLowerCase());
    await found.session.unsubscribe(found.id);
    return true;
  }
  return {
    async register(session, query, source) {
      if (all.has(source.toLowerCase())) throw new Error(`There is a subscriber ${source} already.`);
      if (all.size >= mostSubscriptions)
        throw new Error(`There are ${mostSubscriptions} subscribers: unregister one first.`);
      const id = await session.subscribe(query);
      const made: Subscribed = { source, query, session, id, ended: null };
      all.set(source.toLowerCase(), made);
      pump(made).catch(() => {});
    },
    unregister,
    sources: () => [...all.values()],
    events: () => [...waiting],
    forget(id) {
      const at = waiting.findIndex((one) => one.id === id);
      if (at >= 0) waiting.splice(at, 1);
    },
    changed: () => new Promise((resolve) => listeners.push(resolve)),
    async close() {
      for (const { source } of [...all.values()]) await unregister(source);
    },
  };
}
