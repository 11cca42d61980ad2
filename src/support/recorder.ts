/** A note as it was recorded. */
export type Recorded<N> = N & {
  /** In the recorder's own time. */
  readonly at: number;
  /** Grows by one with every note, also with those that found no room. */
  readonly sequence: number;
};

/** What was recorded since the last time. */
export interface Recording<N> {
  readonly events: readonly Recorded<N>[];
  /** Notes that found no room. */
  readonly lost: number;
  readonly until: number;
}

/** Keeps what happens for whoever listens, bounded. While nobody listens it costs its callers one branch. */
export interface Recorder<N> {
  /** Ask before a note is even made. */
  readonly on: boolean;
  note(note: N): void;
  /** Everything since the last call. It goes on listening for a lease, then stops by itself. */
  take(): Recording<N>;
}

/** What a recorder stands on. */
export interface RecorderOptions {
  /** Any time that grows. */
  now(): number;
  /** How long it listens after it was last asked, in that time. */
  readonly lease: number;
  /** Notes of one kind that are kept between two calls. Reason: the rare must not drown in the frequent. */
  readonly perKind: number;
}

/** Opens a recorder that nobody listens to yet. */
export function openRecorder<N extends { readonly kind: string }>(options: RecorderOptions): Recorder<N> {
  let listening = false;
  let listensUntil = 0;
  let events: Recorded<N>[] = [];
  let lost = 0;
  let sequence = 0;
  const kept = new Map<string, number>();

  function forget(): void {
    events = [];
    lost = 0;
    kept.clear();
  }
  return {
    get on() {
      return listening;
    },
    note(note) {
      if (!listening) return;
      const at = options.now();
      sequence++;
      if (at > listensUntil) {
        listening = false;
        forget();
        return;
      }
      const before = kept.get(note.kind) ?? 0;
      if (before >= options.perKind) {
        lost++;
        return;
      }
      kept.set(note.kind, before + 1);
      events.push({ ...note, at, sequence });
    },
    take() {
      const until = options.now();
      const taken = { events, lost, until };
      forget();
      listening = true;
      listensUntil = until + options.lease;
      return taken;
    },
  };
}
