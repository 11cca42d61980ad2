import { describe, expect, test } from "vitest";
import type { PartitionEnd, PartitionId, ProcessorShare, VmGuid } from "../../../src/hvdef/index.ts";
import { codeOf, incoming, labVm, openMemoryHost, settle, web01 } from "../../lab/memory-host.ts";
import { labSectors } from "../../lab/vhd.ts";

const closes = (log: readonly string[]): readonly string[] =>
  log.filter((line) => line.startsWith("close")).sort();
const everything = ["close control", "close plane"];

describe("a life", () => {
  test("from off to off, each step announced once, everything closed once", async () => {
    const host = await openMemoryHost();
    expect(await host.summary()).toMatchObject({ state: "off", partition: null, trouble: null });
    await host.session.start(web01);
    expect(await host.summary()).toMatchObject({
      state: "running",
      partition: 1,
      drives: [
        { title: "web01.vhd", byteLength: 32_768, kept: "browser storage" },
        { title: "empty", byteLength: null },
        { title: "memory", byteLength: 8192, kept: "memory" },
      ],
    });
    expect(host.stillOpen()).toEqual(["web01.vhd", "plane", "control"]);
    await host.session.pause(web01);
    await host.session.resume(web01);
    await host.session.reset(web01);
    await host.session.pause(web01);
    await host.session.reset(web01);
    await host.session.turnOff(web01);
    expect(host.states()).toEqual([
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
    expect(host.stillOpen()).toEqual([]);
    expect(closes(host.log)).toEqual(everything);
    expect(host.events()).toEqual(["info: web01 was started.", "info: web01 was turned off."]);
    await host.session.start(web01);
    expect(await host.summary()).toMatchObject({ state: "running", partition: 2 });
  });

  test("the worker process is told all it needs, the hypervisor too", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    expect(host.created[0]).toMatchObject({ vm: web01, name: "web01", memoryBytes: 64 * 2 ** 20 });
    const [configuration] = host.configurations;
    expect(configuration).toMatchObject({
      memoryBytes: 64 * 2 ** 20,
      boot: labVm().boot,
      firmware: "firmware/",
      drives: [
        // Read through the first disk, which is empty, out of the site's image.
        { kind: "disk", channel: 0, byteLength: 32_768, firstSector: labSectors(64, 3).slice(0, 512) },
        { kind: "dvd", channel: 2, medium: null },
      ],
    });
    // Two disks, five integration services, keyboard, mouse and screen.
    expect(configuration?.offers).toHaveLength(10);
  });

  test("sizes of drives are told as long as they are open, in every state", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    await host.session.pause(web01);
    const told = host.notices.flatMap((notice) =>
      notice.kind === "vm" && notice.vm.partition !== null ? [notice.vm.drives[0]?.byteLength] : [],
    );
    expect(new Set(told)).toEqual(new Set([32_768]));
  });

  test("the first start makes the first disk on the site's image, the second finds it", async () => {
    const host = await openMemoryHost();
    expect(await host.file("web01.vhd")).toBeUndefined();
    await host.session.start(web01);
    const disk = host.placed.get("IDE 0:0");
    expect(disk?.write(512, labSectors(1, 9))).toBe("ok");
    expect(disk?.flush()).toBe("ok");
    await host.session.turnOff(web01);
    expect(await host.file("web01.vhd")).toMatchObject({
      format: "differencing",
      parent: "site.vhd",
      usedBy: [{ vm: web01, name: "web01" }],
      inUse: false,
      trouble: null,
    });
    await host.session.start(web01);
    const read = new Uint8Array(1024);
    host.placed.get("IDE 0:0")?.read(0, read);
    expect(read).toEqual(new Uint8Array([...labSectors(64, 3).slice(0, 512), ...labSectors(1, 9)]));
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
  });

  test("what was written reaches the file ten times a second, also what the format holds back once a second", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    host.disks.room(Number.POSITIVE_INFINITY);
    host.placed.get("IDE 0:0")?.write(0, labSectors(1, 4));
    const written = () => host.disks.tried();
    host.management.writeBack();
    const data = written();
    for (let call = 0; call < 10; call++) host.management.writeBack();
    const table = written();
    expect([data > 0, table > data]).toEqual([true, true]);
    for (let call = 0; call < 30; call++) host.management.writeBack();
    expect(written()).toBe(table);
    await host.session.turnOff(web01);
  });
});

describe("a start that fails", () => {
  const parts = [
    {
      where: "network",
      code: "disk.unusable",
      closed: [],
      text: "site.vhd cannot be used. The network refused.",
    },
    { where: "serve", code: "fake.serve", closed: [], text: "The serve refused." },
    { where: "control", code: "fake.control", closed: ["close plane"], text: "The control refused." },
    { where: "create", code: "fake.create", closed: everything, text: "The create refused." },
    { where: "start", code: "fake.start", closed: everything, text: "The start refused." },
  ] as const;
  test.each(parts)(
    "at $where closes what was open, once, and says why",
    async ({ where, code, closed, text }) => {
      const host = await openMemoryHost({ moods: { [where]: "fails" } });
      expect(await codeOf(host.session.start(web01))).toBe(code);
      expect(host.stillOpen()).toEqual([]);
      expect(closes(host.log)).toEqual(closed);
      expect(await host.summary()).toMatchObject({
        state: "off",
        partition: null,
        trouble: `web01 did not start. ${text}`,
      });
      expect(host.events()).toEqual([`error: web01 did not start. ${text}`]);
      expect(host.log.filter((line) => line.startsWith("terminate"))).toEqual(
        where === "start" ? ["terminate 1"] : [],
      );
      host.be({});
      await host.session.start(web01);
      expect(await host.summary()).toMatchObject({ state: "running", trouble: null });
    },
  );

  test("at the second medium closes the first", async () => {
    const vm = labVm();
    const second = {
      slot: { controller: "SCSI", number: 0, location: 1 },
      kind: "disk",
      medium: { kind: "file", name: "gone.vhd" },
    } as const;
    const host = await openMemoryHost({ machines: [{ ...vm, drives: [...vm.drives, second] }] });
    expect(await codeOf(host.session.start(web01))).toBe("storage.missing");
    expect((await host.summary()).trouble).toBe("web01 did not start. There is no file gone.vhd.");
    expect(host.stillOpen()).toEqual([]);
    expect((await host.file("web01.vhd"))?.inUse).toBe(false);
  });

  test("because the partition ended meanwhile says how it ended", async () => {
    const host = await openMemoryHost({ moods: { start: "hangs" } });
    const starting = codeOf(host.session.start(web01));
    await settle();
    await host.session.partitionGone(1 as PartitionId, { kind: "crashed", detail: "out of memory" });
    expect(await host.state()).toBe("off");
    host.letGo();
    await starting;
    expect((await host.summary()).trouble).toMatch(/ended unexpectedly: out of memory/);
    expect([host.stillOpen(), closes(host.log)]).toEqual([[], everything]);
  });

  test("long after the machine was turned off and started anew does the new one no harm", async () => {
    const host = await openMemoryHost({ moods: { start: "hangs" } });
    const first = codeOf(host.session.start(web01));
    await settle();
    await host.session.partitionGone(1 as PartitionId, { kind: "poweredOff" });
    const second = codeOf(host.session.start(web01));
    await settle();
    host.be({ start: "fails" });
    host.letGo();
    await Promise.all([first, second]);
    await settle();
    expect(await host.summary()).toMatchObject({ state: "running", partition: 2 });
    expect(host.log.filter((line) => line.startsWith("terminate"))).toEqual([]);
  });
});

describe("turning off while starting", () => {
  test.each(["network", "create", "start"] as const)("at %s", async (where) => {
    const host = await openMemoryHost({ moods: { [where]: "hangs" } });
    const starting = codeOf(host.session.start(web01));
    await settle();
    expect(await host.state()).toBe("starting");
    // The network may hang for ever: nobody waits for it.
    const off = host.session.turnOff(web01);
    if (where === "network") await off;
    await settle();
    host.letGo();
    await off;
    expect(await starting).toBe(where === "start" ? "none" : "vm.turnedOff");
    await settle();
    expect(await host.summary()).toMatchObject({ state: "off", trouble: null, partition: null });
    expect(host.stillOpen()).toEqual([]);
    // Whatever partition came to be was ended, once.
    const made = host.log.filter((line) => line === "create").length;
    expect(host.log.filter((line) => line.startsWith("terminate")).length).toBe(made);
    host.be({});
    await host.session.start(web01);
    expect(await host.state()).toBe("running");
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
    const host = await openMemoryHost();
    await host.session.start(web01);
    await host.session.partitionGone(1 as PartitionId, end);
    const summary = await host.summary();
    expect(summary).toMatchObject({ state: "off", partition: null });
    if (trouble === null) expect(summary.trouble).toBeNull();
    else expect(summary.trouble).toMatch(trouble);
    expect(host.events().at(-1)).toContain(event);
    await host.session.partitionGone(1 as PartitionId, end);
    expect([host.stillOpen(), closes(host.log)]).toEqual([[], everything]);
  });

  test("of another partition are none of our business", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    await host.session.partitionGone(77 as PartitionId, { kind: "crashed", detail: "?" });
    expect(await host.state()).toBe("running");
    expect(host.stillOpen()).toHaveLength(3);
  });

  test("while a request is under way win over what the request would have led to", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    host.be({ request: "hangs" });
    const pausing = codeOf(host.session.pause(web01));
    await settle();
    expect(await host.state()).toBe("pausing");
    await host.session.partitionGone(1 as PartitionId, { kind: "poweredOff" });
    host.letGo();
    await pausing;
    expect(await host.state()).toBe("off");
  });
});

describe("requests", () => {
  test("that make no sense are refused with a sentence and change nothing", async () => {
    const host = await openMemoryHost();
    await expect(host.session.pause(web01)).rejects.toMatchObject({
      code: "vm.state",
      hresult: 0x80041017,
      message: "web01 cannot be paused while it is off.",
    });
    await host.session.start(web01);
    expect(await codeOf(host.session.start(web01))).toBe("vm.state");
    expect(host.states()).toEqual(["starting", "running"]);
    expect(host.created).toHaveLength(1);
  });

  test("that the worker process refuses leave the machine as it was", async () => {
    const host = await openMemoryHost();
    await host.session.start(web01);
    host.be({ request: "fails" });
    expect(await codeOf(host.session.pause(web01))).toBe("fake.request");
    expect(await host.state()).toBe("running");
    host.be({});
    await host.session.pause(web01);
    expect(await host.state()).toBe("paused");
  });

  test("two starts at once make one machine", async () => {
    const host = await openMemoryHost();
    const both = await Promise.all([codeOf(host.session.start(web01)), codeOf(host.session.start(web01))]);
    expect(both).toEqual(["none", "vm.state"]);
    expect(host.created).toHaveLength(1);
  });

  test("for a machine nobody knows", async () => {
    const unknown = "00000000-0000-0000-0000-000000000000" as VmGuid;
    const { session, management } = await openMemoryHost();
    for (const act of [session.start, session.pause, session.resume, session.reset, session.turnOff])
      expect(await codeOf(act(unknown))).toBe("vm.unknown");
    const place = { controller: "SCSI", number: 0, location: 0 } as const;
    expect(await codeOf(session.removeDrive(unknown, place))).toBe("vm.unknown");
    expect(await codeOf(session.setMedium(unknown, place, { kind: "empty" }))).toBe("vm.unknown");
    expect(await codeOf(session.setScsiControllers(unknown, 1))).toBe("vm.unknown");
    expect(await codeOf(management.giveDisk(unknown, async () => incoming("a.img")))).toBe("vm.unknown");
  });
});

test("processor shares are checked, kept for the next start, and passed on while running", async () => {
  const host = await openMemoryHost();
  const share: ProcessorShare = { reserve: 10, limit: 50, weight: 200 };
  await host.session.setProcessorShare(web01, share);
  expect(host.shares).toEqual([]);
  await host.session.start(web01);
  expect(host.created[0]?.share).toEqual(share);
  await host.session.setProcessorShare(web01, { ...share, limit: 75 });
  expect(host.shares).toEqual([{ ...share, limit: 75 }]);
  for (const wrong of [
    { reserve: 60 },
    { limit: 0 },
    { limit: 101 },
    { weight: 0 },
    { weight: 10_001 },
    { reserve: -1 },
    { weight: Number.NaN },
  ])
    expect(await codeOf(host.session.setProcessorShare(web01, { ...share, ...wrong }))).toBe("vm.share");
});

test("machines do not know each other: one fails, the other runs", async () => {
  const other = labVm({
    id: "3f0b9d0e-6a51-4d6e-9d0c-7a0a5000000a",
    name: "web02",
    drives: [],
    firstDisks: [],
  });
  const host = await openMemoryHost({ machines: [labVm(), other] });
  await host.session.start(web01);
  await host.session.start(other.id as VmGuid);
  await host.session.partitionGone(1 as PartitionId, { kind: "crashed", detail: "killed" });
  expect((await host.session.list()).map(({ name, state }) => `${name} ${state}`)).toEqual([
    "web01 off",
    "web02 running",
  ]);
});

describe("a disk of one's own", () => {
  const own = labVm({ drives: labVm().drives.slice(1, 2), firstDisks: [], takesDisk: true });
  const give = (host: Awaited<ReturnType<typeof openMemoryHost>>, name: string) =>
    host.management.giveDisk(web01, async () => incoming(name, labSectors(4, 1)));

  test("must be given first, goes on the first IDE place, and the next one takes its place", async () => {
    const host = await openMemoryHost({ machines: [own] });
    expect((await host.summary()).takesDisk).toBe(true);
    expect(await codeOf(host.session.start(web01))).toBe("disk.notGiven");
    await give(host, "one.img");
    await give(host, "two.img");
    expect((await host.summary()).drives.map(({ title }) => title)).toEqual(["two.img", "empty"]);
    expect(await host.file("one.img")).toMatchObject({ usedBy: [] });
    await host.session.start(web01);
    expect(await codeOf(give(host, "three.img"))).toBe("vm.state");
    expect(await codeOf(give(await openMemoryHost(), "four.img"))).toBe("disk.notOwn");
  });

  test("that is a disc goes into the DVD drive", async () => {
    const host = await openMemoryHost({ machines: [own] });
    const disc = new Uint8Array(20 * 2048);
    disc.set(new TextEncoder().encode("CD001"), 16 * 2048 + 1);
    await host.management.giveDisk(web01, async () => incoming("setup.iso", disc));
    expect((await host.summary()).drives.map(({ title }) => title)).toEqual(["setup.iso"]);
    await host.session.start(web01);
    expect(host.placed.get("IDE 1:0")).toMatchObject({ byteLength: disc.length, readOnly: true });
  });
});
