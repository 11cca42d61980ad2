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
function openBucket(start: Grant, now: Micros) {
  let grant = start;
  let level = start.budget;
  let filledAt: number = now;
  let isDry = start.budget <= 0;

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

  return {
    epoch: () => grant.epoch,
    adopt(next: Grant, at: Micros): void {
      if (next.epoch < grant.epoch) return;
      fill(at);
      grant = next;
      fill(at);
    },
    available(at: Micros): number {
      fill(at);
      return isDry ? 0 : level;
    },
    spend(amount: number): void {
      level = Math.max(level - amount, -rate() * second);
    },
    nextRefill(at: Micros): number {
      fill(at);
      if (!isDry) return 0;
      return rate() === 0 ? second : Math.min(second, Math.max(1, Math.ceil((enough() - level) / rate())));
    },
  };
}

/** Counts time in which the guest waited for a refill. */
function openStarvation() {
  let since: number | null = null;
  let total = 0;

  function end(at: Micros): void {
    if (since !== null) total += Math.max(0, Math.min(second, at - since));
    since = null;
  }

  return {
    end,
    begin(at: Micros): void {
      since = at;
    },
    /** So far; a wait that goes on is counted up to now. */
    total(at: Micros): number {
      const isWaiting = since !== null;
      end(at);
      if (isWaiting) since = at;
      return total;
    },
  };
}

/** Opens a meter with a full bucket. */
export function openGrantMeter(start: Grant, now: Micros): GrantMeter {
  const bucket = openBucket(start, now);
  const starvation = openStarvation();
  let used = 0;

  return {
    adopt: bucket.adopt,
    take(at) {
      const available = bucket.available(at);
      starvation.end(at);
      if (available <= 0) starvation.begin(at);
      return micros(available);
    },
    spend(amount) {
      const spent = Math.max(0, amount);
      used += spent;
      bucket.spend(spent);
    },
    nextRefill: (at) => micros(bucket.nextRefill(at)),
    used: () => micros(used),
    report: (at, heartbeat) => ({
      epoch: bucket.epoch(),
      used,
      starved: starvation.total(at),
      elapsed: at - now,
      heartbeat,
    }),
  };
}
