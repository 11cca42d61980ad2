import {
  type PartitionEnd,
  type PartitionId,
  type ProcessorShare,
  type StartKind,
  type StartReport,
  type TraceBatch,
  usualShare,
  type VmGuid,
  type VmState,
  type VmSummary,
} from "../hvdef/index.ts";
import { assemble, HvError, reasonOf } from "../support/index.ts";
import { type MachineAdapters, openMachineAdapters } from "./adapters/machine-adapters.ts";
import { type Attempt, beginAttempt, type Start } from "./attempt.ts";
import type { StockVm } from "./catalogue.ts";
import { describeEmulated, type MachineDrives, openMachineDrives } from "./drives/machine-drives.ts";
import { type MachineInput, openMachineInput } from "./input/machine-input.ts";
import { type MachineIntegration, openMachineIntegration } from "./integration/machine-integration.ts";
import type { KeptMachine } from "./kept-machine.ts";
import { type MachineSettings, settingsOf } from "./machine-settings.ts";
import type { MachineSurroundings } from "./machine-surroundings.ts";
import { beginFrom, type Origin, startedWords } from "./origin.ts";
import { decidePower, type PowerRequest } from "./power.ts";
import { createPartition, deviceOffers, type Powered, powerOn } from "./powered.ts";
import { isStateGone } from "./saved/machine-saved.ts";
import { forgetSaved, openSaving } from "./saved/saving.ts";
import { shareFault } from "./share.ts";
import { type MachineSockets, openMachineSockets } from "./sockets/machine-sockets.ts";
import { openStandstill } from "./standstill.ts";
import { troubleOf } from "./trouble.ts";

/** One virtual machine under management. */
export interface Machine {
  readonly id: VmGuid;
  readonly drives: MachineDrives;
  readonly adapters: MachineAdapters;
  readonly integration: MachineIntegration;
  readonly input: MachineInput;
  readonly sockets: MachineSockets;
  summary(): VmSummary;
  /** @param kind  of a start; warm when absent */
  request(request: PowerRequest, kind?: StartKind): Promise<void>;
  describeStart(): Promise<StartReport>;
  settings(): MachineSettings;
  /** @throws HvError `vm.share` when a figure is out of range */
  setShare(wanted: ProcessorShare): Promise<void>;
  /** The partition is gone, whoever ended it. */
  ended(partition: PartitionId, end: PartitionEnd): void;
  /** The guest has reset the machine by itself. */
  restarted(partition: PartitionId): void;
  /** Writes cached disk contents; called often while running. */
  writeBack(): void;
  /** A machine that stands still for lack of space tries again; called about once a second. */
  retryStalled(): Promise<void>;
  /** What its worker process saw since the last call; `null` while it has none. */
  trace(): Promise<TraceBatch | null>;
}

/** Takes a machine of the catalogue under management, with these drives and adapters. It is off. */
export function openMachine(stock: StockVm, kept: KeptMachine, around: MachineSurroundings): Machine {
  const id = stock.id as VmGuid;
  let state: VmState = kept.saved ? "saved" : "off";
  let trouble: string | null = null;
  let running: Powered | null = null;
  let share: ProcessorShare = usualShare;
  let attempt: Attempt | null = null;
  let reviving = false;
  /** It ran since the page was opened, which has its serial console's text since then. */
  let heard = false;

  const adapters = openMachineAdapters(kept.adapters, {
    vm: id,
    name: stock.name,
    networks: around.networks,
    newMac: around.newMac,
    isOff: () => state === "off",
    isSaved: () => state === "saved",
    keep: around.keepAdapters,
    changed: () => around.changed(summary()),
  });
  const isRunning = (): boolean => state === "running";
  const integration = openMachineIntegration(kept.integration, {
    ...around,
    vm: id,
    name: stock.name,
    isRunning,
    async changeOffers(offers) {
      await running?.control.api.changeOffers([...deviceOffers(running), ...offers]);
    },
    keep: around.keepIntegration,
    changed: () => around.changed(summary()),
  });
  const sockets = openMachineSockets({ ...around, vm: id, name: stock.name, isRunning });
  const input = openMachineInput(kept.input, {
    name: stock.name,
    clock: around.clock,
    pause: around.pause,
    isRunning: () => state === "running",
    keep: around.keepInput,
    changed: () => around.changed(summary()),
  });
  const drives = openMachineDrives(kept.drives, {
    name: stock.name,
    media: around.media,
    kept: around.kept,
    power() {
      if (state === "off" || state === "saved") return state;
      if (running === null || !(state === "running" || state === "paused")) return "busy";
      const { rack, plane, control } = running;
      return { rack, services: plane.services, setEmulated: control.api.setMedium };
    },
    rack: () => running?.rack ?? null,
    keep: around.keepDrives,
    changed: () => around.changed(summary()),
  });

  function enter(next: VmState): void {
    state = next;
    if (next !== "running") input.hold();
    for (const part of [integration, sockets]) {
      if (next === "running") part.goOn();
      else part.hold();
    }
    around.changed(summary());
  }
  function summary(): VmSummary {
    return {
      id,
      name: stock.name,
      description: stock.description,
      state,
      memoryBytes: stock.memoryBytes,
      drives: drives.summary(),
      scsiControllers: drives.set().scsiControllers,
      adapters: adapters.set(),
      ...integration.shown(),
      input: input.summary(),
      takesDisk: stock.takesDisk ?? false,
      own: stock.own ?? false,
      startsDirectly: stock.boot.kind === "linux",
      partition: running?.partition ?? null,
      trouble,
    };
  }

  async function start(wanted: Start, kind: StartKind): Promise<void> {
    trouble = null;
    space.forget();
    reviving = state === "saved";
    enter(reviving ? "restoring" : "starting");
    return assemble(async (scope) => {
      const origin = await originOf(wanted, kind);
      if (origin.kind !== "powerOn") scope.own(origin.open);
      await bringUp(wanted, origin);
    });
  }
  async function originOf(wanted: Start, kind: StartKind): Promise<Origin> {
    if (reviving) return { kind: "saved", open: await around.saved.open() };
    if (stock.takesDisk === true && drives.set().drives.every(({ medium }) => medium.kind === "empty"))
      throw new HvError("disk.notGiven", "Choose a disk image for this machine first.");
    const open = kind === "cold" ? null : await around.warm.take(fixedParts(), wanted);
    return open === null ? { kind: "powerOn" } : { kind: "warm", open };
  }
  const fixedParts = () => ({ drives: drives.set(), adapters: adapters.set() });

  async function bringUp(wanted: Start, origin: Origin): Promise<void> {
    const saved = origin.kind === "powerOn" ? null : origin.open;
    const units = saved?.machine.units ?? null;
    const sources = {
      vm: id,
      drives,
      adapters,
      integration,
      sockets,
      input,
      around,
      onStalled: space.full,
      saved: units,
    };
    const parts = await powerOn(sources, wanted);
    running = parts;
    const { name, boot } = stock;
    const own = await around.takeOwn(stock);
    if (own !== null) parts.scope.own(own);
    const bootFiles = own?.bootFiles === undefined ? {} : { bootFiles: own.bootFiles };
    wanted.signal.throwIfAborted();
    const memoryBytes = saved?.machine.memoryBytes ?? stock.memoryBytes;
    const ends = { control: parts.control.remote, link: parts.plane.remote };
    const request = { vm: id, name, memoryBytes, share, ...ends };
    parts.partition = await createPartition(around.hypervisor, request, wanted);
    wanted.signal.throwIfAborted();
    // A first sector may have to be waited for, as long as the machine is wanted.
    const emulated = await Promise.race([describeEmulated(parts.rack.attached), wanted.unwanted]);
    const offers = [...deviceOffers(parts), ...integration.offers(parts.plane.integration)];
    const { firmware } = around;
    const legacyAdapters = parts.plane.adapters.legacy;
    const devices = { drives: emulated, offers, legacyAdapters };
    const configuration = { memoryBytes, boot, ...bootFiles, firmware, ...devices };
    await beginFrom(origin, { parts, configuration, wanted, retells: !heard });
    if (running !== parts) return;
    reviving = false;
    heard = true;
    enter("running");
    around.tell("info", startedWords(name, origin));
    if (origin.kind === "saved") await forgetSaved(origin.open, { name, around });
    space.entered();
  }

  function startOrStay(kind: StartKind): Promise<void> {
    const mine = beginAttempt((wanted) => start(wanted, kind), giveUp);
    attempt = mine;
    return mine.over.finally(() => {
      if (attempt === mine) attempt = null;
    });
  }

  /** A start failed: takes apart what there is and says why, unless the machine's end has done both. */
  async function giveUp(failure: unknown, mine: Attempt): Promise<never> {
    const asked = mine.cancelled();
    if (state !== "off" && state !== "saved" && attempt === mine) {
      if (!asked) trouble = `${stock.name} did not start. ${reasonOf(failure)}`;
      if (state === "starting" && failure instanceof HvError && failure.code.startsWith("state.")) {
        around.warm.refuse(reasonOf(failure));
        trouble = `${stock.name} did not start from its warm state. ${reasonOf(failure)} Start it again: it boots cold.`;
      }
      if (isStateGone(failure)) reviving = false;
      const partition = running?.partition ?? null;
      // From here on the partition's end is no news.
      if (running !== null) running.partition = null;
      if (partition !== null) await around.hypervisor.terminate(partition, { kind: "turnedOff" });
      release();
      if (asked) around.tell("info", `${stock.name} was turned off.`);
    }
    if (trouble === null)
      throw new HvError("vm.turnedOff", `${stock.name} was turned off before it had started.`);
    throw new HvError(failure instanceof HvError ? failure.code : "vm.start", trouble, { cause: failure });
  }

  async function turnOff(): Promise<void> {
    enter("stopping");
    const partition = running?.partition ?? null;
    if (partition !== null) return around.hypervisor.terminate(partition, { kind: "turnedOff" });
    attempt?.cancel();
    await attempt?.over.catch(() => {});
  }

  /** Closes everything the machine held. Disks last: their caches are written. */
  function release(after: "off" | "saved" = reviving ? "saved" : "off"): void {
    const was = running;
    running = null;
    try {
      was?.scope[Symbol.dispose]();
    } catch (failure) {
      trouble = `A disk of ${stock.name} could not be closed cleanly. ${reasonOf(failure)}`;
    }
    if (trouble !== null) around.tell("error", trouble);
    enter(after);
  }

  const save = openSaving({
    name: stock.name,
    memoryBytes: stock.memoryBytes,
    around,
    adapters,
    drives,
    power: () => ({ state, running }),
    enter,
    release,
    failed(text) {
      trouble = text;
      enter("off");
    },
  });

  /** Runs a request on the worker process and settles in `after`, or where an end put the machine meanwhile. */
  async function ask(request: "pause" | "resume" | "reset", during: VmState, after: VmState): Promise<void> {
    const before = state;
    const target = running;
    if (target === null) return;
    enter(during);
    try {
      await target.control.api[request]();
    } catch (failure) {
      if (running === target && state === during) enter(before);
      throw failure;
    }
    if (running !== target || state !== during) return;
    enter(after);
    if (after === "running") space.entered();
  }

  const space = openStandstill({
    name: stock.name,
    tell: around.tell,
    changed: () => around.changed(summary()),
    state: () => state,
    trouble: () => trouble,
    setTrouble(text) {
      trouble = text;
    },
    ask,
    retryDisks: () => running?.plane.services.retryStalled() !== false,
  });

  async function perform(request: PowerRequest, during: VmState, kind: StartKind): Promise<void> {
    switch (request) {
      case "start":
        return startOrStay(kind);
      case "pause":
        return ask("pause", during, "paused");
      case "resume":
        return state === "pausedCritical" ? space.goOn() : ask("resume", during, "running");
      case "reset":
        // What waited for space belonged to the guest that ends here.
        space.forget();
        if (state === "pausedCritical") trouble = null;
        integration.restarted();
        input.restarted();
        return ask("reset", during, "running");
      case "turnOff":
        return turnOff();
      case "save":
        return save();
      case "deleteSavedState":
        await around.saved.remove();
        trouble = null;
        return enter("off");
    }
  }

  return {
    id,
    drives,
    adapters,
    integration,
    input,
    sockets,
    summary,
    describeStart: () => around.warm.describe(fixedParts()),
    settings: () => settingsOf(stock, share),
    request(request, kind = "warm") {
      const decision = decidePower(stock.name, state, request);
      if ("refused" in decision)
        return Promise.reject(new HvError("vm.state", decision.refused, { hresult: 0x80041017 }));
      return perform(request, decision.next, kind);
    },
    async setShare(wanted) {
      const fault = shareFault(wanted);
      if (fault !== null) throw new HvError("vm.share", fault, { hresult: 0x80070057 });
      share = wanted;
      const partition = running?.partition ?? null;
      if (partition !== null) await around.hypervisor.setProcessorShare(partition, wanted);
    },
    ended(partition, end) {
      if (running?.partition !== partition) return;
      attempt?.cancel();
      trouble = troubleOf(stock.name, end);
      release();
      if (end.kind === "poweredOff")
        around.tell("info", `The guest of ${stock.name} turned the machine off.`);
      if (end.kind === "turnedOff") around.tell("info", `${stock.name} was turned off.`);
    },
    restarted(partition) {
      if (running?.partition !== partition) return;
      const wasAsked = integration.shown().shutdown !== "none";
      integration.restarted();
      if (wasAsked)
        around.tell(
          "warning",
          `The guest of ${stock.name} was asked to shut down and has restarted instead.`,
        );
      else around.tell("info", `The guest of ${stock.name} restarted the machine.`);
    },
    writeBack: () => running?.rack.writeBack(),
    retryStalled: space.retry,
    trace: async () => (await running?.control.api.trace()) ?? null,
  };
}
