import { expect, test } from "vitest";
import type { TraceBatch, TraceKind, VmGuid } from "../../../../src/hvdef/index.ts";
import { openEventMerge } from "../../../../src/ui/map/merge.ts";

const vm = "one" as VmGuid;

function batch(until: number, ...events: readonly (readonly [at: number, kind: TraceKind])[]): TraceBatch {
  return { until, lost: 0, events: events.map(([at, kind], sequence) => ({ at, kind, sequence, vm })) };
}
const quiet = (until: number): TraceBatch => batch(until);

test("events of all threads come in the order of time, each with its thread and machine", () => {
  const merge = openEventMerge();
  const merged = merge.add({
    page: batch(100, [10, "ask"]),
    host: { ...batch(100, [12, "request"], [13, "linkSent"]), tree: {} },
    workers: [{ vm, batch: batch(100, [14, "linkArrived"], [11, "interrupt"]) }],
  });
  expect(merged.map(({ thread, kind, machine }) => `${thread} ${kind} ${machine}`)).toEqual([
    "page ask one",
    "parent request one",
    "parent linkSent one",
    // A thread's own order counts more than its clock.
    "child linkArrived one",
    "child interrupt one",
  ]);
});

test("what a thread has not told yet may come in between: the others wait for it, though not for ever", () => {
  const merge = openEventMerge();
  const first = merge.add({
    page: quiet(100),
    host: { ...batch(100, [95, "linkSent"]), tree: {} },
    workers: [{ vm, batch: quiet(90) }],
  });
  expect(first).toEqual([]);
  const second = merge.add({
    page: quiet(200),
    host: { ...quiet(200), tree: {} },
    workers: [{ vm, batch: batch(200, [91, "packetTaken"], [96, "linkArrived"]) }],
  });
  expect(second.map(({ kind }) => kind)).toEqual(["packetTaken", "linkSent", "linkArrived"]);
  merge.add({ page: quiet(300), host: { ...batch(300, [299, "request"]), tree: {} }, workers: [] });
  const late = merge.add({ page: quiet(2000), host: { ...quiet(2000), tree: {} }, workers: [] });
  expect(late.map(({ kind }) => kind)).toEqual(["request"]);
});

test("a clock that is coarse puts no arrival before what was sent", () => {
  const merge = openEventMerge();
  const merged = merge.add({
    page: quiet(100),
    host: { ...batch(100, [10.1, "linkArrived"], [10.1, "linkSent"]), tree: {} },
    workers: [{ vm, batch: batch(100, [10.2, "linkSent"], [10.2, "linkArrived"]) }],
  });
  expect(merged.map(({ thread, kind }) => `${thread} ${kind}`)).toEqual([
    "child linkSent",
    "parent linkArrived",
    "parent linkSent",
    "child linkArrived",
  ]);
});
