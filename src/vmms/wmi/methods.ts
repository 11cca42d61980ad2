import type { JobId, ParentSession } from "../../hvdef/index.ts";
import type { MethodCall, MethodResult } from "../../wmi/index.ts";
import type { PowerRequest } from "../power.ts";
import type { EmptyDrives } from "./empty-drives.ts";
import type { MouseButtons } from "./mouse-buttons.ts";
import { ReturnCode } from "./return-codes.ts";
import type { World, WorldMachine } from "./world.ts";

/** What methods do their work with. */
export interface MethodSurroundings {
  readonly session: ParentSession;
  world(): World;
  /** Makes a request that may be made, as a job. Answers the job's path. */
  beginPower(machine: WorldMachine, request: PowerRequest): string;
  /** Removes a machine that may be removed, as a job. Answers the job's path. */
  beginRemoval(machine: WorldMachine): string;
  /** Begins a job of the library. Answers its path. @throws HvError what can be told at once */
  beginDisk(request: Parameters<ParentSession["beginDiskJob"]>[0]): Promise<string>;
  cancel(kind: "machine" | "disk", job: JobId): void;
  readonly emptyDrives: EmptyDrives;
  readonly buttons: MouseButtons;
}

/** Does what a method is called for. Refusals of requests may be thrown as HvError. */
export type Method = (call: MethodCall, around: MethodSurroundings) => Promise<MethodResult>;

/** Methods by class and name. */
export type MethodTable = { readonly [className: string]: { readonly [method: string]: Method } };

/** An outcome without anything to tell beside. */
export function outcome(returnValue: number): MethodResult {
  return { returnValue, out: {} };
}

/** Done. */
export const completed: MethodResult = outcome(ReturnCode.completed);

/** A job has begun. */
export function jobStarted(job: string): MethodResult {
  return { returnValue: ReturnCode.jobStarted, out: { Job: job } };
}

/** The machine that an object of Msvm_ComputerSystem is; `null`: it is the host. */
export function machineNamed(world: World, name: unknown): WorldMachine | null {
  return world.machines.find(({ vm }) => vm.id === String(name).toLowerCase()) ?? null;
}

/** The machine that a reference leads to; `null`: it leads elsewhere. */
export function targetMachine({ resolve }: MethodCall, world: World, path: unknown): WorldMachine | null {
  const target = typeof path === "string" ? resolve(path) : null;
  return target?.className === "Msvm_ComputerSystem" ? machineNamed(world, target.properties["Name"]) : null;
}
