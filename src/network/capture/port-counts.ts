import type { Direction } from "./frame-ring.ts";

/** What went past a port since the capture was opened or cleared. */
export interface PortCount {
  readonly in: number;
  readonly out: number;
  /** Frames kept once and given up for newer ones. */
  readonly dropped: number;
}

/** Counts by port number. Nothing is allocated for a port that is known. */
export interface PortCounts {
  /** Counts a frame. `false`: there are too many ports already. */
  add(port: number, direction: Direction): boolean;
  drop(port: number): void;
  /** Zeros for a port never heard. */
  of(port: number): PortCount;
  /** Ports heard, in order of their numbers. */
  heard(): number[];
  clear(): void;
}

/** Ports told apart. A switch has fewer at a time, but numbers its ports on and on. */
const portLimit = 4096;

/** Opens counts without any port. */
export function openPortCounts(): PortCounts {
  const counts = new Map<number, { in: number; out: number; dropped: number }>();
  return {
    add(port, direction) {
      const known = counts.get(port);
      if (known !== undefined) known[direction]++;
      else if (counts.size >= portLimit) return false;
      else counts.set(port, { in: 0, out: 0, dropped: 0, [direction]: 1 });
      return true;
    },
    drop(port) {
      const known = counts.get(port);
      if (known !== undefined) known.dropped++;
    },
    of: (port) => ({ in: 0, out: 0, dropped: 0, ...counts.get(port) }),
    heard: () => [...counts.keys()].sort((one, other) => one - other),
    clear: () => counts.clear(),
  };
}
