import type { Grant, UsageReport } from "../hvdef/index.ts";
import { type Micros, micros } from "../support/index.ts";

/** Spends a partition's grant. All times are microseconds of the thread's clock. */
export interface GrantMeter {
  /** Takes over a new grant. One that is older than the present one is ignored. */
  adopt(grant: Grant, now: Micros): void;
  /**
   * Asks for processor time because the guest wants to run.
   *
   * @returns microseconds it may run; 0 when the grant is spent: wait for {@link nextRefill}
   */
  take(now: Micros): Micros;
  /** Books guest time used, which may be more than was taken: the rest is owed. */
  spend(used: Micros): void;
  /** Microseconds until `take` gives something again, at most a second; 0 when it does now. */
  nextRefill(now: Micros): Micros;
  /** Guest time used since the meter was opened. */
  used(): Micros;
  /** A report for hypervisor/root. */
  report(now: Micros, heartbeat: number): UsageReport;
}

/** A spent grant must refill to this much before the guest runs again: one slice of the engine. */
const slice = 1000;
/** Longest single wait in microseconds, and longest stretch of starvation or refilling believed at once. */
const second = 1_000_000;

/**
 * A bucket that fills evenly and holds one period's budget. A slice that ran longer than its budget is owed,
 * up to what one second refills, so that a clock that jumped does not stop the guest.
 */
export function openGrantMeter(start: Grant, now: Micros): GrantMeter {
  const opened = now;
  let grant = start;
  let level = start.budget;
  let filledAt: number = now;
  let isDry = start.budget <= 0;
  let starvingSince: number | null = null;
  let used = 0;
  let starved = 0;

  /** Microseconds of budget per microsecond. */
  const rate = () => (grant.period > 0 ? Math.max(0, Math.min(1, grant.budget / grant.period)) : 0);
  const enough = () => Math.min(slice, grant.budget);

  function fill(at: Micros): void {
    const passed = Math.max(0, at - filledAt);
    filledAt = Math.max(filledAt, at);
    level = Math.min(grant.budget, level + passed * rate());
    if (level <= 0) isDry = true;
    else if (level >= enough()) isDry = false;
  }

  function endStarvation(at: Micros): void {
    if (starvingSince === null) return;
    starved += Math.max(0, Math.min(second, at - starvingSince));
    starvingSince = null;
  }

  return {
    adopt(next, at) {
      if (next.epoch < grant.epoch) return;
      fill(at);
      grant = next;
      fill(at);
    },
    take(at) {
      fill(at);
      endStarvation(at);
      if (!isDry) return micros(level);
      starvingSince = at;
      return micros(0);
    },
    spend(amount) {
      const spent = Math.max(0, amount);
      used += spent;
      level = Math.max(level - spent, -rate() * second);
    },
    nextRefill(at) {
      fill(at);
      if (!isDry) return micros(0);
      if (rate() === 0) return micros(second);
      return micros(Math.min(second, Math.max(1, Math.ceil((enough() - level) / rate()))));
    },
    used: () => micros(used),
    report(at, heartbeat) {
      const waiting = starvingSince;
      endStarvation(at);
      // Still waiting: the rest belongs to the next report.
      if (waiting !== null) starvingSince = at;
      return { epoch: grant.epoch, used, starved, elapsed: at - opened, heartbeat };
    },
  };
}
