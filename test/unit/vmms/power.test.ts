import { expect, test } from "vitest";
import type { VmState } from "../../../src/hvdef/index.ts";
import { decidePower, type PowerRequest } from "../../../src/vmms/index.ts";

const states: readonly VmState[] = [
  "off",
  "starting",
  "running",
  "pausing",
  "paused",
  "pausedCritical",
  "resuming",
  "resetting",
  "stopping",
  "saving",
  "saved",
  "restoring",
];

/** For every request: the states it is allowed in and the state it leads through. */
const table: Record<PowerRequest, { readonly from: readonly VmState[]; readonly through: VmState }> = {
  start: { from: ["off"], through: "starting" },
  save: { from: ["running", "paused"], through: "saving" },
  deleteSavedState: { from: ["saved"], through: "off" },
  pause: { from: ["running"], through: "pausing" },
  resume: { from: ["paused", "pausedCritical"], through: "resuming" },
  reset: { from: ["running", "paused", "pausedCritical"], through: "resetting" },
  turnOff: {
    from: [
      "starting",
      "restoring",
      "running",
      "paused",
      "pausedCritical",
      "pausing",
      "resuming",
      "resetting",
    ],
    through: "stopping",
  },
};

const requests: readonly PowerRequest[] = [
  "start",
  "pause",
  "resume",
  "reset",
  "turnOff",
  "save",
  "deleteSavedState",
];
test.each(requests.flatMap((request) => states.map((state) => ({ request, state }))))(
  "$request while $state",
  ({ request, state }) => {
    const { from, through } = table[request];
    const called = state === "pausedCritical" ? "paused for lack of space" : state;
    const decision = decidePower("web01", state, request);
    if (request === "start" && state === "saved") {
      expect(decision).toEqual({ next: "restoring" });
      return;
    }
    if (from.includes(state)) expect(decision).toEqual({ next: through });
    else
      expect(decision).toEqual({
        refused: expect.stringMatching(new RegExp(`^web01 cannot be [a-z ]+ while it is ${called}\\.$`)),
      });
  },
);
