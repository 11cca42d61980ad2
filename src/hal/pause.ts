import type { Pause } from "../storage/index.ts";

/** Waits by the thread's timers; ends early when the signal is aborted. Never rejects. */
export const threadPause: Pause = (time, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(end, time / 1000);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
