import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type InspectSample, isSocketChannel, type VmGuid } from "../../hvdef/index.ts";
import type { ConsoleChoice } from "../console-choice.ts";
import type { Observation, UiHost, VmView } from "../host.ts";
import { machineFigures, type PacketClass } from "./figures.ts";
import { type EventFlow, openFlowBook } from "./flows.ts";
import { openEventMerge } from "./merge.ts";
import { openMeters } from "./meters.ts";
import { type BoxKey, type MapPicture, type MapSources, readMap } from "./model.ts";

/** What the workspace of the architecture knows. */
export interface MapDesk {
  readonly host: UiHost;
  /** What the visitor looks at of each machine. */
  readonly consoles: ConsoleChoice;
  /** Machines that have a partition, those first that the visitor wants to see. */
  readonly machines: ReadonlySignal<readonly VmView[]>;
  /** The picture of the last look; `null` before the first. */
  readonly picture: ReadonlySignal<MapPicture | null>;
  /** What it was made from. */
  readonly sources: ReadonlySignal<MapSources | null>;
  /** What happened, the latest first. */
  readonly flows: ReadonlySignal<readonly EventFlow[]>;
  /** Events that the threads had no room for, since the workspace was opened. */
  readonly lost: ReadonlySignal<number>;
  /** Why the last look failed. */
  readonly trouble: Signal<string | null>;
  /** The box that is open. */
  readonly box: ReadonlySignal<BoxKey | null>;
  /** The flow that is shown; it stays when the list has gone on. */
  readonly flow: ReadonlySignal<EventFlow | null>;
  open(box: BoxKey | null): void;
  follow(flow: EventFlow | null): void;
  /** Brings a machine to the front. */
  prefer(vm: VmGuid): void;
  /** What was seen in one look. @param vms  the machines that are drawn */
  take(observation: Observation, vms: readonly VmView[]): void;
  clearFlows(): void;
}

/** Opens the desk. Nothing is asked before a view looks. */
export function openMapDesk(host: UiHost, consoles: ConsoleChoice): MapDesk {
  const preferred = signal<readonly VmGuid[]>([]);
  const picture = signal<MapPicture | null>(null);
  const sources = signal<MapSources | null>(null);
  const flows = signal<readonly EventFlow[]>([]);
  const lost = signal(0);
  const trouble = signal<string | null>(null);
  const box = signal<BoxKey | null>(null);
  const flow = signal<EventFlow | null>(null);
  const meters = openMeters();
  const merge = openEventMerge();
  const book = openFlowBook();

  const machines = computed(() => {
    const alive = host.vms.value.filter(({ partition }) => partition !== null);
    const rank = ({ id }: VmView): number => {
      const place = preferred.value.indexOf(id);
      return place < 0 ? preferred.value.length : place;
    };
    return [...alive].sort((one, other) => rank(one) - rank(other));
  });

  function samplesOf(vms: readonly VmView[]): ReadonlyMap<VmGuid, InspectSample> {
    return new Map(
      vms.flatMap(({ id }): [VmGuid, InspectSample][] => {
        const sample = host.inspect(id).peek();
        return sample === null ? [] : [[id, sample]];
      }),
    );
  }

  return {
    host,
    consoles,
    machines,
    picture,
    sources,
    flows,
    lost,
    trouble,
    box,
    flow,
    open(next) {
      box.value = next;
    },
    follow(next) {
      flow.value = next;
    },
    prefer(vm) {
      preferred.value = [vm, ...preferred.value.filter((one) => one !== vm)];
    },
    take(observation, vms) {
      const samples = samplesOf(vms);
      const next: MapSources = {
        vms,
        samples,
        hypervisor: host.architecture.hypervisor.peek(),
        host: { at: observation.host.until, tree: observation.host.tree },
        networks: host.networks.networks.peek(),
        platform: host.platform.peek(),
        space: host.disks.space.peek(),
      };
      const classes = new Map<string, PacketClass>();
      for (const [vm, sample] of samples)
        for (const channel of machineFigures(sample.tree).channels)
          classes.set(`${vm} ${channel.id}`, channel.class);
      book.feed(merge.add(observation), (vm, channel) =>
        isSocketChannel(channel) ? "sockets" : (classes.get(`${vm} ${channel}`) ?? "services"),
      );
      lost.value +=
        observation.host.lost + observation.workers.reduce((sum, { batch }) => sum + batch.lost, 0);
      flows.value = book.flows();
      const shown = flow.peek();
      const now = flows.value.find(({ id }) => id === shown?.id);
      if (now !== undefined && now.steps.length !== shown?.steps.length) flow.value = now;
      sources.value = next;
      picture.value = readMap(next, meters);
      trouble.value = null;
    },
    clearFlows() {
      book.clear();
      flows.value = [];
      flow.value = null;
    },
  };
}
