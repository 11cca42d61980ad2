import type { Clock, Micros } from "../../support/index.ts";

/** Bytes that may wait at one other tab before what leaves is dropped: a fraction of a second of a busy guest. */
const mostWaiting = 4 * 1024 * 1024;
/** Bytes of another tab that were taken, after which it is told. */
export const tellEvery = 256 * 1024;
/** A tab that takes nothing for so long was closed without a goodbye, or sleeps: it holds up nobody any more. */
const patience = 2_000_000;

interface Listener {
  /** How far it has read what we posted, bytes. */
  read: number;
  /** Since when too much has waited there; `null`: it does not. */
  fullSince: Micros | null;
}

/** What waits at the other tabs. A channel between tabs has no gauge: every tab tells the others how far it has read. */
export interface TabBacklog {
  /** We posted so many bytes of frames. Answers all that were posted so far. */
  posted(bytes: number): number;
  /** Another tab says how far it has read us. `false`: that cannot be, nothing has changed. */
  told(tab: string, read: number): boolean;
  /** Whether a tab that reads has too much waiting. Tabs that never told anything are not waited for. */
  isFull(): boolean;
  /** How much waits at the tab with the most. */
  waiting(): number;
  /** A tab has gone. */
  forget(tab: string): void;
  forgetAll(): void;
}

/** Opens a backlog in which nothing waits. */
export function openTabBacklog(clock: Clock): TabBacklog {
  const listeners = new Map<string, Listener>();
  let total = 0;

  function holdsUp(listener: Listener): boolean {
    if (total - listener.read <= mostWaiting) {
      listener.fullSince = null;
      return false;
    }
    listener.fullSince ??= clock.now();
    return clock.now() - listener.fullSince < patience;
  }
  return {
    posted(bytes) {
      total += bytes;
      return total;
    },
    told(tab, read) {
      const known = listeners.get(tab);
      if (!Number.isInteger(read) || read < (known?.read ?? 0) || read > total) return false;
      // Saying the same again is no sign of life.
      if (known === undefined) listeners.set(tab, { read, fullSince: null });
      else if (read > known.read) {
        known.read = read;
        known.fullSince = null;
      }
      return true;
    },
    isFull() {
      for (const listener of listeners.values()) if (holdsUp(listener)) return true;
      return false;
    },
    waiting: () => Math.max(0, ...[...listeners.values()].map(({ read }) => total - read)),
    forget: (tab) => void listeners.delete(tab),
    forgetAll: () => listeners.clear(),
  };
}
