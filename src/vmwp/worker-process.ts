import type {
  Carrier,
  DriveMedium,
  Grant,
  OfferDescription,
  PartitionMessage,
  PointerMovement,
  SavedChild,
  VmConfiguration,
  WorkerProcessApi,
} from "../hvdef/index.ts";
import {
  type Clock,
  guid,
  HvError,
  limitedLog,
  micros,
  type OwnBytes,
  openTurns,
  type PiecePacker,
  pausableClock,
  reasonOf,
} from "../support/index.ts";
import type { OpenEngine } from "../vid/index.ts";
import { openLink } from "../vmbus/index.ts";
import { fetchBootFiles } from "./boot/files.ts";
import { machineSerial } from "./firmware/smbios.ts";
import { type GrantMeter, openGrantMeter } from "./grant-meter.ts";
import { openIdlePolicy } from "./idle.ts";
import {
  assembleMachine,
  type BootFiles,
  beginRevival,
  type MachineParts,
  processUnit,
  type RevivingMachine,
  type VirtualMachine,
} from "./machine.ts";
import { type LoopEnd, runGuest, type ThreadWaits } from "./run-loop.ts";
import { comeToRest, noBootFiles, packMemory, putMemory, readProcess, saveProcess } from "./saved.ts";
import { openSerialOut } from "./serial-out.ts";
import { queueCalls, type StraightEffects } from "./straight.ts";
import { openPassing } from "./trace.ts";
import { openScreen, type Screen, type ScreenEffects } from "./vdev/screen/serve.ts";

/** The hands of a worker process. */
export interface WorkerProcessEffects {
  readonly openEngine: OpenEngine;
  readonly carrier: Carrier;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** The same with fractions: what happened is told with it. */
  traceTime(): number;
  readonly waits: ThreadWaits;
  readonly straight: StraightEffects;
  /** A file of the site, inflated. @throws HvError */
  fetchFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  report(message: PartitionMessage): void;
  serialOut(bytes: OwnBytes): void;
  warn(text: string): void;
  readonly screen: Pick<ScreenEffects, "later" | "told">;
}

/** The worker process of one virtual machine. */
export interface WorkerProcess {
  readonly api: WorkerProcessApi;
  adopt(grant: Grant): void;
  /** One of the calls of `api` has come. */
  called(name: string): void;
  serialInput(bytes: Uint8Array): void;
  readonly screen: Pick<Screen, "look" | "lookAway" | "contents">;
}

/** Microseconds between two reports of a guest that does something, and of one that has not for seconds. */
const usagePeriod = { busy: 100_000, quiet: 1_000_000 };
const inspectPeriod = { busy: 500_000, quiet: 1_000_000 };
const straightPeriod = { busy: 250_000, quiet: 1_000_000 };
const pausedBeatMillis = 1000;
/** Nothing before the hypervisor has spoken; its first grant follows the start at once. */
const firstGrant: Grant = { epoch: 0, period: 20_000, budget: 0 };

/** What the process is doing. */
type Life =
  | { readonly kind: "new" }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly stop: AbortController; readonly ended: Promise<LoopEnd> }
  | { readonly kind: "paused" }
  /** The memory of a saved guest comes in. */
  | { readonly kind: "reviving"; readonly machine: RevivingMachine; readonly saved: SavedChild }
  | { readonly kind: "over" };

/** Opens a process that has no machine yet. @param vm  identity for the firmware, a GUID */
export function openWorkerProcess(vm: string, effects: WorkerProcessEffects): WorkerProcess {
  const { clock, waits } = effects;
  const passing = openPassing(effects.traceTime);
  const link = openLink(effects.carrier, passing.trace);
  let time = pausableClock(clock);
  /** Guest time used before the machine was saved. */
  let usedBefore = 0;
  let pages: PiecePacker | null = null;
  const meter: GrantMeter = openGrantMeter(firstGrant, clock.now());
  const idle = openIdlePolicy();
  const warn = limitedLog((_level, text) => effects.warn(text), clock);
  const serial = openSerialOut(passing.serialOut(effects.serialOut));
  const told = passing.screenNews(effects.screen.told);
  const screen = openScreen({ ...effects.screen, told, clock, wake: waits.wake });
  /** A machine that is being built anew can be neither paused nor reset. */
  const turns = openTurns();
  let life: Life = { kind: "new" };
  let machine: VirtualMachine | null = null;
  let rebuild: (() => Promise<VirtualMachine>) | null = null;
  let configuration: VmConfiguration | null = null;
  let heartbeat = 0;
  /** When it was told last. */
  let usageAt = Number.NEGATIVE_INFINITY;
  let inspectAt = Number.NEGATIVE_INFINITY;
  let straightAt = Number.NEGATIVE_INFINITY;

  function afterTurn(): void {
    heartbeat++;
    serial.flush();
    report();
  }
  function report(): void {
    const now = clock.now();
    const pace = idle.isQuiet() ? "quiet" : "busy";
    if (now - usageAt >= usagePeriod[pace]) {
      usageAt = now;
      effects.report({ kind: "usage", report: meter.report(now, heartbeat) });
    }
    if (now - straightAt >= straightPeriod[pace]) {
      straightAt = now;
      machine?.straight.report();
    }
    if (now - inspectAt >= inspectPeriod[pace] && machine !== null) {
      inspectAt = now;
      effects.report({ kind: "inspect", tree: { ...machine.inspect(), screen: screen.inspect() } });
    }
  }

  function run(): void {
    const current = machine;
    if (current === null) return;
    const stop = new AbortController();
    time.go();
    const loop = runGuest(
      {
        engine: current.engine,
        clock,
        waits,
        meter,
        idle,
        deliver: current.deliver,
        drain: current.drain,
        awaitsAnswer: current.awaitsAnswer,
        afterTurn,
      },
      stop.signal,
    );
    const ended = loop.catch((failure: unknown): LoopEnd => ({ kind: "fault", detail: reasonOf(failure) }));
    life = { kind: "running", stop, ended };
    ended.then((end) => onLoopEnd(current, end)).catch((failure: unknown) => die(reasonOf(failure)));
  }

  /** Stops the guest between two slices. */
  async function halt(): Promise<void> {
    if (life.kind !== "running") return;
    life.stop.abort();
    waits.wake();
    await life.ended;
    time.stop();
  }

  async function onLoopEnd(ran: VirtualMachine, end: LoopEnd): Promise<void> {
    switch (end.kind) {
      case "stopped":
        return;
      case "reset":
        return turns.take(() => resetByGuest(ran));
      case "powerOff":
        life = { kind: "over" };
        machine?.drain();
        serial.flush();
        effects.report({ kind: "ended", end: { kind: "poweredOff" } });
        return;
      case "fault":
        die(end.detail);
    }
  }
  function die(detail: string): void {
    life = { kind: "over" };
    serial.flush();
    effects.report({ kind: "ended", end: { kind: "crashed", detail } });
  }

  /** A reset is a new machine on the same link. */
  async function renew(): Promise<void> {
    machine?.[Symbol.dispose]();
    machine = null;
    machine = (await rebuild?.()) ?? null;
  }
  /** A guest may reset itself in the very slice in which its owner stops or resets it. */
  async function resetByGuest(ran: VirtualMachine): Promise<void> {
    if (machine !== ran) return;
    effects.report({ kind: "restarted" });
    await renew();
    if (life.kind === "running") run();
  }

  function start(configuration: VmConfiguration): Promise<void> {
    if (life.kind !== "new")
      return Promise.reject(new HvError("vmwp.state", "This worker process has a machine already."));
    life = { kind: "starting" };
    return turns.take(() => build(configuration));
  }
  async function build(first: VmConfiguration): Promise<void> {
    configuration = first;
    const files = await fetchBootFiles(first, effects.fetchFile);
    rebuild = () => assembleMachine(machineParts(first, files));
    machine = await rebuild();
    run();
  }
  function machineParts(first: VmConfiguration, files: BootFiles): MachineParts {
    return {
      configuration: configuration ?? first,
      files,
      identity: { uuid: guid(vm), serial: machineSerial(vm) },
      openEngine: effects.openEngine,
      link,
      clock: time,
      wallClock: effects.wallClock,
      runtime: () => micros(usedBefore + meter.used()),
      wake: waits.wake,
      screen,
      serialOut: serial.put,
      guestCrashed: (crash) => effects.report({ kind: "guestCrash", ...crash }),
      passing,
      diskFailed: (what, at) => warn("error", `An emulated disk failed to ${what} at byte ${at}.`),
    };
  }

  async function save(): Promise<SavedChild> {
    const current = machine;
    if (life.kind !== "paused" || current === null)
      throw new HvError("vmwp.state", "Only a paused machine can be saved.");
    if (!(await comeToRest(current, effects))) {
      current.quiet.goOn();
      throw new HvError(
        "vm.busy",
        "The guest waits for its disks: a request is not answered yet. Try again when they have settled.",
      );
    }
    pages = packMemory(current.engine.memory);
    const used = usedBefore + meter.used();
    const own = saveProcess({ now: time.now(), used, said: serial.lastSaid() });
    return { build: current.engine.build, units: { ...current.save(), [processUnit]: own } };
  }

  /** A kernel that lies in memory already need not be fetched, unless the guest starts anew. */
  async function restore(first: VmConfiguration, saved: SavedChild): Promise<void> {
    const { now, used, said } = readProcess(saved.units[processUnit]);
    configuration = first;
    time = pausableClock(clock, now);
    usedBefore = used;
    serial.goOn(said, saved.retells === true);
    const fetchFiles = () => fetchBootFiles(first, effects.fetchFile);
    const files = first.boot.kind === "bios" ? await fetchFiles() : noBootFiles;
    rebuild = async () => assembleMachine(machineParts(first, await fetchFiles()));
    const reviving = await beginRevival(machineParts(first, files));
    life = { kind: "reviving", machine: reviving, saved };
    if (reviving.build === saved.build) return;
    throw new HvError(
      "state.engine",
      `It was saved by another version of the processor emulator (${saved.build}); this one is ${reviving.build}. Discard the saved state to start the machine anew.`,
    );
  }
  async function revive(): Promise<void> {
    if (life.kind !== "reviving") throw new HvError("vmwp.state", "There is no machine to revive.");
    const { machine: reviving, saved } = life;
    machine = reviving.finish(saved.units);
    life = { kind: "paused" };
    void beatWhilePaused();
    machine.drain();
  }

  /** The guest sees it at once, and so does the machine that a reset makes. */
  async function setMedium(channel: number, medium: DriveMedium | null): Promise<void> {
    machine?.setMedium(channel, medium);
    if (configuration !== null) configuration = withMedium(configuration, channel, medium);
  }

  async function changeOffers(offers: readonly OfferDescription[]): Promise<void> {
    machine?.changeOffers(offers);
    if (configuration !== null) configuration = { ...configuration, offers };
    waits.wake();
  }

  /** What a guest that stands still is given waits, as far as there is room. */
  async function keyboardInput(codes: readonly number[]): Promise<number> {
    const waiting = machine?.hands.type(codes) ?? 0;
    beUp();
    return waiting;
  }
  async function mouseInput(movements: readonly PointerMovement[]): Promise<void> {
    machine?.hands.move(movements);
    beUp();
  }
  /** Somebody is there: the processor wakes, and stays awake a little. */
  function beUp(): void {
    idle.active();
    waits.wake();
  }

  /** A paused machine must not look like a hung one. */
  async function beatWhilePaused(): Promise<void> {
    while (life.kind === "paused") {
      heartbeat++;
      report();
      await waits.sleep(pausedBeatMillis);
    }
  }

  return {
    api: {
      start,
      pause: () =>
        turns.take(async () => {
          await halt();
          if (life.kind !== "running") return;
          life = { kind: "paused" };
          void beatWhilePaused();
        }),
      resume: () =>
        turns.take(async () => {
          if (life.kind !== "paused") return;
          pages = null;
          machine?.quiet.goOn();
          run();
        }),
      reset: () =>
        turns.take(async () => {
          await halt();
          if (life.kind !== "running" && life.kind !== "paused") return;
          try {
            await renew();
          } catch (failure) {
            die(reasonOf(failure));
            throw failure;
          }
          run();
        }),
      setMedium: (channel, medium) => turns.take(() => setMedium(channel, medium)),
      ...queueCalls(() => machine?.straight ?? null, effects.straight),
      changeOffers: (offers) => turns.take(() => changeOffers(offers)),
      save: () => turns.take(save),
      takePages: async () => pages?.next() ?? null,
      restore(wanted, saved) {
        if (life.kind !== "new")
          return Promise.reject(new HvError("vmwp.state", "This worker process has a machine already."));
        life = { kind: "starting" };
        return turns.take(() => restore(wanted, saved));
      },
      async putPages(piece) {
        if (life.kind === "reviving") putMemory(life.machine.memory, piece);
      },
      revive: () => turns.take(revive),
      keyboardInput,
      mouseInput,
      trace: async () => passing.trace.take(),
    },
    called: passing.called,
    adopt(grant) {
      meter.adopt(grant, clock.now());
      waits.wake();
    },
    serialInput(bytes) {
      passing.serialIn(bytes);
      machine?.serialInput(bytes);
      beUp();
    },
    screen,
  };
}

/** The same machine with something else in one of its drives. */
function withMedium(
  configuration: VmConfiguration,
  channel: number,
  medium: DriveMedium | null,
): VmConfiguration {
  const drives = configuration.drives.map((drive) =>
    drive.kind === "disk" || drive.channel !== channel ? drive : { ...drive, medium },
  );
  return { ...configuration, drives };
}
