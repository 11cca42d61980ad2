/**
 * How long work on disks lets others live. Whoever runs it passes one in; the work awaits `step` at least every
 * {@link stepBytes} of reading or writing.
 */
export interface Steps {
  /** Aborted when the work is to stop. */
  readonly signal: AbortSignal;
  /**
   * Reports progress, lets other work of the thread happen, and rejects with the signal's reason once that is
   * aborted.
   *
   * @param done   of `total`, never falling
   * @param total  in a unit of the work's own, more than 0
   */
  step(done: number, total: number): Promise<void>;
  /** Bytes moved between two steps, at most {@link stepBytes}, which it is when absent. */
  readonly everyBytes?: number;
}

/** Most bytes that work moves between two steps. */
export const stepBytes = 4 << 20;

/** Counts work and steps when enough of it is done. */
export interface Pace {
  /**
   * Notes that so many units were done at the cost of moving so many bytes.
   * @throws the reason of the signal, when the work is to stop
   */
  spend(units: number, bytes: number): Promise<void>;
}

/** Begins counting towards `total` units. A first and a last step are the caller's business. */
export function openPace(steps: Steps, total: number): Pace {
  const everyBytes = Math.min(steps.everyBytes ?? stepBytes, stepBytes);
  let done = 0;
  let bytesSince = 0;
  return {
    async spend(units, bytes) {
      done += units;
      bytesSince += bytes;
      if (bytesSince < everyBytes) return;
      bytesSince = 0;
      await steps.step(Math.min(done, total), Math.max(total, 1));
    },
  };
}
