import { describe, expect, test } from "vitest";
import { type OwnBytes, packPieces } from "../../../src/support/index.ts";
import { usualAdapter } from "../../../src/vmms/adapters/rules.ts";
import { catalogue, warmTemplate } from "../../../src/vmms/index.ts";
import { codeOf, openMemoryHost, settle, slotOf, textOf, web01 } from "../../lab/memory-host.ts";
import { type LabStore, labStore } from "../../lab/memory-store.ts";
import { takeWarm, type WarmSite, warmVm } from "../../lab/warm.ts";

const page = 4096;
const memory = new Uint8Array(64 * page).map((_byte, at) => (at >> 12) + 1);
function pieces(): OwnBytes[] {
  const packer = packPieces({
    region: 0,
    size: memory.length,
    pageAt: (at) => memory.subarray(at, at + page),
  });
  const all: OwnBytes[] = [];
  for (let piece = packer.next(); piece !== null; piece = packer.next()) all.push(piece);
  return all;
}
const texts = (all: readonly Uint8Array[]) => all.map((one) => Buffer.from(one).toString("base64"));

interface Stores {
  readonly disks: LabStore;
  readonly kept: LabStore;
  readonly states: LabStore;
}
const stores = (): Stores => ({ disks: labStore(), kept: labStore(), states: labStore() });
const visit = (site: WarmSite, at: Stores) => openMemoryHost({ machines: [warmVm], ...site, ...at });
const cold = (reason: string) => ({ kind: "cold", reason: expect.stringContaining(reason) });

describe("the template", () => {
  test("lacks what a running machine can be given, and nothing else", () => {
    const debian = catalogue.find(({ name }) => name === "debian");
    if (debian === undefined) throw new Error("no debian");
    const template = warmTemplate(debian);
    expect(template?.drives.map(({ slot }) => slot.controller)).toEqual(["IDE"]);
    expect(template?.adapters).toEqual([]);
    expect(template?.firstDisks).toEqual([]);
    expect(template?.boot).toEqual(debian.boot);
    const legacy = catalogue.find(({ name }) => name === "debian-legacy");
    expect(legacy && warmTemplate(legacy)?.adapters.map(({ type }) => type)).toEqual(["legacy"]);
    expect(legacy && warmTemplate(legacy)?.firstDisks).toHaveLength(1);
  });
});

describe("a warm start", () => {
  test("goes on with the state's memory, on the disk as it was then, with the machine's own disks beside it", async () => {
    const at = stores();
    const host = await visit(await takeWarm(pieces()), at);
    expect(await host.session.describeStart(web01)).toEqual({ kind: "warm", downloadBytes: 12_345 });
    await host.session.start(web01);
    expect(host.states()).toEqual(expect.arrayContaining(["starting", "running"]));
    expect(host.states()).not.toContain("restoring");
    expect(host.log.filter((line) => /^(start|restore|revive|resume)$/.test(line))).toEqual([
      "restore",
      "revive",
      "resume",
    ]);
    expect(host.restored[0]?.retells).toBe(true);
    expect(texts(host.broughtPieces)).toEqual(texts(pieces()));
    const sector = new Uint8Array(512);
    host.placed.get("IDE 0:0")?.read(1024, sector);
    expect(sector.every((byte) => byte === 9)).toBe(true);
    expect(host.placed.has("SCSI 0:0")).toBe(true);
    expect(host.events().at(-1)).toContain("was started warm");
    // Whoever starts it a second time finds the state here: nothing is left half.
    expect(at.states.opened()).toEqual([]);
    expect((await at.states.list()).map(({ name }) => name).sort()).toEqual(
      ["0", "bin", "vsv"].map((ending) => `web01 0123456789abcdef.${ending}`),
    );
  });

  test("takes a state that is here without asking the site", async () => {
    const site = await takeWarm(pieces());
    const at = stores();
    await (await visit(site, at)).session.start(web01);
    site.siteFiles.clear();
    const again = await visit(site, { ...stores(), states: at.states });
    expect(await again.session.describeStart(web01)).toEqual({ kind: "warm", downloadBytes: 0 });
    await again.session.start(web01);
    expect(again.log).toContain("revive");
  });

  test("a state that the site has no longer gives way", async () => {
    const site = await takeWarm(pieces());
    const at = stores();
    await (await visit(site, at)).session.start(web01);
    site.say({ id: "fedcba9876543210" });
    await (await visit(site, { ...stores(), states: at.states })).session.start(web01);
    expect((await at.states.list()).every(({ name }) => name.includes("fedcba9876543210"))).toBe(true);
  });

  test("a full storage keeps nothing and harms nothing", async () => {
    const at = stores();
    at.states.room(1);
    const host = await visit(await takeWarm(pieces()), at);
    await host.session.start(web01);
    expect(host.log).toContain("revive");
    expect(await at.states.has("web01 0123456789abcdef.vsv")).toBe(false);
  });

  test("its machine is saved, discarded and turned off like any", async () => {
    const host = await visit(await takeWarm(pieces()), stores());
    await host.session.start(web01);
    await host.session.save(web01);
    expect(await host.state()).toBe("saved");
    await host.session.start(web01);
    expect(host.restored[1]?.retells).toBe(false);
    await host.session.turnOff(web01);
    expect(await host.state()).toBe("off");
    expect(host.disks.opened()).toEqual([]);
  });
});

describe("a start is cold", () => {
  test("when it is asked for", async () => {
    const host = await visit(await takeWarm(pieces()), stores());
    await host.session.start(web01, "cold");
    expect(host.log).toContain("start");
    expect(host.log).not.toContain("restore");
  });

  test("when the disk was used before: it is never put back", async () => {
    const at = stores();
    const host = await visit(await takeWarm(pieces()), at);
    await host.session.start(web01, "cold");
    host.placed.get("IDE 0:0")?.write(1024, new Uint8Array(512).fill(5));
    await host.session.turnOff(web01);
    expect(await host.session.describeStart(web01)).toEqual(cold("web01.vhd has been used"));
    await host.session.start(web01);
    const sector = new Uint8Array(512);
    host.placed.get("IDE 0:0")?.read(1024, sector);
    expect(sector.every((byte) => byte === 5)).toBe(true);
    expect(host.events().join("\n")).toContain("web01 starts cold. Its disk web01.vhd has been used");
    // Whoever removes the disk has it as new.
    await host.session.turnOff(web01);
  });

  test("when a drive that its guest knew is gone", async () => {
    const host = await visit(await takeWarm(pieces()), stores());
    await host.session.removeDrive(web01, slotOf("IDE 1:0"));
    expect(await host.session.describeStart(web01)).toEqual(cold("IDE 1:0"));
  });

  test("when the number of SCSI controllers is another", async () => {
    const host = await visit(await takeWarm(pieces()), stores());
    await host.session.setScsiControllers(web01, 2);
    expect(await host.session.describeStart(web01)).toEqual(cold("SCSI controllers"));
  });

  test("when a legacy adapter was added, but not for a synthetic one", async () => {
    const host = await visit(await takeWarm(pieces()), stores());
    await host.session.addAdapter(web01, usualAdapter({ type: "synthetic", index: 0 }, null));
    expect((await host.session.describeStart(web01)).kind).toBe("warm");
    await host.session.addAdapter(web01, usualAdapter({ type: "legacy", index: 0 }, null));
    expect(await host.session.describeStart(web01)).toEqual(cold("legacy network adapters"));
  });

  test("when the state was made of other images", async () => {
    const site = await takeWarm(pieces());
    site.say({ images: [{ path: "images/vmlinux.gz", sha256: "b".repeat(64) }] });
    const host = await visit(site, stores());
    expect(await host.session.describeStart(web01)).toEqual(cold("another images/vmlinux.gz"));
    await host.session.start(web01);
    expect(host.log).toContain("start");
  });

  test("when the site has none, without a word", async () => {
    const host = await openMemoryHost({ machines: [warmVm], ...stores() });
    expect(await host.session.describeStart(web01)).toEqual({ kind: "cold", reason: null });
  });

  test.each([
    ["not described by what it should be", "[]"],
    [
      "described with a way out of its folder",
      '{"format":1,"id":"0123456789abcdef","bytes":1,"images":[],"pages":"images/../../x","devices":"images/a","disks":[]}',
    ],
  ])("when the state is %s", async (_name, text) => {
    const site = await takeWarm(pieces());
    site.site.set("images/warm/web01/state.json", text);
    const host = await visit(site, stores());
    await host.session.start(web01);
    expect(host.log).toContain("start");
  });

  test("when a part cannot be fetched, and the reason is told", async () => {
    const site = await takeWarm(pieces());
    site.siteFiles.delete("images/warm/web01/devices/index.json");
    const at = stores();
    const host = await visit(site, at);
    await host.session.start(web01);
    expect(host.log).toContain("start");
    expect(host.events().join("\n")).toContain("web01 starts cold: its warm state cannot be had.");
    expect(await host.disks.has("web01.vhd")).toBe(true);
    expect(await at.states.has("web01 0123456789abcdef.vsv")).toBe(false);
  });
});

test("a state that is damaged is refused in words; the next start is cold", async () => {
  const site = await takeWarm(pieces());
  const name = "images/warm/web01/pages/index.json";
  const damaged = site.siteFiles.get(name);
  if (damaged === undefined) throw new Error("no pages");
  // The head of the first piece.
  damaged.fill(0xff, 40, 56);
  const at = stores();
  const host = await visit(site, at);
  expect(await textOf(host.session.start(web01))).toMatch(/did not start from its warm state.*boots cold/);
  expect(await host.state()).toBe("off");
  expect(host.disks.opened()).toEqual([]);
  expect(await host.session.describeStart(web01)).toEqual(cold("cut off"));
  // It is fetched anew at the next visit.
  await settle();
  expect(await at.states.has("web01 0123456789abcdef.vsv")).toBe(false);
  await host.session.start(web01);
  expect(host.log).toContain("start");
});

test("a machine that is turned off while its state comes is off", async () => {
  const host = await openMemoryHost({
    machines: [warmVm],
    ...(await takeWarm(pieces())),
    ...stores(),
    moods: { create: "hangs" },
  });
  const starting = codeOf(host.session.start(web01));
  await settle();
  await host.session.turnOff(web01);
  expect(await starting).toBe("vm.turnedOff");
  expect(await host.state()).toBe("off");
  expect(host.disks.opened()).toEqual([]);
});
