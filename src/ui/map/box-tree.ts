import type { NetworkSummary } from "../../hvdef/index.ts";
import type { InspectNode } from "../../support/index.ts";
import { lookUp } from "../vmbus-picture.ts";
import { splitBox } from "./box-figures.ts";
import type { BoxKey, MapSources } from "./model.ts";

function pick(tree: InspectNode | undefined, names: readonly string[]): InspectNode {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = tree?.[name];
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}

function nodeAt(tree: InspectNode | undefined, path: string): InspectNode {
  const found = lookUp(tree, path);
  return typeof found === "object" && found !== null ? found : {};
}

function networkTree({ name, kind, ports, uplinkState, direct }: NetworkSummary): InspectNode {
  const shown = ports.map(({ id, holder, vlan: _, ...counters }) => {
    const held = holder.kind === "machine" ? `${holder.name}, ${holder.adapter}` : holder.kind;
    return [`port ${id}`, { holder: held, ...counters }] as const;
  });
  return {
    name,
    kind,
    uplink: uplinkState.kind,
    pathsPastTheSwitch: direct.length,
    ...Object.fromEntries(shown),
  };
}

/** Everything the running system tells of a box. Empty: it has no counters of its own. */
export function boxTree(key: BoxKey, sources: MapSources): InspectNode {
  const box = splitBox(key);
  const host = sources.host?.tree;
  const hypervisor = sources.hypervisor?.tree;
  if (box.vm === null) {
    switch (box.part) {
      case "manager":
      case "wmi":
      case "vmms":
        return pick(host, ["requests", "wmi", "looks"]);
      case "bus":
      case "storage":
      case "console":
      case "services":
      case "sockets":
        return nodeAt(host, "machines");
      case "network": {
        const networks = sources.networks?.networks ?? [];
        return Object.fromEntries(networks.map((network) => [network.name, networkTree(network)] as const));
      }
      case "kernel":
      case "disks":
        return nodeAt(host, "files");
      case "partitions":
      case "scheduler":
      case "processors":
      case "memory":
        return hypervisor ?? {};
      case "vid":
        return Object.fromEntries(
          [...sources.samples].map(([vm, sample]) => [vm, nodeAt(sample.tree, "accesses")] as const),
        );
      case "wires":
      case "person":
        return {};
    }
  }
  const { part, vm } = box;
  const tree = [...sources.samples].find(([id]) => id === vm)?.[1].tree;
  switch (part) {
    case "process":
      return pick(tree, ["passing", "accesses", "ide", "floppy", "nic", "ps2", "screen"]);
    case "programs":
      return {};
    case "clients":
    case "guestBus":
      return nodeAt(tree, "vmbus");
    case "drivers":
      return nodeAt(tree, "accesses");
    case "vp":
      return nodeAt(tree, "hypervisor");
  }
}
