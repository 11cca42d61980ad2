import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockMap } from "../../../src/hvdef/index.ts";
import {
  cellAt,
  cellSentence,
  heldShare,
  layerSentence,
  mapGrid,
  sameMap,
  shadeOf,
  shadeSteps,
} from "../../../src/ui/block-map-picture.ts";

function chain(layers: readonly (readonly number[])[], cellBytes = 1024 ** 2): BlockMap {
  return {
    layers: layers.map((cells, place) => ({
      name: `${place}.vhd`,
      format: "differencing",
      cells: Uint8Array.from(cells),
    })),
    cellBytes,
  };
}

describe("the grid", () => {
  test("has room for every cell, and every cell has its own place", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65536 }), fc.integer({ min: 0, max: 2000 }), (cells, width) => {
        const grid = mapGrid(cells, width);
        expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(cells);
        expect((grid.rows - 1) * grid.columns).toBeLessThan(cells);
        expect(grid.columns * grid.pitch).toBeLessThanOrEqual(Math.max(width, grid.pitch));
      }),
    );
  });

  test("a point finds the cell it lies in, and none beside the grid", () => {
    const grid = mapGrid(100, 60);
    const middle = (place: number) => (place + 0.5) * grid.pitch;
    expect(cellAt(grid, 100, middle(1), middle(2))).toBe(2 * grid.columns + 1);
    expect(cellAt(grid, 100, -1, 0)).toBeNull();
    expect(cellAt(grid, 100, middle(grid.columns), 0)).toBeNull();
    expect(cellAt(grid, 100, 0, middle(grid.rows))).toBeNull();
  });
});

describe("shades", () => {
  test("whatever is there at all is not drawn as nothing, and only all of it as all", () => {
    const map = chain([[0, 1, 254, 255]]);
    expect([0, 1, 2, 3].map((cell) => shadeOf(map, 0, cell).step)).toEqual([
      0,
      1,
      shadeSteps - 1,
      shadeSteps,
    ]);
  });

  test("a cell is covered when a layer above holds all of it", () => {
    const map = chain([
      [255, 200, 0],
      [0, 0, 255],
      [255, 255, 255],
    ]);
    expect([0, 1, 2].map((cell) => shadeOf(map, 2, cell).covered)).toEqual([true, false, true]);
    expect(shadeOf(map, 0, 0).covered).toBe(false);
  });

  test("cells that are not there are nothing", () => {
    expect(shadeOf(chain([[255]]), 3, 9)).toEqual({ step: 0, covered: false });
  });
});

describe("in words", () => {
  test("a layer", () => {
    const map = chain([
      [255, 0, 0, 0],
      [0, 0, 0, 0],
      [255, 255, 255, 255],
    ]);
    expect(layerSentence(map, 0)).toBe("Layer 1 of 3, 0.vhd holds 25% of the disk");
    expect(layerSentence(map, 1)).toContain("holds nothing of the disk");
    expect(layerSentence(map, 2)).toContain("holds all of the disk");
  });

  test("a trickle is not nothing, and almost all is not all", () => {
    const few = Array.from({ length: 1000 }, (_, cell) => (cell === 0 ? 1 : 0));
    const most = few.map((held) => 255 - held);
    expect(layerSentence(chain([few]), 0)).toContain("less than 1%");
    expect(layerSentence(chain([most]), 0)).toContain("99%");
    expect(heldShare(new Uint8Array())).toBe(0);
  });

  test("a cell: its bytes, and who answers first", () => {
    const map = chain([
      [0, 100, 255],
      [0, 255, 255],
      [0, 255, 255],
    ]);
    expect(cellSentence(map, 0)).toBe("From 0 bytes to 1 MB: no layer holds any of it, so it reads as zeros");
    expect(cellSentence(map, 1)).toBe("From 1 MB to 2 MB: layer 1 holds part, layer 2 holds all");
    expect(cellSentence(map, 2)).toBe("From 2 MB to 3 MB: layer 1 holds all");
  });

  test("neighbouring cells of a large disk have different names", () => {
    const map = chain([Array.from({ length: 2048 }, () => 255)], (127 * 1024 ** 3) / 2048);
    const all = Array.from({ length: 2048 }, (_, cell) => cellSentence(map, cell));
    expect(new Set(all).size).toBe(2048);
    for (const sentence of all) {
      const [, from, to] = /From (.*) to (.*):/.exec(sentence) ?? [];
      expect(from).not.toBe(to);
    }
  });
});

test("two pictures are the same when nothing in them differs", () => {
  const map = chain([[1, 2]]);
  expect(sameMap(null, map)).toBe(false);
  expect(sameMap(chain([[1, 2]]), map)).toBe(true);
  expect(sameMap(chain([[1, 3]]), map)).toBe(false);
  expect(sameMap(chain([[1, 2, 3]]), map)).toBe(false);
  expect(sameMap(chain([[1, 2], [1]]), map)).toBe(false);
  expect(sameMap(chain([[1, 2]], 4096), map)).toBe(false);
});
