import { describe, expect, test } from "vitest";
import type { DiskFileSummary } from "../../../src/hvdef/index.ts";
import { editOutcome, editPlan, isConfigured } from "../../../src/ui/edit-disk.ts";
import { newDiskOutcome, newDiskPlan } from "../../../src/ui/new-disk.ts";
import { file, user } from "./library.ts";

const GiB = 1024 ** 3;
const names = (files: readonly DiskFileSummary[]) => files.map((one) => one.name);

describe("the New Virtual Hard Disk Wizard", () => {
  test("begins with Hyper-V's defaults: dynamic, 127 GB, a name that is free", () => {
    const files = [file("new virtual hard disk.vhd")];
    expect(newDiskOutcome(newDiskPlan(names(files)), files)).toMatchObject({
      kind: "ready",
      request: {
        kind: "create",
        type: "dynamic",
        name: "New Virtual Hard Disk (2).vhd",
        byteLength: 127 * GiB,
      },
    });
  });

  test("asks for a parent, and for no size, when the disk is differencing", () => {
    const files = [file("base.vhd"), file("sda", { format: "device" })];
    const plan = { ...newDiskPlan(names(files)), type: "differencing", name: "web01" } as const;
    expect(newDiskOutcome(plan, files)).toMatchObject({ kind: "wrong" });
    expect(newDiskOutcome({ ...plan, parent: "base.vhd" }, files)).toMatchObject({
      request: { kind: "create", type: "differencing", name: "web01.vhd", parent: "base.vhd" },
    });
    expect(newDiskOutcome({ ...plan, parent: "sda" }, files)).toMatchObject({
      kind: "wrong",
      reason: expect.stringContaining("pass-through"),
    });
  });

  test("notices when the library changes under it", () => {
    const plan = { ...newDiskPlan([]), type: "differencing", parent: "base.vhd", name: "a" } as const;
    expect(newDiskOutcome(plan, [file("base.vhd")]).kind).toBe("ready");
    expect(newDiskOutcome(plan, []).kind).toBe("wrong");
    expect(newDiskOutcome(plan, [file("base.vhd"), file("A.vhd")]).kind).toBe("wrong");
    expect(newDiskOutcome(plan, [file("base.vhd", { inUse: true, usedBy: [user("vm")] })]).kind).toBe(
      "wrong",
    );
  });
});

describe("the Edit Virtual Hard Disk Wizard", () => {
  const dynamic = file("a.vhd", { format: "dynamic", byteLength: 8 * GiB });

  test("compact, validate and repair need no further page", () => {
    for (const action of ["compact", "validate"] as const) {
      expect(isConfigured(action)).toBe(false);
      expect(editOutcome({ ...editPlan(dynamic, [dynamic]), action }, dynamic, [dynamic])).toMatchObject({
        request: { kind: action, name: "a.vhd" },
      });
    }
    const worn = { ...dynamic, trouble: "worn" };
    expect(editOutcome({ ...editPlan(worn, [worn]), action: "repair" }, worn, [worn])).toMatchObject({
      request: { kind: "repair", name: "a.vhd" },
    });
  });

  test("convert proposes the other type under a free name", () => {
    const files = [dynamic, file("A COPY.vhd")];
    const plan = { ...editPlan(dynamic, files), action: "convert" } as const;
    expect(editOutcome(plan, dynamic, files)).toMatchObject({
      request: { kind: "convert", source: "a.vhd", name: "a copy (2).vhd", type: "fixed" },
    });
  });

  test("expand waits for a larger size", () => {
    const plan = { ...editPlan(dynamic, [dynamic]), action: "expand" } as const;
    expect(plan.size).toEqual({ text: "8", unit: "GB" });
    expect(editOutcome(plan, dynamic, [dynamic]).kind).toBe("wrong");
    const larger = { ...plan, size: { text: "16", unit: "GB" } } as const;
    expect(editOutcome(larger, dynamic, [dynamic])).toMatchObject({
      request: { kind: "expand", name: "a.vhd", byteLength: 16 * GiB },
    });
  });

  test("merge goes into the parent where that harms nobody, else into a new disk", () => {
    const child = file("child.vhd", { format: "differencing", parent: "base.vhd" });
    const alone = [file("base.vhd", { children: ["child.vhd"] }), child];
    const plan = { ...editPlan(child, alone), action: "merge" } as const;
    expect(editOutcome(plan, child, alone)).toMatchObject({ request: { kind: "merge", into: null } });
    const shared = [file("base.vhd", { children: ["child.vhd", "other.vhd"] }), child];
    expect(editOutcome(plan, child, shared).kind).toBe("wrong");
    const other = { ...editPlan(child, shared), action: "merge" } as const;
    expect(editOutcome(other, child, shared)).toMatchObject({
      request: { kind: "merge", into: "child copy.vhd" },
    });
  });

  test("reconnect takes any usable disk but the disk itself", () => {
    const lost = file("lost.vhd", { format: "unusable", parent: "gone.vhd", trouble: "its parent is gone" });
    const files = [lost, file("base.vhd")];
    const plan = editPlan(lost, files);
    expect(plan.action).toBe("reconnect");
    expect(editOutcome(plan, lost, files).kind).toBe("wrong");
    expect(editOutcome({ ...plan, parent: "lost.vhd" }, lost, files).kind).toBe("wrong");
    expect(editOutcome({ ...plan, parent: "base.vhd" }, lost, files)).toMatchObject({
      request: { kind: "reconnect", name: "lost.vhd", parent: "base.vhd", force: false },
    });
    expect(editOutcome({ ...plan, parent: "base.vhd", force: true }, lost, files)).toMatchObject({
      request: { force: true },
    });
  });

  test("an action the type does not allow is never asked for", () => {
    const parent = { ...dynamic, children: ["child.vhd"] };
    const plan = { ...editPlan(parent, [parent]), action: "compact" } as const;
    expect(editOutcome(plan, parent, [parent])).toMatchObject({
      kind: "wrong",
      reason: expect.stringContaining("child.vhd"),
    });
    expect(editOutcome({ ...plan, action: "merge" }, dynamic, [dynamic]).kind).toBe("wrong");
  });
});
