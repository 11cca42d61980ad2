import fc from "fast-check";
import { expect, test } from "vitest";
import {
  newborn,
  type PartitionEvent,
  type PartitionState,
  silenceLimits,
  stepPartition,
} from "../../../../src/hypervisor/root/partition-state.ts";

const end = { kind: "turnedOff" } as const;
const events: fc.Arbitrary<PartitionEvent> = fc.oneof(
  fc.constant({ kind: "childReady" } as const),
  fc.constant({ kind: "heartbeat" } as const),
  fc.integer({ min: 0, max: 20_000_000 }).map((by) => ({ kind: "timePassed", by }) as const),
  fc.constant({ kind: "timeLost" } as const),
  fc.constant({ kind: "childEnded", end: { kind: "poweredOff" } } as const),
  fc.constant({ kind: "terminate", end } as const),
  fc.constant({ kind: "childGone", detail: "broke" } as const),
);

function walk(sequence: readonly PartitionEvent[]) {
  let state: PartitionState = newborn;
  const actions: string[] = [];
  const ends: unknown[] = [];
  for (const event of sequence) {
    const step = stepPartition(state, event);
    if ("refused" in step) continue;
    state = step.state;
    for (const action of step.actions) {
      actions.push(action.kind);
      if (action.kind === "announceGone") ends.push(action.end);
    }
  }
  const times = (kind: string) => actions.filter((action) => action === kind).length;
  return { state, times, ends };
}

test("a partition is terminated at most once, told gone at most once, and gone is final", () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60 }), (sequence) => {
      const { state, times, ends } = walk(sequence);
      expect(times("terminateChild")).toBeLessThanOrEqual(1);
      expect(times("announceGone")).toBe(state.kind === "gone" ? 1 : 0);
      if (state.kind === "ending") expect(times("terminateChild")).toBe(1);
      if (state.kind === "gone") expect(ends).toEqual([state.end]);
    }),
  );
});

test("the end that was decided first is told", () => {
  const { ends } = walk([
    { kind: "childReady" },
    { kind: "terminate", end },
    { kind: "childEnded", end: { kind: "poweredOff" } },
    { kind: "childGone", detail: "late" },
  ]);
  expect(ends).toEqual([end]);
});

test("a child that dies by itself crashed", () => {
  const { ends, times } = walk([{ kind: "childReady" }, { kind: "childGone", detail: "RangeError" }]);
  expect(ends).toEqual([{ kind: "crashed", detail: "RangeError" }]);
  expect(times("terminateChild")).toBe(0);
});

test("silence: first it does not respond, a heartbeat forgives, long silence ends it", () => {
  const silence = { kind: "timePassed", by: silenceLimits.notResponding } as const;
  const quiet = walk([{ kind: "childReady" }, silence]);
  expect(quiet.state).toMatchObject({ kind: "running", isResponding: false });
  const back = walk([{ kind: "childReady" }, silence, silence, { kind: "heartbeat" }]);
  expect(back.state).toMatchObject({ isResponding: true, silent: 0 });
  expect(back.times("announce")).toBe(3);
  const dead = walk([{ kind: "childReady" }, silence, silence, silence, silence, silence, silence]);
  expect(dead.state).toMatchObject({ kind: "ending", end: { kind: "hung" } });
});

test("lost time is no silence", () => {
  const silence = { kind: "timePassed", by: silenceLimits.notResponding - 1 } as const;
  const { state } = walk([{ kind: "childReady" }, silence, { kind: "timeLost" }, silence]);
  expect(state).toMatchObject({ kind: "running", isResponding: true });
});

test("a child that never becomes ready is ended", () => {
  const { state } = walk([{ kind: "timePassed", by: silenceLimits.neverReady }]);
  expect(state).toMatchObject({ kind: "ending", end: { kind: "hung" } });
});
