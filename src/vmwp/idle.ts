import type { Micros } from "../support/index.ts";

/** How long an idle processor may oversleep its next timer. */
export interface IdlePolicy {
  /** The guest halted with nothing to do for `wakeIn`; answers milliseconds to sleep. */
  sleepFor(wakeIn: Micros): number;
  /** The guest had work of its own, or somebody who watches it gave it some. */
  active(): void;
  /** A device had something for the guest. Should it be more than a sign of life, the guest becomes active. */
  stirred(): void;
  /** Nothing has happened for seconds: the machine may be reported on less often. */
  isQuiet(): boolean;
}

/** A kernel with a periodic tick wakes 250 times a second to do nothing. */
const quietHalts = 64;
/** Reason: the host's heartbeat stirs the guest every two seconds, and would else be half of what idling costs. */
const stirredHalts = 12;
/** Timers may be late, never early; a tick that comes late makes the guest's kernel catch up. @tlfs 12.4 */
const idleSlack = 40;
/** The same after `restHalts` of such sleeps, about three seconds: nobody is there to see it. */
const restSlack = 100;
const restHalts = 75;
const microsPerMilli = 1000;

/**
 * Coalesces the timer ticks of a guest that has been idle for a while, as a host does for its guests.
 * Any input (disk, console, control) wakes the processor at once and ends the quiet.
 */
export function openIdlePolicy(): IdlePolicy {
  /** Halts from now on that are slept through to the millisecond. */
  let punctual = quietHalts;
  let lateHalts = 0;
  const isQuiet = (): boolean => lateHalts >= restHalts;
  return {
    sleepFor(wakeIn) {
      const wait = wakeIn / microsPerMilli;
      if (--punctual > 0) return wait;
      punctual = 0;
      const slack = isQuiet() ? restSlack : idleSlack;
      lateHalts++;
      return Math.max(wait, slack);
    },
    active() {
      punctual = quietHalts;
      lateHalts = 0;
    },
    stirred() {
      punctual = Math.max(punctual, stirredHalts);
    },
    isQuiet,
  };
}
