import { packetClasses } from "./figures.ts";
import { beside, lengthOf, type Point, pointAlong } from "./geometry.ts";
import type { Lane, LaneKind, MapLine } from "./model.ts";
import type { Route } from "./routes.ts";

/** A dot to be drawn. */
export interface Dot extends Point {
  readonly kind: LaneKind;
  /** What it stands for: 1, 10, 100, … counted packets. */
  readonly size: number;
}

/** Dots that move along the lines, each for packets that were counted. */
export interface Particles {
  /** What was counted since the last time sets off, spread over the time in which it was. */
  add(lines: readonly MapLine[], routes: ReadonlyMap<string, Route>, now: number): void;
  /** Where they are. @param now  milliseconds of any clock that only goes on */
  at(now: number): readonly Dot[];
  /** Whether any is under way or about to set off. */
  waiting(): boolean;
  clear(): void;
}

/** Pixels a second. */
const speed = 210;
/** Dots of one lane in the time between two readings: more of them merge into a line. */
const dotsPerReading = 7;
/** Dots in all. */
const dotLimit = 700;
/** The two ways of a line lie beside each other; in the cable of VMBus each class has a track of its own. */
const wayOffset = 3.5;
const track = { first: 1.3, next: 1.25 } as const;
/** Readings come this often, milliseconds; a longer gap does not slow the dots down. */
const longestSpread = 1000;
const sizes = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

function trackOf(kind: LaneKind): number {
  const classes: readonly LaneKind[] = packetClasses;
  const place = classes.indexOf(kind);
  return track.first + track.next * Math.max(0, place);
}

interface Moving {
  readonly points: readonly Point[];
  readonly length: number;
  readonly begins: number;
  readonly kind: LaneKind;
  readonly size: number;
}

interface LaneMemory {
  readonly readAt: number;
  /** Counted packets that were too few for a dot of the size. */
  readonly rest: number;
}

/** Opens a drawing without dots. */
export function openParticles(): Particles {
  let moving: Moving[] = [];
  let memory: ReadonlyMap<string, LaneMemory> = new Map();

  function setOff(
    lane: Lane,
    { route, offset, now }: { readonly route: Route; readonly offset: number; readonly now: number },
    before: LaneMemory | undefined,
  ): LaneMemory {
    const { added, at } = lane.count;
    if (before === undefined) return { readAt: at, rest: 0 };
    if (before.readAt === at) return before;
    const sum = before.rest + added;
    const size = sizes.find((one) => sum / one <= dotsPerReading) ?? 1_000_000;
    const dots = Math.floor(sum / size);
    const spread = Math.min(longestSpread, at - before.readAt);
    const points = beside(lane.way === "forth" ? route : [...route].reverse(), offset);
    const length = lengthOf(points);
    for (let dot = 0; dot < dots && moving.length < dotLimit; dot++)
      moving.push({ points, length, kind: lane.kind, size, begins: now + ((dot + 0.5) * spread) / dots });
    return { readAt: at, rest: sum - dots * size };
  }

  return {
    add(lines, routes, now) {
      const next = new Map<string, LaneMemory>();
      for (const line of lines) {
        const route = routes.get(line.key);
        if (route === undefined || route.length < 2) continue;
        for (const lane of line.lanes) {
          const offset = line.style === "synthetic" ? trackOf(lane.kind) : wayOffset;
          next.set(lane.key, setOff(lane, { route, offset, now }, memory.get(lane.key)));
        }
      }
      memory = next;
    },
    at(now) {
      moving = moving.filter(({ begins, length }) => ((now - begins) / 1000) * speed <= length);
      return moving.flatMap(({ begins, points, kind, size }) => {
        if (now < begins) return [];
        return [{ ...pointAlong(points, ((now - begins) / 1000) * speed), kind, size }];
      });
    },
    waiting: () => moving.length > 0,
    clear() {
      moving = [];
      memory = new Map();
    },
  };
}
