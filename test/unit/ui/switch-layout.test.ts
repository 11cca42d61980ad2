import { describe, expect, test } from "vitest";
import { boxHeight, directWays, queueDrop, switchLayout } from "../../../src/ui/switch-layout.ts";
import { machine, port } from "./networks.ts";

const uplink = port(1, { holder: { kind: "uplink", name: "LAN 1" } });
const management = port(2);
const machines = (count: number, queue = false) =>
  Array.from({ length: count }, (_, place) => port(place + 3, { holder: machine(`web${place}`), queue }));

describe("the switch", () => {
  test("has the host's ports on the left and the machines on the right", () => {
    const { places, body } = switchLayout([uplink, ...machines(2), management], 1000);
    expect(places.map(({ port: { id }, side }) => `${id} ${side}`)).toEqual([
      "1 left",
      "2 left",
      "3 right",
      "4 right",
    ]);
    for (const { side, box, atSwitch, atBox } of places) {
      if (side === "left") expect(box.x + box.width).toBe(atBox);
      else expect(box.x).toBe(atBox);
      expect(atSwitch).toBe(side === "left" ? body.x : body.x + body.width);
    }
  });

  test.each([320, 358, 500, 679, 680, 735, 1000, 1400])("fits into %d pixels without overlaps", (width) => {
    for (const ports of [[], [uplink], machines(1), machines(12), [uplink, management, ...machines(7)]]) {
      const { places, body, height } = switchLayout(ports, width);
      expect(places).toHaveLength(ports.length);
      const boxes = places.map(({ box }) => box);
      for (const [place, box] of boxes.entries()) {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.width).toBeGreaterThan(200);
        expect(box.x + box.width).toBeLessThanOrEqual(width);
        expect(box.y >= 0 && box.y + boxHeight <= height).toBe(true);
        expect(box.x + box.width <= body.x || box.x >= body.x + body.width).toBe(true);
        for (const other of boxes.slice(place + 1).filter(({ x }) => x === box.x))
          expect(Math.abs(other.y - box.y)).toBeGreaterThan(boxHeight);
      }
    }
  });

  test("all stand on one side where it is narrow", () => {
    const { places } = switchLayout([management, ...machines(2)], 358);
    expect(new Set(places.map(({ side }) => side))).toEqual(new Set(["right"]));
  });
});

describe("the way past the switch", () => {
  test("is drawn when a machine has a queue, between the switch and the boxes", () => {
    expect(switchLayout([management, ...machines(3)], 1000).rail).toBeNull();
    for (const width of [358, 1000]) {
      const { rail, body, places } = switchLayout([management, ...machines(3, true)], width);
      const right = places.filter(({ port: { holder } }) => holder.kind === "machine");
      expect(rail?.x).toBeGreaterThan(body.x + body.width);
      expect(rail?.x).toBeLessThan(right[0]?.box.x ?? 0);
      expect([rail?.from, rail?.to]).toEqual([
        (right[0]?.y ?? 0) + queueDrop,
        (right.at(-1)?.y ?? 0) + queueDrop,
      ]);
    }
  });
});

describe("ways past the switch", () => {
  const ports = [management, ...machines(6)];
  const pairs = Array.from({ length: 12 }, (_, place) => ({
    from: 3 + (place % 6),
    to: 3 + ((place + 1) % 6),
  }));

  test("are drawn as soon as one was used, queue or not", () => {
    expect(switchLayout(ports, 1000, pairs).rail).not.toBeNull();
    expect(switchLayout(ports, 1000, []).rail).toBeNull();
  });

  test.each([320, 358, 700, 1000, 1400])("lead from box to box beside the switch at %d pixels", (width) => {
    const layout = switchLayout(ports, width, pairs);
    const ways = directWays(layout, pairs);
    expect(ways).toHaveLength(pairs.length);
    const lanes = new Set<number>();
    for (const { from, to, path } of ways) {
      const [x0, y0, x, y, x1] = (path.match(/[\d.]+/g) ?? []).map(Number);
      expect([x0, x1]).toEqual([from.atBox, to.atBox]);
      for (const [end, place] of [
        [y0, from],
        [y, to],
      ] as const) {
        expect(end).toBeGreaterThan(place.y);
        expect(end).toBeLessThan(place.box.y + boxHeight);
      }
      lanes.add(x ?? 0);
      expect(x).toBeLessThan(from.atBox);
      expect(x).toBeGreaterThan(layout.body.x + layout.body.width + 6);
    }
    expect(lanes.size).toBeGreaterThan(1);
  });

  test("are drawn between machines that are there only", () => {
    const layout = switchLayout(ports, 1000, pairs);
    for (const pair of [
      { from: 3, to: 99 },
      { from: 99, to: 3 },
      { from: 3, to: 2 },
    ])
      expect(directWays(layout, [pair])).toEqual([]);
  });
});
