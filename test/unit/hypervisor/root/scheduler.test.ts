import fc from "fast-check";
import { expect, test } from "vitest";
import type { PartitionId, ProcessorShare } from "../../../../src/hvdef/index.ts";
import { usualShare } from "../../../../src/hvdef/index.ts";
import { computeGrants, type ProcessorDemand } from "../../../../src/hypervisor/root/scheduler.ts";

const period = 20_000;
const tolerance = 1e-6;

function demand(id: number, share: Partial<ProcessorShare>, use: Partial<ProcessorDemand>): ProcessorDemand {
  const wanted = { used: 0, starved: 0, granted: 1, ...use };
  return { partition: id as PartitionId, share: { ...usualShare, ...share }, ...wanted };
}
const busy = { used: 0.5, starved: 0.5, granted: 0.5 };
const idle = { used: 0.005, starved: 0, granted: 1 };

const budgets = (logicalProcessors: number, demands: readonly ProcessorDemand[]) =>
  computeGrants({ logicalProcessors, period }, demands).map((one) => one.budget / period);

test("two busy guests of weight 100 and 200 share one processor 1:2", () => {
  const [first = 0, second = 0] = budgets(1, [
    demand(1, { weight: 100 }, busy),
    demand(2, { weight: 200 }, busy),
  ]);
  expect(second / first).toBeCloseTo(2, 2);
  expect(first + second).toBeCloseTo(1, 3);
});

test("a limit holds even when nobody else wants the processor", () => {
  const [limited] = budgets(4, [demand(1, { limit: 25 }, busy)]);
  expect(limited).toBeCloseTo(0.25, 3);
});

test("a reserve holds against any weight", () => {
  const [reserved = 0, heavy = 0] = budgets(1, [
    demand(1, { reserve: 40, weight: 1 }, busy),
    demand(2, { weight: 10_000 }, busy),
  ]);
  expect(reserved).toBeCloseTo(0.4, 3);
  expect(heavy).toBeCloseTo(0.6, 3);
});

test("what an idle one leaves goes to the busy one, and the idle one may still wake up", () => {
  const [working = 0, sleeping = 0] = budgets(1, [demand(1, {}, busy), demand(2, {}, idle)]);
  expect(working).toBeGreaterThan(0.95);
  expect(sleeping).toBeCloseTo(0.5, 3);
});

test("nobody gets more than one processor", () => {
  expect(budgets(8, [demand(1, {}, busy), demand(2, {}, busy)])).toEqual([1, 1]);
});

test("one that used its whole grant is taken to want more, although it never starved", () => {
  const [whole] = budgets(1, [demand(1, {}, { used: 0.95, granted: 1 }), demand(2, {}, idle)]);
  expect(whole).toBeGreaterThan(0.95);
});

test("reserves that do not fit together shrink in proportion", () => {
  const [first = 0, second = 0] = budgets(1, [
    demand(1, { reserve: 100 }, busy),
    demand(2, { reserve: 50 }, busy),
  ]);
  expect(first / second).toBeCloseTo(2, 2);
  expect(first + second).toBeLessThanOrEqual(1);
});

test("no partitions, no grants; nonsense in a share does no harm", () => {
  expect(budgets(1, [])).toEqual([]);
  const nonsense = { reserve: Number.NaN, limit: Number.NaN, weight: -3 };
  for (const budget of budgets(1, [demand(1, nonsense, busy), demand(2, {}, busy)])) {
    expect(budget).toBeGreaterThanOrEqual(0);
    expect(budget).toBeLessThanOrEqual(1);
  }
});

const shares = fc.record({
  reserve: fc.integer({ min: 0, max: 100 }),
  limit: fc.integer({ min: 1, max: 100 }),
  weight: fc.integer({ min: 1, max: 10_000 }),
});
const uses = fc.record({
  used: fc.double({ min: 0, max: 1, noNaN: true }),
  starved: fc.double({ min: 0, max: 1, noNaN: true }),
  granted: fc.double({ min: 0, max: 1, noNaN: true }),
});
const hosts = fc.integer({ min: 1, max: 8 });

test("plans fit the host, limits hold, and no plan goes beyond its budget", () => {
  fc.assert(
    fc.property(hosts, fc.array(fc.tuple(shares, uses), { maxLength: 12 }), (logicalProcessors, all) => {
      const demands = all.map(([share, use], id) => demand(id, share, use));
      const grants = computeGrants({ logicalProcessors, period }, demands);
      const planned = grants.reduce((sum, grant) => sum + grant.planned, 0);
      expect(planned).toBeLessThanOrEqual(logicalProcessors + tolerance);
      for (const [place, grant] of grants.entries()) {
        const limit = (all[place]?.[0].limit ?? 0) / 100;
        expect(Number.isInteger(grant.budget)).toBe(true);
        expect(grant.budget / period).toBeLessThanOrEqual(limit + tolerance);
        expect(grant.budget / period).toBeGreaterThanOrEqual(grant.planned - 1 / period - tolerance);
      }
    }),
  );
});

test("all busy: budgets fit the host, nothing is left over, reserves hold, the rest is by weight", () => {
  fc.assert(
    fc.property(hosts, fc.array(shares, { minLength: 1, maxLength: 12 }), (logicalProcessors, all) => {
      const demands = all.map((share, id) => demand(id, share, busy));
      const grants = computeGrants({ logicalProcessors, period }, demands).map((one) => one.budget / period);
      const total = grants.reduce((sum, grant) => sum + grant, 0);
      const slack = all.length / period + tolerance;
      expect(total).toBeLessThanOrEqual(logicalProcessors + tolerance);
      const limits = all.map((share) => share.limit / 100);
      const most = limits.reduce((sum, limit) => sum + limit, 0);
      expect(total).toBeGreaterThanOrEqual(Math.min(logicalProcessors, most) - slack);
      const floors = all.map((share) => Math.min(share.reserve, share.limit) / 100);
      if (floors.reduce((sum, floor) => sum + floor, 0) > logicalProcessors) return;
      const perWeight: number[] = [];
      for (const [place, grant] of grants.entries()) {
        const [floor = 0, limit = 0] = [floors[place], limits[place]];
        expect(grant).toBeGreaterThanOrEqual(floor - slack);
        const isFree = grant > floor + slack && grant < limit - slack;
        if (isFree) perWeight.push(grant / (all[place]?.weight ?? 1));
      }
      const [lowest, highest] = [Math.min(...perWeight), Math.max(...perWeight)];
      // A budget is whole microseconds, so the share of a light partition is coarse.
      if (perWeight.length > 1) expect(highest - lowest).toBeLessThanOrEqual(2 / period + tolerance);
    }),
  );
});

test("work conserving: while someone wants more, all of the host is planned", () => {
  fc.assert(
    fc.property(
      hosts,
      fc.array(fc.tuple(shares, fc.boolean()), { minLength: 1, maxLength: 12 }),
      (logicalProcessors, all) => {
        const demands = all.map(([share, isBusy], id) => demand(id, share, isBusy ? busy : idle));
        const grants = computeGrants({ logicalProcessors, period }, demands);
        const planned = grants.reduce((sum, grant) => sum + grant.planned, 0);
        const isContent = grants.every((grant, place) => {
          const [share, isBusy] = all[place] ?? [usualShare, false];
          return !isBusy || grant.planned >= share.limit / 100 - tolerance;
        });
        if (!isContent) expect(planned).toBeGreaterThanOrEqual(logicalProcessors - tolerance);
      },
    ),
  );
});
