import type {
  CreatePartition,
  PartitionChange,
  PartitionEnd,
  PartitionId,
  PartitionUsage,
  ProcessorShare,
} from "../../hvdef/index.ts";
import { type Clock, HvError, type InspectNode, type Log, reasonOf } from "../../support/index.ts";
import { admitMemory } from "./admission.ts";
import { type ChildHandle, openPartition, type Partition } from "./partition.ts";
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
const grantPeriod = 20_000;

/** A gap between two ticks in microseconds from which on silence proves nothing. */
const sleepGap = 5_000_000;

/** The partitions that live, and the division of the processors among them. */
function openTable(logicalProcessors: number) {
  const partitions = new Map<PartitionId, Partition>();
  const host = { logicalProcessors, period: grantPeriod };
  let isHeld = false;
  let schedulings = 0;

  function schedule(): void {
    schedulings++;
    const demands = [...partitions.values()].map((partition) => partition.demand());
    for (const { partition, budget } of computeGrants(host, demands)) {
      partitions.get(partition)?.grant(isHeld ? 0 : budget);
    }
  }
  const all = () => [...partitions.values()];

  return {
    partitions,
    all,
    schedule,
    hold(wanted: boolean): void {
      isHeld = wanted;
      schedule();
    },
    memoryInUse: () => all().reduce((sum, one) => sum + one.request.memoryBytes, 0),
    inspect: () => ({
      held: isHeld,
      schedulings,
      partitions: Object.fromEntries(all().map((one) => [one.id, one.inspect()])),
    }),
  };
}
type Table = ReturnType<typeof openTable>;

/** Judges silence by the time between calls, so that a machine that slept accuses nobody. */
function openWatch(clock: Clock, table: Table) {
  let lastTick = clock.now();
  let timeLost = 0;
  return {
    tick(): void {
      const now = clock.now();
      const gap = now - lastTick;
      lastTick = now;
      const isLost = gap > sleepGap;
      if (isLost) timeLost++;
      for (const partition of table.all()) {
        partition.feed(isLost ? { kind: "timeLost" } : { kind: "timePassed", by: gap });
      }
    },
    inspect: () => ({ timeLost }),
  };
}

/** Answers requests for partitions: admits, spawns, enters into the table. */
function openBirth(parts: HypervisorParts, table: Table, onChange: (change: PartitionChange) => void) {
  let nextId = 1;
  let created = 0;
  let refusals = 0;

  function refuse(error: HvError): CreateOutcome {
    refusals++;
    return { kind: "refused", error };
  }

  return {
    create(request: CreatePartition): CreateOutcome {
      const memory = { total: parts.memoryBytes, inUse: table.memoryInUse() };
      const admission = admitMemory(memory, request.memoryBytes);
      if (admission.kind === "refused") return refuse(admission.error);
      const id = nextId++ as PartitionId;
      const spawned = spawnChild(parts, request, id);
      if (spawned instanceof HvError) return refuse(spawned);
      created++;
      const hooks = { onUsage: table.schedule, onChange };
      const partition = openPartition({ id, request, child: spawned, period: grantPeriod, ...hooks });
      table.partitions.set(id, partition);
      onChange({ kind: "created", partition: id });
      table.schedule();
      return { kind: "created", partition: id };
    },
    inspect: () => ({ created, refusals }),
  };
}

function spawnChild(
  parts: HypervisorParts,
  request: CreatePartition,
  id: PartitionId,
): ChildHandle | HvError {
  try {
    return parts.spawn(request, id);
  } catch (cause) {
    return new HvError("partition.noWorker", `The page could not start a worker: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** Opens a hypervisor without partitions. No timer of its own: reports and ticks move it. */
export function openHypervisor(parts: HypervisorParts): Hypervisor {
  const table = openTable(parts.logicalProcessors);
  const { partitions } = table;
  const watch = openWatch(parts.clock, table);
  const birth = openBirth(parts, table, onChange);

  function onChange(change: PartitionChange): void {
    if (change.kind === "gone") {
      const name = partitions.get(change.partition)?.request.name;
      partitions.delete(change.partition);
      if ("detail" in change.end) parts.log("error", `Partition of "${name}": ${change.end.detail}`);
      table.schedule();
    }
    parts.onChange(change);
  }

  function terminate(partition: PartitionId, end: PartitionEnd): boolean {
    const found = partitions.get(partition);
    found?.feed({ kind: "terminate", end });
    return found !== undefined;
  }

  return {
    createPartition: birth.create,
    setShare(partition, share) {
      const found = partitions.get(partition);
      found?.setShare(share);
      table.schedule();
      return found !== undefined;
    },
    terminate,
    tick: watch.tick,
    hold: table.hold,
    usage: () => table.all().map((partition) => partition.usage()),
    partitionTree: (partition) => partitions.get(partition)?.childTree() ?? null,
    inspect: () => ({
      logicalProcessors: parts.logicalProcessors,
      memoryBytes: parts.memoryBytes,
      memoryInUse: table.memoryInUse(),
      ...birth.inspect(),
      ...watch.inspect(),
      ...table.inspect(),
    }),
    [Symbol.dispose]() {
      for (const id of [...partitions.keys()]) terminate(id, { kind: "turnedOff" });
    },
  };
}
