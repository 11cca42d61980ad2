import type {
  CreatePartition,
  Grant,
  PartitionEnd,
  PartitionId,
  PartitionMessage,
  PartitionUsage,
  ProcessorShare,
} from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { newborn, type PartitionEvent, type PartitionState, stepPartition } from "./partition-state.ts";
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

/** What the owner of the page may hear. Nobody depends on it being heard. */
export type PartitionChange =
  | { readonly kind: "created" | "running" | "notResponding" | "responding"; readonly partition: PartitionId }
  | {
      readonly kind: "guestCrashed";
      readonly partition: PartitionId;
      readonly text: string;
      readonly parameters: readonly string[];
    }
  | { readonly kind: "gone"; readonly partition: PartitionId; readonly end: PartitionEnd };

/** One partition of the table. */
export interface Partition {
  readonly id: PartitionId;
  readonly request: CreatePartition;
  state(): PartitionState;
  isAlive(): boolean;
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

/** What a partition tells its table. */
export interface PartitionHooks {
  /** A usage report came: time to compute the grants again. */
  onUsage(): void;
  onChange(change: PartitionChange): void;
}

/** Longest text of a dying guest that is passed on, characters. */
const crashTextLimit = 4096;

/** Opens a partition around a child that was just spawned. Grants are in periods of `period` microseconds. */
export function openPartition(
  created: {
    readonly id: PartitionId;
    readonly request: CreatePartition;
    readonly child: ChildHandle;
    readonly period: number;
  },
  hooks: PartitionHooks,
): Partition {
  const { id, request, child, period } = created;
  const history = openUsageHistory();
  let state = newborn;
  let share = request.share;
  let grant: Grant = { epoch: 0, period, budget: 0 };
  let tree: InspectNode | null = null;
  const counters = { reports: 0, unsoundReports: 0, refusedEvents: 0, guestCrashes: 0 };

  const isAlive = () => state.kind === "creating" || state.kind === "running";

  function feed(event: PartitionEvent): void {
    const step = stepPartition(state, event);
    if ("refused" in step) {
      counters.refusedEvents++;
      return;
    }
    state = step.state;
    for (const action of step.actions) {
      if (action.kind === "announce") hooks.onChange({ kind: action.what, partition: id });
      else if (action.kind === "announceGone") {
        hooks.onChange({ kind: "gone", partition: id, end: action.end });
      } else {
        child.terminate();
        feed({ kind: "childGone", detail: "terminated" });
      }
    }
  }

  function takeUsage(report: Extract<PartitionMessage, { kind: "usage" }>["report"]): void {
    counters.reports++;
    const heartbeat = history.last()?.heartbeat ?? -1;
    if (!history.add(report)) {
      counters.unsoundReports++;
      return;
    }
    if (report.heartbeat > heartbeat) feed({ kind: "heartbeat" });
    hooks.onUsage();
  }

  function receive(message: PartitionMessage): void {
    if (!isAlive()) return;
    switch (message.kind) {
      case "ready":
        feed({ kind: "childReady" });
        break;
      case "usage":
        takeUsage(message.report);
        break;
      case "inspect":
        tree = message.tree;
        break;
      case "guestCrash":
        counters.guestCrashes++;
        hooks.onChange(crashOf(message));
        break;
      case "ended":
        feed({ kind: "childEnded", end: message.end });
        break;
      default:
        message satisfies never;
        counters.refusedEvents++;
    }
  }

  function crashOf(message: Extract<PartitionMessage, { kind: "guestCrash" }>): PartitionChange {
    const text = message.text.slice(0, crashTextLimit);
    return { kind: "guestCrashed", partition: id, text, parameters: message.parameters };
  }

  child.onMessage(receive);
  child.onGone((detail) => feed({ kind: "childGone", detail }));

  return {
    id,
    request,
    state: () => state,
    isAlive,
    setShare(wanted) {
      share = wanted;
    },
    demand: () => ({ partition: id, share, ...history.latest(), granted: grant.budget / period }),
    grant(budget) {
      if (!isAlive() || (grant.epoch > 0 && budget === grant.budget)) return;
      grant = { epoch: grant.epoch + 1, period, budget };
      child.send(grant);
    },
    feed,
    usage: () => ({
      partition: id,
      processor: history.lastSecond(),
      memoryBytes: request.memoryBytes,
      grant,
    }),
    childTree: () => tree,
    inspect: () => ({
      name: request.name,
      vm: request.vm,
      state: state.kind,
      responding: state.kind === "running" && state.isResponding,
      memoryBytes: request.memoryBytes,
      processor: history.lastSecond(),
      share: { ...share },
      grant: { ...grant },
      ...counters,
    }),
  };
}
