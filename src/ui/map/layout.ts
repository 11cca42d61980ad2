import { narrowLayout } from "./layout-narrow.ts";
import { wideLayout } from "./layout-wide.ts";
import type { MapLayout } from "./routes.ts";

/** Below this width everything stands in one column. */
const narrowest = 720;
/** From this width on there is room for so many machines. */
const roomFor: readonly (readonly [width: number, machines: number])[] = [
  [1240, 3],
  [860, 2],
];

/** How many machines are drawn at a width. */
export function machinesAt(width: number): number {
  return roomFor.find(([from]) => width >= from)?.[1] ?? 1;
}

/** Places boxes and lines. @param vms  the machines to draw, no more than there is room for */
export function mapLayout(vms: readonly string[], width: number): MapLayout {
  const drawn = vms.slice(0, machinesAt(width));
  return width < narrowest ? narrowLayout(drawn[0] ?? null, width) : wideLayout(drawn, width);
}
