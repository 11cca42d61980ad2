import {
  IcKvpPool,
  type IntegrationStatus,
  type KeyValuePair,
  type KeyValuePairs,
} from "../../hvdef/index.ts";
import { kvpBody, kvpPair } from "./kvp-message.ts";
import { beginRound, type KvpRound, nextKvpJob, samePair, takeKvpResult } from "./kvp-round.ts";
import { openIcLine } from "./line.ts";
import { icProtocol } from "./offer.ts";
import type { IcService, ServiceOptions } from "./service.ts";

/** Microseconds between two looks. Reason: each pair costs the guest's daemon a turn, and an idle guest should idle. */
const restPeriod = 60_000_000;
/** The same while somebody asks for the pairs, and for how long one question counts. */
const watchedPeriod = 5_000_000;
/** The daemon is given 30 seconds by the guest's kernel, which then answers for it. */
const patience = 45_000_000;

const { external, guest, auto, autoExternal } = IcKvpPool;

/** Data exchange needs these beside what every service does. */
export interface KeyValueOptions extends ServiceOptions {
  /** What the host says of itself and the machine; stays. */
  readonly facts: readonly KeyValuePair[];
  /** What the visitor has put there for the guest. */
  readonly items: readonly KeyValuePair[];
}

/** The service that exchanges key-value pairs. */
export interface KeyValueService extends IcService {
  /** What the guest should have from now on. */
  setItems(items: readonly KeyValuePair[]): void;
  /** As they were at the last look; while somebody asks, looks come more often. */
  pairs(): KeyValuePairs;
}

/**
 * Reads what the guest's daemon and programs say, and keeps the host's pools in the guest as they should be. A guest
 * whose daemon does not run says nothing at all. @ic 5
 */
export function openKeyValue({
  clock,
  saved,
  changed,
  facts,
  items: first,
}: KeyValueOptions): KeyValueService {
  let items = first;
  let known: ReadonlyMap<number, readonly KeyValuePair[]> = new Map();
  let round: KvpRound | null = null;
  let again: readonly number[] = [];
  /** Pools that are being listed again after a repair: another is not tried in this pass. */
  let refused: ReadonlySet<number> = new Set();
  let lookedAt = 0;
  let watchedAt = Number.NEGATIVE_INFINITY;
  const line = openIcLine({
    protocol: icProtocol("keyValuePair"),
    clock,
    saved,
    events: {
      agreed() {
        look([external, autoExternal, auto, guest]);
        changed();
      },
      free: goOn,
      closed() {
        round = null;
        again = [];
        changed();
      },
    },
  });

  function look(pools: readonly number[]): void {
    if (round !== null) again = [...new Set([...again, ...pools])];
    else round = beginRound(pools);
    lookedAt = clock.now();
  }
  function wanted(pool: number): readonly KeyValuePair[] | null {
    return pool === external ? items : pool === autoExternal ? facts : null;
  }
  function goOn(): void {
    if (round === null) return;
    const job = nextKvpJob(round);
    if (job === null) {
      end();
      return;
    }
    line.ask(kvpBody(job), ({ status, body }) => {
      if (round === null) return;
      const progress = takeKvpResult(round, { status, pair: status === 0 ? kvpPair(body) : null }, wanted);
      const { listed } = progress;
      // A pool that was repaired is listed once more, to know that it is so now.
      if (progress.round.repairs.length > 0 && listed !== null) again = [...new Set([...again, listed.pool])];
      if (listed !== null) take(listed.pool, listed.pairs);
      round = progress.round;
    });
  }
  function take(pool: number, pairs: readonly KeyValuePair[]): void {
    known = new Map(known).set(pool, pairs);
    changed();
  }
  /** What a guest did not take is tried anew with the next look, not at once. */
  function end(): void {
    const pools = again.filter((pool) => !refused.has(pool));
    refused = new Set(again);
    again = [];
    round = pools.length > 0 ? beginRound(pools) : null;
    if (round === null) refused = new Set();
    else goOn();
  }

  return {
    line,
    tick() {
      if (line.versions() === null) return;
      const period = clock.now() - watchedAt < watchedPeriod ? watchedPeriod : restPeriod;
      if (round === null && clock.now() - lookedAt >= period) look([external, autoExternal, auto, guest]);
      goOn();
    },
    wentOn() {},
    setItems(next) {
      items = next;
      if (line.versions() === null) return;
      refused = new Set();
      look([external]);
      goOn();
    },
    pairs() {
      watchedAt = clock.now();
      return {
        intrinsic: known.get(auto) ?? [],
        guest: known.get(guest) ?? [],
        host: items,
        delivered: line.versions() !== null && sameSet(known.get(external) ?? [], items),
      };
    },
    status: (): IntegrationStatus => line.status(patience),
    inspect: () => ({
      intrinsic: known.get(auto)?.length ?? 0,
      guest: known.get(guest)?.length ?? 0,
      host: items.length,
      ...line.inspect(),
    }),
  };
}

function sameSet(one: readonly KeyValuePair[], other: readonly KeyValuePair[]): boolean {
  return one.length === other.length && other.every((pair) => one.some((known) => samePair(known, pair)));
}
