import type { TraceBatch, TraceEvent, VmGuid } from "../../hvdef/index.ts";
import type { Observation } from "../host.ts";
import type { SeenEvent } from "./flow-state.ts";

/** Brings what several threads saw into one order. */
export interface EventMerge {
  /** @returns what is certain to be older than everything that is still to come, in order */
  add(observation: Observation): readonly SeenEvent[];
}

/** Clocks of a page that is not isolated tell tenths of milliseconds: what arrived may look older than what was sent. */
const clockGrain = 0.25;
/** A worker that does not answer holds the others up no longer than this, milliseconds. */
const longestHold = 1500;
/** Events that wait. Reason: batches are bounded, and a few of them wait. */
const waitingLimit = 20_000;

const arrivals: ReadonlySet<string> = new Set(["linkArrived", "request", "call", "serialIn"]);

/** Opens a merge that has seen nothing. */
export function openEventMerge(): EventMerge {
  const queues = new Map<string, SeenEvent[]>();
  const until = new Map<string, number>();

  function take(queue: string, batch: TraceBatch, seen: (event: TraceEvent) => SeenEvent): void {
    const events = queues.get(queue) ?? [];
    for (const event of batch.events) events.push(seen(event));
    if (events.length > waitingLimit) events.splice(0, events.length - waitingLimit);
    queues.set(queue, events);
    until.set(queue, batch.until);
  }
  function oldest(horizon: number): SeenEvent[] | null {
    let found: SeenEvent[] | null = null;
    let foundAt = Number.POSITIVE_INFINITY;
    for (const queue of queues.values()) {
      const head = queue[0];
      if (head === undefined || head.at > horizon) continue;
      const weighed = head.at + (arrivals.has(head.kind) ? clockGrain : 0);
      if (weighed >= foundAt) continue;
      found = queue;
      foundAt = weighed;
    }
    return found;
  }

  return {
    add({ page, host, workers }) {
      take("page", page, (event) => ({ ...event, thread: "page", machine: machineOf(event.vm) }));
      take("parent", host, (event) => ({ ...event, thread: "parent", machine: machineOf(event.vm) }));
      for (const { vm, batch } of workers)
        take(vm, batch, (event) => ({ ...event, thread: "child", machine: vm }));
      const known = [...until.values()].filter((time) => time >= host.until - longestHold);
      const horizon = Math.min(...known) - clockGrain;
      const merged: SeenEvent[] = [];
      for (let queue = oldest(horizon); queue !== null; queue = oldest(horizon)) {
        const head = queue.shift();
        if (head !== undefined) merged.push(head);
      }
      return merged;
    },
  };
}

function machineOf(vm: string | undefined): VmGuid | null {
  return vm === undefined ? null : (vm as VmGuid);
}
