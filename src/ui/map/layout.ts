import type { Rect } from "./geometry.ts";
import { narrowLayout } from "./layout-narrow.ts";
import { wideLayout } from "./layout-wide.ts";
import type { BoxKey } from "./model.ts";
import type { Route } from "./routes.ts";

/** A border with a name: a partition, the hypervisor, the hardware. */
export interface Frame {
  readonly key: string;
  readonly rect: Rect;
  /** Where user mode ends and kernel mode begins; `null`: it has no such line. */
  readonly ringY: number | null;
}

/** Where everything is drawn, pixels. */
export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Frame[];
  readonly boxes: ReadonlyMap<BoxKey, Rect>;
  /** The way of each line, by its key. */
  readonly routes: ReadonlyMap<string, Route>;
}

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
