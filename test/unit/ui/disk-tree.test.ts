import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diskRows, railLimit, rowTarget } from "../../../src/ui/disk-tree.ts";
import { file } from "./library.ts";

const shape = (files: Parameters<typeof diskRows>[0]) =>
  diskRows(files).map((row) => [row.file.name, row.depth]);

describe("the list", () => {
  test("goes by name, with numbers as numbers and without regard to case", () => {
    expect(shape([file("disk10.vhd"), file("Disk2.vhd"), file("another.vhd")]).map(([name]) => name)).toEqual(
      ["another.vhd", "Disk2.vhd", "disk10.vhd"],
    );
  });

  test("has each differencing disk below its parent, however the parent's name is written", () => {
    const files = [
      file("leaf.avhd", { parent: "WEB.vhd" }),
      file("base.vhd"),
      file("web.vhd", { parent: "base.vhd" }),
      file("app.vhd", { parent: "base.vhd" }),
      file("zebra.vhd"),
    ];
    expect(shape(files)).toEqual([
      ["base.vhd", 0],
      ["app.vhd", 1],
      ["web.vhd", 1],
      ["leaf.avhd", 2],
      ["zebra.vhd", 0],
    ]);
  });

  test("draws a line past a row only when another child follows further down", () => {
    const files = [
      file("base.vhd"),
      file("a.vhd", { parent: "base.vhd" }),
      file("a-child.vhd", { parent: "a.vhd" }),
      file("b.vhd", { parent: "base.vhd" }),
    ];
    expect(diskRows(files).map((row) => row.rails)).toEqual([[], [1], [1], []]);
  });

  test("says when a parent is missing", () => {
    const [row] = diskRows([file("lost.vhd", { parent: "gone.vhd" })]);
    expect(row).toMatchObject({ depth: 0, orphan: true });
    expect(diskRows([file("base.vhd")])[0]?.orphan).toBe(false);
  });

  test("a disk that is its own parent is listed once", () => {
    expect(shape([file("self.vhd", { parent: "SELF.vhd" })])).toEqual([["self.vhd", 0]]);
  });

  test("whatever the parents are, every file is there once, and lines stay bounded", () => {
    const names = Array.from({ length: 40 }, (_, place) => `disk-${place}.vhd`);
    const parents = fc.array(fc.option(fc.constantFrom(...names, "gone.vhd")), {
      minLength: 40,
      maxLength: 40,
    });
    fc.assert(
      fc.property(parents, (chosen) => {
        const rows = diskRows(names.map((name, place) => file(name, { parent: chosen[place] ?? null })));
        expect(rows.map((row) => row.file.name).toSorted()).toEqual(names.toSorted());
        for (const [place, row] of rows.entries()) {
          expect(row.rails.length).toBeLessThanOrEqual(railLimit);
          if (row.depth > 0) expect(rows[place - 1]?.depth ?? -1).toBeGreaterThanOrEqual(row.depth - 1);
        }
      }),
    );
  });

  test("a chain of two hundred is listed from its base up", () => {
    const chain = Array.from({ length: 200 }, (_, place) =>
      file(`${place}.vhd`, { parent: place === 0 ? null : `${place - 1}.vhd` }),
    );
    expect(diskRows(chain.toReversed()).map((row) => row.depth)).toEqual(chain.map((_, place) => place));
  });
});

describe("arrow keys", () => {
  const rows = diskRows([
    file("base.vhd"),
    file("child.vhd", { parent: "base.vhd" }),
    file("grandchild.vhd", { parent: "child.vhd" }),
    file("second.vhd", { parent: "base.vhd" }),
  ]);

  test("up and down stay inside the list", () => {
    expect(rowTarget(rows, 0, "ArrowUp")).toBe(0);
    expect(rowTarget(rows, 0, "ArrowDown")).toBe(1);
    expect(rowTarget(rows, 3, "ArrowDown")).toBe(3);
    expect(rowTarget(rows, 2, "Home")).toBe(0);
    expect(rowTarget(rows, 0, "End")).toBe(3);
  });

  test("left goes to the parent, right to the first child", () => {
    expect(rowTarget(rows, 3, "ArrowLeft")).toBe(0);
    expect(rowTarget(rows, 2, "ArrowLeft")).toBe(1);
    expect(rowTarget(rows, 0, "ArrowLeft")).toBeNull();
    expect(rowTarget(rows, 0, "ArrowRight")).toBe(1);
    expect(rowTarget(rows, 2, "ArrowRight")).toBeNull();
  });

  test("other keys are left alone", () => {
    expect(rowTarget(rows, 0, "a")).toBeNull();
  });
});
