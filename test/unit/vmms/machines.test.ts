import { describe, expect, test } from "vitest";
import type { NewMachine, VmGuid } from "../../../src/hvdef/index.ts";
import { labKernel } from "../../lab/kernel.ts";
import { codeOf, incoming, openMemoryHost, textOf, web01 } from "../../lab/memory-host.ts";
import { labStore } from "../../lab/memory-store.ts";

const megabyte = 2 ** 20;
const plan = (name: string, more: Partial<NewMachine> = {}): NewMachine => ({
  name,
  memoryBytes: 64 * megabyte,
  boot: { kind: "bios", bootOrder: ["cd", "ide"] },
  drives: [{ slot: { controller: "IDE", number: 1, location: 0 }, kind: "dvd", medium: { kind: "empty" } }],
  scsiControllers: 1,
  adapters: [{ type: "legacy" }],
  ...more,
});
const linux: NewMachine["boot"] = { kind: "linux", kernel: "", initrd: null, commandLine: "console=ttyS0" };
const archive = new TextEncoder().encode("070701 and so on");
const boot = {
  kernel: async () => incoming("vmlinuz", labKernel()),
  initramfs: async () => incoming("initrd.img", archive),
};

type Host = Awaited<ReturnType<typeof openMemoryHost>>;
const names = async (host: Host) => (await host.session.list()).map(({ name }) => name);
const bootFiles = async (host: Host) => (await host.session.listBootFiles()).map(({ name }) => name);
/** What is kept, without the lock, which is empty and stays. */
const keptNames = async (host: Host) =>
  (await host.kept.list()).flatMap(({ name }) => (name.endsWith(".lock") ? [] : [name])).sort();

describe("machines of the visitor", () => {
  test("are there at once, after a reload, and told of", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const id = await host.session.createMachine(plan("  a “b” <c>\n", { disabledServices: ["heartbeat"] }));
    const found = await host.summary(id);
    expect(found).toMatchObject({ name: "a “b” <c>", memoryBytes: 64 * megabyte, own: true, state: "off" });
    expect(found.adapters).toMatchObject([{ type: "legacy", network: expect.any(String) }]);
    expect(host.notices.some((notice) => notice.kind === "vm" && notice.vm.id === id)).toBe(true);

    const later = await openMemoryHost({ kept });
    expect(await names(later)).toEqual(["web01", "a “b” <c>"]);
    const again = await later.summary(id);
    expect(again).toEqual({ ...found });
    expect(again.integration.filter(({ enabled }) => !enabled).map(({ service }) => service)).toEqual([
      "heartbeat",
    ]);
    expect((await later.summary(web01)).own).toBe(false);
  });

  test("start as they were made", async () => {
    const host = await openMemoryHost();
    const id = await host.session.createMachine(plan("mine"));
    await host.session.start(id);
    expect(host.configurations.at(-1)).toMatchObject({
      memoryBytes: 64 * megabyte,
      boot: { kind: "bios", bootOrder: ["cd", "ide"] },
    });
    expect(host.configurations.at(-1)?.bootFiles).toBeUndefined();
  });

  test.each([
    ["no name", { name: " " }, "vm.name"],
    ["101 characters", { name: "x".repeat(101) }, "vm.name"],
    ["the name of a machine of the site", { name: "WEB01" }, "vm.exists"],
    ["3 MB", { memoryBytes: 3 * megabyte }, "memory.amount"],
    ["more than 2 GB", { memoryBytes: 2049 * megabyte }, "memory.amount"],
    ["half a megabyte", { memoryBytes: 64.5 * megabyte }, "memory.amount"],
    ["five SCSI controllers", { scsiControllers: 5 }, "drive.controllers"],
    ["a boot order with the same twice", { boot: { kind: "bios", bootOrder: ["cd", "cd"] } }, "vm.boot"],
    ["no kernel", { boot: linux }, "vm.boot"],
    ["a command line of two lines", { boot: { ...linux, kernel: "k", commandLine: "a\nb" } }, "vm.boot"],
    ["a kernel that is not here", { boot: { ...linux, kernel: "k" } }, "boot.missing"],
    ["five legacy adapters", { adapters: Array(5).fill({ type: "legacy" }) }, "adapter.place"],
  ] as const)("%s is refused, and nothing is made", async (_name, more, code) => {
    const host = await openMemoryHost();
    const before = await keptNames(host);
    expect(await codeOf(host.session.createMachine(plan("mine", more as Partial<NewMachine>)))).toBe(code);
    expect(await names(host)).toEqual(["web01"]);
    expect(await keptNames(host)).toEqual(before);
  });

  test("a hundred characters of anything are a name", async () => {
    const host = await openMemoryHost();
    const id = await host.session.createMachine(plan("\u{1f980}".repeat(50)));
    expect((await host.summary(id)).name).toHaveLength(100);
  });

  test("are renamed and keep what they were given", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const id = await host.session.createMachine(plan("mine"));
    await host.session.setScsiControllers(id, 3);
    await host.session.renameMachine(id, "ours");
    expect(await host.summary(id)).toMatchObject({ name: "ours", scsiControllers: 3 });
    expect(await codeOf(host.session.renameMachine(id, "web01"))).toBe("vm.exists");
    expect(await codeOf(host.session.renameMachine(web01, "theirs"))).toBe("vm.stock");
    // Another spelling of its own name is none of anybody else.
    await host.session.renameMachine(id, "Ours");
    const later = await openMemoryHost({ kept });
    expect(await later.summary(id)).toMatchObject({ name: "Ours", scsiControllers: 3 });
  });

  test("are removed with all that was kept of them, and only when they are off", async () => {
    const host = await openMemoryHost();
    const before = await keptNames(host);
    const id = await host.session.createMachine(plan("mine"));
    await host.session.setScsiControllers(id, 3);
    await host.session.setIntegrationService(id, "timeSync", false);
    await host.session.start(id);
    expect(await codeOf(host.session.removeMachine(id))).toBe("vm.state");
    expect(await codeOf(host.session.renameMachine(id, "ours"))).toBe("vm.state");
    await host.session.turnOff(id);
    await host.session.removeMachine(id);
    expect(await names(host)).toEqual(["web01"]);
    expect(host.notices).toContainEqual({ kind: "vmGone", vm: id });
    const left = (await keptNames(host)).filter((name) => name.startsWith(id));
    expect(left).toEqual([]);
    expect(before.length).toBeLessThanOrEqual((await keptNames(host)).length);
    expect(await codeOf(host.session.removeMachine(id))).toBe("vm.unknown");
    expect(await codeOf(host.session.removeMachine(web01))).toBe("vm.stock");
  });

  test("one that is damaged is put aside and told of; the others are there", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const id = await host.session.createMachine(plan("lost"));
    await host.session.createMachine(plan("found"));
    await kept.put(`${id}.machine.json`, new TextEncoder().encode('{"format":1,"name":"lost"'));
    await kept.put("no-guid.machine.json", new TextEncoder().encode("{}"));
    const later = await openMemoryHost({ kept });
    expect(await names(later)).toEqual(["web01", "found"]);
    expect(await keptNames(later)).toContain(`${id}.machine.json.damaged`);
    const told = later.notices.flatMap((one) => (one.kind === "event" ? [one.event.text] : []));
    expect(told.join()).toMatch(/machine of yours cannot be used .* put aside as .*damaged/);
  });
});

describe("two tabs", () => {
  test("never make two machines of one name, and see the other's after a reload", async () => {
    const kept = labStore();
    const one = await openMemoryHost({ kept, ids: "one" });
    const other = await openMemoryHost({ kept, ids: "other" });
    await one.session.createMachine(plan("mine"));
    expect(await textOf(other.session.createMachine(plan("Mine")))).toMatch(
      /called mine already\. Choose another name\. It was made in another tab of this browser: reload/,
    );
    await other.session.createMachine(plan("theirs"));
    const later = await openMemoryHost({ kept });
    expect(await names(later)).toEqual(["web01", "mine", "theirs"]);
  });

  test("one writes at a time", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const release = kept.holdElsewhere("machines.lock");
    expect(await codeOf(host.session.createMachine(plan("mine")))).toBe("vm.busy");
    expect(await names(host)).toEqual(["web01"]);
    release();
    await host.session.createMachine(plan("mine"));
  });

  test("a file that the browser does not let be read while it is held is known all the same", async () => {
    const kept = labStore();
    const host = await openMemoryHost({ kept });
    const id = await host.session.createMachine(plan("mine"));
    const release = kept.holdElsewhere(`${id}.machine.json`);
    expect(await codeOf(host.session.createMachine(plan("MINE")))).toBe("vm.exists");
    const later = await openMemoryHost({ kept });
    expect(await names(later)).toEqual(["web01"]);
    const told = later.notices.flatMap((one) => (one.kind === "event" ? [one.event.text] : []));
    expect(told.join()).toMatch(/runs in another tab of this browser and is not listed here/);
    release();
    expect(await names(await openMemoryHost({ kept }))).toEqual(["web01", "mine"]);
  });

  test("what another tab runs is not removed, what it removed is not renamed", async () => {
    const kept = labStore();
    const maker = await openMemoryHost({ kept });
    const id = await maker.session.createMachine(plan("mine"));
    const other = await openMemoryHost({ kept });
    await maker.session.start(id);
    expect(await codeOf(other.session.removeMachine(id))).toBe("storage.inUse");
    await maker.session.turnOff(id);
    await other.session.removeMachine(id);
    expect(await codeOf(maker.session.renameMachine(id, "ours"))).toBe("vm.gone");
    expect(await textOf(maker.session.start(id))).toMatch(/mine was removed in another tab/);
  });
});

describe("made of the visitor's files", () => {
  test("a kernel and its file system are taken in, and go to the machine when it starts", async () => {
    const host = await openMemoryHost();
    const id = await host.management.makeMachine(plan("mine", { boot: linux }), boot);
    expect(await host.session.listBootFiles()).toEqual([
      { name: "initrd.img", bytes: archive.length, usedBy: ["mine"] },
      { name: "vmlinuz", bytes: labKernel().length, usedBy: ["mine"] },
    ]);
    await host.session.start(id);
    const configuration = host.configurations.at(-1);
    expect(configuration?.boot).toEqual({
      ...linux,
      from: "visitor",
      kernel: "vmlinuz",
      initrd: "initrd.img",
    });
    expect(configuration?.bootFiles).toEqual({ kernel: labKernel(), initrd: archive });
    expect(host.bootFiles.opened()).toEqual([]);
  });

  test("a second kernel of the name has another; one that is used stays, an unused one goes", async () => {
    const host = await openMemoryHost();
    await host.management.makeMachine(plan("one", { boot: linux }), boot);
    const id = await host.management.makeMachine(plan("two", { boot: linux }), { kernel: boot.kernel });
    expect(await bootFiles(host)).toEqual(["initrd.img", "vmlinuz", "vmlinuz (2)"]);
    expect(await textOf(host.session.removeBootFile("vmlinuz"))).toMatch(/one starts from it/);
    await host.session.removeMachine(id);
    expect(await bootFiles(host)).toContain("vmlinuz (2)");
    await host.session.removeBootFile("vmlinuz (2)");
    expect(await bootFiles(host)).toEqual(["initrd.img", "vmlinuz"]);
  });

  test("a disk and a disc go where a BIOS looks for them", async () => {
    const host = await openMemoryHost();
    const id = await host.management.makeMachine(plan("mine"), {
      disk: async () => incoming("disk.img", new Uint8Array(4096)),
      diskette: async () => incoming("boot.vfd", new Uint8Array(1440 * 1024)),
    });
    const drives = (await host.summary(id)).drives.map(({ slot, medium }) => [slot.controller, medium]);
    expect(drives).toEqual([
      ["IDE", { kind: "file", name: "disk.img" }],
      ["IDE", { kind: "empty" }],
      ["floppy", { kind: "file", name: "boot.vfd" }],
    ]);
  });

  test("what cannot be made leaves no file", async () => {
    const host = await openMemoryHost();
    const disks = async () => (await host.disks.list()).map(({ name }) => name);
    const before = await disks();
    const disk = async () => incoming("disk.img", new Uint8Array(4096));
    const wide = async () => incoming("vmlinuz", labKernel({ extendedLoadFlags: 1 }));
    const text = await textOf(
      host.management.makeMachine(plan("mine", { boot: linux }), { initramfs: boot.initramfs, kernel: wide }),
    );
    expect(text).toMatch(/^vmlinuz is a 64-bit kernel\./);
    // The disk is good; what comes after it is not.
    const empty = async () => incoming("boot.vfd");
    await codeOf(host.management.makeMachine(plan("mine"), { disk, diskette: empty }));
    // Said before anything is copied.
    expect(await codeOf(host.management.makeMachine(plan("web01"), { disk }))).toBe("vm.exists");
    expect(await disks()).toEqual(before);
    expect(await bootFiles(host)).toEqual([]);
    expect(await names(host)).toEqual(["web01"]);
  });

  test("a kernel has a limit", async () => {
    const host = await openMemoryHost();
    const piece = new Uint8Array(16 * megabyte);
    const huge = async () => incoming("vmlinux", piece, piece, piece, piece, piece);
    const text = await textOf(host.management.makeMachine(plan("mine", { boot: linux }), { kernel: huge }));
    expect(text).toMatch(/vmlinux is larger than 64 MB/);
    expect(await host.bootFiles.list()).toEqual([]);
  });

  test("a boot file that is gone is missed in words, and the machine is off", async () => {
    const host = await openMemoryHost();
    const id: VmGuid = await host.management.makeMachine(plan("mine", { boot: linux }), boot);
    await host.bootFiles.remove("vmlinuz");
    expect(await textOf(host.session.start(id))).toMatch(/boot file vmlinuz is not here any more/);
    expect((await host.summary(id)).state).toBe("off");
    // Nothing holds it: it can go.
    await host.session.removeMachine(id);
  });
});
