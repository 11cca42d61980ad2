/** Bytes on their way to a guest that reads at its own pace. */
export interface AnswerQueue {
  /**
   * Hands bytes to the guest; settles when all were taken, or the queue was dropped. One after another: a second
   * piece waits for the first. The buffer belongs to the queue until then.
   */
  put(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The guest can take more. */
  offer(): void;
  drop(): void;
}

/** Opens a queue of one piece at a time. @param take  as `StreamEvents.bytes` */
export function openAnswerQueue(
  take: (bytes: Uint8Array<ArrayBuffer>, at: number, length: number) => number,
): AnswerQueue {
  let piece: Uint8Array<ArrayBuffer> | null = null;
  let at = 0;
  let settle: (() => void) | null = null;
  let dropped = false;
  let last: Promise<void> = Promise.resolve();

  function offer(): void {
    if (piece === null || dropped) return;
    at += take(piece, at, piece.length - at);
    if (at >= (piece?.length ?? 0)) done();
  }
  function done(): void {
    const resume = settle;
    piece = null;
    settle = null;
    resume?.();
  }
  function begin(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (dropped || bytes.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      piece = bytes;
      at = 0;
      settle = resolve;
      offer();
    });
  }
  return {
    put(bytes) {
      last = last.then(() => begin(bytes));
      return last;
    },
    offer,
    drop() {
      dropped = true;
      done();
    },
  };
}
