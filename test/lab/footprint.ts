import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { InspectNode } from "../../src/support/index.ts";

/** What a running machine holds, as far as it must not grow with its age. */
export interface Footprint {
  /** Channels the bus knows of, and those that are open beside the guest and at the parent. */
  readonly channels: number;
  readonly open: number;
  readonly served: number;
  /** Lists of guest pages, those that are still coming in, and pages in all. */
  readonly gpadls: number;
  readonly unfinishedGpadls: number;
  readonly gpadlPages: number;
  /** Requests under way, bytes and buffers held for them, records that wait for room. */
  readonly underWay: number;
}

const branch = (node: InspectNode | null, ...path: readonly string[]): InspectNode =>
  path.reduce<InspectNode>((at, name) => {
    const child = at[name];
    return typeof child === "object" && child !== null ? child : {};
  }, node ?? {});
const branches = (node: InspectNode): InspectNode[] => Object.keys(node).map((name) => branch(node, name));
const sum = (nodes: readonly InspectNode[], ...names: readonly string[]): number =>
  nodes.reduce((all, node) => names.reduce((some, name) => some + Number(node[name] ?? 0), all), 0);

/** Reads both trees of a machine. */
export function footprintOf(machine: InspectNode | null, ends: InspectNode): Footprint {
  const channels = branches(branch(machine, "vmbus", "channels"));
  const gpadls = branch(machine, "vmbus", "connection", "gpadls");
  const isOpen = ({ state }: InspectNode): boolean => state === "open";
  return {
    channels: channels.length,
    open: channels.filter(isOpen).length,
    served: branches(branch(ends, "channels")).filter(isOpen).length,
    gpadls: sum([gpadls], "created"),
    unfinishedGpadls: sum([gpadls], "collecting"),
    gpadlPages: sum([gpadls], "pages"),
    underWay: sum(channels, "inFlight", "heldBytes", "transfers", "backlog"),
  };
}

/** Bytes of this process's JavaScript objects and of the memory they own, without what is garbage. */
export async function heapBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
