import { expect, test } from "vitest";
import type { HostEvent, VmGuid } from "../../../src/hvdef/index.ts";
import { mergeEvents } from "../../../src/ui/event-merge.ts";

const vm = "one" as VmGuid;
const event = (at: number, text: string): HostEvent => ({ at, level: "error", vm, text });

test("newest first, whoever tells it", () => {
  const merged = mergeEvents([event(3000, "c"), event(1000, "a")], [event(2000, "b")]);
  expect(merged.map((one) => one.text)).toEqual(["c", "b", "a"]);
});

test("what host and page both tell is told once", () => {
  expect(mergeEvents([event(1000, "not enough memory")], [event(1400, "Not enough memory.")])).toHaveLength(
    1,
  );
  expect(
    mergeEvents([event(1000, "Not enough memory.")], [event(60_000, "Not enough memory.")]),
  ).toHaveLength(2);
});
