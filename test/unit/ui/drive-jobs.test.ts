import { describe, expect, test } from "vitest";
import type { JobId, JobSummary, StorageSpace } from "../../../src/hvdef/index.ts";
import { endedSince, fewJobs, jobWords, shownJobs, wholePercent } from "../../../src/ui/job-order.ts";
import { spaceLevel, usedShare } from "../../../src/ui/space-level.ts";

function job(id: number, state: JobSummary["state"], more: Partial<JobSummary> = {}): JobSummary {
  return {
    id: id as JobId,
    title: `Job ${id}`,
    state,
    percent: 50,
    startedAt: id * 1000,
    lines: [],
    ...more,
  };
}
const ids = (jobs: readonly JobSummary[]) => jobs.map(({ id }) => Number(id));

describe("which jobs are shown", () => {
  const jobs = [
    job(1, "running"),
    job(2, "completed"),
    job(3, "failed"),
    job(4, "completed"),
    job(5, "cancelled"),
  ];

  test("newest first, without those cleared away", () => {
    expect(ids(shownJobs(jobs, new Set()))).toEqual([5, 4, 3, 2, 1]);
    expect(ids(shownJobs(jobs, new Set([4 as JobId, 5 as JobId])))).toEqual([3, 2, 1]);
  });

  test("one under way cannot be cleared away", () => {
    expect(ids(shownJobs(jobs, new Set(jobs.map(({ id }) => id))))).toEqual([1]);
  });

  test("a few: those under way before finished ones, still newest first", () => {
    const shown = shownJobs(jobs, new Set());
    expect(ids(fewJobs(shown, 3))).toEqual([5, 4, 1]);
    expect(ids(fewJobs(shown, 9))).toEqual([5, 4, 3, 2, 1]);
    const busy = [6, 5, 4, 3].map((id) => job(id, "running"));
    expect(ids(fewJobs([...busy, job(2, "failed")], 3))).toEqual([6, 5, 4]);
  });
});

describe("words of a job", () => {
  test("percent is bounded whatever was reported", () => {
    expect(
      [-3, 99.9, 250, Number.NaN].map((percent) => wholePercent(job(1, "running", { percent }))),
    ).toEqual([0, 99, 100, 0]);
    expect(jobWords(job(1, "running", { percent: 42.9 }))).toBe("42%");
  });

  test("an end is told once", () => {
    const before = [job(1, "running"), job(2, "completed"), job(3, "cancelling")];
    const after = [job(1, "completed"), job(2, "completed"), job(3, "cancelled"), job(4, "failed")];
    expect(endedSince(before, before)).toBe("");
    expect(endedSince(after, before)).toBe("Job 1: done. Job 3: cancelled. Job 4: failed.");
    expect(endedSince(after, after)).toBe("");
  });
});

describe("how near the end of the storage is", () => {
  const space = (usedBytes: number, quotaBytes = 1000): StorageSpace => ({
    usedBytes,
    quotaBytes,
    persisted: false,
  });

  test("warns from 80 per cent, strongly from 95", () => {
    expect([0, 799, 800, 949, 950, 2000].map((used) => spaceLevel(space(used)))).toEqual([
      "plenty",
      "plenty",
      "short",
      "short",
      "critical",
      "critical",
    ]);
  });

  test("a browser that names no quota gives no share", () => {
    expect(usedShare(space(5, 0))).toBeNull();
    expect(usedShare(space(5, Number.NaN))).toBeNull();
    expect(spaceLevel(space(5, 0))).toBe("unknown");
    expect(usedShare(space(2000))).toBe(1);
  });
});
