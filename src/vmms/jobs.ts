import type { DiskJobRequest, JobId, JobSummary, VmGuid } from "../hvdef/index.ts";
import type { Steps } from "../storage/index.ts";
import { HvError, reasonOf } from "../support/index.ts";
import type { PowerRequest } from "./power.ts";

/** What a job is about. */
export type JobSubject =
  | { readonly kind: "disk"; readonly task: DiskJobRequest["kind"] }
  | { readonly kind: "power"; readonly vm: VmGuid; readonly request: PowerRequest }
  | { readonly kind: "removal"; readonly vm: VmGuid };

/** What a job is made of. */
export interface JobWork {
  /** "Compact web01.vhd". */
  readonly title: string;
  /** Absent: nothing that WMI has a number for. */
  readonly about?: JobSubject;
  /** Does it. Answers the lines a person reads when it is done. @throws when it failed or was cancelled */
  run(steps: Steps): Promise<readonly string[]>;
}

/** The jobs of one host, running and over. */
export interface JobTable {
  /** Begins a job at once. */
  begin(work: JobWork): JobId;
  /** Asks a job to stop. Does nothing to one that is over or unknown. */
  cancel(job: JobId): void;
  list(): readonly JobSummary[];
  /** What a job's summary leaves out. Nothing for one that is unknown. */
  record(job: JobId): JobRecord;
  /** Settles when a job is over, however it ended. @throws HvError what it failed with */
  finished(job: JobId): Promise<void>;
}

/** What the table knows of a job beside its summary. */
export interface JobRecord {
  readonly about: JobSubject | null;
  /** Milliseconds since 1970; `null` while it goes on. */
  readonly endedAt: number | null;
  /** What was thrown; `null` when nothing was. */
  readonly failure: unknown;
}

/** What the table needs of its host. */
export interface JobSurroundings {
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** Lets other work of the thread happen. */
  breathe(): Promise<void>;
  changed(job: JobSummary): void;
}

/** Jobs that are over and still listed. */
const overKept = 50;

interface Job {
  summary: JobSummary;
  record: JobRecord;
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

const unknown: JobRecord = { about: null, endedAt: null, failure: null };

/** Opens an empty table. */
export function openJobs(around: JobSurroundings): JobTable {
  const jobs = new Map<JobId, Job>();
  let next = 1;

  function update(id: JobId, change: Partial<JobSummary>): void {
    const job = jobs.get(id);
    if (job === undefined) return;
    job.summary = { ...job.summary, ...change };
    around.changed(job.summary);
  }

  function ended(id: JobId, failure: unknown): void {
    const job = jobs.get(id);
    if (job !== undefined) job.record = { ...job.record, endedAt: around.wallClock(), failure };
  }

  async function perform(id: JobId, work: JobWork, stop: AbortSignal): Promise<void> {
    // The caller learns the job's name before its first change.
    await around.breathe();
    const steps: Steps = {
      signal: stop,
      async step(done, total) {
        const percent = Math.min(99, Math.floor((done / total) * 100));
        if (percent > (jobs.get(id)?.summary.percent ?? 99)) update(id, { percent });
        await around.breathe();
        stop.throwIfAborted();
      },
    };
    try {
      stop.throwIfAborted();
      const lines = await work.run(steps);
      ended(id, null);
      update(id, { state: "completed", percent: 100, lines });
    } catch (failure) {
      ended(id, failure);
      if (stop.aborted) update(id, { state: "cancelled", lines: ["Cancelled."] });
      else update(id, { state: "failed", lines: [reasonOf(failure)] });
      throw failure;
    } finally {
      forgetOld();
    }
  }

  function forgetOld(): void {
    const over = [...jobs].filter(([, { summary }]) => isOver(summary));
    for (const [id] of over.slice(0, Math.max(0, over.length - overKept))) jobs.delete(id);
  }

  return {
    begin(work) {
      const id = next++ as JobId;
      const stop = new AbortController();
      const over = perform(id, work, stop.signal);
      over.catch(() => {});
      const startedAt = around.wallClock();
      const summary: JobSummary = {
        id,
        title: work.title,
        state: "running",
        percent: 0,
        startedAt,
        lines: [],
      };
      jobs.set(id, { summary, record: { ...unknown, about: work.about ?? null }, stop, over });
      around.changed(summary);
      return id;
    },
    cancel(id) {
      const job = jobs.get(id);
      if (job?.summary.state !== "running") return;
      update(id, { state: "cancelling" });
      job.stop.abort(new HvError("job.cancelled", "The job was cancelled."));
    },
    list: () => [...jobs.values()].map(({ summary }) => summary),
    record: (id) => jobs.get(id)?.record ?? unknown,
    finished: (id) => jobs.get(id)?.over ?? Promise.resolve(),
  };
}

function isOver({ state }: JobSummary): boolean {
  return state === "completed" || state === "cancelled" || state === "failed";
}
