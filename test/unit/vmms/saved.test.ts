import { describe, expect, test } from "vitest";
import { encodeSaved } from "../../../src/hvdef/index.ts";
import { longestPiece, type OwnBytes, packPieces } from "../../../src/support/index.ts";
import { openInputServices, openVideoServices } from "../../../src/vmms/index.ts";
import { codeOf, openMemoryHost, settle, textOf, web01 } from "../../lab/memory-host.ts";
import { type LabStore, labStore } from "../../lab/memory-store.ts";

const page = 4096;
/** Memory of a guest: 300 pages that differ, among as many of zeros. */
function someMemory(): { readonly ram: OwnBytes; pieces(): OwnBytes[] } {
  const ram = new Uint8Array(600 * page);
  for (let at = 0; at < ram.length; at += 2 * page) ram.fill(1 + (at % 251), at, at + page);
  return {
    ram,
    pieces() {
      const packer = packPieces({ region: 0, size: ram.length, pageAt: (at) => ram.subarray(at, at + page) });
      const all: OwnBytes[] = [];
      for (let piece = packer.next(); piece !== null; piece = packer.next()) all.push(piece);
      return all;
    },
  };
}
const diskOf = (host: Awaited<ReturnType<typeof openMemoryHost>>, place: string) => {
  const disk = host.placed.get(place);
  if (disk === undefined) throw new Error(`nothing is at ${place}`);
  return disk;
};

/** A host whose machine runs, with something in its memory and on its disk of memory. */
async function running(stores: { disks: LabStore; kept: LabStore }) {
  const host = await openMemoryHost(stores);
  await host.session.start(web01);
  host.savedPieces.push(...someMemory().pieces());
  diskOf(host, "SCSI 0:0").write(512, new Uint8Array(512).fill(7));
  return host;
}
const stores = () => ({ disks: labStore(), kept: labStore() });

describe("a saved machine", () => {
  test("goes through its states, and is off with its disks closed", async () => {
    const host = await running(stores());
    await host.session.save(web01);
    expect(host.states().slice(-2)).toEqual(["saving", "saved"]);
    expect(host.disks.opened()).toEqual([]);
    expect(host.log.indexOf("pause")).toBeLessThan(host.log.indexOf("save"));
    expect(host.events().at(-1)).toBe("info: web01 was saved.");
    expect((await host.kept.list()).map(({ name }) => name).sort()).toEqual(
      expect.arrayContaining([`${web01}.bin`, `${web01}.saved.json`, `${web01}.vsv`]),
    );
  });

  test("is still saved after a reload, and goes on with its memory and its disk of memory", async () => {
    const both = stores();
    const first = await running(both);
    await first.session.save(web01);
    const host = await openMemoryHost(both);
    expect(await host.state()).toBe("saved");
    await host.session.start(web01);
    expect(host.states()).toContain("restoring");
    expect(await host.state()).toBe("running");
    expect(host.log.filter((line) => /^(start|restore|revive|resume)$/.test(line))).toEqual([
      "restore",
      "revive",
      "resume",
    ]);
    expect(host.restored[0]).toEqual({ build: "lab", units: { engine: Uint8Array.of(1) }, retells: true });
    expect(host.broughtPieces.map((piece) => Buffer.from(piece).toString("base64"))).toEqual(
      someMemory()
        .pieces()
        .map((piece) => Buffer.from(piece).toString("base64")),
    );
    const sector = new Uint8Array(512);
    diskOf(host, "SCSI 0:0").read(512, sector);
    expect(sector.every((byte) => byte === 7)).toBe(true);
    // The past is gone.
    expect((await host.kept.list()).filter(({ name }) => /\.(bin|vsv)$|saved/.test(name))).toEqual([]);
  });

  test("is paused when it was paused and cannot be saved", async () => {
    const host = await running(stores());
    await host.session.pause(web01);
    host.kept.room(1);
    expect(await codeOf(host.session.save(web01))).toBe("storage.noSpace");
    expect(await host.state()).toBe("paused");
  });

  test("runs on, with nothing left behind, when the store is full", async () => {
    const host = await running(stores());
    for (const changes of [0, 1, 2, 3, 4]) {
      host.savedPieces.splice(0, 9, ...someMemory().pieces());
      host.kept.room(changes);
      expect(await codeOf(host.session.save(web01))).toBe("storage.noSpace");
      host.kept.room(Number.POSITIVE_INFINITY);
      expect(await host.state()).toBe("running");
      expect((await host.kept.list()).filter(({ name }) => /\.(bin|vsv)$|saved/.test(name))).toEqual([]);
    }
    expect(host.log.filter((line) => line === "resume")).toHaveLength(5);
    expect(host.kept.opened()).toEqual([]);
    await host.session.save(web01);
    expect(await host.state()).toBe("saved");
  });

  test("is refused with the way out when a disk has changed, and starts anew once it is discarded", async () => {
    const both = stores();
    const first = await running(both);
    await first.session.save(web01);
    const host = await openMemoryHost(both);
    const contents = await host.disks.contents("web01.vhd");
    await host.disks.put("web01.vhd", contents);
    expect(await textOf(host.session.start(web01))).toContain("web01.vhd has changed since");
    expect(await host.state()).toBe("saved");
    expect((await host.summary()).trouble).toContain("discard the saved state");
    await host.session.deleteSavedState(web01);
    expect(await host.state()).toBe("off");
    await host.session.start(web01);
    expect(host.log).toContain("start");
  });

  test("is off in a tab that finds its state gone, whichever way another tab took it", async () => {
    for (const take of ["start", "deleteSavedState"] as const) {
      const both = stores();
      await (await running(both)).session.save(web01);
      const other = await openMemoryHost({ ...both, tab: "the other tab" });
      const host = await openMemoryHost(both);
      await other.session[take](web01);
      expect(await host.state()).toBe("saved");
      const starting = host.session.start(web01);
      expect(await codeOf(starting)).toBe("state.gone");
      expect(await textOf(starting)).toMatch(/^web01 did not start\. Another tab of this site has started/);
      expect(await host.state()).toBe("off");
      if (take === "start") await other.session.turnOff(web01);
      await host.session.start(web01);
      expect(await host.state()).toBe("running");
      expect(host.log).toContain("start");
    }
  });

  test("is refused when a disk is missing", async () => {
    const both = stores();
    await (await running(both)).session.save(web01);
    await both.disks.remove("web01.vhd");
    const host = await openMemoryHost(both);
    expect(await textOf(host.session.start(web01))).toContain("web01.vhd is not there any more");
    expect(await host.state()).toBe("saved");
  });

  test("is refused when its files are damaged, whichever and wherever", async () => {
    const both = stores();
    await (await running(both)).session.save(web01);
    for (const [name, at] of [
      [`${web01}.vsv`, 0],
      [`${web01}.vsv`, 60],
      [`${web01}.bin`, 2],
      [`${web01}.bin`, 20],
      [`${web01}.bin`, 41],
      [`${web01}.saved.json`, 1],
    ] as const) {
      const good = await both.kept.contents(name);
      const bad = good.slice();
      bad[at] = (bad[at] ?? 0) ^ 0xff;
      await both.kept.put(name, bad);
      const host = await openMemoryHost(both);
      expect(await textOf(host.session.start(web01))).toMatch(/damaged|format/);
      expect(await host.state()).toBe("saved");
      await both.kept.put(name, good);
    }
    const host = await openMemoryHost(both);
    await host.session.start(web01);
    expect(await host.state()).toBe("running");
  });

  test("keeps keyboard, mouse and screen for those who serve them, and goes on with what they said", async () => {
    const units = (line: object, format = 1) => ({
      keyboard: encodeSaved({ format, line: { kind: "opened" } }),
      mouse: encodeSaved({ format: 1, line }),
      video: encodeSaved({ format: 1, screen: { kind: "closed" } }),
    });
    const options = { changed() {} };
    const services = openInputServices(options, units({ kind: "closed" }));
    const kept = { ...services.save(), ...openVideoServices(units({ kind: "closed" })).save() };
    expect(Object.keys(kept).sort()).toEqual(["keyboard", "mouse", "video"]);
    expect(() => openInputServices(options, units({ kind: "asleep" }))).toThrow(/mouse .* damaged/);
    expect(() => openInputServices(options, units({ kind: "closed" }, 2))).toThrow(/keyboard .* newer/);
    const screen = { ...kept, video: encodeSaved({ format: 1, screen: { kind: "bright" } }) };
    expect(() => openVideoServices(screen)).toThrow(/screen .* damaged/);
  });

  test("keeps its drives and adapters as they are", async () => {
    const host = await running(stores());
    await host.session.save(web01);
    expect(await codeOf(host.session.removeDrive(web01, { controller: "IDE", number: 1, location: 0 }))).toBe(
      "vm.saved",
    );
    expect(await codeOf(host.session.removeAdapter(web01, "legacy", 0))).toBe("vm.saved");
  });

  test("that ends while it is saved is off, and leaves nothing", async () => {
    const host = await running(stores());
    const partition = (await host.summary()).partition;
    if (partition === null) throw new Error("it does not run");
    const saving = codeOf(host.session.save(web01));
    await settle(1);
    await host.session.partitionGone(partition, { kind: "crashed", detail: "gone" });
    expect(await saving).not.toBe("none");
    expect(await host.state()).toBe("off");
    expect((await host.kept.list()).filter(({ name }) => /\.(bin|vsv)$|saved/.test(name))).toEqual([]);
  });

  test("can be turned off while it is restored, and stays saved", async () => {
    const both = stores();
    await (await running(both)).session.save(web01);
    const host = await openMemoryHost({ ...both, moods: { start: "hangs" } });
    const starting = codeOf(host.session.start(web01));
    await settle();
    expect(await host.state()).toBe("restoring");
    await host.session.turnOff(web01);
    await starting;
    expect(await host.state()).toBe("saved");
  });

  test("takes no more room than its memory", async () => {
    const host = await running(stores());
    await host.session.save(web01);
    const size = (await host.kept.contents(`${web01}.bin`)).length;
    expect(size).toBeLessThan(300 * page + 3 * (longestPiece - 256 * page) + 2 * page);
  });
});
