import type { FlowStep } from "./flow-state.ts";
import type { EventFlow } from "./flows.ts";
import { at, type Point, type Rect } from "./geometry.ts";
import type { BoxKey, MapLine } from "./model.ts";
import type { MapLayout } from "./routes.ts";

/** One stop of a shown way: a box, and all that happened there before it went on. */
export interface Stop {
  readonly box: BoxKey;
  readonly steps: readonly FlowStep[];
}

/** From one stop to the next. */
export interface Leg {
  readonly route: readonly Point[];
  /** It follows a line of the picture; otherwise nothing that is counted joins the two. */
  readonly drawn: boolean;
}

/** Steps of one moment that go to and fro between two boxes are one visit of each, milliseconds. */
const moment = 0.5;

/** Joins steps in one box to one stop. */
export function stopsOf(flow: EventFlow): readonly Stop[] {
  const stops: { box: BoxKey; steps: FlowStep[] }[] = [];
  for (const step of flow.steps) {
    const last = stops.at(-1);
    const before = stops.at(-2);
    const lately = step.at - (before?.steps.at(-1)?.at ?? Number.NEGATIVE_INFINITY) <= moment;
    if (last?.box === step.box) last.steps.push(step);
    else if (before?.box === step.box && lately) before.steps.push(step);
    else stops.push({ box: step.box, steps: [step] });
  }
  return stops;
}

/** Steps that say the same, told once with their number; the time is that of the first. */
export function toldOnce(steps: readonly FlowStep[]): readonly (FlowStep & { readonly times: number })[] {
  const told = new Map<string, FlowStep & { readonly times: number }>();
  for (const step of steps) {
    const known = told.get(step.text);
    told.set(step.text, { ...(known ?? step), times: (known?.times ?? 0) + 1 });
  }
  return [...told.values()];
}

function centre(rect: Rect): Point {
  return at(rect, 0.5, 0.5);
}

/** The way between two boxes: along their line, or straight where there is none. `null`: one is not drawn. */
function legBetween(layout: MapLayout, lines: readonly MapLine[], from: BoxKey, to: BoxKey): Leg | null {
  const [start, end] = [layout.boxes.get(from), layout.boxes.get(to)];
  if (start === undefined || end === undefined) return null;
  for (const line of lines) {
    const route = layout.routes.get(line.key);
    if (route === undefined) continue;
    if (line.from === from && line.to === to) return { route, drawn: true };
    if (line.from === to && line.to === from) return { route: [...route].reverse(), drawn: true };
  }
  return { route: [centre(start), centre(end)], drawn: false };
}

/** The legs of a whole way; those whose boxes are not drawn are left out. */
export function legsOf(
  stops: readonly Stop[],
  layout: MapLayout,
  lines: readonly MapLine[],
): readonly (Leg | null)[] {
  return stops.slice(1).map((stop, place) => {
    const before = stops[place];
    return before === undefined ? null : legBetween(layout, lines, before.box, stop.box);
  });
}

/** Numbers of the stops in each box, from 1. */
export function badgesOf(stops: readonly Stop[]): ReadonlyMap<BoxKey, readonly number[]> {
  const badges = new Map<BoxKey, number[]>();
  for (const [place, { box }] of stops.entries()) badges.set(box, [...(badges.get(box) ?? []), place + 1]);
  return badges;
}
