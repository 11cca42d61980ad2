import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openPoll } from "../../../src/ui/poll.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function openCounting(takesMs: number, fails = false) {
  const heard: number[] = [];
  const failures: unknown[] = [];
  let asked = 0;
  const poll = openPoll({
    async ask() {
      asked += 1;
      const mine = asked;
      await new Promise((done) => setTimeout(done, takesMs));
      if (fails) throw new Error("no");
      return mine;
    },
    everyMs: 500,
    onAnswer: (answer) => heard.push(answer),
    onFailure: (reason) => failures.push(reason),
  });
  return { poll, heard, failures, asked: () => asked };
}

describe("a poll", () => {
  test("asks twice a second", async () => {
    const { poll, heard } = openCounting(50);
    poll.start();
    poll.start();
    await vi.advanceTimersByTimeAsync(1600);
    expect(heard).toEqual([1, 2, 3, 4]);
    poll.stop();
  });

  test("waits for slow answers instead of asking beside them", async () => {
    const { poll, asked } = openCounting(2000);
    poll.start();
    await vi.advanceTimersByTimeAsync(1900);
    expect(asked()).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked()).toBe(2);
    poll.stop();
  });

  test("asks nothing and tells nothing once it is stopped, and begins again at once", async () => {
    const { poll, heard, asked } = openCounting(100);
    poll.start();
    await vi.advanceTimersByTimeAsync(50);
    poll.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(heard).toEqual([]);
    expect(asked()).toBe(1);
    poll.start();
    await vi.advanceTimersByTimeAsync(150);
    expect(heard).toEqual([2]);
    poll.stop();
  });

  test("goes on after a failure", async () => {
    const { poll, failures } = openCounting(0, true);
    poll.start();
    await vi.advanceTimersByTimeAsync(1100);
    expect(failures).toHaveLength(3);
    poll.stop();
  });
});
