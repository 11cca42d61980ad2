/** The two ways a run loop lets go of its thread. */
export interface Waits {
  /** One turn of the event loop, as short as the platform allows (microseconds). */
  breathe(): Promise<void>;
  /** Resolves after about `milliseconds`, or at the next `wake`, whichever is first. */
  sleep(milliseconds: number): Promise<void>;
  /** Ends a sleep now. Harmless when nobody sleeps. */
  wake(): void;
}

/**
 * Opens the waits of one thread. A message to oneself costs microseconds where a timer of 0 costs
 * milliseconds (the platform clamps nested timers).
 */
export function openWaits(): Waits {
  const channel = new MessageChannel();
  let breathing: (() => void) | null = null;
  let sleeping: (() => void) | null = null;
  channel.port1.onmessage = () => {
    const resume = breathing;
    breathing = null;
    resume?.();
  };

  function breathe(): Promise<void> {
    return new Promise((resolve) => {
      breathing = resolve;
      channel.port2.postMessage(0);
    });
  }
  function sleep(milliseconds: number): Promise<void> {
    if (milliseconds < 1) return breathe();
    return new Promise((resolve) => {
      const timer = setTimeout(end, milliseconds);
      function end(): void {
        clearTimeout(timer);
        sleeping = null;
        resolve();
      }
      sleeping = end;
    });
  }
  return { breathe, sleep, wake: () => sleeping?.() };
}
