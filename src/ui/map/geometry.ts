/** A point of the drawing, pixels from its top left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle of the drawing. */
export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

/** A point inside a rectangle or on its edge, by shares of its width and height. */
export function at(rect: Rect, across: number, down: number): Point {
  return { x: Math.round(rect.x + rect.width * across), y: Math.round(rect.y + rect.height * down) };
}

/** Joins two points with right angles: down or up to a height, across, and on. */
export function stepped(from: Point, to: Point, y: number): readonly Point[] {
  return tidy([from, { x: from.x, y }, { x: to.x, y }, to]);
}

/** Without points that change nothing. */
export function tidy(points: readonly Point[]): readonly Point[] {
  return points.filter((point, place) => {
    const before = points[place - 1];
    const after = points[place + 1];
    if (before !== undefined && before.x === point.x && before.y === point.y) return false;
    if (before === undefined || after === undefined) return true;
    const sameColumn = before.x === point.x && after.x === point.x;
    const sameRow = before.y === point.y && after.y === point.y;
    return !(sameColumn || sameRow);
  });
}

const cornerRadius = 7;

function between(from: Point, to: Point, pixels: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(0.5, pixels / length);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

const two = (value: number): string => String(Math.round(value * 100) / 100);

/** An SVG path along points, with round corners. */
export function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const parts = [`M${two(first.x)} ${two(first.y)}`];
  for (const [place, point] of rest.entries()) {
    const after = rest[place + 1];
    const before = points[place] ?? first;
    if (after === undefined) {
      parts.push(`L${two(point.x)} ${two(point.y)}`);
      continue;
    }
    const enter = between(point, before, cornerRadius);
    const leave = between(point, after, cornerRadius);
    parts.push(
      `L${two(enter.x)} ${two(enter.y)}Q${two(point.x)} ${two(point.y)} ${two(leave.x)} ${two(leave.y)}`,
    );
  }
  return parts.join("");
}

/** The same points, `by` pixels to the right of whoever walks along them. */
export function beside(points: readonly Point[], by: number): readonly Point[] {
  const normals = points.slice(1).map((point, place) => {
    const before = points[place] ?? point;
    const length = Math.hypot(point.x - before.x, point.y - before.y) || 1;
    return { x: -(point.y - before.y) / length, y: (point.x - before.x) / length };
  });
  return points.map((point, place) => {
    const one = normals[place - 1];
    const other = normals[place];
    if (one === undefined || other === undefined) {
      const only = one ?? other ?? { x: 0, y: 0 };
      return { x: point.x + only.x * by, y: point.y + only.y * by };
    }
    const straight = Math.abs(one.x * other.y - one.y * other.x) < 0.01;
    const sum = straight ? one : { x: one.x + other.x, y: one.y + other.y };
    return { x: point.x + sum.x * by, y: point.y + sum.y * by };
  });
}

/** Length of a way along points, pixels. */
export function lengthOf(points: readonly Point[]): number {
  return points.slice(1).reduce((sum, point, place) => {
    const before = points[place] ?? point;
    return sum + Math.hypot(point.x - before.x, point.y - before.y);
  }, 0);
}

/** The point so many pixels along; the last one beyond the end. */
export function pointAlong(points: readonly Point[], pixels: number): Point {
  let rest = pixels;
  for (let place = 1; place < points.length; place++) {
    const from = points[place - 1];
    const to = points[place];
    if (from === undefined || to === undefined) break;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (rest <= length && length > 0) {
      const share = Math.max(0, rest) / length;
      return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
    }
    rest -= length;
  }
  return points.at(-1) ?? { x: 0, y: 0 };
}
