import { useEffect, useRef } from "preact/hooks";
import { type Point, pointAlong } from "./geometry.ts";
import type { LaneKind, MapPicture } from "./model.ts";
import { type Dot, openParticles } from "./particles.ts";
import type { MapLayout } from "./routes.ts";

/** Radius of the dot for one, pixels; each step of ten adds to it. */
const smallest = 1.7;
const growth = 0.75;
/** Nothing is drawn more often than this, milliseconds. Reason: 60 frames a second are enough on faster screens. */
const frameMs = 15;

/** What moves along a path that is shown, 0 to 1 of its way. */
export interface Token {
  readonly route: readonly Point[];
  readonly length: number;
  /** Milliseconds of the page's clock. */
  readonly begins: number;
  readonly lasts: number;
}

type Colours = ReadonlyMap<LaneKind | "token", string>;

const kinds: readonly LaneKind[] = [
  "disk",
  "network",
  "console",
  "services",
  "sockets",
  "access",
  "call",
  "hypercall",
  "interrupt",
  "file",
];

/** Colours come from the style sheet: the theme decides, and so does the system where it forces its own. */
function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas);
  const forced = matchMedia("(forced-colors: active)").matches;
  const of = (name: string): string => (forced ? style.color : style.getPropertyValue(name).trim());
  return new Map([
    ...kinds.map((kind) => [kind, of(`--lane-${kind}`)] as const),
    ["token", of("--accent")] as const,
  ]);
}

function paint(context: CanvasRenderingContext2D, dots: readonly Dot[], colours: Colours): void {
  for (const kind of kinds) {
    context.fillStyle = colours.get(kind) ?? "";
    context.beginPath();
    for (const dot of dots) {
      if (dot.kind !== kind) continue;
      const radius = smallest + growth * Math.log10(dot.size);
      context.moveTo(dot.x + radius, dot.y);
      context.arc(dot.x, dot.y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  }
}

function paintToken(context: CanvasRenderingContext2D, token: Token, now: number, colour: string): boolean {
  const share = (now - token.begins) / token.lasts;
  if (share >= 1) return false;
  const { x, y } = pointAlong(token.route, token.length * Math.max(0, share));
  context.fillStyle = colour;
  context.globalAlpha = 0.25;
  context.beginPath();
  context.arc(x, y, 11, 0, 2 * Math.PI);
  context.fill();
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fill();
  return true;
}

/** What moves, on a canvas of its own above the lines: nothing of the page is laid out or painted anew for it. */
export function Dots(props: {
  readonly picture: MapPicture | null;
  readonly layout: MapLayout;
  readonly scheme: string;
  readonly token: Token | null;
}) {
  const { picture, layout, token } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const particles = useRef(openParticles());
  const wake = useRef<() => void>(() => {});
  const shownToken = useRef(token);
  shownToken.current = token;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  useEffect(() => {
    if (picture === null || still) return;
    particles.current.add(picture.lines, layout.routes, performance.now());
    wake.current();
  }, [picture]);
  useEffect(() => wake.current(), [token]);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d") ?? null;
    if (element === null || context === null || still) return undefined;
    const scale = Math.min(2, devicePixelRatio);
    element.width = Math.round(layout.width * scale);
    element.height = Math.round(layout.height * scale);
    const colours = coloursOf(element);
    particles.current.clear();
    let next = 0;
    let drawnAt = 0;
    const frame = (now: number): void => {
      next = 0;
      if (now - drawnAt < frameMs) {
        next = requestAnimationFrame(frame);
        return;
      }
      drawnAt = now;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, layout.width, layout.height);
      const dots = particles.current.at(now);
      paint(context, dots, colours);
      const current = shownToken.current;
      const carried = current !== null && paintToken(context, current, now, colours.get("token") ?? "");
      // Nothing moves: nothing is drawn until the next reading.
      if (particles.current.waiting() || carried) next = requestAnimationFrame(frame);
    };
    wake.current = () => {
      if (next === 0) next = requestAnimationFrame(frame);
    };
    wake.current();
    return () => {
      cancelAnimationFrame(next);
      wake.current = () => {};
    };
  }, [layout, props.scheme]);
  return (
    <div class="arch-dots" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
}
