import type { Clock, Log } from "./clock.ts";

/**
 * Wraps a log so that the other side cannot flood it: at most `burst` lines per window, then one line
 * that says how many were left out.
 *
 * @param windowMicros  length of a window, microseconds
 */
export function limitedLog(log: Log, clock: Clock, burst = 8, windowMicros = 10_000_000): Log {
  let windowStart = clock.now();
  let written = 0;
  let dropped = 0;
  return (level, text) => {
    const now = clock.now();
    if (now - windowStart >= windowMicros) {
      if (dropped > 0) log("warning", `${dropped} further lines were left out`);
      windowStart = now;
      written = 0;
      dropped = 0;
    }
    if (written >= burst) {
      dropped++;
      return;
    }
    written++;
    log(level, text);
  };
}
