import type {
  CreatePartition,
  Grant,
  PartitionChange,
  PartitionId,
  PartitionMessage,
  PartitionUsage,
  ProcessorShare,
  UsageReport,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { newborn, type PartitionEvent, stepPartition } from "./partition-state.ts";
import type { ProcessorDemand } from "./scheduler.ts";
import { openUsageHistory } from "./usage-history.ts";

/** One child worker, as the hypervisor holds it. The hypervisor owns it and terminates it. */
export interface ChildHandle {
  send(grant: Grant): void;
  /** Ends the thread at once. Called at most once. */
  terminate(): void;
  /** Takes the handler of its messages. Called once, before the first message can arrive. */
  onMessage(handler: (message: PartitionMessage) => void): void;
  /** Takes the handler of its death by itself, with a sentence why. Calls after `terminate` are ignored. */
  onGone(handler: (detail: string) => void): void;
}

/** One partition of the table. */
export interface Partition {
  readonly id: PartitionId;
  readonly request: CreatePartition;
  setShare(share: ProcessorShare): void;
  /** What the scheduler needs to know of it. */
  demand(): ProcessorDemand;
  /** Tells the child its budget, microseconds per period, if that is news. */
  grant(budget: number): void;
  feed(event: PartitionEvent): void;
  usage(): PartitionUsage;
  /** The tree the child sent last, `null` before the first. */
  childTree(): InspectNode | null;
  inspect(): InspectNode;
}

/** What a partition stands on and tells. */
export interface PartitionParts {
  readonly id: PartitionId;
  readonly request: CreatePartition;
  /** Just spawned. The partition terminates it. */
  readonly child: ChildHandle;
  /** Microseconds of a grant period. */
  readonly period: number;
  /** A usage report came: time to compute the grants again. */
  onUsage(): void;
  onChange(change: PartitionChange): void;
}

/** Longest text of a dying guest that is passed on, characters. */
const crashTextLimit = 4096;

/** The step machine with its shell: performs actions in order, once. */
function openLife({ id, child, onChange }: PartitionParts) {
  let state = newborn;
  let refused = 0;

  function feed(event: PartitionEvent): void {
    const step = stepPartition(state, event);
    if ("refused" in step) {
      refused++;
      return;
    }
    state = step.state;
    for (const action of step.actions) {
      if (action.kind === "announce") onChange({ kind: action.what, partition: id });
      else if (action.kind === "announceGone") onChange({ kind: "gone", partition: id, end: action.end });
      else {
        child.terminate();
        feed({ kind: "childGone", detail: "terminated" });
      }
    }
  }

  return {
    feed,
    isAlive: () => state.kind === "creating" || state.kind === "running",
    inspect: () => ({
      state: state.kind,
      responding: state.kind === "running" && state.isResponding,
      refusedEvents: refused,
    }),
  };
}

/** What the child reports, and what it was granted. */
function openAccount({ child, period }: PartitionParts) {
  const history = openUsageHistory();
  let grant: Grant = { epoch: 0, period, budget: 0 };
  let reports = 0;
  let unsoundReports = 0;

  return {
    /** What a report says of the child: that it lives, that it can at least count, or nothing. */
    take(report: UsageReport): "alive" | "unchanged" | "unsound" {
      reports++;
      const before = history.last()?.heartbeat ?? -1;
      if (!history.add(report)) {
        unsoundReports++;
        return "unsound";
      }
      return report.heartbeat > before ? "alive" : "unchanged";
    },
    grant(budget: number): void {
      if (grant.epoch > 0 && budget === grant.budget) return;
      grant = { epoch: grant.epoch + 1, period, budget };
      child.send(grant);
    },
    demand: () => ({ ...history.latest(), granted: grant.budget / period }),
    usage: () => ({ processor: history.lastSecond(), grant }),
    inspect: () => ({ processor: history.lastSecond(), grant: { ...grant }, reports, unsoundReports }),
  };
}

function crashOf(id: PartitionId, said: Extract<PartitionMessage, { kind: "guestCrash" }>): PartitionChange {
  const text = said.text.slice(0, crashTextLimit);
  return { kind: "guestCrashed", partition: id, text, parameters: said.parameters };
}

/** Opens a partition around a child that was just spawned. */
export function openPartition(parts: PartitionParts): Partition {
  const { id, request, child } = parts;
  const life = openLife(parts);
  const account = openAccount(parts);
  let share = request.share;
  let tree: InspectNode | null = null;

  function takeUsage(report: UsageReport): void {
    const verdict = account.take(report);
    if (verdict === "alive") life.feed({ kind: "heartbeat" });
    if (verdict !== "unsound") parts.onUsage();
  }

  function receive(message: PartitionMessage): void {
    if (!life.isAlive()) return;
    if (message.kind === "ready") life.feed({ kind: "childReady" });
    else if (message.kind === "usage") takeUsage(message.report);
    else if (message.kind === "inspect") tree = message.tree;
    else if (message.kind === "ended") life.feed({ kind: "childEnded", end: message.end });
    else if (message.kind === "guestCrash") parts.onChange(crashOf(id, message));
    else if (message.kind === "restarted") parts.onChange({ kind: "restarted", partition: id });
    // Another version of the child may say more; that is no bug of this thread.
    else message satisfies never;
  }

  child.onMessage(receive);
  child.onGone((detail) => life.feed({ kind: "childGone", detail }));

  return {
    id,
    request,
    setShare(wanted) {
      share = wanted;
    },
    demand: () => ({ partition: id, share, ...account.demand() }),
    grant(budget) {
      if (life.isAlive()) account.grant(budget);
    },
    feed: life.feed,
    usage: () => ({ partition: id, memoryBytes: request.memoryBytes, ...account.usage() }),
    childTree: () => tree,
    inspect() {
      const identity = { name: request.name, vm: request.vm, memoryBytes: request.memoryBytes };
      return { ...identity, ...life.inspect(), share: { ...share }, ...account.inspect() };
    },
  };
}
