import { IcStatus, type KeyValuePair } from "../../hvdef/index.ts";
import type { KvpJob } from "./kvp-message.ts";

/**
 * One pass over some pools: each is listed, and those that are ours are made what they should be, one job after the
 * other.
 */
export interface KvpRound {
  /** Pools still to be listed, the one being listed first. */
  readonly pools: readonly number[];
  /** What was found in the first of them so far. */
  readonly found: readonly KeyValuePair[];
  /** Answers of that listing that made no sense; they count as places. */
  readonly skipped: number;
  /** What is to be set and deleted in the pool listed last. */
  readonly repairs: readonly KvpJob[];
}

/** What the guest answered a job. */
export interface KvpResult {
  readonly status: number;
  readonly pair: KeyValuePair | null;
}

/** What a round knows after a result; `listed`: a pool's contents as they are now. */
export interface KvpProgress {
  readonly round: KvpRound;
  readonly listed: { readonly pool: number; readonly pairs: readonly KeyValuePair[] } | null;
}

/** Pairs of one pool that are looked at. Reason: a guest that never ends its list must not fill our memory. */
export const kvpPoolLimit = 256;

/** A pass over these pools, in this order. */
export function beginRound(pools: readonly number[]): KvpRound {
  return { pools, found: [], skipped: 0, repairs: [] };
}

/** What to ask next; `null`: the round is over. */
export function nextKvpJob({ pools, found, skipped, repairs }: KvpRound): KvpJob | null {
  const [repair] = repairs;
  if (repair !== undefined) return repair;
  const [pool] = pools;
  return pool === undefined ? null : { kind: "enumerate", pool, index: found.length + skipped };
}

/**
 * Takes the answer to the round's next job.
 * @param wanted  what a pool should hold; `null`: it is the guest's
 */
export function takeKvpResult(
  round: KvpRound,
  result: KvpResult,
  wanted: (pool: number) => readonly KeyValuePair[] | null,
): KvpProgress {
  if (round.repairs.length > 0) {
    return { round: { ...round, repairs: round.repairs.slice(1) }, listed: null };
  }
  const [pool, ...others] = round.pools;
  if (pool === undefined) return { round, listed: null };
  const { found, skipped } = round;
  if (result.status === IcStatus.ok && found.length + skipped + 1 < kvpPoolLimit) {
    const { pair } = result;
    const next = pair === null ? { ...round, skipped: skipped + 1 } : { ...round, found: [...found, pair] };
    return { round: next, listed: null };
  }
  // A daemon that cannot list says nothing about what there is.
  const ended = result.status === IcStatus.ok || result.status === IcStatus.noMoreItems;
  const ours = wanted(pool);
  return {
    round: { ...beginRound(others), repairs: ended && ours !== null ? repairsOf(pool, found, ours) : [] },
    listed: ended ? { pool, pairs: found } : null,
  };
}

/** What makes a pool what it should be. */
function repairsOf(
  pool: number,
  found: readonly KeyValuePair[],
  ours: readonly KeyValuePair[],
): readonly KvpJob[] {
  const surplus = found.filter(({ key }) => !ours.some((pair) => pair.key === key));
  const missing = ours.filter((pair) => !found.some((known) => samePair(known, pair)));
  return [
    ...surplus.map(({ key }): KvpJob => ({ kind: "delete", pool, key })),
    ...missing.map((pair): KvpJob => ({ kind: "set", pool, pair })),
  ];
}

/** Whether both say the same. */
export function samePair(one: KeyValuePair, other: KeyValuePair): boolean {
  return one.key === other.key && one.value === other.value;
}
