import type { Micros } from "../support/index.ts";

/** How long an idle processor may oversleep its next timer. */
export interface IdlePolicy {
  /** The guest halted with nothing to do for `wakeIn`; answers milliseconds to sleep. */
  sleepFor(wakeIn: Micros): number;
  /** The guest had work, or somebody gave it some. */
  active(): void;
}

/** A kernel with a periodic tick wakes 250 times a second to do nothing. */
const quietHalts = 64;
/** Timers may be late, never early; a tick that comes late makes the guest's kernel catch up. @tlfs 12.4 */
const idleSlack = 40;
const microsPerMilli = 1000;

/**
 * Coalesces the timer ticks of a guest that has been idle for a while, as a host does for its guests.
 * Any input (disk, console, control) wakes the processor at once and ends the quiet.
 */
export function openIdlePolicy(): IdlePolicy {
  let halts = 0;
  return {
    sleepFor(wakeIn) {
      halts++;
      const wait = wakeIn / microsPerMilli;
      return halts < quietHalts ? wait : Math.max(wait, idleSlack);
    },
    active() {
      halts = 0;
    },
  };
}
