import type {
  CreatePartition,
  DiskJobRequest,
  DriveMedium,
  DriveSlot,
  HostNotice,
  HypervisorApi,
  JobSummary,
  PartitionId,
  PointerMovement,
  ProcessorShare,
  SavedChild,
  VmConfiguration,
  VmGuid,
  VmSummary,
  WorkerProcessApi,
} from "../../src/hvdef/index.ts";
import { type Disk, openStreamedDisk, ramFile } from "../../src/storage/index.ts";
import { HvError, type ManualClock, manualClock, micros } from "../../src/support/index.ts";
import {
  type AdapterServices,
  type IncomingFile,
  type openInputServices,
  type openIntegrationServices,
  openMachineServices,
  openManagement,
  type ServicePlan,
  type StockImage,
  type StockVm,
} from "../../src/vmms/index.ts";
import type { Storvsp } from "../../src/vsp/index.ts";
import { type LabStore, labStore } from "./memory-store.ts";
import { noQueueCalls, straightLines } from "./straight.ts";
import { labChannels, labDial } from "./uplink.ts";
import { labIdentity, labSectors, labVhd } from "./vhd.ts";

/** What a part does when it is called: what it should, wait until it is let go, or fail. */
export type Mood = "well" | "hangs" | "fails";

/** The parts of a host that may be in a mood. */
export type MoodyPart = "network" | "serve" | "control" | "create" | "start" | "request" | "medium" | "keep";
type Moods = Partial<Record<MoodyPart, Mood>>;

/** The usual machine of the lab. */
export const web01 = "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000009" as VmGuid;
/** The image of the site that the lab has: 64 sectors. */
export const siteImage: StockImage = { name: "site.vhd", index: "images/site/index.json" };
export const siteContents = labSectors(64, 3);

/** A machine with a first disk on the site's image, a DVD drive, a memory disk and no adapter, unless told otherwise. */
export function labVm(wanted: Partial<StockVm> = {}): StockVm {
  return {
    id: web01,
    name: "web01",
    description: "a machine",
    memoryBytes: 64 * 2 ** 20,
    boot: { kind: "linux", kernel: "k", initrd: "i", commandLine: "" },
    drives: [
      {
        slot: { controller: "IDE", number: 0, location: 0 },
        kind: "disk",
        medium: { kind: "file", name: "web01.vhd" },
      },
      { slot: { controller: "IDE", number: 1, location: 0 }, kind: "dvd", medium: { kind: "empty" } },
      {
        slot: { controller: "SCSI", number: 0, location: 0 },
        kind: "disk",
        medium: { kind: "memory", byteLength: 8192 },
      },
    ],
    scsiControllers: 1,
    adapters: [],
    firstDisks: [{ name: "web01.vhd", parent: siteImage.name }],
    ...wanted,
  };
}

/** What a lab host is opened over. */
export interface MemoryHostOptions {
  readonly machines?: readonly StockVm[];
  readonly moods?: Moods;
  readonly disks?: LabStore;
  readonly kept?: LabStore;
  readonly bootFiles?: LabStore;
  /** Text files of the site, by their paths; none unless given. */
  readonly site?: ReadonlyMap<string, string>;
  /** Files of the site that come in parts, by the paths of their indexes; none unless given. */
  readonly siteFiles?: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Warm states that were fetched. */
  readonly states?: LabStore;
  /** Random numbers of the host; a row of different ones unless given. */
  readonly entropy?: () => number;
  /** Discs and diskettes of the site beside its usual image: contents by name. */
  readonly discs?: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** What the ids of new networks begin with; "network" unless given. */
  readonly ids?: string;
  /** Names the host among the tabs of the site; "this tab" unless given. */
  readonly tab?: string;
}

/** What a lab host has of the browser for its networks: tabs and servers that the test plays. */
function labOutside(tab = "this tab") {
  const tabs = labChannels();
  const calls = labDial();
  const uplinks = {
    tab,
    join: tabs.join,
    dial: calls.dial,
    web: { fetch: () => Promise.reject(new Error("no web")), isThere: async () => false },
    pageIsSecure: false,
    soon: (action: () => void) => action(),
  };
  return { tabs, calls, uplinks };
}

/** A machine's identity, another for each number and tab. */
function labGuid(tab: string, number: number): VmGuid {
  const low = [...tab].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), number) % 0xffffffff;
  return `5ab71502-0000-4000-8000-0000${low.toString(16).padStart(8, "0")}` as VmGuid;
}

/** Lets everything that is ready happen. */
export async function settle(turns = 30): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** The code of an operator error; "none" when there was no failure. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (failure: unknown) => (failure instanceof HvError ? failure.code : String(failure)),
  );
}

/** The sentence of a failure; "none" when there was none. */
export function textOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (failure: unknown) => (failure instanceof Error ? failure.message : String(failure)),
  );
}

/** A place, as it is written: "SCSI 0:1". */
export function slotOf(text: string): DriveSlot {
  const [, controller = "", number = "0", location = "0"] = /^(\w+) ?(\d*):?(\d*)$/.exec(text) ?? [];
  if (controller !== "IDE" && controller !== "SCSI" && controller !== "floppy") throw new Error(text);
  return { controller, number: Number(number), location: Number(location) };
}

/** A file of the visitor. */
export function incoming(name: string, ...pieces: readonly Uint8Array<ArrayBuffer>[]): IncomingFile {
  let consumed = 0;
  async function* all(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const piece of pieces) {
      consumed += piece.length;
      yield piece;
    }
  }
  return {
    name,
    pieces: all(),
    consumed: () => consumed,
    total: pieces.reduce((sum, { length }) => sum + length, 0),
  };
}

/** A management service whose library is real, over stores in memory, with a fake hypervisor and fake guests. */
export async function openMemoryHost(options: MemoryHostOptions = {}) {
  const disks = options.disks ?? labStore();
  const discs = options.discs ?? new Map<string, Uint8Array<ArrayBuffer>>();
  const kept = options.kept ?? labStore();
  const bootFiles = options.bootFiles ?? labStore();
  const log: string[] = [];
  const notices: HostNotice[] = [];
  const created: CreatePartition[] = [];
  const configurations: VmConfiguration[] = [];
  const shares: ProcessorShare[] = [];
  const inserted: { readonly channel: number; readonly medium: DriveMedium | null }[] = [];
  const hanging: (() => void)[] = [];
  /** Memory of the guest that is saved next, and of the one that was restored last. */
  const savedPieces: Uint8Array<ArrayBuffer>[] = [];
  const broughtPieces: Uint8Array<ArrayBuffer>[] = [];
  const restored: SavedChild[] = [];
  const parts = new Map<string, number>();
  /** What lies in the drives of whatever ran last. */
  const placed = new Map<string, Disk>();
  let owners: readonly { readonly channel: number; readonly owner: Storvsp }[] = [];
  /** What serves the adapters of the machines that were started, by machine. */
  const nics = new Map<string, AdapterServices>();
  /** Likewise for integration services. */
  const utilities = new Map<string, ReturnType<typeof openIntegrationServices>>();
  /** Likewise for keyboard and mouse, and what the emulated ones were given. */
  const hands = new Map<string, ReturnType<typeof openInputServices>>();
  const typed: number[] = [];
  const moved: PointerMovement[] = [];
  const offered: (readonly number[])[] = [];
  const clock: ManualClock = manualClock(micros(5_000_000));
  const outside = labOutside(options.tab);
  let ids = 1;
  let machineIds = 1;
  let bits = 1;
  let stalled: () => void = () => {};
  let nextPartition = 1;
  let identities = 1;
  let breaths = 0;
  let onBreath: (breath: number) => void = () => {};
  let mood: Moods = options.moods ?? {};

  async function obey(what: MoodyPart): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (mood[what] === "fails") throw new HvError(`fake.${what}`, `The ${what} refused.`);
    if (mood[what] === "hangs") await new Promise<void>((resolve) => hanging.push(resolve));
  }
  function part(name: string): Disposable {
    parts.set(name, (parts.get(name) ?? 0) + 1);
    return {
      [Symbol.dispose]() {
        parts.set(name, (parts.get(name) ?? 0) - 1);
        log.push(`close ${name}`);
      },
    };
  }
  const hypervisor: HypervisorApi = {
    async createPartition(request) {
      created.push(request);
      await obey("create");
      log.push("create");
      return nextPartition++ as PartitionId;
    },
    async terminate(partition, end) {
      log.push(`terminate ${partition}`);
      await new Promise<void>((resolve) => setImmediate(resolve));
      await management.session.partitionGone(partition, end);
    },
    async setProcessorShare(_partition, share) {
      shares.push(share);
    },
  };
  const request = (name: string) => async (): Promise<void> => {
    await obey("request");
    log.push(name);
  };
  const api: WorkerProcessApi = {
    async start(configuration) {
      configurations.push(configuration);
      await obey("start");
      log.push("start");
    },
    ...noQueueCalls,
    trace: async () => ({ events: [{ kind: "call", text: "start", at: 1, sequence: 1 }], lost: 0, until: 2 }),
    pause: request("pause"),
    resume: request("resume"),
    reset: request("reset"),
    async save() {
      await obey("request");
      log.push("save");
      return { build: "lab", units: { engine: Uint8Array.of(1) } };
    },
    takePages: async () => savedPieces.shift() ?? null,
    async restore(configuration, saved) {
      configurations.push(configuration);
      await obey("start");
      restored.push(saved);
      log.push("restore");
    },
    async putPages(piece) {
      broughtPieces.push(piece);
    },
    revive: request("revive"),
    async changeOffers(offers) {
      await obey("request");
      offered.push(offers.map(({ channel }) => channel));
    },
    async keyboardInput(codes) {
      typed.push(...codes);
      return 0;
    },
    async mouseInput(movements) {
      moved.push(...movements);
    },
    async setMedium(channel, medium) {
      if (medium !== null) await obey("medium");
      inserted.push({ channel, medium });
    },
  };
  function serve(plan: ServicePlan) {
    if (mood.serve === "fails") throw new HvError("fake.serve", "The serve refused.");
    const machine = openMachineServices(plan);
    const { services } = machine;
    nics.set(plan.vm, machine.adapters);
    utilities.set(plan.vm, machine.integration);
    hands.set(plan.vm, machine.input);
    owners = services.owners;
    stalled = plan.onStalled;
    placed.clear();
    return {
      ...machine,
      ...part("plane"),
      remote: new MessageChannel().port1,
      services: {
        ...services,
        place(slot: DriveSlot, disk: Disk | null) {
          const place = `${slot.controller} ${slot.number}:${slot.location}`;
          log.push(`${disk === null ? "empty" : "fill"} ${place}`);
          if (disk === null) placed.delete(place);
          else placed.set(place, disk);
          services.place(slot, disk);
        },
      },
    };
  }
  const management = await openManagement(options.machines ?? [labVm()], {
    hostName: "LAB",
    hypervisor,
    disks,
    machines: {
      ...kept,
      async rename(from, to) {
        if (mood.keep === "fails") throw new HvError("fake.keep", "The keep refused.");
        return kept.rename(from, to);
      },
    },
    bootFiles,
    newVm: () => labGuid(options.ids ?? "", machineIds++),
    async siteText(path) {
      const text = options.site?.get(path);
      if (text === undefined) throw new Error(`there is no ${path}`);
      return text;
    },
    stock: [siteImage, ...[...discs.keys()].map((name) => ({ name, index: `images/${name}.json` }))],
    async openStock({ name }) {
      await obey("network");
      const image = discs.get(name) ?? labVhd(siteContents);
      const opened = openStreamedDisk({
        source: {
          byteLength: image.length,
          chunkBytes: 4096,
          fetch: async (chunk) => image.slice(chunk * 4096, (chunk + 1) * 4096),
        },
        kept: ramFile(),
        identity: "site",
        pause: async () => {},
      });
      if (opened.kind !== "disk") throw new Error(opened.text);
      return opened.disk;
    },
    states: options.states ?? labStore(),
    async openSite(index) {
      const bytes = options.siteFiles?.get(index);
      if (bytes === undefined) throw new HvError("image.missing", `There is no ${index}.`);
      const fetch = async (chunk: number) => bytes.slice(chunk * 4096, (chunk + 1) * 4096);
      return { source: { byteLength: bytes.length, chunkBytes: 4096, fetch }, check: null };
    },
    newIdentity: () => labIdentity(0x60 + identities++),
    firmware: "firmware/",
    serve,
    openControl() {
      if (mood.control === "fails") throw new HvError("fake.control", "The control refused.");
      return { ...part("control"), remote: new MessageChannel().port1, api };
    },
    async pause(time) {
      clock.advance(time);
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    storageSpace: async () => ({ usedBytes: 1, quotaBytes: 2, persisted: false }),
    clock,
    entropy: options.entropy ?? (() => Math.imul(bits++, 0x9e3779b1) >>> 0),
    newId: () => `${options.ids ?? "network"} ${ids++}`,
    newLine: straightLines(queueMicrotask).newLine,
    uplinks: outside.uplinks,
    wallClock: () => 1_700_000_000_000,
    async breathe() {
      onBreath(breaths++);
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    notify: (notice) => void notices.push(notice),
  });
  const { session } = management;

  async function summary(vm: VmGuid = web01): Promise<VmSummary> {
    const found = (await session.list()).find(({ id }) => id === vm);
    if (found === undefined) throw new Error("the machine is gone");
    return found;
  }
  function jobNews(id: number): readonly JobSummary[] {
    return notices.flatMap((notice) => (notice.kind === "job" && notice.job.id === id ? [notice.job] : []));
  }
  /** Waits until a job is over. */
  async function over(id: number): Promise<JobSummary> {
    for (let turn = 0; turn < 100_000; turn++) {
      const last = jobNews(id).at(-1);
      if (last !== undefined && last.state !== "running" && last.state !== "cancelling") return last;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    throw new Error(`job ${id} does not end`);
  }
  return {
    management,
    session,
    wmi: management.wmi,
    disks,
    kept,
    bootFiles,
    log,
    notices,
    created,
    configurations,
    shares,
    inserted,
    placed,
    tabs: outside.tabs,
    calls: outside.calls,
    /** What serves the adapters of a machine that was started. */
    nics(vm: VmGuid = web01): AdapterServices {
      const found = nics.get(vm);
      if (found === undefined) throw new Error("the machine was never started");
      return found;
    },
    /** Memory of the guest that is saved next, what came of it when it was restored, and its units. */
    savedPieces,
    broughtPieces,
    restored,
    /** Channels of the offers of running machines, at each change. */
    offered,
    /** What serves the integration services of a machine that was started. */
    utilities(vm: VmGuid = web01) {
      const found = utilities.get(vm);
      if (found === undefined) throw new Error("the machine was never started");
      return found;
    },
    /** Lets the time of machines pass, and does something after each second. */
    async live(seconds: number, each: () => unknown = () => {}): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        clock.advance(micros(1_000_000));
        management.tick();
        each();
        await settle(3);
      }
    },
    /** Lets the time of networks pass, four ticks a second. */
    async pass(seconds: number): Promise<void> {
      for (let turn = 0; turn < seconds * 4; turn++) {
        clock.advance(micros(250_000));
        management.tickNetworks();
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    owner(channel: number): Storvsp {
      const found = owners.find((one) => one.channel === channel)?.owner;
      if (found === undefined) throw new Error(`nobody serves channel ${channel}`);
      return found;
    },
    stall: () => stalled(),
    /** What serves keyboard and mouse of a machine that was started. */
    hands(vm: VmGuid = web01) {
      const found = hands.get(vm);
      if (found === undefined) throw new Error("the machine was never started");
      return found;
    },
    /** What the emulated keyboards and mice were given. */
    typed,
    moved,
    summary,
    state: async (vm?: VmGuid) => (await summary(vm)).state,
    states: () => notices.flatMap((notice) => (notice.kind === "vm" ? [notice.vm.state] : [])),
    events: () =>
      notices.flatMap((notice) =>
        notice.kind === "event" ? [`${notice.event.level}: ${notice.event.text}`] : [],
      ),
    jobNews,
    over,
    /** Begins a job and waits until it is over. */
    job: async (wanted: DiskJobRequest): Promise<JobSummary> => over(await session.beginDiskJob(wanted)),
    /** A job that must succeed. */
    async must(wanted: DiskJobRequest): Promise<readonly string[]> {
      const { state, lines } = await over(await session.beginDiskJob(wanted));
      if (state !== "completed") throw new Error(`${wanted.kind}: ${lines.join(" ")}`);
      return lines;
    },
    /** Takes in a file and waits until that is over. */
    import: async (name: string, ...pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<JobSummary> =>
      over(management.takeIn(`Import ${name}`, async () => incoming(name, ...pieces))),
    async file(name: string) {
      return (await session.listDisks()).find((file) => file.name === name);
    },
    stillOpen: () => [
      ...disks.opened(),
      ...[...parts].filter(([, count]) => count !== 0).map(([name]) => name),
    ],
    be(next: Moods): void {
      mood = next;
    },
    letGo(): void {
      for (const resolve of hanging.splice(0)) resolve();
    },
    /** Calls back at every breath from now on, counted from 0. */
    atBreath(look: (breath: number) => void): void {
      breaths = 0;
      onBreath = look;
    },
  };
}

/** A lab host. */
export type MemoryHost = Awaited<ReturnType<typeof openMemoryHost>>;
