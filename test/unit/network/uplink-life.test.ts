import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { farSideRate, openAllowance } from "../../../src/network/uplink/allowance.ts";
import { type LifeEvent, openLife, stepLife, unasked } from "../../../src/network/uplink/life.ts";
import type { UplinkState } from "../../../src/network/uplink/uplink.ts";
import { manualClock, micros } from "../../../src/support/index.ts";

const second = 1_000_000;
const at = (seconds: number, luck = 0.5) => ({ now: micros(seconds * second), luck });

describe("the life of an uplink", () => {
  it("connects nothing before it is asked", () => {
    expect(stepLife(unasked, { kind: "time" }, at(1000))).toBe(unasked);
    expect(stepLife(unasked, { kind: "cameUp" }, at(1000))).toBe(unasked);
    expect(stepLife(unasked, { kind: "lost", reason: "x" }, at(1000))).toBe(unasked);
  });

  it("pauses longer each time, up to a minute", () => {
    let state: UplinkState = stepLife(unasked, { kind: "asked" }, at(0));
    const pauses: number[] = [];
    let now = 0;
    for (let attempt = 1; attempt <= 9; attempt++) {
      expect(state).toMatchObject({ kind: "connecting", attempt });
      state = stepLife(state, { kind: "lost", reason: "down" }, at(now));
      if (state.kind !== "lost") throw new Error(state.kind);
      pauses.push(state.retryAt / second - now);
      expect(stepLife(state, { kind: "time" }, at(state.retryAt / second - 0.001))).toBe(state);
      now = state.retryAt / second;
      state = stepLife(state, { kind: "time" }, at(now));
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("goes on growing when the far side comes up only to break at once", () => {
    let state = stepLife(unasked, { kind: "asked" }, at(0));
    state = stepLife(state, { kind: "lost", reason: "a" }, at(0));
    state = stepLife(state, { kind: "time" }, at(10));
    state = stepLife(state, { kind: "cameUp" }, at(10));
    state = stepLife(state, { kind: "lost", reason: "b" }, at(11));
    expect(state).toEqual({ kind: "lost", reason: "b", attempt: 2, retryAt: 13 * second });
  });

  it("starts short again after a connection that was steady", () => {
    const up: UplinkState = { kind: "up", attempt: 7, since: micros(0) };
    expect(stepLife(up, { kind: "lost", reason: "x" }, at(100))).toMatchObject({
      attempt: 1,
      retryAt: 101 * second,
    });
  });

  it("somebody who asks again does not wait for the pause", () => {
    const lost: UplinkState = { kind: "lost", reason: "x", attempt: 5, retryAt: micros(60 * second) };
    expect(stepLife(lost, { kind: "asked" }, at(1))).toEqual({
      kind: "connecting",
      attempt: 1,
      since: second,
    });
    const calling: UplinkState = { kind: "connecting", attempt: 5, since: micros(0) };
    expect(stepLife(calling, { kind: "asked" }, at(1))).toBe(calling);
  });

  it("spreads the tabs that lost one server", () => {
    const up: UplinkState = { kind: "up", attempt: 1, since: micros(0) };
    expect(stepLife(up, { kind: "lost", reason: "" }, at(0, 0))).toMatchObject({ retryAt: 0.75 * second });
    expect(stepLife(up, { kind: "lost", reason: "" }, at(0, 0.999))).toMatchObject({
      retryAt: 1.2495 * second,
    });
  });

  it("gives up a call that nobody answers", () => {
    const calling = stepLife(unasked, { kind: "asked" }, at(0));
    expect(stepLife(calling, { kind: "time" }, at(14))).toBe(calling);
    expect(stepLife(calling, { kind: "time" }, at(15))).toMatchObject({
      kind: "lost",
      reason: "There was no answer within 15 s.",
    });
  });

  it("stays closed once it is hopeless, until somebody asks again", () => {
    const calling = stepLife(unasked, { kind: "asked" }, at(0));
    const closed = stepLife(calling, { kind: "hopeless", reason: "The password is wrong." }, at(1));
    expect(closed).toEqual({ kind: "closed", reason: "The password is wrong." });
    expect(stepLife(closed, { kind: "time" }, at(1000))).toBe(closed);
    expect(stepLife(closed, { kind: "asked" }, at(1000))).toMatchObject({ kind: "connecting", attempt: 1 });
  });

  it("hangs up exactly once for each call, whatever happens", () => {
    const events = fc.constantFrom<LifeEvent>(
      { kind: "asked" },
      { kind: "cameUp" },
      { kind: "lost", reason: "l" },
      { kind: "hopeless", reason: "h" },
      { kind: "closed" },
      { kind: "time" },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(events, fc.integer({ min: 0, max: 90 })), { maxLength: 60 }), (steps) => {
        const clock = manualClock();
        let held = 0;
        const life = openLife({
          clock,
          random: () => 0.5,
          told: () => {},
          dial: () => held++,
          hangUp: () => held--,
        });
        for (const [event, seconds] of steps) {
          clock.advance(micros(seconds * second));
          life.happen(event);
          const { kind } = life.state();
          expect(held).toBe(kind === "up" || kind === "connecting" ? 1 : 0);
        }
      }),
    );
  });

  it("a listener may close it in the middle of a change", () => {
    const clock = manualClock();
    let dialled = 0;
    const life = openLife({
      clock,
      random: () => 0,
      told: (state) => {
        if (state.kind === "connecting") life.happen({ kind: "closed" });
      },
      dial: () => dialled++,
      hangUp: () => {},
    });
    life.happen({ kind: "asked" });
    expect(life.state()).toBe(unasked);
    expect(dialled).toBe(0);
  });
});

describe("an allowance", () => {
  it("lets a burst through, then the rate", () => {
    const clock = manualClock();
    const allowance = openAllowance({ framesPerSecond: 400, bytesPerSecond: 1e9 }, clock);
    const passed = () => {
      let count = 0;
      while (allowance.take(60)) count++;
      return count;
    };
    expect(passed()).toBe(100);
    clock.advance(micros(100_000));
    expect(passed()).toBe(40);
    clock.advance(micros(1000 * second));
    expect(passed()).toBe(100);
  });

  it("counts bytes too", () => {
    const allowance = openAllowance({ framesPerSecond: 1e9, bytesPerSecond: 4000 }, manualClock());
    expect(allowance.take(600)).toBe(true);
    expect(allowance.take(600)).toBe(false);
    expect(allowance.take(400)).toBe(true);
  });

  it("leaves a far side enough for half a gigabit", () => {
    expect(farSideRate.bytesPerSecond * 8).toBeGreaterThan(5e8);
  });
});
