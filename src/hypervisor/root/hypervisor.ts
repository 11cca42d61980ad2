import type {
  CreatePartition,
  PartitionEnd,
  PartitionId,
  PartitionUsage,
  ProcessorShare,
} from "../../hvdef/index.ts";
import { type Clock, HvError, type InspectNode, type Log, reasonOf } from "../../support/index.ts";
import { admitMemory } from "./admission.ts";
import { type ChildHandle, openPartition, type Partition, type PartitionChange } from "./partition.ts";
import { computeGrants } from "./scheduler.ts";

/** What a hypervisor stands on. */
export interface HypervisorParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes all guests may have together. */
  readonly memoryBytes: number;
  /** Processors the guests share, at least 1. */
  readonly logicalProcessors: number;
  /** Starts the thread of a partition. @throws when the page refuses a worker: the partition is then refused */
  spawn(request: CreatePartition, partition: PartitionId): ChildHandle;
  onChange(change: PartitionChange): void;
}

/** Whether a partition came to be. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly partition: PartitionId }
  | { readonly kind: "refused"; readonly error: HvError };

/** The partitions of one host. Owns their threads. */
export interface Hypervisor extends Disposable {
  createPartition(request: CreatePartition): CreateOutcome;
  /** `false` when there is no such partition. */
  setShare(partition: PartitionId, share: ProcessorShare): boolean;
  /** Ends the thread at once. `false` when there is no such partition. */
  terminate(partition: PartitionId, end: PartitionEnd): boolean;
  /**
   * Judges who gives no sign of life. Called about once a second; calls that come late, after the machine
   * slept or while the page is throttled, are taken as such.
   */
  tick(): void;
  /** The parent is gone: no guest runs until released. */
  hold(isHeld: boolean): void;
  /** One line for each partition that lives. */
  usage(): readonly PartitionUsage[];
  /** The tree a partition's child sent last. */
  partitionTree(partition: PartitionId): InspectNode | null;
  inspect(): InspectNode;
}

/** Microseconds of a grant period: short enough for a console, long enough for slices of a millisecond. */
export const grantPeriod = 20_000;

/** A gap between two ticks in microseconds from which on silence proves nothing. */
const sleepGap = 5_000_000;

/** Opens a hypervisor without partitions. No timer of its own: reports and ticks move it. */
export function openHypervisor(parts: HypervisorParts): Hypervisor {
  const table = new Map<PartitionId, Partition>();
  let nextId = 1;
  let lastTick = parts.clock.now();
  let isHeld = false;
  const counters = { created: 0, refused: 0, schedulings: 0, timeLost: 0 };

  const memoryInUse = () => [...table.values()].reduce((sum, one) => sum + one.request.memoryBytes, 0);

  function schedule(): void {
    counters.schedulings++;
    const host = { logicalProcessors: parts.logicalProcessors, period: grantPeriod };
    const demands = [...table.values()].map((partition) => partition.demand());
    for (const allocation of computeGrants(host, demands)) {
      table.get(allocation.partition)?.grant(isHeld ? 0 : allocation.budget);
    }
  }

  function onChange(change: PartitionChange): void {
    if (change.kind === "gone") {
      const name = table.get(change.partition)?.request.name;
      table.delete(change.partition);
      if ("detail" in change.end) parts.log("error", `Partition of "${name}": ${change.end.detail}`);
      schedule();
    }
    parts.onChange(change);
  }

  function createPartition(request: CreatePartition): CreateOutcome {
    const admission = admitMemory({ total: parts.memoryBytes, inUse: memoryInUse() }, request.memoryBytes);
    if (admission.kind === "refused") {
      counters.refused++;
      return admission;
    }
    const id = nextId as PartitionId;
    let child: ChildHandle;
    try {
      child = parts.spawn(request, id);
    } catch (cause) {
      counters.refused++;
      const text = `The page could not start a worker: ${reasonOf(cause)}`;
      return { kind: "refused", error: new HvError("partition.noWorker", text, { cause }) };
    }
    nextId++;
    counters.created++;
    const hooks = { onUsage: schedule, onChange };
    table.set(id, openPartition({ id, request, child, period: grantPeriod }, hooks));
    onChange({ kind: "created", partition: id });
    schedule();
    return { kind: "created", partition: id };
  }

  function terminate(partition: PartitionId, end: PartitionEnd): boolean {
    const found = table.get(partition);
    found?.feed({ kind: "terminate", end });
    return found !== undefined;
  }

  function tick(): void {
    const now = parts.clock.now();
    const gap = now - lastTick;
    lastTick = now;
    const isLost = gap > sleepGap;
    if (isLost) counters.timeLost++;
    for (const partition of [...table.values()]) {
      partition.feed(isLost ? { kind: "timeLost" } : { kind: "timePassed", by: gap });
    }
  }

  return {
    createPartition,
    setShare(partition, share) {
      const found = table.get(partition);
      found?.setShare(share);
      schedule();
      return found !== undefined;
    },
    terminate,
    tick,
    hold(wanted) {
      isHeld = wanted;
      schedule();
    },
    usage: () => [...table.values()].map((partition) => partition.usage()),
    partitionTree: (partition) => table.get(partition)?.childTree() ?? null,
    inspect: () => ({
      logicalProcessors: parts.logicalProcessors,
      memoryBytes: parts.memoryBytes,
      memoryInUse: memoryInUse(),
      held: isHeld,
      ...counters,
      partitions: Object.fromEntries([...table.values()].map((one) => [one.id, one.inspect()])),
    }),
    [Symbol.dispose]() {
      for (const id of [...table.keys()]) terminate(id, { kind: "turnedOff" });
    },
  };
}
