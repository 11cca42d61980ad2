import { describe, expect, test } from "vitest";
import {
  beside,
  lengthOf,
  type Point,
  pointAlong,
  type Rect,
  roundedPath,
  tidy,
} from "../../../../src/ui/map/geometry.ts";
import { machinesAt, mapLayout } from "../../../../src/ui/map/layout.ts";
import { boxOf, type Lane, type MapLine } from "../../../../src/ui/map/model.ts";
import { openParticles } from "../../../../src/ui/map/particles.ts";
import { hostParts, machineParts } from "../../../../src/ui/map/parts.ts";

const vms = ["a", "b", "c"];
const widths = [320, 358, 719, 720, 859, 860, 990, 1060, 1240, 1400, 2200];

const apart = (one: Rect, other: Rect): boolean =>
  one.x + one.width <= other.x ||
  other.x + other.width <= one.x ||
  one.y + one.height <= other.y ||
  other.y + other.height <= one.y;
const inside = (point: Point, rect: Rect): boolean =>
  point.x >= rect.x && point.x <= rect.x + rect.width && point.y >= rect.y && point.y <= rect.y + rect.height;

describe.each(widths)("at a width of %i", (width) => {
  const drawn = vms.slice(0, machinesAt(width));
  const layout = mapLayout(vms, width);

  test("every part of the host and of each drawn machine has a box; none lie on each other or outside", () => {
    const wanted = [...hostParts, ...drawn.flatMap((vm) => machineParts.map((part) => boxOf(part, vm)))];
    expect([...layout.boxes.keys()].sort()).toEqual([...wanted].sort());
    const boxes = [...layout.boxes];
    for (const [key, rect] of boxes) {
      expect(rect.width, key).toBeGreaterThan(50);
      expect(rect.x >= 0 && rect.x + rect.width <= width, key).toBe(true);
      expect(
        layout.frames.some((frame) => inside(rect, frame.rect)),
        key,
      ).toBe(true);
      for (const [other, its] of boxes)
        if (other !== key) expect(apart(rect, its), `${key} on ${other}`).toBe(true);
    }
  });

  test("frames do not lie on each other, and the drawing holds them", () => {
    for (const frame of layout.frames) {
      expect(frame.rect.y + frame.rect.height).toBeLessThanOrEqual(layout.height);
      for (const other of layout.frames)
        if (other !== frame) expect(apart(frame.rect, other.rect)).toBe(true);
    }
  });

  test("lines leave and reach their boxes at right angles, and stay in the drawing", () => {
    for (const [key, route] of layout.routes) {
      expect(route.length, key).toBeGreaterThan(1);
      for (const point of route)
        expect(point.x >= 0 && point.x <= width && point.y >= 0 && point.y <= layout.height, key).toBe(true);
      for (const [place, point] of route.entries()) {
        const before = route[place - 1] ?? point;
        expect(Math.min(Math.abs(before.x - point.x), Math.abs(before.y - point.y)), key).toBeLessThan(1.01);
      }
    }
  });

  test("an access to an emulated device goes down to the processor, and up again by the VID", () => {
    const [vm = ""] = drawn;
    const ends = (key: string) => {
      const route = layout.routes.get(`${key} ${vm}`) ?? [];
      return [route[0], route.at(-1)];
    };
    const on = (point: Point | undefined, key: Parameters<typeof layout.boxes.get>[0]) =>
      expect(
        point !== undefined && inside(point, layout.boxes.get(key) ?? { x: 0, y: 0, width: 0, height: 0 }),
        key,
      ).toBe(true);
    on(ends("exit")[0], boxOf("drivers", vm));
    on(ends("exit")[1], boxOf("vp", vm));
    on(ends("vid")[0], boxOf("vp", vm));
    on(ends("vid")[1], "vid");
    on(ends("device")[0], "vid");
    on(ends("device")[1], boxOf("process", vm));
    on(ends("bus")[0], boxOf("guestBus", vm));
    on(ends("bus")[1], "bus");
  });
});

test("without a machine the host is drawn alone", () => {
  for (const width of [358, 1060])
    expect([...mapLayout([], width).boxes.keys()].sort()).toEqual([...hostParts].sort());
});

describe("geometry", () => {
  const corner: readonly Point[] = [
    { x: 0, y: 0 },
    { x: 100, y: 0 },
    { x: 100, y: 50 },
  ];
  test("walks along corners", () => {
    expect(lengthOf(corner)).toBe(150);
    expect(pointAlong(corner, 120)).toEqual({ x: 100, y: 20 });
    expect(pointAlong(corner, 999)).toEqual({ x: 100, y: 50 });
    expect(pointAlong([], 3)).toEqual({ x: 0, y: 0 });
  });
  test("stays beside", () => {
    expect(beside(corner, 2)).toEqual([
      { x: 0, y: 2 },
      { x: 98, y: 2 },
      { x: 98, y: 50 },
    ]);
  });
  test("leaves out what changes nothing, and rounds the rest", () => {
    const more = [{ x: 0, y: 0 }, { x: 0, y: 0 }, { x: 40, y: 0 }, ...corner.slice(1)];
    expect(tidy(more)).toEqual(corner);
    expect(roundedPath(corner)).toBe("M0 0L93 0Q100 0 100 7L100 50");
    expect(roundedPath([])).toBe("");
  });
});

describe("dots", () => {
  const route = [
    { x: 0, y: 0 },
    { x: 210, y: 0 },
  ];
  const line = (at: number, added: number, way: Lane["way"] = "forth"): MapLine => ({
    key: "line",
    from: "bus",
    to: "storage",
    style: "management",
    lanes: [
      {
        key: "lane",
        kind: "call",
        title: "Calls",
        way,
        count: { count: 0, rate: 1, added, at },
        bytes: null,
      },
    ],
  });
  const routes = new Map([["line", route]]);

  test("each stands for what was counted, no more and no less, whatever the size of the dots", () => {
    for (const counts of [[3], [57], [1, 999, 5], [123_456, 7]]) {
      const particles = openParticles();
      particles.add([line(0, 0)], routes, 0);
      let shown = 0;
      let rest = 0;
      for (const [place, added] of counts.entries()) {
        const now = (place + 1) * 3000;
        particles.add([line(now, added)], routes, now);
        // All have set off then, and none has arrived.
        const dots = particles.at(now + 990);
        shown += dots.reduce((sum, { size }) => sum + size, 0);
        rest = Math.max(...dots.map(({ size }) => size), 1);
      }
      const all = counts.reduce((sum, one) => sum + one);
      expect(all - shown).toBeGreaterThanOrEqual(0);
      expect(all - shown).toBeLessThan(Math.max(rest, 10 ** Math.floor(Math.log10(all))));
    }
  });

  test("move along their line and are gone at its end; the way back begins at the other end", () => {
    const particles = openParticles();
    particles.add([line(0, 0)], routes, 0);
    particles.add([line(500, 1)], routes, 500);
    expect(particles.at(500)).toEqual([]);
    expect(particles.waiting()).toBe(true);
    expect(particles.at(1250)[0]).toMatchObject({ kind: "call", size: 1, x: expect.closeTo(105, 0) });
    expect(particles.at(1800)).toEqual([]);
    expect(particles.waiting()).toBe(false);
    particles.add([line(2000, 1, "back")], routes, 2000);
    expect(particles.at(2510)[0]?.x).toBeGreaterThan(200);
  });

  test("the same reading twice sets nothing off, and the first sets off nothing at all", () => {
    const particles = openParticles();
    particles.add([line(0, 99)], routes, 0);
    expect(particles.waiting()).toBe(false);
    particles.add([line(500, 2)], routes, 500);
    particles.add([line(500, 2)], routes, 600);
    expect(particles.at(1000)).toHaveLength(2);
  });
});
