import { describe, expect, test } from "vitest";
import { codeOf, openMemoryHost, textOf, web01 } from "../../lab/memory-host.ts";
import { labStore } from "../../lab/memory-store.ts";
import { labSectors, labVhd } from "../../lab/vhd.ts";

const create = (name: string) => ({ kind: "create", type: "dynamic", byteLength: 1 << 20, name }) as const;

describe("a new file", () => {
  test.each([
    ["", /needs a name/],
    ["   ", /needs a name/],
    [`${"x".repeat(252)}.vhd`, /256 characters long; 255 is the limit/],
    ["a/b.vhd", /must not contain/],
    ["a\\b.vhd", /must not contain/],
    ["..\\..\\b.vhd", /must not contain/],
    ["a:b.vhd", /must not contain/],
    ["a*.vhd", /must not contain/],
    ["a?.vhd", /must not contain/],
    ['a".vhd', /must not contain/],
    ["<a>.vhd", /must not contain/],
    ["a|b.vhd", /must not contain/],
    ["a\nb.vhd", /must not contain/],
    ["a\u0000.vhd", /must not contain/],
    [".vhd", /begin or end with a dot/],
    [" a.vhd", /begin or end with a dot or a space/],
    ["a.vhd.", /begin or end with a dot/],
    ["a.vhd.part", /not finished/],
    ["a.vhd.PART", /not finished/],
    ["a.img", /end it with \.vhd/],
    ["avhd", /end it with \.vhd/],
  ])("is not called %j", async (name, why) => {
    const host = await openMemoryHost();
    expect(await textOf(host.session.beginDiskJob(create(name)))).toMatch(why);
    expect(await codeOf(host.session.beginDiskJob(create(name)))).toBe("disk.name");
    expect(await host.disks.list()).toEqual([]);
    // What arrives from outside is named by the same rules.
    if (!/end it with/.test(why.source)) {
      const { state, lines } = await host.import(name, labSectors(1, 1));
      expect([state, lines.join()]).toEqual(["failed", expect.stringMatching(why)]);
      expect(await host.disks.list()).toEqual([]);
    }
  });

  test.each(["a.vhd", "A.VHD", "a.avhd", `${"x".repeat(251)}.vhd`, "Übung №1 (copy).vhd", "a.part.vhd"])(
    "may be called %j",
    async (name) => {
      const host = await openMemoryHost();
      await host.must(create(name));
      expect((await host.session.listDisks()).map((file) => file.name)).toContain(name);
    },
  );

  test("is not called as another, whatever the case, nor as an image of the site or a device", async () => {
    const host = await openMemoryHost();
    await host.must(create("web.vhd"));
    await host.management.addDevice({ name: "stick.vhd", byteLength: 512, disk: () => neverOpened() });
    const before = await host.disks.hashes();
    for (const name of ["web.vhd", "WEB.vhd", "Site.vhd", "STICK.VHD"]) {
      const { state, lines } = await host.job(create(name));
      expect([state, lines[0]]).toEqual(["failed", expect.stringMatching(/There is a file .* already/)]);
      expect((await host.import(name, labVhd(labSectors(1, 1)))).state).toBe("failed");
      expect((await host.job({ kind: "convert", source: "web.vhd", name, type: "fixed" })).state).toBe(
        "failed",
      );
    }
    expect(await host.disks.hashes()).toEqual(before);
  });

  test("of two jobs that want one name, one gets it and the other harms nothing", async () => {
    const host = await openMemoryHost();
    const jobs = await Promise.all(
      [1, 2, 3].map((size) => host.session.beginDiskJob({ ...create("web.vhd"), byteLength: size << 20 })),
    );
    const ends = await Promise.all(jobs.map((job) => host.over(job)));
    expect(ends.map(({ state }) => state).sort()).toEqual(["completed", "failed", "failed"]);
    expect((await host.disks.list()).map(({ name }) => name)).toEqual(["web.vhd"]);
    expect((await host.file("web.vhd"))?.format).toBe("dynamic");
  });
});

function neverOpened(): never {
  throw new Error("the device was opened");
}

describe("a file that is not finished", () => {
  test("is hidden while it is made, and swept when a host opens; one that another tab makes stays", async () => {
    const disks = labStore();
    await disks.put("left.vhd.part", labSectors(3, 1));
    await disks.put("theirs.vhd.part", labSectors(3, 1));
    await disks.put("kept.img", labSectors(3, 1));
    await disks.put(".probe", labSectors(1, 1));
    const letGo = disks.holdElsewhere("theirs.vhd.part");
    const host = await openMemoryHost({ disks });
    expect((await disks.list()).map(({ name }) => name).sort()).toEqual([
      ".probe",
      "kept.img",
      "theirs.vhd.part",
    ]);
    expect((await host.session.listDisks()).map(({ name }) => name)).toEqual(["kept.img", "site.vhd"]);
    letGo();
    let seen: readonly string[] = [];
    host.atBreath(
      () => void host.session.listDisks().then((files) => (seen = files.map(({ name }) => name))),
    );
    await host.must({ kind: "convert", source: "kept.img", name: "copy.vhd", type: "fixed" });
    expect(seen).toEqual(["kept.img", "site.vhd"]);
    expect(await host.file("copy.vhd")).toBeDefined();
  });

  test("that another file stands in for cannot be asked for by its name", async () => {
    const disks = labStore();
    const host = await openMemoryHost({ disks });
    await disks.put("secret.vhd.part", labVhd(labSectors(3, 1)));
    expect(await codeOf(host.session.inspectDisk("secret.vhd.part"))).toBe("storage.missing");
    expect(await codeOf(host.session.removeDisk("secret.vhd.part"))).toBe("storage.missing");
    expect((await host.job({ kind: "validate", name: "secret.vhd.part" })).lines).toEqual([
      "There is no file secret.vhd.part.",
    ]);
  });
});

describe("another name", () => {
  test("is taken, drives follow, also those that hold the file in other letters", async () => {
    const host = await openMemoryHost();
    await host.must(create("old.vhd"));
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    await host.session.addDrive((await host.summary()).id, {
      slot,
      kind: "disk",
      medium: { kind: "file", name: "OLD.vhd" },
    });
    await host.session.renameDisk("Old.vhd", "new.vhd");
    expect((await host.summary()).drives.at(-1)?.title).toBe("new.vhd");
    expect(await host.file("new.vhd")).toMatchObject({ usedBy: [{ name: "web01" }] });
    expect(await host.file("old.vhd")).toBeUndefined();
    // Only the case is another.
    await host.session.renameDisk("new.vhd", "New.vhd");
    expect((await host.summary()).drives.at(-1)?.title).toBe("New.vhd");
    const again = await openMemoryHost({ disks: host.disks, kept: host.kept });
    expect((await again.summary()).drives.at(-1)?.title).toBe("New.vhd");
  });

  test.each([
    ["a.vhd", "b.vhd", "disk.exists"],
    ["a.vhd", "B.VHD", "disk.exists"],
    ["a.vhd", "site.vhd", "disk.exists"],
    ["a.vhd", "c/d.vhd", "disk.name"],
    // A guest may have written anything into a raw image: no name makes it another kind of disk.
    ["a.vhd", "a.img", "disk.name"],
    ["raw.img", "raw.vhd", "disk.name"],
    ["raw.img", "raw.iso", "disk.name"],
    ["site.vhd", "mine.vhd", "disk.foreign"],
    ["gone.vhd", "new.vhd", "storage.missing"],
    ["parent.vhd", "new.vhd", "disk.hasChildren"],
  ])("%s to %s is refused: %s", async (from, to, code) => {
    const host = await openMemoryHost();
    for (const name of ["a.vhd", "b.vhd", "parent.vhd"]) await host.must(create(name));
    await host.must({ kind: "create", type: "differencing", name: "child.vhd", parent: "parent.vhd" });
    await host.import("raw.img", labSectors(3, 1));
    const before = await host.disks.hashes();
    expect(await codeOf(host.session.renameDisk(from, to))).toBe(code);
    expect(await host.disks.hashes()).toEqual(before);
  });

  test("of two files at once is never the same", async () => {
    const host = await openMemoryHost();
    for (const name of ["a.vhd", "b.vhd"]) await host.must(create(name));
    const both = await Promise.all(
      ["a.vhd", "b.vhd"].map((name) => codeOf(host.session.renameDisk(name, "c.vhd"))),
    );
    expect(both.filter((code) => code === "none")).toHaveLength(1);
    expect(await host.disks.list()).toHaveLength(2);
  });

  test("is not given when a drive that holds the file cannot follow", async () => {
    const host = await openMemoryHost();
    await host.must(create("old.vhd"));
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    const medium = { kind: "file", name: "old.vhd" } as const;
    await host.session.addDrive(web01, { slot, kind: "disk", medium });
    const before = [await host.disks.hashes(), await host.kept.hashes()];
    host.be({ keep: "fails" });
    expect(await codeOf(host.session.renameDisk("old.vhd", "new.vhd"))).toBe("fake.keep");
    expect([await host.disks.hashes(), await host.kept.hashes()]).toEqual(before);
    expect((await host.summary()).drives.at(-1)?.title).toBe("old.vhd");
  });

  test("is not given to a file that is in use", async () => {
    const host = await openMemoryHost();
    await host.session.start((await host.summary()).id);
    expect(await textOf(host.session.renameDisk("web01.vhd", "x.vhd"))).toBe(
      "web01.vhd is in use by the virtual machine web01 and cannot be renamed now.",
    );
    expect(await textOf(host.session.removeDisk("web01.vhd"))).toMatch(/in use by the virtual machine web01/);
  });
});

describe("removing", () => {
  test.each([
    ["site.vhd", "disk.foreign", /belongs to the site/],
    ["parent.vhd", "disk.hasChildren", /child\.vhd would lose its parent/],
    ["CHILD.vhd", "disk.attached", /in a drive of web01\. Take it out/],
    ["gone.vhd", "storage.missing", /There is no file gone\.vhd/],
  ])("%s is refused: %s", async (name, code, why) => {
    const host = await openMemoryHost();
    await host.must(create("parent.vhd"));
    await host.must({ kind: "create", type: "differencing", name: "child.vhd", parent: "parent.vhd" });
    const slot = { controller: "SCSI", number: 0, location: 5 } as const;
    const medium = { kind: "file", name: "child.vhd" } as const;
    await host.session.addDrive((await host.summary()).id, { slot, kind: "disk", medium });
    expect(await textOf(host.session.removeDisk(name))).toMatch(why);
    expect(await codeOf(host.session.removeDisk(name))).toBe(code);
    expect(await host.disks.list()).toHaveLength(2);
  });

  test("gives the space back, and the name can be another disk's", async () => {
    const host = await openMemoryHost();
    await host.import("a.vhd", labVhd(labSectors(3, 1)));
    await host.session.removeDisk("A.vhd");
    expect(await host.disks.list()).toEqual([]);
    await host.import("a.vhd", labVhd(labSectors(5, 1)));
    expect((await host.file("a.vhd"))?.byteLength).toBe(5 * 512);
  });
});
