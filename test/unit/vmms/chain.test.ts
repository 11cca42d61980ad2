import { describe, expect, test } from "vitest";
import type { DriveConfiguration, VmGuid } from "../../../src/hvdef/index.ts";
import {
  codeOf,
  labVm,
  type MemoryHost,
  openMemoryHost,
  siteContents,
  textOf,
  web01,
} from "../../lab/memory-host.ts";
import { plainVhd } from "../../lab/plain-vhd.ts";
import { labContents, labSectors } from "../../lab/vhd.ts";
import { sectorMap, shown } from "../../lab/vhd-tools.ts";

const byteLength = 32 * 1024;
const web02 = "3f0b9d0e-6a51-4d6e-9d0c-7a0a5000000a" as VmGuid;

const driveOf = (name: string, location = 0): DriveConfiguration => ({
  slot: { controller: "SCSI", number: 0, location },
  kind: "disk",
  medium: { kind: "file", name },
});
/** Two machines without drives. */
const bare = [
  labVm({ drives: [], firstDisks: [] }),
  labVm({ id: web02, name: "web02", drives: [], firstDisks: [] }),
];

/** Puts a differencing disk into the store: `ids` are one byte each. */
async function child(
  host: MemoryHost,
  name: string,
  on: { id: number; name: string },
  id: number,
  sector: number,
) {
  const parent = { ...on, timeStamp: 0x2a000000 };
  const sectors = sectorMap([[sector, id]]);
  await host.disks.put(name, plainVhd({ type: "differencing", byteLength, id, parent, sectors }));
}

describe("a chain", () => {
  test("of three reads through, writes into the top only, and closes all", async () => {
    const host = await openMemoryHost({ machines: bare });
    const base = sectorMap([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    await host.disks.put("base.vhd", plainVhd({ type: "fixed", byteLength, sectors: base, id: 1 }));
    await child(host, "mid.vhd", { id: 1, name: "base.vhd" }, 2, 1);
    await child(host, "top.vhd", { id: 2, name: "MID.vhd" }, 3, 2);
    await host.session.addDrive(web01, driveOf("top.vhd"));
    const before = await host.disks.hashes();
    await host.session.start(web01);
    expect(host.disks.opened()).toEqual(["base.vhd", "mid.vhd", "top.vhd"]);
    const disk = host.placed.get("SCSI 0:0");
    if (disk === undefined) throw new Error("no disk");
    expect(labContents(disk)).toEqual(
      shown(byteLength, new Map([...base, ...sectorMap([[1, 2]]), ...sectorMap([[2, 3]])])),
    );
    expect(disk.write(0, labSectors(1, 9))).toBe("ok");
    const map = await host.session.blockMap("top.vhd", 8);
    expect(map.layers.map(({ name, format }) => `${name} ${format}`)).toEqual([
      "top.vhd differencing",
      "mid.vhd differencing",
      "base.vhd fixed",
    ]);
    expect(map.cellBytes).toBe(4096);
    expect(map.layers.map(({ cells }) => cells.length)).toEqual([8, 8, 8]);
    expect([map.layers[0]?.cells[0] !== 0, map.layers[0]?.cells[1], map.layers[2]?.cells[7]]).toEqual([
      true,
      0,
      255,
    ]);
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
    const after = await host.disks.hashes();
    expect([after["base.vhd"], after["mid.vhd"]]).toEqual([before["base.vhd"], before["mid.vhd"]]);
    expect(after["top.vhd"]).not.toBe(before["top.vhd"]);
    // The picture of the closed disk is the same.
    expect(await host.session.blockMap("TOP.vhd", 8)).toEqual(map);
    expect(host.stillOpen()).toEqual([]);
  });

  test("on an image of the site: many machines share it, its blocks come as they are read", async () => {
    const host = await openMemoryHost({ machines: bare });
    for (const [name, vm] of [
      ["a.vhd", web01],
      ["b.vhd", web02],
    ] as const) {
      await host.must({ kind: "create", name, type: "differencing", parent: "site.vhd" });
      await host.session.addDrive(vm, driveOf(name));
      await host.session.start(vm);
      const disk = host.placed.get("SCSI 0:0");
      await disk?.prepare(0, siteContents.length);
      expect(disk === undefined ? null : labContents(disk)).toEqual(siteContents);
    }
    expect(await host.file("site.vhd")).toMatchObject({
      format: "fixed",
      byteLength: siteContents.length,
      children: ["a.vhd", "b.vhd"],
      usedBy: [],
      inUse: true,
      fetched: 1,
      trouble: null,
    });
    await host.session.turnOff(web01);
    await host.session.turnOff(web02);
    expect((await host.file("site.vhd"))?.inUse).toBe(false);
  });

  test("an image of the site in a drive is read only, and goes on being what others build on", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.session.addDrive(web01, driveOf("site.vhd"));
    await host.session.addDrive(web02, driveOf("Site.vhd"));
    await host.session.start(web01);
    await host.session.start(web02);
    expect(host.placed.get("SCSI 0:0")?.readOnly).toBe(true);
    await host.must({ kind: "create", name: "a.vhd", type: "differencing", parent: "site.vhd" });
    expect((await host.session.blockMap("a.vhd", 4)).layers).toHaveLength(2);
  });

  test("several machines on one parent: it is read by all, written by none", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.must({ kind: "create", name: "base.vhd", type: "dynamic", byteLength });
    for (const name of ["a.vhd", "b.vhd"])
      await host.must({ kind: "create", name, type: "differencing", parent: "base.vhd" });
    await host.session.addDrive(web01, driveOf("a.vhd"));
    await host.session.addDrive(web02, driveOf("b.vhd"));
    await host.session.start(web01);
    await host.session.start(web02);
    expect(host.disks.opened()).toEqual(["a.vhd", "b.vhd", "base.vhd", "base.vhd"]);
    expect((await host.job({ kind: "merge", name: "a.vhd", into: null })).lines).toEqual([
      "a.vhd is in use by the virtual machine web01.",
    ]);
    await host.session.addDrive(web01, driveOf("a.vhd", 7)).catch(() => {});
    expect(await textOf(host.session.addDrive(web01, driveOf("base.vhd", 8)))).toBe(
      "base.vhd is the parent of a.vhd, b.vhd: writing to it would damage what builds on it. Use a differencing disk on it instead.",
    );
    await host.session.turnOff(web01);
    await host.session.turnOff(web02);
    expect(host.stillOpen()).toEqual([]);
  });

  test("one disk in two machines: the second is told who has it", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.must({ kind: "create", name: "a.vhd", type: "dynamic", byteLength });
    for (const vm of [web01, web02]) await host.session.addDrive(vm, driveOf("a.vhd"));
    expect((await host.file("a.vhd"))?.usedBy.map(({ name }) => name)).toEqual(["web01", "web02"]);
    await host.session.start(web01);
    expect(await textOf(host.session.start(web02))).toBe(
      "web02 did not start. a.vhd is in use by the virtual machine web01.",
    );
    await host.session.turnOff(web01);
    await host.session.start(web02);
  });

  test("a disk that another tab holds: the sentence says so", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.must({ kind: "create", name: "a.vhd", type: "dynamic", byteLength });
    await host.session.addDrive(web01, driveOf("a.vhd"));
    const letGo = host.disks.holdElsewhere("a.vhd");
    expect(await textOf(host.session.start(web01))).toBe(
      "web01 did not start. a.vhd is in use by another tab.",
    );
    letGo();
    await host.session.start(web01);
  });
});

describe("a chain that cannot be opened names the file at fault and the way out", () => {
  async function startsWith(host: MemoryHost, name: string): Promise<string> {
    const refused = await textOf(host.session.addDrive(web01, driveOf(name)));
    if (refused !== "none") return refused;
    return textOf(host.session.start(web01));
  }

  test("the parent is missing", async () => {
    const host = await openMemoryHost({ machines: bare });
    await child(host, "mid.vhd", { id: 1, name: "base.vhd" }, 2, 1);
    await child(host, "top.vhd", { id: 2, name: "mid.vhd" }, 3, 2);
    expect(await startsWith(host, "top.vhd")).toBe(
      "web01 did not start. mid.vhd builds on base.vhd, which is not in the library. Import it, or reconnect mid.vhd to its parent.",
    );
    expect((await host.file("mid.vhd"))?.trouble).toMatch(
      /^Its parent base\.vhd is not in the library\. Import it/,
    );
    expect((await host.session.inspectDisk("top.vhd")).chain).toEqual(["top.vhd", "mid.vhd"]);
    expect(await codeOf(host.session.blockMap("top.vhd", 8))).toBe("disk.parentMissing");
    expect(host.stillOpen()).toEqual([]);
  });

  test.each([
    ["another disk of the same name", { id: 9 }, /made for another disk/],
    ["another size", { id: 1, byteLength: 2 * byteLength }, /32768 bytes, its parent 65536/],
  ])("the parent is %s", async (_what, base, why) => {
    const host = await openMemoryHost({ machines: bare });
    await host.disks.put("base.vhd", plainVhd({ type: "dynamic", byteLength, ...base }));
    await child(host, "top.vhd", { id: 1, name: "base.vhd" }, 3, 2);
    expect(await startsWith(host, "top.vhd")).toMatch(why);
    expect((await host.file("top.vhd"))?.trouble).toMatch(why);
    expect((await host.file("top.vhd"))?.trouble).toMatch(/Reconnect it/);
    expect(host.stillOpen()).toEqual([]);
  });

  test("the parent is no virtual hard disk, or damaged", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.disks.put("base.img", labSectors(64, 1));
    await child(host, "raw.vhd", { id: 1, name: "base.img" }, 3, 2);
    expect(await startsWith(host, "raw.vhd")).toMatch(/base\.img is no VHD: nothing can build on it/);
    expect((await host.file("raw.vhd"))?.trouble).toBe("Its parent base.img is no virtual hard disk.");
    await host.disks.put("broken.vhd", labSectors(64, 1));
    await child(host, "top.vhd", { id: 1, name: "broken.vhd" }, 4, 2);
    await host.session.removeDrive(web01, driveOf("x").slot);
    expect(await startsWith(host, "top.vhd")).toMatch(/broken\.vhd cannot be used/);
    expect((await host.file("top.vhd"))?.trouble).toMatch(/Its parent broken\.vhd cannot be used/);
    expect(host.stillOpen()).toEqual([]);
  });

  test("it is a circle", async () => {
    const host = await openMemoryHost({ machines: bare });
    await child(host, "a.vhd", { id: 2, name: "b.vhd" }, 1, 1);
    await child(host, "b.vhd", { id: 1, name: "A.vhd" }, 2, 1);
    // It has children, its own: opened for reading it says what is wrong.
    expect(await textOf(host.session.blockMap("a.vhd", 8))).toBe(
      "a.vhd → b.vhd → a.vhd: each builds on the next, in a circle.",
    );
    expect((await host.session.inspectDisk("a.vhd")).chain).toEqual(["a.vhd", "b.vhd"]);
    expect(host.stillOpen()).toEqual([]);
    for (const kind of ["compact", "merge", "expand"] as const) {
      const request =
        kind === "merge" ? { kind, name: "a.vhd", into: null } : { kind, name: "a.vhd", byteLength: 1 << 20 };
      expect((await host.job(request)).state).toBe("failed");
    }
  });

  test("it is 129 deep; 128 is fine; none can be put on top of that", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.disks.put("d1.vhd", plainVhd({ type: "dynamic", byteLength, id: 1 }));
    for (let depth = 2; depth <= 129; depth++)
      await child(host, `d${depth}.vhd`, { id: depth - 1, name: `d${depth - 1}.vhd` }, depth, depth % 64);
    expect(await textOf(host.session.blockMap("d129.vhd", 4))).toBe(
      "d129.vhd builds on more than 128 disks, one on the other. Merge some first.",
    );
    expect((await host.session.blockMap("d128.vhd", 4)).layers).toHaveLength(128);
    await host.session.addDrive(web01, driveOf("d129.vhd"));
    expect(await textOf(host.session.start(web01))).toMatch(/d129\.vhd builds on more than 128 disks/);
    expect(host.stillOpen()).toEqual([]);
    await host.disks.remove("d129.vhd");
    expect(
      (await host.job({ kind: "create", type: "differencing", name: "n.vhd", parent: "d128.vhd" })).lines,
    ).toEqual(["d128.vhd builds on so many disks that none can build on it. Merge some first."]);
    await host.must({ kind: "create", type: "differencing", name: "n.vhd", parent: "d127.vhd" });
  });
});

describe("a picture of the library is in nobody's way", () => {
  test("machines start and jobs run while somebody looks all the time", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.must({ kind: "create", name: "base.vhd", type: "dynamic", byteLength });
    await host.must({ kind: "create", name: "a.vhd", type: "differencing", parent: "base.vhd" });
    await host.session.addDrive(web01, driveOf("a.vhd"));
    for (let ahead = 0; ahead < 24; ahead++) {
      const looks = [
        host.session.blockMap("a.vhd", 4),
        host.session.inspectDisk("base.vhd"),
        host.session.listDisks(),
      ];
      for (let tick = 0; tick < ahead; tick++) await Promise.resolve();
      await host.session.start(web01);
      await Promise.allSettled(looks);
      await host.session.turnOff(web01);
      const again = [host.session.blockMap("a.vhd", 4), host.session.inspectDisk("a.vhd")];
      for (let tick = 0; tick < ahead; tick++) await Promise.resolve();
      await host.must({ kind: "compact", name: "a.vhd" });
      await Promise.allSettled(again);
    }
    expect(host.stillOpen()).toEqual([]);
  });

  test("and counts as no use", async () => {
    const host = await openMemoryHost({ machines: bare });
    await host.must({ kind: "create", name: "a.vhd", type: "dynamic", byteLength });
    const looking = host.session.blockMap("a.vhd", 4);
    for (let tick = 0; tick < 6; tick++) {
      await Promise.resolve();
      expect((await host.file("a.vhd"))?.inUse).toBe(false);
    }
    await looking;
  });

  test.each([0, 65_537, 1.5, Number.NaN, -1])("%d cells are refused", async (cells) => {
    const host = await openMemoryHost({ machines: bare });
    expect(await codeOf(host.session.blockMap("site.vhd", cells))).toBe("disk.cells");
  });
});
