import { HvError } from "../../support/index.ts";
import { type PropertySet, printInterval, printTime } from "../../wmi/index.ts";
import { partPath, settingPath, systemName, systemPath } from "./names.ts";
import { returnCodeOf } from "./return-codes.ts";
import { imageService } from "./service-objects.ts";
import type { InstanceTable, World, WorldJob } from "./world.ts";

/** @wmi JobState */
const jobStates = { running: 4, cancelling: 6, completed: 7, cancelled: 8, failed: 10 } as const;
/** How long Hyper-V lists a job that is over. */
const removalMillis = 300_000;

/** Objects of jobs. */
export const jobObjects: InstanceTable = {
  Msvm_ConcreteJob: (world) => objectsOf(world, "machine"),
  Msvm_StorageJob: (world) => objectsOf(world, "disk"),
  Msvm_AffectedJobElement: (world) =>
    world.jobs.flatMap((one) => {
      const AffectedElement = affectedBy(world, one);
      return AffectedElement === null ? [] : [{ AffectedElement, AffectingElement: jobPath(one) }];
    }),
};

/** Class of a job. */
function classOf({ kind }: Pick<WorldJob, "kind">): string {
  return kind === "machine" ? "Msvm_ConcreteJob" : "Msvm_StorageJob";
}

/** InstanceID of a job. */
function jobName({ kind, job }: Pick<WorldJob, "kind" | "job">): string {
  return `${kind === "machine" ? "Machine" : "Storage"}-${job.id}`;
}

/** Path of a job. */
export function jobPath(job: Pick<WorldJob, "kind" | "job">): string {
  return settingPath(classOf(job), jobName(job));
}

/** The job of an InstanceID; `null`: there is none. */
export function jobNamed({ jobs }: World, name: string): WorldJob | null {
  return jobs.find((one) => jobName(one).toLowerCase() === name.toLowerCase()) ?? null;
}

/** `null`: it is about a machine that is gone. */
function affectedBy({ hostName, machines }: World, { vm: id }: WorldJob): string | null {
  if (id === null) return partPath(imageService, hostName, ["Name", "vhdsvc"]);
  return machines.some(({ vm }) => vm.id === id) ? systemPath(systemName(id)) : null;
}

function objectsOf(world: World, kind: WorldJob["kind"]): readonly PropertySet[] {
  return world.jobs.filter((one) => one.kind === kind).map((one) => jobObject(world, one));
}

/** What a job shows of itself. */
export function jobObject(
  { at }: World,
  { kind, job, endedAt, failure, type, cancellable }: WorldJob,
): PropertySet {
  const isOver = endedAt !== null;
  const text = job.state === "failed" ? job.lines.join(" ") : null;
  const code = failureCode(job.state, failure);
  return {
    InstanceID: jobName({ kind, job }),
    ElementName: job.title,
    Caption: job.title,
    Name: job.title,
    JobState: jobStates[job.state],
    JobStatus: job.state === "failed" ? "Error" : "OK",
    OperationalStatus: [job.state === "failed" ? 6 : isOver ? 17 : 2],
    StartTime: printTime(job.startedAt),
    ElapsedTime: printInterval((endedAt ?? at) - job.startedAt),
    TimeOfLastStateChange: printTime(endedAt ?? job.startedAt),
    TimeBeforeRemoval: printInterval(removalMillis),
    DeleteOnCompletion: false,
    PercentComplete: job.percent,
    ErrorCode: code,
    ErrorDescription: text,
    ErrorSummaryDescription: text,
    Cancellable: cancellable,
    ...(kind === "disk" ? { Type: type, JobCompletionStatusCode: statusOf(job.state, failure) } : {}),
  };
}

function failureCode(state: WorldJob["job"]["state"], failure: unknown): number {
  return state === "failed" ? returnCodeOf(failure) : 0;
}

/** HRESULT of the end; 0 while it goes on and when it went well. */
function statusOf(state: WorldJob["job"]["state"], failure: unknown): number {
  if (state !== "failed") return 0;
  return failure instanceof HvError ? failure.hresult : 0x80004005;
}
