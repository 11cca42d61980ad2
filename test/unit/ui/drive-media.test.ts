import { describe, expect, test } from "vitest";
import type { DiskFileSummary, VmGuid } from "../../../src/hvdef/index.ts";
import { fileRefusal, mediaFor } from "../../../src/ui/drive-media.ts";

const here = "here" as VmGuid;
const there = { vm: "there" as VmGuid, name: "web01" };

function file(name: string, more: Partial<DiskFileSummary> = {}): DiskFileSummary {
  return {
    name,
    format: "dynamic",
    fileBytes: 4096,
    byteLength: 2 ** 30,
    parent: null,
    children: [],
    usedBy: [],
    inUse: false,
    fetched: null,
    trouble: null,
    ...more,
  };
}

describe("why a file cannot be chosen", () => {
  test("a file nobody holds can", () => {
    expect(fileRefusal(file("a.vhd"), here)).toBeNull();
    expect(fileRefusal(file("a.avhd", { format: "differencing", parent: "b.vhd" }), here)).toBeNull();
  });

  test("another machine has it, or this one", () => {
    expect(fileRefusal(file("a.vhd", { usedBy: [there], inUse: true }), here)).toContain("web01 has it");
    const mine = { vm: here, name: "Debian" };
    expect(fileRefusal(file("a.vhd", { usedBy: [mine] }), here)).toContain("This machine");
    expect(fileRefusal(file("a.iso", { format: "iso", usedBy: [there, mine] }), here)).toContain(
      "This machine",
    );
  });

  test("a disc is only read, so several machines share it", () => {
    expect(fileRefusal(file("a.iso", { format: "iso", usedBy: [there], inUse: true }), here)).toBeNull();
    expect(fileRefusal(file("a.iso", { format: "iso", inUse: true }), here)).toContain("task");
    expect(fileRefusal(file("a.vfd", { format: "floppy", usedBy: [there] }), here)).toContain("web01");
  });

  test("disks build on it", () => {
    expect(fileRefusal(file("a.vhd", { children: ["b.avhd"] }), here)).toContain("b.avhd builds on it");
    expect(fileRefusal(file("a.vhd", { children: ["b", "c"] }), here)).toContain("b and c build on it");
  });

  test("a task has it open", () => {
    expect(fileRefusal(file("a.vhd", { inUse: true }), here)).toContain("Wait");
  });

  test("it is broken, and says how", () => {
    const broken = file("a.vhd", { format: "unusable", trouble: "the footer is gone" });
    expect(fileRefusal(broken, here)).toBe("The footer is gone.");
    expect(fileRefusal({ ...broken, trouble: null }, here)).toBe("It cannot be used.");
  });
});

describe("the list", () => {
  const files = [
    file("disk10.vhd"),
    file("Disk2.vhd"),
    file("base.vhd", { children: ["disk10.vhd"] }),
    file("old.img", { format: "raw" }),
    file("setup.iso", { format: "iso" }),
    file("boot.vfd", { format: "floppy" }),
    file("stick.img", { format: "device" }),
    file("bad.iso", { format: "unusable" }),
    file("bad.vfd", { format: "unusable" }),
    file("bad.vhd", { format: "unusable" }),
  ];
  const names = (wanted: "disk" | "dvd" | "floppy" | "device") =>
    mediaFor(files, wanted, here).map(({ name }) => name);

  test("each drive is offered what fits it; what can be chosen comes first", () => {
    expect(names("disk")).toEqual(["Disk2.vhd", "disk10.vhd", "old.img", "bad.vhd", "base.vhd"]);
    expect(names("dvd")).toEqual(["setup.iso", "bad.iso"]);
    expect(names("floppy")).toEqual(["boot.vfd", "bad.vfd"]);
    expect(names("device")).toEqual(["stick.img"]);
  });
});
