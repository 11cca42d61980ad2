import { useEffect, useRef, useState } from "preact/hooks";
import type { JobId, JobSummary } from "../hvdef/index.ts";
import { formatTime, reasonSentence } from "./format.ts";
import type { DiskHost } from "./host.ts";
import { endedSince, fewJobs, isUnderWay, jobWords, shownJobs, wholePercent } from "./job-order.ts";
import { Problem } from "./problem.tsx";

type JobDisks = Pick<DiskHost, "jobs" | "cancel">;

const fewAtMost = 3;
// A job tells what it found in a file somebody else made: bounded before it is shown.
const linesShown = 100;
const lineLimit = 400;

/** Says the end of a job to people who listen instead of looking; silent about those from before. */
function Announcer(props: { readonly jobs: readonly JobSummary[] }) {
  const before = useRef(props.jobs);
  const [said, setSaid] = useState("");
  useEffect(() => {
    const news = endedSince(props.jobs, before.current);
    before.current = props.jobs;
    if (news !== "") setSaid(news);
  }, [props.jobs]);
  return (
    <div class="unseen" role="status">
      {said}
    </div>
  );
}

function JobLines(props: { readonly lines: readonly string[] }) {
  const lines = props.lines.slice(0, linesShown).map((line) => line.slice(0, lineLimit));
  const [first, ...others] = lines;
  if (first === undefined) return null;
  if (others.length === 0) return <p class="job-line">{first}</p>;
  return (
    <details class="job-lines">
      <summary>
        {first} <span class="job-more">and {others.length} more</span>
      </summary>
      {others.map((line, place) => (
        <p key={place} class="job-line">
          {line}
        </p>
      ))}
    </details>
  );
}

function JobRow(props: { readonly job: JobSummary; readonly onCancel: () => void }) {
  const { job } = props;
  const percent = wholePercent(job);
  const cancelling = job.state === "cancelling";
  return (
    <li class={`job job-${job.state}`}>
      <time class="job-time" dateTime={timeOf(job.startedAt)}>
        {formatTime(job.startedAt)}
      </time>
      <p class="job-title">{job.title}</p>
      <p class="job-state">{jobWords(job)}</p>
      {isUnderWay(job) ? (
        <>
          <div
            class="job-bar"
            role="progressbar"
            aria-label={job.title}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={percent}
          >
            <span style={{ inlineSize: `${percent}%` }} />
          </div>
          <button
            type="button"
            class="button button-quiet"
            aria-label={`Cancel ${job.title}`}
            aria-disabled={cancelling}
            onClick={() => !cancelling && props.onCancel()}
          >
            Cancel
          </button>
        </>
      ) : null}
      <JobLines lines={job.lines} />
    </li>
  );
}

function timeOf(at: number): string {
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? "" : when.toISOString();
}

function JobRows(props: {
  readonly jobs: readonly JobSummary[];
  readonly onCancel: (job: JobSummary) => void;
  readonly onClear: () => void;
}) {
  const { jobs } = props;
  const [all, setAll] = useState(false);
  const few = fewJobs(jobs, fewAtMost);
  const ended = jobs.some((job) => !isUnderWay(job));
  return (
    <>
      <div class="jobs-head">
        <h2 id="jobs-title">Tasks</h2>
        {jobs.length > few.length ? (
          <button type="button" class="button button-quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show all ${jobs.length}`}
          </button>
        ) : null}
        {ended ? (
          <button type="button" class="button button-quiet" onClick={props.onClear}>
            Clear finished
          </button>
        ) : null}
      </div>
      <ol class="job-rows" aria-labelledby="jobs-title">
        {(all ? jobs : few).map((job) => (
          <JobRow key={job.id} job={job} onCancel={() => props.onCancel(job)} />
        ))}
      </ol>
    </>
  );
}

/** What the library is doing and has done, newest first. Mount it once: it remembers what was cleared away. */
export function JobStrip(props: { readonly disks: JobDisks }) {
  const { disks } = props;
  const all = disks.jobs.value;
  const [cleared, setCleared] = useState<ReadonlySet<JobId>>(new Set());
  const [problem, setProblem] = useState<string | null>(null);
  const jobs = shownJobs(all, cleared);
  const cancel = (job: JobSummary): void => {
    setProblem(null);
    disks
      .cancel(job.id)
      .catch((error: unknown) => setProblem(`${job.title} goes on. ${reasonSentence(error)}`));
  };
  const empty = jobs.length === 0;
  return (
    <section class={empty ? "jobs jobs-none" : "jobs"} aria-label="Tasks" hidden={empty && problem === null}>
      <Announcer jobs={all} />
      {problem === null ? null : <Problem kind="error" text={problem} onDismiss={() => setProblem(null)} />}
      {empty ? null : (
        <JobRows
          jobs={jobs}
          onCancel={cancel}
          onClear={() => setCleared(new Set(all.filter((job) => !isUnderWay(job)).map(({ id }) => id)))}
        />
      )}
    </section>
  );
}
