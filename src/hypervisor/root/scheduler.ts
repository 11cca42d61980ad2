import type { PartitionId, ProcessorShare } from "../../hvdef/index.ts";

/** The processors of a host that its guests share. */
export interface ProcessorHost {
  /** At least 1. A partition has one processor and never gets more than one of these. */
  readonly logicalProcessors: number;
  /** Microseconds of one grant period. */
  readonly period: number;
}

/** What one partition asks and how it used what it had. Shares are parts of one processor, 0 to 1. */
export interface ProcessorDemand {
  readonly partition: PartitionId;
  readonly share: ProcessorShare;
  /** Used over the last report. */
  readonly used: number;
  /** Time it wanted to run and might not, over the last report. */
  readonly starved: number;
  /** What it was allowed then. */
  readonly granted: number;
}

/** What one partition gets. */
export interface ProcessorAllocation {
  readonly partition: PartitionId;
  /** What is reckoned with, part of one processor. The sum over all is at most the host's processors. */
  readonly planned: number;
  /** Microseconds per period it may use: what is planned, never less than what it is entitled to. */
  readonly budget: number;
}

/** Starved more than this part of the time, a partition wants all it can get. */
const starvedEnough = 0.02;
/** Used more than this part of its grant, likewise: with a whole processor it can never starve. */
const usedUp = 0.9;
/** Room to grow for one that does not. */
const headroom = { factor: 1.25, least: 0.02 } as const;

interface Claim {
  readonly floor: number;
  readonly ceiling: number;
  readonly weight: number;
}

/** `value` between two bounds; the lower one for what is no number. */
const clamp = (value: number, low: number, high: number) =>
  Number.isNaN(value) ? low : Math.max(low, Math.min(high, value));

/** Most a partition may have: its limit, at most one processor. */
const limitOf = (share: ProcessorShare) => clamp(share.limit, 0, 100) / 100;

/** What a partition would use if it might, from what it did. */
function wantOf(demand: ProcessorDemand): number {
  const limit = limitOf(demand.share);
  const isHungry = demand.starved > starvedEnough || demand.used > usedUp * demand.granted;
  if (isHungry) return limit;
  return Math.min(limit, demand.used * headroom.factor + headroom.least);
}

/**
 * Fills claims by weight like water in vessels of different width: each gets `level × weight`, kept between
 * its floor and its ceiling, with the highest level that fits. Floors that do not fit together shrink in
 * proportion.
 */
function fillByWeight(capacity: number, claims: readonly Claim[]): readonly number[] {
  const floors = claims.reduce((sum, claim) => sum + claim.floor, 0);
  if (floors > capacity) return claims.map((claim) => (claim.floor * capacity) / floors);
  const at = (level: number) =>
    claims.map((claim) => clamp(level * claim.weight, claim.floor, claim.ceiling));
  const total = (level: number) => at(level).reduce((sum, amount) => sum + amount, 0);
  let low = 0;
  let high = claims.reduce((most, claim) => Math.max(most, claim.ceiling / claim.weight), 0);
  if (total(high) <= capacity) return at(high);
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (total(middle) <= capacity) low = middle;
    else high = middle;
  }
  return at(low);
}

function claimUpTo(share: ProcessorShare, ceiling: number): Claim {
  const floor = Math.min(clamp(share.reserve, 0, 100) / 100, ceiling);
  return { floor, ceiling, weight: clamp(share.weight, 1, 10_000) };
}

/**
 * Divides the processors of a host among its partitions by reserve, limit and weight. What one does not
 * want goes to those who do. Each may at any moment use what it would get if all were busy: so one that
 * wakes up runs at once, and the others give way with the next report.
 *
 * @wmi Msvm_ProcessorSettingData Reservation, Limit, Weight
 */
export function computeGrants(
  host: ProcessorHost,
  demands: readonly ProcessorDemand[],
): readonly ProcessorAllocation[] {
  const capacity = Math.max(1, host.logicalProcessors);
  const entitled = fillByWeight(
    capacity,
    demands.map(({ share }) => claimUpTo(share, limitOf(share))),
  );
  const planned = fillByWeight(
    capacity,
    demands.map((demand) => claimUpTo(demand.share, wantOf(demand))),
  );
  return demands.map(({ partition }, place) => {
    const plan = planned[place] ?? 0;
    const least = entitled[place] ?? 0;
    return { partition, planned: plan, budget: Math.floor(Math.max(plan, least) * host.period) };
  });
}
