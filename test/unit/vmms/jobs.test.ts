import { describe, expect, test } from "vitest";
import type { JobId, JobSummary } from "../../../src/hvdef/index.ts";
import type { Steps } from "../../../src/storage/index.ts";
import { openJobs } from "../../../src/vmms/jobs.ts";
import { codeOf, settle } from "../../lab/memory-host.ts";

function table() {
  const news: JobSummary[] = [];
  const jobs = openJobs({
    wallClock: () => 7,
    breathe: () => Promise.resolve(),
    changed: (job) => news.push(job),
  });
  return { jobs, news };
}
const work = (title: string, run: (steps: Steps) => Promise<readonly string[]>) => ({ title, run });
const nothing = async (): Promise<readonly string[]> => [];

describe("jobs", () => {
  test("have a name before anything of them is heard, and numbers that are never used again", async () => {
    const { jobs, news } = table();
    const first = jobs.begin(work("one", nothing));
    expect(news).toEqual([
      { id: first, title: "one", state: "running", percent: 0, startedAt: 7, lines: [] },
    ]);
    await jobs.finished(first);
    const second = jobs.begin(work("two", nothing));
    expect(second).toBeGreaterThan(first);
    await jobs.finished(second);
    expect(jobs.list().map(({ title, state, percent }) => [title, state, percent])).toEqual([
      ["one", "completed", 100],
      ["two", "completed", 100],
    ]);
  });

  test("tell how far they are in whole percent, each once, and 100 only at the end", async () => {
    const { jobs, news } = table();
    const steps = [0, 1, 2, 500, 501, 1000, 2000, -5, Number.NaN];
    const job = jobs.begin(
      work("one", async ({ step }) => {
        for (const done of steps) await step(done, 1000);
        return ["done"];
      }),
    );
    await jobs.finished(job);
    const percents = news.filter(({ state }) => state === "running").map(({ percent }) => percent);
    expect(percents).toEqual([0, 50, 99]);
    expect(news.at(-1)).toMatchObject({ state: "completed", percent: 100, lines: ["done"] });
  });

  test("that are cancelled stop at their next step; those that are over stay as they are", async () => {
    const { jobs, news } = table();
    let steps = 0;
    const job = jobs.begin(
      work("one", async ({ step }) => {
        for (;;) {
          steps++;
          await step(steps, 100);
        }
      }),
    );
    await Promise.resolve();
    jobs.cancel(job);
    jobs.cancel(job);
    expect(await codeOf(jobs.finished(job))).toBe("job.cancelled");
    expect(news.map(({ state }) => state).filter((state) => state !== "running")).toEqual([
      "cancelling",
      "cancelled",
    ]);
    const count = news.length;
    jobs.cancel(job);
    jobs.cancel(99 as JobId);
    await settle(2);
    expect(news).toHaveLength(count);
  });

  test("that are cancelled before they begin do nothing", async () => {
    const { jobs } = table();
    let began = false;
    const job = jobs.begin(
      work("one", async () => {
        began = true;
        return [];
      }),
    );
    jobs.cancel(job);
    await codeOf(jobs.finished(job));
    expect([began, jobs.list()[0]?.state]).toEqual([false, "cancelled"]);
  });

  test("that finish although they were cancelled are completed", async () => {
    const { jobs } = table();
    const job = jobs.begin(
      work("one", async () => {
        jobs.cancel(job);
        return ["done"];
      }),
    );
    await jobs.finished(job);
    expect(jobs.list()[0]).toMatchObject({ state: "completed", lines: ["done"] });
  });

  test("that fail say why, whatever was thrown", async () => {
    const { jobs } = table();
    const failing = [new Error("No."), "no", undefined].map((thrown) =>
      jobs.begin(work("one", () => Promise.reject(thrown))),
    );
    for (const job of failing) await codeOf(jobs.finished(job));
    expect(jobs.list().map(({ state, lines }) => [state, lines[0]])).toEqual([
      ["failed", "No."],
      ["failed", "no"],
      ["failed", "undefined"],
    ]);
  });

  test("that are over are remembered, the last fifty of them; running ones always", async () => {
    const { jobs } = table();
    const lasting = jobs.begin(work("lasting", () => new Promise(() => {})));
    for (let count = 0; count < 120; count++) await jobs.finished(jobs.begin(work(`${count}`, nothing)));
    await settle(1);
    const titles = jobs.list().map(({ title }) => title);
    expect([titles.length, titles[0], titles[1], titles.at(-1)]).toEqual([51, "lasting", "70", "119"]);
    await jobs.finished((lasting + 1) as JobId);
  });
});
