/** Types pieces of text one after another; those that come meanwhile go together. */
export interface TextTyper {
  put(text: string): void;
}

/** Characters that wait. Reason: what is said to a telephone in one breath; a text of any length has a dialog. */
const waitingMost = 4096;

/** Opens it. @param failed  is told why a piece was not typed */
export function openTextTyper(
  type: (text: string) => Promise<void>,
  failed: (reason: unknown) => void,
): TextTyper {
  let waiting = "";
  let busy = false;

  async function drain(): Promise<void> {
    busy = true;
    while (waiting !== "") {
      const text = waiting;
      waiting = "";
      await type(text).catch(failed);
    }
    busy = false;
  }
  return {
    put(text) {
      waiting = (waiting + text).slice(0, waitingMost);
      if (!busy) void drain();
    },
  };
}
