import { describe, expect, test } from "vitest";
import type { DriveConfiguration, Medium, PartitionId } from "../../../src/hvdef/index.ts";
import { type Disk, ramDisk } from "../../../src/storage/index.ts";
import {
  codeOf,
  labVm,
  type MemoryHost,
  openMemoryHost,
  settle,
  slotOf,
  textOf,
  web01,
} from "../../lab/memory-host.ts";
import { labStore } from "../../lab/memory-store.ts";
import { labSectors } from "../../lab/vhd.ts";

const file = (name: string): Medium => ({ kind: "file", name });
const memory = (byteLength = 4096): Medium => ({ kind: "memory", byteLength });
function drive(place: string, medium: Medium, kind: DriveConfiguration["kind"] = "disk"): DriveConfiguration {
  return { slot: slotOf(place), kind, medium };
}
function iso(seed: number, sectors = 20): Uint8Array<ArrayBuffer> {
  const bytes = labSectors(sectors * 4, seed);
  bytes.set(new TextEncoder().encode("CD001"), 16 * 2048 + 1);
  return bytes;
}

/** A host with disks, discs and diskettes in its library. */
async function stocked(machine = labVm()): Promise<MemoryHost> {
  const host = await openMemoryHost({ machines: [machine] });
  for (const name of ["a.vhd", "b.vhd"])
    await host.must({ kind: "create", name, type: "dynamic", byteLength: 1 << 20 });
  await host.import("one.iso", iso(1));
  await host.import("two.iso", iso(2, 24));
  await host.must({ kind: "createFloppy", name: "boot.vfd" });
  await host.must({ kind: "createFloppy", name: "more.vfd" });
  await host.import("raw.img", labSectors(5, 1));
  return host;
}
const titles = async (host: MemoryHost) => (await host.summary()).drives.map(({ title }) => title);

describe("rules", () => {
  const places = [
    drive("IDE 2:0", memory()),
    drive("IDE 0:2", memory()),
    drive("SCSI 1:0", memory()),
    drive("SCSI 0:64", memory()),
    drive("floppy 1:0", { kind: "empty" }, "floppy"),
    { ...drive("SCSI 0:1", memory()), slot: { controller: "SCSI", number: -1, location: 0 } },
    { ...drive("SCSI 0:1", memory()), slot: { controller: "SCSI", number: 0, location: 0.5 } },
    { ...drive("SCSI 0:1", memory()), slot: { controller: "toString", number: 0, location: 0 } },
  ] as DriveConfiguration[];
  test.each<[string, DriveConfiguration, RegExp]>([
    ...places.map((one): [string, DriveConfiguration, RegExp] => ["drive.place", one, /There is no place/]),
    ["drive.place", drive("IDE 0:1", memory(), "floppy"), /diskette drive cannot hang at IDE 0:1/],
    ["drive.place", drive("floppy", memory()), /hard disk cannot hang at the diskette drive/],
    ["drive.place", drive("SCSI 0:1", { kind: "empty" }, "dvd"), /DVD drives hang on IDE/],
    ["drive.taken", drive("IDE 0:0", memory()), /There is a drive at IDE 0:0 already/],
    ["drive.medium", drive("IDE 0:1", { kind: "empty" }), /hard disk drive is never empty/],
    ["drive.medium", drive("IDE 0:1", memory(), "dvd"), /takes images, no memory disk/],
    ["drive.medium", drive("floppy", { kind: "device", name: "stick" }, "floppy"), /diskette images only/],
    ["drive.medium", drive("IDE 0:1", memory(0)), /512 bytes to 1 GB/],
    ["drive.medium", drive("IDE 0:1", memory(700)), /whole sectors/],
    ["drive.medium", drive("IDE 0:1", memory(2 ** 31)), /512 bytes to 1 GB/],
    ["drive.medium", drive("IDE 0:1", memory(Number.NaN)), /512 bytes to 1 GB/],
    ["storage.missing", drive("IDE 0:1", file("gone.vhd")), /There is no file gone\.vhd/],
    ["drive.medium", drive("IDE 0:1", file("one.iso")), /one\.iso does not fit a hard disk/],
    ["drive.medium", drive("IDE 0:1", file("a.vhd"), "dvd"), /a\.vhd does not fit a DVD drive/],
    ["drive.medium", drive("floppy", file("raw.img"), "floppy"), /raw\.img does not fit a diskette drive/],
    ["drive.medium", drive("IDE 0:1", { kind: "device", name: "a.vhd" }), /a file of the library, no device/],
    ["drive.medium", drive("IDE 0:1", file("stick")), /choose it as a pass-through disk/],
    [
      "drive.medium",
      drive("IDE 0:1", { kind: "device", name: "stick" }, "dvd"),
      /stick does not fit a DVD drive/,
    ],
  ])("%s: %j", async (code, wanted, why) => {
    const host = await stocked();
    await host.management.addDevice({ name: "stick", byteLength: 512, disk: () => ramDisk(512) });
    const before = await host.summary();
    expect(await textOf(host.session.addDrive(web01, wanted))).toMatch(why);
    expect(await codeOf(host.session.addDrive(web01, wanted))).toBe(code);
    expect(await host.summary()).toEqual(before);
    expect(await host.kept.list()).toEqual([]);
  });

  test("controllers: 0 to 4, and none is taken away that has a drive", async () => {
    const host = await stocked();
    for (const count of [-1, 5, 1.5, Number.NaN])
      expect(await codeOf(host.session.setScsiControllers(web01, count))).toBe("drive.controllers");
    await host.session.setScsiControllers(web01, 4);
    await host.session.addDrive(web01, drive("SCSI 3:63", memory()));
    expect(await textOf(host.session.setScsiControllers(web01, 3))).toBe(
      "Remove the drive at SCSI 3:63 first.",
    );
    await host.session.removeDrive(web01, slotOf("SCSI 3:63"));
    await host.session.setScsiControllers(web01, 1);
    expect(await textOf(host.session.setScsiControllers(web01, 0))).toBe(
      "Remove the drive at SCSI 0:0 first.",
    );
    expect((await host.summary()).scsiControllers).toBe(1);
  });

  test("a running machine: media and SCSI only", async () => {
    const host = await stocked();
    await host.session.start(web01);
    const refusals = [
      host.session.addDrive(web01, drive("IDE 0:1", memory())),
      host.session.removeDrive(web01, slotOf("IDE 0:0")),
      host.session.removeDrive(web01, slotOf("IDE 1:0")),
      host.session.setMedium(web01, slotOf("SCSI 0:0"), memory()),
      host.session.setMedium(web01, slotOf("IDE 0:0"), file("a.vhd")),
      host.session.setScsiControllers(web01, 2),
    ];
    for (const refusal of refusals) expect(await codeOf(refusal)).toBe("drive.running");
    expect(await codeOf(host.session.removeDrive(web01, slotOf("SCSI 0:9")))).toBe("drive.none");
    expect(await codeOf(host.session.setMedium(web01, slotOf("floppy"), { kind: "empty" }))).toBe(
      "drive.none",
    );
  });

  test("a machine between states: later", async () => {
    const host = await stocked();
    await host.session.start(web01);
    host.be({ request: "hangs" });
    const pausing = host.session.pause(web01);
    await settle(3);
    expect(await textOf(host.session.addDrive(web01, drive("SCSI 0:1", memory())))).toMatch(
      /Wait until web01 has settled/,
    );
    host.letGo();
    await pausing;
    host.be({});
    await host.session.addDrive(web01, drive("SCSI 0:1", memory()));
  });

  test("drives are listed in the order of their controllers", async () => {
    const host = await stocked(labVm({ drives: [], firstDisks: [] }));
    for (const one of [
      drive("floppy", { kind: "empty" }, "floppy"),
      drive("SCSI 0:3", memory()),
      drive("IDE 1:0", { kind: "empty" }, "dvd"),
      drive("SCSI 0:1", memory()),
      drive("IDE 0:1", file("a.vhd")),
    ])
      await host.session.addDrive(web01, one);
    const order = (await host.summary()).drives.map(
      ({ slot }) => `${slot.controller} ${slot.number}:${slot.location}`,
    );
    expect(order).toEqual(["IDE 0:1", "IDE 1:0", "SCSI 0:1", "SCSI 0:3", "floppy 0:0"]);
  });
});

describe("a SCSI disk of a running machine", () => {
  test("comes and goes: opened, placed, told; taken away, closed, told", async () => {
    const host = await stocked();
    await host.session.start(web01);
    host.log.length = 0;
    await host.session.addDrive(web01, drive("SCSI 0:5", file("A.VHD")));
    expect([host.log, host.disks.opened()]).toEqual([["fill SCSI 0:5"], ["a.vhd", "web01.vhd"]]);
    expect((await host.summary()).drives.at(-1)).toMatchObject({ title: "A.VHD", byteLength: 1 << 20 });
    expect(await host.file("a.vhd")).toMatchObject({ inUse: true, usedBy: [{ name: "web01" }] });
    expect(host.placed.get("SCSI 0:5")?.write(0, labSectors(1, 9))).toBe("ok");
    await host.session.removeDrive(web01, slotOf("SCSI 0:5"));
    expect([host.log, host.disks.opened()]).toEqual([["fill SCSI 0:5", "empty SCSI 0:5"], ["web01.vhd"]]);
    // What the guest wrote is in the file.
    await host.session.addDrive(web01, drive("SCSI 0:6", file("a.vhd")));
    const read = new Uint8Array(512);
    host.placed.get("SCSI 0:6")?.read(0, read);
    expect(read).toEqual(labSectors(1, 9));
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
  });

  test("that cannot be opened changes nothing", async () => {
    const host = await stocked();
    await host.session.start(web01);
    host.log.length = 0;
    const letGo = host.disks.holdElsewhere("a.vhd");
    expect(await codeOf(host.session.addDrive(web01, drive("SCSI 0:5", file("a.vhd"))))).toBe(
      "storage.inUse",
    );
    letGo();
    expect([host.log, await titles(host)]).toEqual([[], ["web01.vhd", "empty", "memory"]]);
  });

  test("is closed when the machine ends while it opens", async () => {
    for (let ticks = 0; ticks < 40; ticks++) {
      const host = await stocked();
      await host.session.start(web01);
      const adding = codeOf(host.session.addDrive(web01, drive("SCSI 0:5", file("a.vhd"))));
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      await host.session.partitionGone(1 as PartitionId, { kind: "crashed", detail: "?" });
      const code = await adding;
      expect(host.stillOpen()).toEqual([]);
      // It is there for the next start, or the caller knows that it is not.
      expect((await titles(host)).includes("a.vhd")).toBe(code === "none");
      await host.session.start(web01);
      expect(host.placed.has("SCSI 0:5")).toBe(code === "none");
    }
  });
});

describe("the medium of a running machine", () => {
  const withFloppy = labVm({ drives: [...labVm().drives, drive("floppy", { kind: "empty" }, "floppy")] });

  test("a disc is inserted, swapped and ejected: the drive is empty in between, files close", async () => {
    const host = await stocked(withFloppy);
    await host.session.start(web01);
    host.log.length = 0;
    const dvd = slotOf("IDE 1:0");
    await host.session.setMedium(web01, dvd, file("one.iso"));
    await host.session.setMedium(web01, dvd, file("two.iso"));
    expect(host.disks.opened()).toEqual(["two.iso", "web01.vhd"]);
    await host.session.setMedium(web01, dvd, { kind: "empty" });
    expect(host.inserted).toEqual([
      { channel: 2, medium: null },
      { channel: 2, medium: { byteLength: 40_960, readOnly: true } },
      { channel: 2, medium: null },
      { channel: 2, medium: { byteLength: 49_152, readOnly: true } },
      { channel: 2, medium: null },
    ]);
    expect(host.log).toEqual([
      "empty IDE 1:0",
      "fill IDE 1:0",
      "empty IDE 1:0",
      "fill IDE 1:0",
      "empty IDE 1:0",
    ]);
    expect(host.disks.opened()).toEqual(["web01.vhd"]);
  });

  test("a diskette can be written and is swapped", async () => {
    const host = await stocked(withFloppy);
    await host.session.start(web01);
    await host.session.setMedium(web01, slotOf("floppy"), file("boot.vfd"));
    expect(host.inserted.at(-1)).toEqual({ channel: 4, medium: { byteLength: 1_474_560, readOnly: false } });
    expect(host.placed.get("floppy 0:0")?.write(0, labSectors(1, 3))).toBe("ok");
    await host.session.setMedium(web01, slotOf("floppy"), file("more.vfd"));
    expect((await host.disks.contents("boot.vfd")).slice(0, 512)).toEqual(labSectors(1, 3));
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
  });

  test("that cannot be opened leaves the old one in the drive", async () => {
    const host = await stocked(withFloppy);
    await host.session.start(web01);
    await host.session.setMedium(web01, slotOf("IDE 1:0"), file("one.iso"));
    const before = [...host.inserted];
    const disc = host.placed.get("IDE 1:0");
    const letGo = host.disks.holdElsewhere("two.iso");
    expect(await codeOf(host.session.setMedium(web01, slotOf("IDE 1:0"), file("two.iso")))).toBe(
      "storage.inUse",
    );
    expect(await codeOf(host.session.setMedium(web01, slotOf("IDE 1:0"), file("a.vhd")))).toBe(
      "drive.medium",
    );
    letGo();
    expect([host.inserted, host.placed.get("IDE 1:0") === disc]).toEqual([before, true]);
    expect(disc?.read(0, new Uint8Array(512))).toBe("ok");
    expect(await titles(host)).toContain("one.iso");
  });

  test("that the emulated drive refuses is closed, and the old one is back in it", async () => {
    const host = await stocked(withFloppy);
    await host.session.start(web01);
    host.be({ medium: "fails" });
    expect(await codeOf(host.session.setMedium(web01, slotOf("IDE 1:0"), file("one.iso")))).toBe(
      "fake.medium",
    );
    expect([host.disks.opened(), host.placed.has("IDE 1:0")]).toEqual([["web01.vhd"], false]);
    host.be({});
    await host.session.setMedium(web01, slotOf("IDE 1:0"), file("one.iso"));
    host.be({ medium: "fails" });
    expect(await codeOf(host.session.setMedium(web01, slotOf("IDE 1:0"), file("two.iso")))).toBe(
      "fake.medium",
    );
    expect(host.disks.opened()).toEqual(["one.iso", "web01.vhd"]);
    expect(host.placed.get("IDE 1:0")?.byteLength).toBe(40_960);
    expect(await titles(host)).toContain("one.iso");
    await host.session.turnOff(web01);
    expect(host.stillOpen()).toEqual([]);
  });

  test("is closed when the machine ends in the middle", async () => {
    const host = await stocked(withFloppy);
    await host.session.start(web01);
    host.be({ medium: "hangs" });
    const inserting = codeOf(host.session.setMedium(web01, slotOf("IDE 1:0"), file("one.iso")));
    await settle();
    expect(host.disks.opened()).toContain("one.iso");
    await host.session.turnOff(web01);
    host.letGo();
    await inserting;
    expect(host.stillOpen()).toEqual([]);
  });

  test("changes at once come one after another, each upon the one before", async () => {
    const host = await stocked(withFloppy);
    await host.session.start(web01);
    const dvd = slotOf("IDE 1:0");
    const all = await Promise.all([
      codeOf(host.session.setMedium(web01, dvd, file("one.iso"))),
      codeOf(host.session.addDrive(web01, drive("SCSI 0:1", file("a.vhd")))),
      codeOf(host.session.setMedium(web01, dvd, file("two.iso"))),
      codeOf(host.session.addDrive(web01, drive("SCSI 0:1", file("b.vhd")))),
      codeOf(host.session.setMedium(web01, dvd, { kind: "empty" })),
      codeOf(host.session.removeDrive(web01, slotOf("SCSI 0:1"))),
      codeOf(host.session.removeDrive(web01, slotOf("SCSI 0:1"))),
    ]);
    expect(all).toEqual(["none", "none", "none", "drive.taken", "none", "none", "drive.none"]);
    expect([host.disks.opened(), await titles(host)]).toEqual([
      ["web01.vhd"],
      ["web01.vhd", "empty", "memory", "empty"],
    ]);
  });

  test("a start takes up a change under way; one that comes later is refused", async () => {
    const seen = new Set<string>();
    for (let ticks = 0; ticks < 12; ticks++) {
      const host = await stocked(withFloppy);
      const adding = codeOf(host.session.addDrive(web01, drive("IDE 0:1", file("a.vhd"))));
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      await host.session.start(web01);
      const code = await adding;
      seen.add(code);
      expect(host.placed.has("IDE 0:1")).toBe(code === "none");
      const sizes = (await host.summary()).drives.map(({ byteLength }) => byteLength);
      expect(sizes).toEqual([32_768, ...(code === "none" ? [1 << 20] : []), null, 8192, null]);
      const kept = await openMemoryHost({ disks: host.disks, kept: host.kept, machines: [withFloppy] });
      expect((await titles(kept)).includes("a.vhd")).toBe(code === "none");
    }
    expect(seen).toEqual(new Set(["none", "vm.state"]));
  });
});

describe("a pass-through disk", () => {
  function device() {
    const inner = ramDisk(8192);
    let open = 0;
    let most = 0;
    const disk = (): Disk => {
      open++;
      most = Math.max(most, open);
      return { ...inner, [Symbol.dispose]: () => void open-- };
    };
    return { disk, open: () => open, most: () => most };
  }

  test("is one machine's at a time, listed, and let go when the machine is off", async () => {
    const host = await stocked();
    const stick = device();
    expect(await host.management.addDevice({ name: "stick", byteLength: 8192, disk: stick.disk })).toBe(
      "stick",
    );
    expect(await host.management.addDevice({ name: "Stick", byteLength: 8192, disk: stick.disk })).toBe(
      "Stick (2)",
    );
    await host.session.addDrive(web01, drive("SCSI 0:5", { kind: "device", name: "stick" }));
    expect((await host.summary()).drives.at(-1)).toMatchObject({ title: "stick", kept: "your device" });
    await host.session.start(web01);
    expect(await host.file("stick")).toMatchObject({
      format: "device",
      inUse: true,
      fileBytes: 0,
      byteLength: 8192,
    });
    const { lines } = await host.job({ kind: "convert", source: "stick", name: "n.vhd", type: "fixed" });
    expect(lines).toEqual(["stick is in use by the virtual machine web01."]);
    await host.session.turnOff(web01);
    await settle(2);
    expect(stick.open()).toBe(0);
    await host.must({ kind: "convert", source: "stick", name: "n.vhd", type: "fixed" });
    await settle(2);
    expect([stick.open(), stick.most()]).toEqual([0, 1]);
    expect(await codeOf(host.session.removeDisk("stick"))).toBe("disk.attached");
    await host.session.removeDrive(web01, slotOf("SCSI 0:5"));
    await host.session.removeDisk("stick");
    expect(await host.file("stick")).toBeUndefined();
    expect(await codeOf(host.session.renameDisk("Stick (2)", "x"))).toBe("disk.foreign");
  });

  test("never hides a file of the same name", async () => {
    const host = await stocked();
    const name = await host.management.addDevice({ name: "A.vhd", byteLength: 8192, disk: device().disk });
    expect(name).toBe("A.vhd (2)");
    expect((await host.file("a.vhd"))?.format).toBe("dynamic");
  });
});

describe("drives are kept", () => {
  test("over a reload, whatever changed them", async () => {
    const host = await stocked();
    await host.session.setScsiControllers(web01, 2);
    await host.session.addDrive(web01, drive("SCSI 1:7", file("a.vhd")));
    await host.session.removeDrive(web01, slotOf("IDE 0:0"));
    await host.session.start(web01);
    await host.session.setMedium(web01, slotOf("IDE 1:0"), file("one.iso"));
    await host.session.addDrive(web01, drive("SCSI 0:1", memory(512)));
    const before = (await host.summary()).drives.map(({ slot, kind, medium }) => ({ slot, kind, medium }));
    await host.session.turnOff(web01);
    const again = await openMemoryHost({ disks: host.disks, kept: host.kept });
    const after = (await again.summary()).drives.map(({ slot, kind, medium }) => ({ slot, kind, medium }));
    expect([after, (await again.summary()).scsiControllers]).toEqual([before, 2]);
    expect(again.events()).toEqual([]);
    await again.session.start(web01);
    expect([...again.placed.keys()]).toEqual(["IDE 1:0", "SCSI 0:0", "SCSI 0:1", "SCSI 1:7"]);
  });

  test("only when they could be: a change that finds no space is refused and undone", async () => {
    const host = await stocked();
    for (const room of [0, 1]) {
      host.kept.room(room);
      const before = await host.kept.hashes();
      const code = await codeOf(host.session.addDrive(web01, drive("SCSI 0:1", memory())));
      host.kept.room(Number.POSITIVE_INFINITY);
      if (code === "none") continue;
      expect([code, await host.kept.hashes()]).toEqual(["storage.noSpace", before]);
      expect(await titles(host)).toEqual(["web01.vhd", "empty", "memory"]);
    }
  });

  test("a running machine that got a disk has it, even when that cannot be kept", async () => {
    const host = await stocked();
    await host.session.start(web01);
    host.be({ keep: "fails" });
    expect(await codeOf(host.session.addDrive(web01, drive("SCSI 0:1", file("a.vhd"))))).toBe("fake.keep");
    host.be({});
    expect([await titles(host), host.placed.has("SCSI 0:1")]).toEqual([
      ["web01.vhd", "empty", "memory", "a.vhd"],
      true,
    ]);
    await host.session.removeDrive(web01, slotOf("SCSI 0:1"));
    expect(host.disks.opened()).toEqual(["web01.vhd"]);
  });

  test.each([
    ["no JSON", "nonsense"],
    ["another format", '{"format":2,"drives":[],"scsiControllers":1}'],
    ["no drives", '{"format":1,"scsiControllers":1}'],
    ["a drive of nothing", '{"format":1,"drives":[null],"scsiControllers":1}'],
    ["a place twice", twice()],
    ["null", "null"],
  ])("damaged (%s): as it came, with a warning, and the file is kept beside", async (_what, text) => {
    const kept = labStore();
    const name = `${web01}.drives.json`;
    await kept.put(name, new TextEncoder().encode(text));
    const host = await openMemoryHost({ kept });
    expect(await titles(host)).toEqual(["web01.vhd", "empty", "memory"]);
    expect(host.events()).toEqual([
      expect.stringMatching(
        /^warning: web01: The drives kept for this machine cannot be used .*still in the library/,
      ),
    ]);
    expect(new TextDecoder().decode(await kept.contents(`${name}.damaged`))).toBe(text);
    const again = await openMemoryHost({ kept });
    expect(again.events()).toEqual([]);
  });

  test("in use by another tab: as it came, with a warning, and nothing is moved", async () => {
    const host = await stocked();
    await host.session.removeDrive(web01, slotOf("SCSI 0:0"));
    const before = await host.kept.hashes();
    const letGo = host.kept.holdElsewhere(`${web01}.drives.json`);
    const again = await openMemoryHost({ disks: host.disks, kept: host.kept });
    expect(again.events()).toEqual([expect.stringMatching(/^warning: .* in use by another tab/)]);
    letGo();
    expect(await host.kept.hashes()).toEqual(before);
  });
});

function twice(): string {
  const one = drive("SCSI 0:0", memory());
  return JSON.stringify({ format: 1, drives: [one, one], scsiControllers: 1 });
}
