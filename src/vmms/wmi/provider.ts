import type { DiskJobRequest, JobId, NetworkSummary, ParentSession } from "../../hvdef/index.ts";
import { type Clock, HvError } from "../../support/index.ts";
import {
  type MethodCall,
  type MethodResult,
  openNamespace,
  openSchema,
  virtualizationClasses,
  type WmiNamespace,
} from "../../wmi/index.ts";
import { type JobSubject, type JobTable, openJobs } from "../jobs.ts";
import type { Machine } from "../machine.ts";
import type { PowerRequest } from "../power.ts";
import { deviceObjects } from "./device-objects.ts";
import { openEmptyDrives } from "./empty-drives.ts";
import { imageMethods } from "./image-methods.ts";
import { integrationObjects } from "./integration-objects.ts";
import { jobMethods } from "./job-methods.ts";
import { jobObjects, jobPath } from "./job-objects.ts";
import { keyboardMethods, keyboardObjects } from "./keyboard.ts";
import { linkObjects } from "./link-objects.ts";
import { machineMethods } from "./machine-methods.ts";
import { machineObjects } from "./machine-objects.ts";
import { managementMethods } from "./management-methods.ts";
import type { MethodSurroundings, MethodTable } from "./methods.ts";
import { mouseMethods, mouseObjects } from "./mice.ts";
import { openMouseButtons } from "./mouse-buttons.ts";
import { namespaceName } from "./names.ts";
import { openOnTimes } from "./on-time.ts";
import { poolObjects } from "./pools.ts";
import { networkObjects } from "./ports.ts";
import { resourceObjects } from "./resource-objects.ts";
import { ReturnCode, returnCodeOf } from "./return-codes.ts";
import { serviceObjects } from "./service-objects.ts";
import { switchMethods } from "./switch-methods.ts";
import type { InstanceTable, World, WorldJob, WorldMachine } from "./world.ts";

/** What the namespace is made of: the management service itself. */
export interface VirtualizationSurroundings {
  readonly hostName: string;
  readonly session: ParentSession;
  machines(): readonly Machine[];
  networks(): readonly NetworkSummary[];
  readonly diskJobs: JobTable;
  readonly clock: Clock;
  wallClock(): number;
  breathe(): Promise<void>;
}

const objects: InstanceTable = {
  ...machineObjects,
  ...resourceObjects,
  ...poolObjects,
  ...deviceObjects,
  ...keyboardObjects,
  ...mouseObjects,
  ...integrationObjects,
  ...networkObjects,
  ...jobObjects,
  ...serviceObjects,
  ...linkObjects,
};
const methods: MethodTable = {
  ...machineMethods,
  ...managementMethods,
  ...imageMethods,
  ...switchMethods,
  ...keyboardMethods,
  ...mouseMethods,
  ...jobMethods,
};

/** @wmi Msvm_StorageJob.Type */
const storageTypes: { readonly [K in DiskJobRequest["kind"]]?: number } = {
  create: 1,
  createFloppy: 2,
  compact: 3,
  expand: 4,
  merge: 5,
  convert: 6,
  validate: 9,
};

/** Titles of requests, as a list of tasks shows them. */
const powerTitles: { readonly [R in PowerRequest]: string } = {
  start: "Start",
  pause: "Pause",
  resume: "Resume",
  reset: "Reset",
  turnOff: "Turn off",
  save: "Save",
  deleteSavedState: "Discard the saved state of",
};

/** Opens `root\virtualization` over the management service. Call `changed` whenever it has told something. */
export function openVirtualization(around: VirtualizationSurroundings): WmiNamespace {
  const onTimes = openOnTimes(around.clock);
  const empty = openEmptyDrives();
  const buttons = openMouseButtons();
  const machineJobs = openJobs({ ...around, changed: () => namespace.changed() });

  function machineOf(machine: Machine): WorldMachine {
    const vm = machine.summary();
    const drives = [...vm.drives, ...empty.drivesOf(vm)];
    const { share, bootOrder } = machine.settings();
    const pairs = machine.integration.pairs;
    return { vm: { ...vm, drives }, share, bootOrder, pairs, onTime: onTimes.of(vm.id) };
  }
  function world(): World {
    return {
      hostName: around.hostName,
      at: around.wallClock(),
      machines: around.machines().map(machineOf),
      jobs: [...jobsOf("machine", machineJobs), ...jobsOf("disk", around.diskJobs)],
      networks: around.networks,
    };
  }

  const surroundings: MethodSurroundings = {
    session: around.session,
    world,
    emptyDrives: empty,
    buttons,
    beginPower({ vm }, request) {
      // The machine is in its in-between state when this returns: a second request finds it there.
      const going = around.session[request](vm.id);
      going.catch(() => {});
      const id = machineJobs.begin({
        title: `${powerTitles[request]} ${vm.name}`,
        about: { kind: "power", vm: vm.id, request },
        run: () => going.then(() => []),
      });
      return jobPath({ kind: "machine", job: jobIn(machineJobs, id) });
    },
    beginRemoval({ vm }) {
      const id = machineJobs.begin({
        title: `Remove ${vm.name}`,
        about: { kind: "removal", vm: vm.id },
        async run() {
          // A machine that is saved may be removed: what was saved goes with it.
          if (vm.state === "saved") await around.session.deleteSavedState(vm.id);
          await around.session.removeMachine(vm.id);
          return [];
        },
      });
      return jobPath({ kind: "machine", job: jobIn(machineJobs, id) });
    },
    async beginDisk(request) {
      const id = await around.session.beginDiskJob(request);
      return jobPath({ kind: "disk", job: jobIn(around.diskJobs, id) });
    },
    cancel(kind, job) {
      (kind === "machine" ? machineJobs : around.diskJobs).cancel(job);
      const { about } = machineJobs.record(job);
      // A start that is over meanwhile is none to give up: the job says which it was.
      if (kind === "machine" && about?.kind === "power") around.session.turnOff(about.vm).catch(() => {});
    },
  };

  const namespace = openNamespace<World>({
    schema: openSchema(virtualizationClasses),
    place: { server: around.hostName, namespace: namespaceName },
    wallClock: around.wallClock,
    provider: {
      read: world,
      instances: (className, now) => objects[className]?.(now) ?? [],
      invoke: (call) => invoke(call, surroundings),
    },
  });
  return {
    ...namespace,
    changed() {
      for (const machine of around.machines()) {
        const { state } = machine.summary();
        onTimes.note(machine.id, state);
        buttons.note(machine.id, state);
      }
      namespace.changed();
    },
  };
}

/** Makes a call. What a request refuses is the number of why; a bug of ours is none. */
async function invoke(call: MethodCall, around: MethodSurroundings): Promise<MethodResult> {
  const method = methods[call.target.className]?.[call.method];
  if (method === undefined) return { returnValue: ReturnCode.notSupported, out: {} };
  try {
    return await method(call, around);
  } catch (failure) {
    if (!(failure instanceof HvError)) throw failure;
    return { returnValue: returnCodeOf(failure), out: {} };
  }
}

function jobIn(table: JobTable, id: JobId) {
  const job = table.list().find((one) => one.id === id);
  if (job === undefined) throw new Error("a job that has just begun is not listed");
  return job;
}

/** The jobs of a table as their objects are made of them. */
function jobsOf(kind: WorldJob["kind"], table: JobTable): readonly WorldJob[] {
  return table.list().map((job) => {
    const { about, endedAt, failure } = table.record(job.id);
    const cancellable = job.state === "running" && (kind === "disk" || isStart(about));
    const type = about?.kind === "disk" ? (storageTypes[about.task] ?? null) : null;
    const vm = about === null || about.kind === "disk" ? null : about.vm;
    return { kind, job, endedAt, failure, cancellable, type, vm };
  });
}

/** Of what is asked of machines, only a start can be given up. */
function isStart(about: JobSubject | null): boolean {
  return about?.kind === "power" && about.request === "start";
}
