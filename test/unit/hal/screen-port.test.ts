import { expect, test } from "vitest";
import { screenEffects, serveScreen } from "../../../src/hal/screen-port.ts";
import type { Surface } from "../../../src/vid/index.ts";

/** Hears what a served screen sends. */
function heard(port: MessagePort): unknown[] {
  const reports: unknown[] = [];
  port.onmessage = ({ data }) => void reports.push(data);
  return reports;
}

test("where a canvas cannot be handed over, the pieces of its picture come as messages", async () => {
  const { port1, port2 } = new MessageChannel();
  const reports = heard(port1);
  const pixels = Uint8ClampedArray.from({ length: 4 * 4 * 3 }, (_, at) => at);
  serveScreen(port2, {
    look(surface: Surface) {
      surface.resize(4, 3);
      surface.put({ pixels, stride: 4, x: 1, y: 1, width: 2, height: 2, toX: 1, toY: 1 });
    },
    lookAway() {},
    contents: () => ({ mode: { kind: "dark" }, rows: [], pixels: null }),
  });
  screenEffects(port2).told({ kind: "mode", mode: { kind: "dark" } });
  port1.postMessage({ kind: "look", canvas: null });
  port1.postMessage({ kind: "read", request: 7, withPixels: true });
  await expect.poll(() => reports.length).toBe(4);
  expect(reports).toEqual([
    { kind: "mode", mode: { kind: "dark" } },
    { kind: "size", width: 4, height: 3 },
    {
      kind: "piece",
      pixels: Uint8ClampedArray.of(20, 21, 22, 23, 24, 25, 26, 27, 36, 37, 38, 39, 40, 41, 42, 43),
      width: 2,
      toX: 1,
      toY: 1,
    },
    { kind: "contents", request: 7, contents: { mode: { kind: "dark" }, rows: [], pixels: null } },
  ]);
  port1.close();
});
