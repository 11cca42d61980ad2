import type { Clock } from "../../support/index.ts";

/** How much one side may send. */
export interface Rate {
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
}

/**
 * What a far side may send before it costs the guests' disks time: the parent worker serves both.
 * 64 MiB is half a gigabit network, and more than an emulated guest takes.
 */
export const farSideRate: Rate = { framesPerSecond: 60_000, bytesPerSecond: 64 * 1024 * 1024 };

/** Share of a second that may come at once. */
const burst = 0.25;

/** Counts what one side sends against what it may. */
export interface Allowance {
  /** Whether a frame of so many bytes may pass; takes it off when it may. */
  take(bytes: number): boolean;
}

/** Opens an allowance that starts full. */
export function openAllowance(rate: Rate, clock: Clock): Allowance {
  const mostFrames = rate.framesPerSecond * burst;
  const mostBytes = rate.bytesPerSecond * burst;
  let frames = mostFrames;
  let bytes = mostBytes;
  let filled: number = clock.now();

  function refill(): void {
    const now = clock.now();
    const seconds = Math.max(0, now - filled) / 1_000_000;
    filled = now;
    frames = Math.min(mostFrames, frames + seconds * rate.framesPerSecond);
    bytes = Math.min(mostBytes, bytes + seconds * rate.bytesPerSecond);
  }
  return {
    take(length) {
      if (frames < 1 || bytes < length) refill();
      if (frames < 1 || bytes < length) return false;
      frames -= 1;
      bytes -= length;
      return true;
    },
  };
}
