import type { InspectNode } from "../support/index.ts";
import type { PartitionId } from "./ids.ts";

/**
 * Processor time a partition may use until told otherwise. The child refills itself from its own
 * clock, so guests go on when the main thread sleeps.
 */
export interface Grant {
  /** Grows by one with every grant; echoed in reports. */
  readonly epoch: number;
  /** Microseconds of one period. */
  readonly period: number;
  /** Microseconds of guest time allowed in each period, 0 to `period`. */
  readonly budget: number;
}

/** How a partition competes for the processor. @wmi Msvm_ProcessorSettingData */
export interface ProcessorShare {
  /** Percent of one logical processor that is always its own, 0 to 100. */
  readonly reserve: number;
  /** Percent of one logical processor it never exceeds, 1 to 100. */
  readonly limit: number;
  /** Relative weight in what remains, 1 to 10000; 100 is usual. */
  readonly weight: number;
}

/** The share of a virtual machine nobody configured. */
export const usualShare: ProcessorShare = { reserve: 0, limit: 100, weight: 100 };

/** What a child says of itself, about ten times a second, also while idle (then once a second). */
export interface UsageReport {
  readonly epoch: number;
  /** Microseconds of guest time used since the partition started. */
  readonly used: number;
  /** Microseconds since start in which the guest wanted to run but its budget was spent. */
  readonly starved: number;
  /** Microseconds of wall time since the partition started, from the child's clock. */
  readonly elapsed: number;
  /** Run loop turns since start. Grows even when idle: no growth means a hang. */
  readonly heartbeat: number;
}

/** Why a partition no longer exists. */
export type PartitionEnd =
  | { readonly kind: "poweredOff" }
  | { readonly kind: "turnedOff" }
  | { readonly kind: "crashed"; readonly detail: string }
  | { readonly kind: "hung"; readonly detail: string };

/** Child to hypervisor/root. */
export type PartitionMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "usage"; readonly report: UsageReport }
  | { readonly kind: "inspect"; readonly tree: InspectNode }
  | { readonly kind: "guestCrash"; readonly text: string; readonly parameters: readonly string[] }
  /** The guest has reset its machine by itself, which starts again from power-on. */
  | { readonly kind: "restarted" }
  | { readonly kind: "ended"; readonly end: PartitionEnd };

/** A partition as the owner of the page sees it. */
export interface PartitionUsage {
  readonly partition: PartitionId;
  /** Share of one processor over the last second, 0 to 1. */
  readonly processor: number;
  readonly memoryBytes: number;
  readonly grant: Grant;
}

/** What the owner of the page may hear. Nobody depends on it being heard. */
export type PartitionChange =
  | {
      readonly kind: "created" | "running" | "notResponding" | "responding" | "restarted";
      readonly partition: PartitionId;
    }
  | {
      readonly kind: "guestCrashed";
      readonly partition: PartitionId;
      readonly text: string;
      readonly parameters: readonly string[];
    }
  | { readonly kind: "gone"; readonly partition: PartitionId; readonly end: PartitionEnd };
