import {
  type AdapterConfiguration,
  adapterTitle,
  type CapturedFrame,
  type NetworkConfiguration,
  type NetworkSummary,
  type NetworkTables,
  type PortSummary,
  type VmGuid,
} from "../../hvdef/index.ts";
import {
  type FrameSink,
  type FrameSource,
  type MacAddress,
  type NetworkStack,
  openSwitch,
  type StreamUplink,
  type VirtualPort,
  type VirtualSwitch,
} from "../../network/index.ts";
import { HvError, micros } from "../../support/index.ts";
import { openCaptureDesk } from "./capture-desk.ts";
import { openManagementSeat, type SeatSurroundings } from "./management-seat.ts";
import { openSharedFiles, type SharedFiles, type SharedMemory } from "./shared-files.ts";
import { openStraightPaths, type StraightEnd, type StraightSurroundings } from "./straight-paths.ts";
import type { WayOut } from "./uplinks.ts";

/** The adapter of a machine that wants to be plugged in. */
export interface Plug {
  readonly vm: VmGuid;
  /** What a person calls the machine. */
  readonly name: string;
  readonly adapter: AdapterConfiguration;
  readonly mac: MacAddress;
  readonly sink: FrameSink;
  /** Its part in frames past the switch; `null`: all of them go through it. */
  readonly straight: StraightEnd | null;
  /** Hears where its frames go from now on; `null`: nowhere, its network is gone. */
  connect(port: FrameSource | null): void;
}

/** What a network needs of its host. */
export interface NetworkSurroundings extends Omit<SeatSurroundings, "files">, StraightSurroundings {
  readonly sharedMemory: SharedMemory;
  /** Makes the way out that is configured, `null` when there is none. Nothing is connected yet. */
  openWayOut(network: NetworkConfiguration): WayOut | null;
}

/** One virtual network while the host lives. */
export interface LiveNetwork extends Disposable {
  readonly configuration: NetworkConfiguration;
  readonly files: Pick<SharedFiles, "share" | "unshare">;
  summary(): NetworkSummary;
  tables(): NetworkTables;
  /** Changes everything but the kind. @throws HvError; then nothing has changed */
  change(wanted: NetworkConfiguration): void;
  /** Plugs an adapter in. @throws HvError `network.*` */
  plug(plug: Plug): void;
  unplug(vm: VmGuid, adapter: Pick<AdapterConfiguration, "type" | "index">): void;
  connectUplink(): void;
  disconnectUplink(): void;
  ping(address: string, count: number): Promise<readonly (number | null)[]>;
  startCapture(port: number | null): void;
  stopCapture(): void;
  readCapture(wanted: { after: number; limit: number; filter: string }): readonly CapturedFrame[];
  saveCapture(): Uint8Array<ArrayBuffer>;
  /** Waits until what was changed last holds for frames past the switch as well. */
  settled(): Promise<void>;
  /** Lets time pass; called about four times a second. */
  tick(): void;
}

interface Plugged {
  readonly plug: Plug;
  port: VirtualPort;
}

/** Queues of one network at most. Reason: each holds half of its guest's receive buffer, each path some buffers. */
const queueLimit = 4;

const pingPatience = micros(2_000_000);
const pingLimit = 10;

/** Opens a network with its switch and, where it has one, the management OS's adapter. @throws HvError `network.*` */
export function openLiveNetwork(first: NetworkConfiguration, around: NetworkSurroundings): LiveNetwork {
  const { clock } = around;
  let configuration = first;
  const lan = openSwitch({
    name: first.name,
    kind: first.kind,
    clock,
    entropy: () => around.entropy(),
    queues: queueLimit,
  });
  const plugged: Plugged[] = [];
  const files = openSharedFiles(around.sharedMemory);
  const management = openManagementSeat(lan, { ...around, files });
  let wayOut = around.openWayOut(first);
  let uplinkPort: VirtualPort | null = null;
  management.configure(first, opener());
  const capture = openCaptureDesk(lan, around);
  const straight = openStraightPaths(
    lan,
    (port) => plugged.find((one) => one.port === port)?.plug.straight ?? null,
    around,
  );
  let epoch = lan.epoch;

  /** What the switch says of ways past it may have changed. */
  function follow(): void {
    if (epoch === lan.epoch) return;
    epoch = lan.epoch;
    straight.refresh();
  }

  function machines() {
    const named = new Map<VmGuid, { readonly name: string; readonly macs: string[] }>();
    for (const { plug } of plugged) {
      const machine = named.get(plug.vm) ?? { name: plug.name, macs: [] };
      machine.macs.push(plug.mac);
      named.set(plug.vm, machine);
    }
    return [...named.values()];
  }
  function drop(one: Plugged): void {
    plugged.splice(plugged.indexOf(one), 1);
    one.plug.connect(null);
    one.port[Symbol.dispose]();
    management.stack()?.setMachines(machines());
    follow();
  }
  function opener(): StreamUplink | null {
    return wayOut?.kind === "streams" ? wayOut.uplink : null;
  }
  function hangUp(): void {
    wayOut?.uplink.close();
    uplinkPort?.[Symbol.dispose]();
    uplinkPort = null;
  }
  function summary(): NetworkSummary {
    return {
      ...configuration,
      uplinkState:
        wayOut === null
          ? { kind: "none", text: "" }
          : { kind: wayOut.uplink.state().kind, text: wayOut.uplink.describe().status },
      ports: lan.ports().map((port) => describePort(port, plugged, wayOut)),
      capture: capture.running(),
      direct: straight.summary(),
    };
  }

  return {
    get configuration() {
      return configuration;
    },
    files,
    summary,
    tables: () => ({
      ...tablesOf(lan, management.stack(), machines()),
      dropped: wayOut?.uplink.describe().dropped ?? [],
      files: files.list(),
    }),
    change(wanted) {
      if (wanted.kind !== configuration.kind)
        throw new HvError(
          "network.kind",
          `The kind of ${configuration.name} cannot be changed: create another network.`,
        );
      const moves = JSON.stringify(wanted.uplink) !== JSON.stringify(configuration.uplink);
      const next = moves ? around.openWayOut(wanted) : wayOut;
      management.configure(wanted, next?.kind === "streams" ? next.uplink : null);
      if (moves) {
        hangUp();
        wayOut?.uplink[Symbol.dispose]();
        wayOut = next;
      }
      configuration = wanted;
      lan.rename(wanted.name);
      management.stack()?.setMachines(machines());
    },
    plug(plug) {
      const { adapter, mac, sink } = plug;
      const port = lan.connect(
        {
          name: `${plug.name} ${adapterTitle(adapter)}`,
          mac,
          vlan: adapter.vlan,
          allowSpoofing: adapter.spoofing,
          mirror: adapter.mirroring,
        },
        sink,
        () => plug.connect(null),
      );
      plugged.push({ plug, port });
      plug.connect(port);
      management.stack()?.setMachines(machines());
      lan.assignQueue(port, plug.straight === null ? 0 : adapter.vmqWeight);
      plug.straight?.adapter.watch({ changed: straight.refresh, traffic: straight.traffic });
      follow();
    },
    unplug(vm, { type, index }) {
      const one = plugged.find(
        ({ plug }) => plug.vm === vm && plug.adapter.type === type && plug.adapter.index === index,
      );
      if (one !== undefined) drop(one);
    },
    connectUplink() {
      if (wayOut === null)
        throw new HvError("network.noUplink", `${configuration.name} has no uplink: choose one first.`);
      if (wayOut.kind === "streams") {
        wayOut.uplink.connect();
        return;
      }
      const { uplink } = wayOut;
      uplinkPort ??= lan.connect({ name: uplink.describe().name, role: "uplink", mac: null }, uplink);
      uplink.open(uplinkPort);
    },
    disconnectUplink: hangUp,
    async ping(address, count) {
      const stack = management.stack();
      if (stack === null)
        throw new HvError("network.noManagement", `The management OS is not on ${configuration.name}.`);
      const times: (number | null)[] = [];
      for (let turn = 0; turn < Math.max(1, Math.min(count, pingLimit)); turn++) {
        // The management OS may have left meanwhile: then nobody lets the time of its pings pass.
        if (management.stack() !== stack) break;
        const outcome = await stack.ping(address, pingPatience);
        times.push(outcome.kind === "reply" ? outcome.roundTrip : null);
      }
      return times;
    },
    startCapture(port) {
      capture.start(port);
      follow();
    },
    stopCapture() {
      capture.stop();
      follow();
    },
    readCapture: capture.read,
    saveCapture: () => capture.save(configuration.name),
    settled: straight.settled,
    tick() {
      lan.tick();
      follow();
      management.tick();
      wayOut?.uplink.tick();
    },
    [Symbol.dispose]() {
      for (const one of [...plugged]) drop(one);
      hangUp();
      capture.stop();
      management.leave();
      files[Symbol.dispose]();
      wayOut?.uplink[Symbol.dispose]();
      lan[Symbol.dispose]();
    },
  };
}

function describePort(port: VirtualPort, plugged: readonly Plugged[], wayOut: WayOut | null): PortSummary {
  const { settings } = port;
  const counters = port.counters();
  const owner = plugged.find((one) => one.port === port)?.plug;
  const { noRoom, vlan, spoofed, malformed, blocked } = counters.dropped;
  return {
    id: port.number,
    holder:
      settings.role === "management"
        ? { kind: "management" }
        : owner === undefined
          ? { kind: "uplink", name: wayOut?.uplink.describe().name ?? settings.name }
          : { kind: "machine", vm: owner.vm, name: owner.name, adapter: adapterTitle(owner.adapter) },
    mac: settings.mac,
    vlan: settings.vlan,
    linkUp: port.connected,
    framesIn: counters.sentFrames,
    framesOut: counters.receivedFrames,
    bytesIn: counters.sentBytes,
    bytesOut: counters.receivedBytes,
    dropped: noRoom + vlan + spoofed + malformed + blocked,
    queue: port.hasQueue,
  };
}

function tablesOf(
  lan: VirtualSwitch,
  stack: NetworkStack | null,
  machines: readonly { readonly name: string; readonly macs: readonly string[] }[],
): Omit<NetworkTables, "dropped" | "files"> {
  const machineOf = (mac: string) => machines.find(({ macs }) => macs.includes(mac))?.name;
  return {
    addresses: lan.table().map(({ mac, vlan, port, age }) => ({ mac, vlan, port, ageSeconds: age })),
    leases: (stack?.leases() ?? [])
      .filter(({ kind }) => kind === "bound")
      .map(({ address, mac, name, secondsLeft }) => {
        // Many guests do not say who they are when they ask.
        return { address, mac, name: name || (machineOf(mac) ?? ""), secondsLeft };
      }),
    notices: (stack?.notices() ?? []).map(({ text, times }) =>
      times > 1 ? `${text} (${times} times)` : text,
    ),
  };
}
