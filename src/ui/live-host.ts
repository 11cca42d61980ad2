import { type Signal, signal } from "@preact/signals";
import type {
  HostNotice,
  InspectSample,
  ObservedSession,
  PartitionChange,
  PartitionId,
  PartitionUsage,
  PlatformReport,
  VmGuid,
} from "../hvdef/index.ts";
import { HvError, type InspectNode, reasonOf } from "../support/index.ts";
import { type ConsoleLog, openConsoleLog } from "./console-log.ts";
import type { UiHost, VmView } from "./host.ts";
import { openLiveArchitecture } from "./live-architecture.ts";
import { type DiskGate, openLiveDisks } from "./live-disks.ts";
import { type GuestFileGate, openLiveGuestFiles } from "./live-guest-files.ts";
import { openLiveInput } from "./live-input.ts";
import { type MachineGate, openLiveMachines } from "./live-machines.ts";
import { openLiveNetworks } from "./live-networks.ts";
import { wordsOfChange } from "./partition-words.ts";
import { openScreenLog, type ScreenLog } from "./screen-log.ts";
import { sightOf } from "./sight.ts";

/** The host of the views, with the side on which the door pours in what happens. */
export interface LiveHost {
  readonly host: UiHost;
  notice(notice: HostNotice): void;
  usage(all: readonly PartitionUsage[]): void;
  /** What became of a partition, and the machine it belongs or belonged to. */
  partitionChanged(change: PartitionChange, owner: { readonly vm: VmGuid; readonly name: string }): void;
  tree(partition: PartitionId, tree: InspectNode): void;
  /** The hypervisor's own tree. */
  hypervisor(tree: InspectNode): void;
  console(vm: VmGuid): ConsoleLog;
  screen(vm: VmGuid): ScreenLog;
  platform(report: PlatformReport): void;
  fail(title: string, wayOut: string): void;
}

const eventsKept = 200;
/** What people at the guest may see of a shutdown. */
const shutdownText = "The host asked for it.";

/**
 * Opens the host of the views.
 * @param session  settles when the parent answers; actions wait for it
 */
export function openLiveHost(
  version: string,
  session: Promise<ObservedSession>,
  gate: DiskGate &
    GuestFileGate &
    MachineGate & { giveDisk(vm: VmGuid, files: readonly File[]): Promise<void> },
): LiveHost {
  const disks = openLiveDisks(session, gate);
  const guestFiles = openLiveGuestFiles(session, gate);
  const machines = openLiveMachines(session, gate);
  const architecture = openLiveArchitecture(session);
  const vms = signal<readonly VmView[]>([]);
  const events = signal<UiHost["events"]["value"]>([]);
  const platform = signal<PlatformReport | null>(null);
  const failure = signal<UiHost["failure"]["value"]>(null);
  const consoles = new Map<VmGuid, ConsoleLog>();
  const screens = new Map<VmGuid, ScreenLog>();
  const trees = new Map<VmGuid, Signal<InspectSample | null>>();

  function update(matches: (vm: VmView) => boolean, change: (vm: VmView) => VmView): void {
    vms.value = vms.value.map((vm) => (matches(vm) ? change(vm) : vm));
  }
  function console(vm: VmGuid): ConsoleLog {
    const known = consoles.get(vm);
    if (known !== undefined) return known;
    const fresh = architecture.console(vm, openConsoleLog());
    consoles.set(vm, fresh);
    return fresh;
  }
  function screen(vm: VmGuid): ScreenLog {
    const known = screens.get(vm);
    if (known !== undefined) return known;
    const fresh = openScreenLog();
    screens.set(vm, fresh);
    return fresh;
  }
  function treeOf(vm: VmGuid): Signal<InspectSample | null> {
    const known = trees.get(vm);
    if (known !== undefined) return known;
    const fresh = signal<InspectSample | null>(null);
    trees.set(vm, fresh);
    return fresh;
  }
  function notice(arrived: HostNotice): void {
    if (arrived.kind === "event") {
      events.value = [arrived.event, ...events.value].slice(0, eventsKept);
      return;
    }
    if (arrived.kind === "received") {
      guestFiles.notice(arrived.files);
      return;
    }
    if (arrived.kind === "vmGone") {
      machines.over(arrived.vm);
      vms.value = vms.value.filter((known) => known.id !== arrived.vm);
      return;
    }
    if (arrived.kind !== "vm") {
      disks.notice(arrived);
      return;
    }
    const { vm } = arrived;
    if (vm.partition === null) treeOf(vm.id).value = null;
    if (vm.state === "off" || vm.state === "resetting") machines.over(vm.id);
    if (vm.state === "off") machines.isOff(vm.id);
    if (!vms.value.some((known) => known.id === vm.id)) {
      vms.value = [...vms.value, { ...vm, processor: 0, notResponding: false }];
      return;
    }
    const idle = vm.partition === null ? { processor: 0, notResponding: false } : {};
    update(
      (known) => known.id === vm.id,
      (known) => ({ ...known, ...vm, ...idle }),
    );
  }
  const ask =
    (request: "start" | "pause" | "resume" | "reset" | "turnOff" | "save" | "deleteSavedState") =>
    async (vm: VmGuid): Promise<void> => {
      if (failure.value !== null) throw new HvError("page.failed", failure.value.title);
      await (await session)[request](vm);
    };

  session.catch((reason: unknown) => {
    failure.value ??= { title: reasonOf(reason), wayOut: "Reload the page." };
  });
  return {
    host: {
      version,
      platform,
      vms,
      events,
      failure,
      async start(vm) {
        if (machines.host.startReport(vm).peek()?.kind !== "warm") machines.starting(vm, console(vm));
        await ask("start")(vm);
      },
      async coldBoot(vm) {
        machines.starting(vm, console(vm));
        if (failure.value !== null) throw new HvError("page.failed", failure.value.title);
        await (await session).start(vm, "cold");
      },
      pause: ask("pause"),
      resume: ask("resume"),
      reset: ask("reset"),
      turnOff: ask("turnOff"),
      save: ask("save"),
      deleteSavedState: ask("deleteSavedState"),
      shutDown: async (vm) => (await session).shutDown(vm, shutdownText),
      setProcessorShare: async (vm, share) => (await session).setProcessorShare(vm, share),
      giveDisk: gate.giveDisk,
      disks: disks.host,
      guestFiles: guestFiles.host,
      sockets: guestFiles.sockets,
      machines: machines.host,
      integration: {
        setService: async (vm, service, enabled) =>
          (await session).setIntegrationService(vm, service, enabled),
        pairs: async (vm) => (await session).keyValuePairs(vm),
        setPair: async (vm, pair) => (await session).setKeyValuePair(vm, pair),
        removePair: async (vm, key) => (await session).removeKeyValuePair(vm, key),
        freeze: async (vm) => (await session).freezeGuest(vm),
        thaw: async (vm) => (await session).thawGuest(vm),
        insertSetupDisk: async (vm, replace) => (await session).insertSetupDisk(vm, replace),
      },
      input: architecture.input(openLiveInput(session)),
      architecture: architecture.host,
      networks: openLiveNetworks(session, { save: gate.save, sight: sightOf(document) }),
      console,
      screen,
      saveFile: gate.save,
      inspect: treeOf,
    },
    notice,
    usage(all) {
      for (const { partition, processor } of all) {
        update(
          (vm) => vm.partition === partition && vm.processor !== processor,
          (vm) => ({ ...vm, processor }),
        );
      }
    },
    partitionChanged(change, owner) {
      const words = wordsOfChange(change, owner.name);
      if (words !== null) notice({ kind: "event", event: { at: Date.now(), vm: owner.vm, ...words } });
      if (change.kind === "gone") {
        screen(owner.vm).connect(null);
        console(owner.vm).connect(null);
      }
      if (change.kind !== "notResponding" && change.kind !== "responding") return;
      const notResponding = change.kind === "notResponding";
      update(
        (vm) => vm.id === owner.vm,
        (vm) => ({ ...vm, notResponding }),
      );
    },
    tree(partition, tree) {
      const owner = vms.value.find((vm) => vm.partition === partition);
      if (owner !== undefined) treeOf(owner.id).value = { at: Date.now(), tree };
    },
    hypervisor: architecture.hypervisor,
    console,
    screen,
    platform(report) {
      platform.value = report;
    },
    fail(title, wayOut) {
      failure.value = { title, wayOut };
    },
  };
}
