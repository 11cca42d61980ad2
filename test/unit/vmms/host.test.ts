import { describe, expect, test } from "vitest";
import type {
  CreatePartition,
  HostNotice,
  HypervisorApi,
  PartitionEnd,
  PartitionId,
  ProcessorShare,
  VmConfiguration,
  VmGuid,
  VmState,
  WorkerProcessApi,
} from "../../../src/hvdef/index.ts";
import { ramDisk } from "../../../src/storage/index.ts";
import { HvError } from "../../../src/support/index.ts";
import {
  type DiskShelf,
  memoryStore,
  openDiskShelf,
  openManagement,
  type StockVm,
} from "../../../src/vmms/index.ts";

const vm = "3f0b9d0e-6a51-4d6e-9d0c-7a0a50000009" as VmGuid;
const stock: StockVm = {
  id: vm,
  name: "web01",
  description: "a machine",
  memoryBytes: 64 * 2 ** 20,
  boot: { kind: "linux", kernel: "k", initrd: "i", commandLine: "" },
  disks: [
    { name: "system", controller: "IDE", slot: 0, source: { kind: "ram", byteLength: 4096 } },
    { name: "data", controller: "SCSI", slot: 0, source: { kind: "ram", byteLength: 8192 } },
  ],
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a fake part does when called: nothing, wait for ever, or fail. */
type Mood = "well" | "hangs" | "fails";
interface Moods {
  readonly shelf?: Mood;
  readonly secondDisk?: Mood;
  readonly serve?: Mood;
  readonly control?: Mood;
  readonly create?: Mood;
  readonly start?: Mood;
  readonly request?: Mood;
  /** The disk cannot be closed. */
  readonly closing?: Mood;
}

/** A host whose hypervisor, shelf and lines are fakes that count what is open. */
function openRig(moods: Moods = {}, machines: readonly StockVm[] = [stock]) {
  const log: string[] = [];
  const open = new Map<string, number>();
  const notices: HostNotice[] = [];
  const created: CreatePartition[] = [];
  const configurations: VmConfiguration[] = [];
  const shares: ProcessorShare[] = [];
  const hanging: (() => void)[] = [];
  let nextPartition = 1;
  let mood = moods;

  async function obey(what: keyof Moods): Promise<void> {
    await turn();
    if (mood[what] === "fails") throw new HvError(`fake.${what}`, `The ${what} refused.`);
    if (mood[what] === "hangs") await new Promise<void>((resolve) => hanging.push(resolve));
  }
  function part(name: string, closing: Mood = "well"): Disposable {
    open.set(name, (open.get(name) ?? 0) + 1);
    return {
      [Symbol.dispose]() {
        open.set(name, (open.get(name) ?? 0) - 1);
        log.push(`close ${name}`);
        if (closing === "fails") throw new Error("the file is stuck");
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
      await turn();
      await management.session.partitionGone(partition, end);
    },
    async setProcessorShare(_partition, share) {
      shares.push(share);
    },
  };
  const shelf: DiskShelf = {
    async open(_vm, disk, signal) {
      const which = disk.name === "data" ? "secondDisk" : "shelf";
      await Promise.race([
        obey(which),
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ]);
      const closing = disk.name === "data" ? mood.closing : "well";
      const size = disk.source.kind === "ram" ? disk.source.byteLength : 512;
      return {
        disk: { ...ramDisk(size), ...part(`disk ${disk.name}`, closing) },
        kept: "memory",
        writeBack: () => void log.push(`write back ${disk.name}`),
      };
    },
    async give(_vm, disk) {
      log.push(`give ${disk.name}`);
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
    pause: request("pause"),
    resume: request("resume"),
    reset: request("reset"),
  };
  const management = openManagement(machines, {
    hypervisor,
    shelf,
    firmware: "firmware/",
    serve() {
      if (mood.serve === "fails") throw new HvError("fake.serve", "The serve refused.");
      return { ...part("plane"), remote: new MessageChannel().port1, offers: [] };
    },
    openControl() {
      if (mood.control === "fails") throw new HvError("fake.control", "The control refused.");
      return { ...part("control"), remote: new MessageChannel().port1, api };
    },
    wallClock: () => 1_700_000_000_000,
    notify: (notice) => void notices.push(notice),
  });
  const summary = async () => {
    const found = (await management.session.list()).find(({ id }) => id === vm);
    if (found === undefined) throw new Error("the machine is gone");
    return found;
  };
  return {
    management,
    session: management.session,
    log,
    notices,
    created,
    configurations,
    shares,
    summary,
    state: async (): Promise<VmState> => (await summary()).state,
    states: () => notices.flatMap((notice) => (notice.kind === "vm" ? [notice.vm.state] : [])),
    events: () =>
      notices.flatMap((notice) =>
        notice.kind === "event" ? [`${notice.event.level}: ${notice.event.text}`] : [],
      ),
    stillOpen: () => [...open].filter(([, count]) => count !== 0),
    be(next: Moods): void {
      mood = next;
    },
    letGo(): void {
      for (const resolve of hanging.splice(0)) resolve();
    },
  };
}
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (failure: unknown) => (failure instanceof HvError ? failure.code : String(failure)),
  );
const closes = (log: readonly string[]): readonly string[] =>
  log.filter((line) => line.startsWith("close")).sort();
const everything = ["close control", "close disk data", "close disk system", "close plane"];

describe("a life", () => {
  test("from off to off, each step announced once, everything closed once, disks last", async () => {
    const rig = openRig();
    expect(await rig.summary()).toMatchObject({ state: "off", disks: [], partition: null, trouble: null });
    await rig.session.start(vm);
    expect(await rig.summary()).toMatchObject({
      state: "running",
      partition: 1,
      disks: [
        { name: "system", controller: "IDE", byteLength: 4096, kept: "memory" },
        { name: "data", controller: "SCSI", byteLength: 8192, kept: "memory" },
      ],
    });
    await rig.session.pause(vm);
    await rig.session.resume(vm);
    await rig.session.reset(vm);
    await rig.session.pause(vm);
    await rig.session.reset(vm);
    await rig.session.turnOff(vm);
    expect(rig.states()).toEqual([
      "starting",
      "running",
      "pausing",
      "paused",
      "resuming",
      "running",
      "resetting",
      "running",
      "pausing",
      "paused",
      "resetting",
      "running",
      "stopping",
      "off",
    ]);
    expect(rig.stillOpen()).toEqual([]);
    expect(closes(rig.log)).toEqual(everything);
    expect(rig.log.at(-1)).toMatch(/^close disk/);
    expect(rig.events()).toEqual(["info: web01 was started.", "info: web01 was turned off."]);
    await rig.session.start(vm);
    expect(await rig.summary()).toMatchObject({ state: "running", partition: 2 });
  });

  test("the worker process is told all it needs, the hypervisor too", async () => {
    const rig = openRig();
    await rig.session.start(vm);
    expect(rig.created[0]).toMatchObject({ vm, name: "web01", memoryBytes: 64 * 2 ** 20 });
    expect(rig.configurations).toEqual([
      {
        memoryBytes: 64 * 2 ** 20,
        boot: stock.boot,
        firmware: "firmware/",
        ideDisks: [{ channel: 0, byteLength: 4096, firstSector: new Uint8Array(512) }],
        offers: [],
      },
    ]);
  });

  test("writing back reaches the disks of running machines only", async () => {
    const rig = openRig();
    rig.management.writeBack();
    expect(rig.log).toEqual([]);
    await rig.session.start(vm);
    rig.log.length = 0;
    rig.management.writeBack();
    expect(rig.log).toEqual(["write back system", "write back data"]);
  });
});

describe("a start that fails", () => {
  test.each([
    { where: "shelf", closed: [] },
    { where: "secondDisk", closed: ["close disk system"] },
    { where: "serve", closed: ["close disk data", "close disk system"] },
    { where: "control", closed: ["close disk data", "close disk system", "close plane"] },
    { where: "create", closed: everything },
    { where: "start", closed: everything },
  ] as const)("at $where closes what was open, once, and says why", async ({ where, closed }) => {
    const rig = openRig({ [where]: "fails" });
    const name = where === "secondDisk" ? "fake.secondDisk" : `fake.${where}`;
    expect(await codeOf(rig.session.start(vm))).toBe(name);
    expect(rig.stillOpen()).toEqual([]);
    expect(closes(rig.log)).toEqual(closed);
    expect(await rig.summary()).toMatchObject({ state: "off", partition: null, disks: [] });
    expect((await rig.summary()).trouble).toBe(`web01 did not start. The ${where} refused.`);
    expect(rig.events()).toEqual([`error: web01 did not start. The ${where} refused.`]);
    expect(rig.log.filter((line) => line.startsWith("terminate"))).toEqual(
      where === "start" ? ["terminate 1"] : [],
    );
    rig.be({});
    await rig.session.start(vm);
    expect(await rig.summary()).toMatchObject({ state: "running", trouble: null });
  });

  test("because the partition ended meanwhile says how it ended", async () => {
    const rig = openRig({ start: "hangs" });
    const starting = codeOf(rig.session.start(vm));
    for (let i = 0; i < 20; i++) await turn();
    await rig.session.partitionGone(1 as PartitionId, { kind: "crashed", detail: "out of memory" });
    expect(await rig.state()).toBe("off");
    rig.letGo();
    await starting;
    expect(await rig.state()).toBe("off");
    expect((await rig.summary()).trouble).toMatch(/ended unexpectedly: out of memory/);
    expect(rig.stillOpen()).toEqual([]);
    expect(closes(rig.log)).toEqual(everything);
  });
});

describe("turning off while starting", () => {
  test.each(["shelf", "secondDisk", "create", "start"] as const)("at %s", async (where) => {
    const rig = openRig({ [where]: "hangs" });
    const starting = codeOf(rig.session.start(vm));
    for (let i = 0; i < 20; i++) await turn();
    expect(await rig.state()).toBe("starting");
    const off = rig.session.turnOff(vm);
    for (let i = 0; i < 20; i++) await turn();
    rig.letGo();
    await off;
    expect(await starting).toBe(where === "start" ? "none" : "vm.turnedOff");
    for (let i = 0; i < 20; i++) await turn();
    expect(await rig.summary()).toMatchObject({ state: "off", trouble: null, partition: null });
    expect(rig.stillOpen()).toEqual([]);
    // Whatever partition came to be was ended.
    const made = rig.log.filter((line) => line === "create").length;
    expect(rig.log.filter((line) => line.startsWith("terminate")).length).toBe(made);
    rig.be({});
    await rig.session.start(vm);
    expect(await rig.state()).toBe("running");
  });
});

describe("ends nobody asked for", () => {
  test.each([
    [{ kind: "poweredOff" }, null, "info: The guest of web01 turned the machine off."],
    [{ kind: "turnedOff" }, null, "info: web01 was turned off."],
    [
      { kind: "crashed", detail: "triple fault" },
      /ended unexpectedly: triple fault.*disks are closed/,
      "error: ",
    ],
    [{ kind: "hung", detail: "no heartbeat for 10 s" }, /stopped answering.*no heartbeat/, "error: "],
  ] as const)("%o", async (end: PartitionEnd, trouble, event) => {
    const rig = openRig();
    await rig.session.start(vm);
    await rig.session.partitionGone(1 as PartitionId, end);
    const summary = await rig.summary();
    expect(summary).toMatchObject({ state: "off", partition: null });
    if (trouble === null) expect(summary.trouble).toBeNull();
    else expect(summary.trouble).toMatch(trouble);
    expect(rig.events().at(-1)).toContain(event);
    expect(closes(rig.log)).toEqual(everything);
    await rig.session.partitionGone(1 as PartitionId, end);
    expect(closes(rig.log)).toEqual(everything);
  });

  test("of another partition are none of our business", async () => {
    const rig = openRig();
    await rig.session.start(vm);
    await rig.session.partitionGone(77 as PartitionId, { kind: "crashed", detail: "?" });
    expect(await rig.state()).toBe("running");
    expect(rig.stillOpen().length).toBe(4);
  });

  test("while a request is under way win over what the request would have led to", async () => {
    const rig = openRig({ request: "hangs" });
    await rig.session.start(vm);
    const pausing = codeOf(rig.session.pause(vm));
    for (let i = 0; i < 5; i++) await turn();
    expect(await rig.state()).toBe("pausing");
    await rig.session.partitionGone(1 as PartitionId, { kind: "poweredOff" });
    rig.letGo();
    await pausing;
    expect(await rig.state()).toBe("off");
  });
});

describe("requests", () => {
  test("that make no sense are refused with a sentence and change nothing", async () => {
    const rig = openRig();
    await expect(rig.session.pause(vm)).rejects.toMatchObject({
      code: "vm.state",
      hresult: 0x80041017,
      message: "web01 cannot be paused while it is off.",
    });
    await rig.session.start(vm);
    expect(await codeOf(rig.session.start(vm))).toBe("vm.state");
    expect(rig.states()).toEqual(["starting", "running"]);
    expect(rig.created).toHaveLength(1);
  });

  test("that the worker process refuses leave the machine as it was", async () => {
    const rig = openRig();
    await rig.session.start(vm);
    rig.be({ request: "fails" });
    expect(await codeOf(rig.session.pause(vm))).toBe("fake.request");
    expect(await rig.state()).toBe("running");
    rig.be({});
    await rig.session.pause(vm);
    expect(await rig.state()).toBe("paused");
  });

  test("two starts at once make one machine", async () => {
    const rig = openRig();
    const [first, second] = await Promise.all([codeOf(rig.session.start(vm)), codeOf(rig.session.start(vm))]);
    expect([first, second]).toEqual(["none", "vm.state"]);
    expect(rig.created).toHaveLength(1);
  });

  test("for a machine nobody knows", async () => {
    const unknown = "00000000-0000-0000-0000-000000000000" as VmGuid;
    const { session, management } = openRig();
    for (const act of [session.start, session.pause, session.resume, session.reset, session.turnOff])
      expect(await codeOf(act(unknown))).toBe("vm.unknown");
    const nothing = (async function* none() {})();
    expect(await codeOf(management.giveDisk(unknown, nothing))).toBe("vm.unknown");
  });
});

test("a disk that cannot be closed is said, and does not keep the others open", async () => {
  const rig = openRig({ closing: "fails" });
  await rig.session.start(vm);
  await rig.session.turnOff(vm);
  expect(closes(rig.log)).toEqual(everything);
  expect((await rig.summary()).trouble).toMatch(/could not be closed cleanly. the file is stuck/);
  expect(await rig.state()).toBe("off");
});

test("processor shares are checked, kept for the next start, and passed on while running", async () => {
  const rig = openRig();
  const share: ProcessorShare = { reserve: 10, limit: 50, weight: 200 };
  await rig.session.setProcessorShare(vm, share);
  expect(rig.shares).toEqual([]);
  await rig.session.start(vm);
  expect(rig.created[0]?.share).toEqual(share);
  await rig.session.setProcessorShare(vm, { ...share, limit: 75 });
  expect(rig.shares).toEqual([{ ...share, limit: 75 }]);
  for (const wrong of [
    { reserve: 60 },
    { limit: 0 },
    { limit: 101 },
    { weight: 0 },
    { weight: 10_001 },
    { reserve: -1 },
  ])
    expect(await codeOf(rig.session.setProcessorShare(vm, { ...share, ...wrong }))).toBe("vm.share");
});

describe("disks of one's own", () => {
  const nothing = (): AsyncIterable<Uint8Array<ArrayBuffer>> => (async function* none() {})();
  const ownStock: StockVm = {
    ...stock,
    disks: [{ name: "own disk", controller: "IDE", slot: 0, source: { kind: "own" } }],
  };

  test("are taken by a machine that has a place for one, while it is off", async () => {
    const rig = openRig({}, [ownStock]);
    expect((await rig.summary()).takesDisk).toBe(true);
    await rig.management.giveDisk(vm, nothing());
    expect(rig.log).toEqual(["give own disk"]);
    await rig.session.start(vm);
    expect(await codeOf(rig.management.giveDisk(vm, nothing()))).toBe("vm.state");
    expect(await codeOf(openRig().management.giveDisk(vm, nothing()))).toBe("disk.notOwn");
  });
});

test("machines do not know each other: one fails, the other runs", async () => {
  const other: StockVm = { ...stock, id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a5000000a", name: "web02" };
  const rig = openRig({}, [stock, other]);
  await rig.session.start(vm);
  await rig.session.start(other.id as VmGuid);
  await rig.session.partitionGone(1 as PartitionId, { kind: "crashed", detail: "killed" });
  expect((await rig.session.list()).map(({ name, state }) => `${name} ${state}`)).toEqual([
    "web01 off",
    "web02 running",
  ]);
});

test("a host that is opened anew over the same store finds every machine off and every disk as it was", async () => {
  const store = memoryStore();
  let fetches = 0;
  const shelf = () =>
    openDiskShelf(store, async () => {
      fetches++;
      return (async function* image() {
        yield new Uint8Array(4096);
      })();
    });
  const image: StockVm["disks"][number] = {
    name: "data",
    controller: "SCSI",
    slot: 0,
    source: { kind: "image", path: "d", format: "raw" },
  };
  const never = new AbortController().signal;
  const before = await shelf().open(vm, image, never);
  before.disk.write(512, new Uint8Array(512).fill(7));
  before.disk.flush();
  before.disk[Symbol.dispose]();
  expect(await openRig().state()).toBe("off");
  const after = await shelf().open(vm, image, never);
  const read = new Uint8Array(512);
  after.disk.read(512, read);
  expect([read[0], fetches]).toEqual([7, 1]);
});
