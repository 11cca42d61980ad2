import type { Brand } from "./brand.ts";

/** A span or a point of time in microseconds. */
export type Micros = Brand<number, "Micros">;

/** Marks a number as microseconds. */
export function micros(value: number): Micros {
  return value as Micros;
}

/** Monotonic time of the thread. The origin means nothing; differences do. */
export interface Clock {
  now(): Micros;
}

/** Where a room reports what an operator should know. Never called at guest rate. */
export type Log = (level: "info" | "warning" | "error", text: string) => void;

/** A clock that a test turns by hand. */
export interface ManualClock extends Clock {
  advance(by: Micros): void;
}

/** Makes a clock that stands still until told. */
export function manualClock(start: Micros = micros(0)): ManualClock {
  let time: number = start;
  return {
    now: () => micros(time),
    advance(by) {
      time += by;
    },
  };
}
