import { describe, expect, test } from "vitest";
import type { ShutdownProgress, VmState } from "../../../src/hvdef/index.ts";
import { type Action, actionButtons, isAvailable, needsConfirmation } from "../../../src/ui/actions.ts";

const actions: readonly Action[] = [
  "start",
  "pause",
  "resume",
  "save",
  "deleteSavedState",
  "reset",
  "shutDown",
  "turnOff",
];

function available(state: VmState, pending: Action | null = null): readonly Action[] {
  return actions.filter((action) => isAvailable(action, state, pending));
}

describe("availability", () => {
  const byState: readonly (readonly [VmState, readonly Action[]])[] = [
    ["off", ["start"]],
    ["starting", ["turnOff"]],
    ["running", ["pause", "save", "reset", "shutDown", "turnOff"]],
    ["pausing", ["turnOff"]],
    ["paused", ["resume", "save", "reset", "turnOff"]],
    ["pausedCritical", ["resume", "reset", "turnOff"]],
    ["saving", []],
    ["saved", ["start", "deleteSavedState"]],
    ["restoring", ["turnOff"]],
    ["resuming", ["turnOff"]],
    ["resetting", ["turnOff"]],
    ["stopping", []],
  ];
  test.each(byState)("%s", (state, expected) => {
    expect(available(state)).toEqual(expected);
  });

  test("a call under way locks everything but Turn off", () => {
    expect(available("off", "start")).toEqual([]);
    expect(available("starting", "start")).toEqual(["turnOff"]);
    expect(available("running", "pause")).toEqual(["turnOff"]);
    expect(available("running", "turnOff")).toEqual([]);
  });

  test("what loses the guest's memory is asked about", () => {
    expect(actions.filter(needsConfirmation)).toEqual(["deleteSavedState", "reset", "turnOff"]);
  });
});

describe("buttons", () => {
  const labels = (state: VmState, pending: Action | null = null) =>
    actionButtons(state, pending).map((button) => button.label);
  const shutDown = (shutdown: ShutdownProgress) =>
    actionButtons("running", null, { shutdown }).find(({ action }) => action === "shutDown");

  test("the first place follows the state", () => {
    expect(labels("off")).toEqual(["Start", "Save", "Reset", "Shut down", "Turn off"]);
    expect(labels("running")).toEqual(["Pause", "Save", "Reset", "Shut down", "Turn off"]);
    expect(labels("saved")).toEqual(["Start", "Discard saved state", "Reset", "Shut down", "Turn off"]);
    expect(labels("paused")).toEqual(["Resume", "Save", "Reset", "Shut down", "Turn off"]);
    expect(labels("pausedCritical")).toEqual(labels("paused"));
  });

  test("a machine that starts warm can be booted cold as well, while it is off", () => {
    const warm = (state: VmState, pending: Action | null = null) =>
      actionButtons(state, pending, { startsWarm: true }).map(({ label }) => label);
    expect(warm("off").slice(0, 2)).toEqual(["Start", "Cold boot"]);
    expect(warm("off", "coldBoot").slice(0, 2)).toEqual(["Starting…", "Starting…"]);
    expect(warm("starting")[1]).toBe("Save");
    expect(warm("saved")[1]).toBe("Discard saved state");
  });

  test("what is under way says so, whether the page or the host began it", () => {
    expect(labels("off", "start")[0]).toBe("Starting…");
    expect(labels("starting")[0]).toBe("Starting…");
    expect(labels("pausing")[0]).toBe("Pausing…");
    expect(labels("saving")[1]).toBe("Saving…");
    expect(labels("restoring")[0]).toBe("Starting…");
    expect(labels("resetting")).toEqual(["Pause", "Save", "Resetting…", "Shut down", "Turn off"]);
    expect(labels("stopping")).toEqual(["Start", "Save", "Reset", "Shut down", "Turning off…"]);
  });

  test("a guest that was asked to shut down is not asked again before it is overdue", () => {
    expect(shutDown("none")).toMatchObject({ label: "Shut down", available: true });
    expect(shutDown("asked")).toMatchObject({ label: "Shutting down…", available: false });
    expect(shutDown("overdue")).toMatchObject({ label: "Shut down", available: true });
  });

  test("Pause never stands out", () => {
    expect(actionButtons("running", null).some((button) => button.primary)).toBe(false);
    expect(actionButtons("off", null)[0]?.primary).toBe(true);
  });
});
