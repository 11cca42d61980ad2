/** What a poll asks, and who hears of it. */
export interface PollOptions<T> {
  readonly ask: () => Promise<T>;
  /** Milliseconds from one question to the next; later when the answer takes longer. */
  readonly everyMs: number;
  readonly onAnswer: (answer: T) => void;
  readonly onFailure: (reason: unknown) => void;
}

/** Asks again and again, one question at a time, until it is told to stop. */
export interface Poll {
  /** Asks at once and goes on asking. Does nothing while it does. */
  start(): void;
  /** Answers under way are not told any more. */
  stop(): void;
}

/** Makes a poll; it asks nothing before it is started. */
export function openPoll<T>(options: PollOptions<T>): Poll {
  let turn = 0;
  let running = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function ask(mine: number): Promise<void> {
    const begun = Date.now();
    try {
      const answer = await options.ask();
      if (mine === turn) options.onAnswer(answer);
    } catch (reason) {
      if (mine === turn) options.onFailure(reason);
    }
    if (mine !== turn) return;
    const rest = Math.max(0, options.everyMs - Math.max(0, Date.now() - begun));
    timer = setTimeout(() => void ask(mine), rest);
  }

  return {
    start() {
      if (running) return;
      running = true;
      turn += 1;
      void ask(turn);
    },
    stop() {
      running = false;
      turn += 1;
      clearTimeout(timer);
    },
  };
}
