import type { Clock, Micros } from "../../support/index.ts";

/** What went wrong on the wire, for a person to see where it happens. */
export interface Notice {
  readonly kind: NoticeKind;
  /** A sentence that names the thing and the way out. */
  readonly text: string;
  readonly firstAt: Micros;
  readonly lastAt: Micros;
  readonly times: number;
}

/** Kinds of trouble, for whoever wants to draw them. */
export type NoticeKind =
  | "addressConflict"
  | "sharedAddress"
  | "otherDhcpServer"
  | "poolExhausted"
  | "addressDeclined";

/** Different notices that are kept; the one unheard of for longest goes first. Guests cause them, so they are few. */
const keptNotices = 32;

/** The notices of a stack. */
export interface Notices {
  /** The same text again counts up. */
  add(kind: NoticeKind, text: string): void;
  list(): readonly Notice[];
}

/** Opens an empty list. `onNotice` hears each text when it is new to the list: guests can make it hear many. */
export function openNotices(clock: Clock, onNotice: (notice: Notice) => void): Notices {
  const kept = new Map<string, Notice>();
  return {
    add(kind, text) {
      const now = clock.now();
      const before = kept.get(text);
      const notice = {
        kind,
        text,
        firstAt: before?.firstAt ?? now,
        lastAt: now,
        times: (before?.times ?? 0) + 1,
      };
      kept.delete(text);
      kept.set(text, notice);
      for (const oldest of kept.keys()) {
        if (kept.size <= keptNotices) break;
        kept.delete(oldest);
      }
      if (before === undefined) onNotice(notice);
    },
    list: () => [...kept.values()],
  };
}
