import { describe, expect, test } from "vitest";
import type { DiskFileSummary } from "../../../src/hvdef/index.ts";
import { diskOffers, editOffers, mergeRefusal, parentRefusal } from "../../../src/ui/disk-actions.ts";
import { file, user } from "./library.ts";

const possible = (one: DiskFileSummary) =>
  diskOffers(one)
    .filter((offer) => offer.refusal === null)
    .map((offer) => offer.action);
const refusal = (one: DiskFileSummary, action: string) =>
  diskOffers(one).find((offer) => offer.action === action)?.refusal;
const listed = (one: DiskFileSummary, files: readonly DiskFileSummary[] = [one]) =>
  editOffers(one, files).map((offer) => offer.action);

describe("what can be done with a file", () => {
  test("a file nobody holds: everything", () => {
    expect(possible(file("a.vhd"))).toEqual(["inspect", "edit", "download", "rename", "remove"]);
  });

  test("an open file can be inspected only, and the reason names who has it open", () => {
    const open = file("a.vhd", { inUse: true, usedBy: [user("web01")] });
    expect(possible(open)).toEqual(["inspect"]);
    expect(refusal(open, "edit")).toContain("Turn off web01");
    expect(refusal(file("a.vhd", { inUse: true }), "remove")).toContain("A job works on a.vhd");
    expect(refusal(file("a.vhd", { inUse: true, children: ["b.vhd"] }), "rename")).toContain(
      "runs from b.vhd",
    );
  });

  test("a parent cannot be renamed or removed, and the reason names its children", () => {
    const parent = file("base.vhd", { children: ["one.vhd", "two.vhd", "three.vhd"], inUse: true });
    expect(possible(parent)).toEqual(["inspect", "edit", "download"]);
    expect(refusal(parent, "remove")).toContain("runs from one.vhd, two.vhd and 1 more");
    expect(refusal({ ...parent, inUse: false }, "remove")).toContain(
      "one.vhd, two.vhd and 1 more build on base.vhd",
    );
    expect(refusal(file("b.vhd", { children: ["one.vhd"] }), "rename")).toContain("one.vhd builds on b.vhd");
  });

  test("a disk in a drive is not removed from under its machine", () => {
    const held = file("a.vhd", { usedBy: [user("web01"), user("web02")] });
    expect(possible(held)).toEqual(["inspect", "edit", "download", "rename"]);
    expect(refusal(held, "remove")).toContain("in a drive of web01 and web02");
  });

  test("a disk of the site can only be copied", () => {
    const stock = file("debian.vhd", { fetched: 0.4 });
    expect(possible(stock)).toEqual(["inspect", "edit", "download"]);
    expect(
      editOffers(stock, [stock])
        .filter((offer) => offer.refusal === null)
        .map((offer) => offer.action),
    ).toEqual(["convert"]);
  });

  test("what cannot be read cannot be downloaded", () => {
    expect(possible(file("a.vhd", { format: "unusable", trouble: "no footer" }))).not.toContain("download");
  });

  test("a pass-through disk is refused clearly", () => {
    const device = file("sda", { format: "device" });
    expect(possible(device)).toEqual(["inspect", "download", "remove"]);
    expect(refusal(device, "edit")).toContain("pass-through");
  });
});

describe("what the Edit wizard lists", () => {
  test.each([
    ["fixed", ["convert", "expand", "validate"]],
    ["dynamic", ["compact", "convert", "expand", "validate"]],
    ["raw", ["convert"]],
    ["iso", []],
    ["floppy", []],
    ["device", []],
  ] as const)("%s", (format, expected) => {
    expect(listed(file("a", { format }))).toEqual(expected);
  });

  test("a differencing disk can be merged, and reconnected only when something is wrong", () => {
    const base = file("base.vhd", { format: "dynamic" });
    const child = file("child.vhd", { format: "differencing", parent: "base.vhd" });
    expect(listed(child, [base, child])).toEqual(["compact", "convert", "merge", "validate"]);
    const lost = file("child.vhd", { format: "unusable", parent: "base.vhd", trouble: "its parent is gone" });
    expect(listed(lost, [lost])).toEqual(["reconnect", "validate"]);
    expect(listed(lost, [base, lost])).toEqual(["reconnect", "validate", "repair"]);
  });

  test("a file with trouble of its own can be repaired", () => {
    expect(listed(file("a.vhd", { format: "unusable", trouble: "no footer" }))).toEqual([
      "validate",
      "repair",
    ]);
    expect(listed(file("a.vhd", { format: "dynamic", trouble: "copy used" }))).toContain("repair");
  });

  test("a parent can be copied but not changed", () => {
    const parent = file("base.vhd", { format: "dynamic", children: ["child.vhd"] });
    const free = editOffers(parent, [parent]).filter((offer) => offer.refusal === null);
    expect(free.map((offer) => offer.action)).toEqual(["convert", "validate"]);
  });
});

describe("merging into the parent", () => {
  const child = file("child.vhd", { format: "differencing", parent: "base.vhd" });

  test("needs a parent with no other children", () => {
    expect(mergeRefusal(child, [file("BASE.vhd", { children: ["Child.vhd"] })])).toBeNull();
    expect(mergeRefusal(child, [file("base.vhd", { children: ["child.vhd", "other.vhd"] })])).toContain(
      "other.vhd builds on base.vhd too",
    );
    expect(mergeRefusal(child, [])).toContain("not here");
  });

  test("is refused while another disk builds on the child", () => {
    expect(mergeRefusal({ ...child, children: ["leaf.vhd"] }, [file("base.vhd")])).toContain("leaf.vhd");
  });
});

describe("parents of a new differencing disk", () => {
  test("are virtual hard disks that nobody writes to", () => {
    expect(parentRefusal(file("a.vhd"))).toBeNull();
    expect(parentRefusal(file("a.vhd", { inUse: true, children: ["b.vhd"] }))).toBeNull();
    expect(parentRefusal(file("a.vhd", { inUse: true, usedBy: [user("web01")] }))).toBe("is in use");
    expect(parentRefusal(file("a.vhd", { inUse: true }))).toBe("is in use");
    expect(parentRefusal(file("sda", { format: "device" }))).toContain("pass-through");
    expect(parentRefusal(file("a.img", { format: "raw" }))).toContain("no virtual hard disk");
    expect(parentRefusal(file("a.vhd", { trouble: "worn" }))).toBe("cannot be used");
  });
});
