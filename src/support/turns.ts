/** Work that is done one piece after another, in the order in which it was asked for. */
export interface Turns {
  /** Begins when everything before has ended, well or not; settles as the work does. */
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when everything asked for until now has ended. Never rejects. */
  over(): Promise<void>;
}

/** Opens turns for work of which each piece must see what the one before has made. */
export function openTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    take(work) {
      const mine = last.then(work);
      last = mine.then(
        () => {},
        () => {},
      );
      return mine;
    },
    over: () => last,
  };
}
