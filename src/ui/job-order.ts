import type { JobId, JobSummary } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";

/** Whether a job may still change. */
export function isUnderWay(job: JobSummary): boolean {
  return job.state === "running" || job.state === "cancelling";
}

/**
 * The jobs to show, newest first: everything not cleared away; one that is under way is always there.
 * @param cleared  jobs the visitor does not want to see any more
 */
export function shownJobs(jobs: readonly JobSummary[], cleared: ReadonlySet<JobId>): readonly JobSummary[] {
  return jobs
    .filter((job) => isUnderWay(job) || !cleared.has(job.id))
    .sort((one, other) => other.startedAt - one.startedAt || other.id - one.id);
}

/**
 * The part that fits a small place, newest first. Jobs under way come before finished ones, as they can be
 * cancelled.
 */
export function fewJobs(jobs: readonly JobSummary[], most: number): readonly JobSummary[] {
  const underWay = jobs.filter(isUnderWay).slice(0, most);
  const finished = jobs.filter((job) => !isUnderWay(job)).slice(0, most - underWay.length);
  const few = new Set([...underWay, ...finished]);
  return jobs.filter((job) => few.has(job));
}

/** Where a job stands, in a word or two. */
export function jobWords(job: JobSummary): string {
  switch (job.state) {
    case "running":
      return `${wholePercent(job)}%`;
    case "cancelling":
      return "Cancelling…";
    case "completed":
      return "Done";
    case "cancelled":
      return "Cancelled";
    case "failed":
      return "Failed";
    default:
      return unreachable(job.state);
  }
}

/** Percent as a whole number from 0 to 100, whatever was reported. */
export function wholePercent(job: JobSummary): number {
  return Number.isFinite(job.percent) ? Math.min(100, Math.max(0, Math.floor(job.percent))) : 0;
}

/**
 * What to say to people who listen instead of looking: the jobs that have ended since last time.
 * @param before  jobs of the last time
 */
export function endedSince(jobs: readonly JobSummary[], before: readonly JobSummary[]): string {
  const over = new Set(before.filter((job) => !isUnderWay(job)).map(({ id }) => id));
  return jobs
    .filter((job) => !isUnderWay(job) && !over.has(job.id))
    .map((job) => `${job.title}: ${jobWords(job).toLowerCase()}.`)
    .join(" ");
}
