import type {
  AdapterConfiguration,
  NetworkConfiguration,
  NetworkId,
  QueueSetup,
  VmGuid,
} from "../../src/hvdef/index.ts";
import type { MacAddress } from "../../src/network/index.ts";
import { micros } from "../../src/support/index.ts";
import { usualAdapter } from "../../src/vmms/adapters/rules.ts";
import { openLiveNetwork } from "../../src/vmms/networks/live-network.ts";
import type { StraightEnd } from "../../src/vmms/networks/straight-paths.ts";
import { queueCalls } from "../../src/vmwp/straight.ts";
import { type Netvsp, netvsp } from "../../src/vsp/index.ts";
import { frameOf, type NetLab, openNetLab } from "./netvsc.ts";
import { straightLines } from "./straight.ts";
import { labMac } from "./switch.ts";

/** A machine with one adapter on the lab's network: its guest, and its end at the host. */
export interface LabHost {
  readonly guest: NetLab;
  readonly mac: MacAddress;
  readonly adapter: Netvsp;
  readonly configuration: AdapterConfiguration;
  plug(change?: Partial<AdapterConfiguration>): void;
  unplug(): void;
  /** Frames that the guest got since the last call, each whole; they are given back. */
  frames(): Uint8Array<ArrayBuffer>[];
}

const network: NetworkConfiguration = {
  id: "lab" as NetworkId,
  name: "Lab",
  notes: "",
  kind: "private",
  uplink: null,
  management: null,
};

/** Machines with real relays and providers on one network, all in this thread. Nothing moves but in `settle`. */
export function openStraightHosts(count: number) {
  const deliveries: (() => void)[] = [];
  const lines = straightLines((deliver) => deliveries.push(deliver));
  let number = 0;
  const live = openLiveNetwork(network, {
    clock: { now: () => micros(0) },
    wallClock: () => 0,
    entropy: () => 1,
    managementMac: () => labMac(99),
    log: () => {},
    openWayOut: () => null,
    sharedMemory: { used: 0 },
    newLine: lines.newLine,
    newNumber: () => ++number,
  });
  const calls: string[] = [];
  const setups: QueueSetup[] = [];
  const hosts = Array.from({ length: count }, (_, index) => openHost(index));

  function openHost(index: number): LabHost {
    const mac = labMac(index + 1);
    const adapter = netvsp({ mac });
    const guest = openNetLab(adapter);
    const configuration = { ...usualAdapter({ type: "synthetic", index: 0 }, network.id), mac };
    const straight: StraightEnd = {
      adapter: adapter.straight,
      worker: told(
        index,
        queueCalls(() => guest.side.relay.straight, lines.effects),
      ),
    };
    const vm = `machine ${index}` as VmGuid;
    return {
      guest,
      mac,
      adapter,
      configuration,
      plug(change = {}) {
        live.plug({
          vm,
          name: vm,
          adapter: { ...configuration, ...change },
          mac,
          sink: adapter,
          straight,
          connect: adapter.connect,
        });
      },
      unplug: () => live.unplug(vm, configuration),
      frames() {
        const transfers = guest.transfers();
        guest.finish(...transfers.map(({ transaction }) => transaction));
        return transfers
          .flatMap(({ messages }) => messages)
          .flatMap(({ channelType, bytes }) => (channelType === 0 ? [frameOf(bytes).frame] : []));
      },
    };
  }
  /** Remembers which calls were made. */
  function told(index: number, worker: StraightEnd["worker"]): StraightEnd["worker"] {
    return new Proxy(worker, {
      get(target, name: keyof StraightEnd["worker"]) {
        calls.push(`${index} ${name}`);
        if (name !== "openQueue") return target[name];
        return (setup: QueueSetup) => {
          setups.push(setup);
          return target.openQueue(setup);
        };
      },
    });
  }
  /** Everybody's turn until nothing moves. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 8; round++) {
      for (const { guest } of hosts) guest.pump();
      for (let next = deliveries.shift(); next !== undefined; next = deliveries.shift()) next();
      for (const { guest } of hosts) guest.pump();
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  }
  function report(): void {
    for (const { guest } of hosts) {
      guest.side.relay.straight.report();
      guest.pump();
    }
  }
  const { newLine, effects } = lines;
  return { live, hosts, calls, setups, settle, report, newLine, carrier: effects.carrier };
}
