import { type PointerReport, pointerSpan } from "../hvdef/index.ts";

/** A place on the page. */
export interface PagePoint {
  readonly clientX: number;
  readonly clientY: number;
}
/** Where the screen is on the page. */
export interface PageBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A place on the page as a place on the screen; what is beside it is at its edge. */
export function screenPlace(point: PagePoint, box: PageBox): { readonly x: number; readonly y: number } {
  return {
    x: share(point.clientX - box.left, box.width),
    y: share(point.clientY - box.top, box.height),
  };
}

function share(at: number, span: number): number {
  if (!(span > 0)) return 0;
  return Math.max(0, Math.min(pointerSpan, Math.round((at / span) * pointerSpan)));
}

/** What makes a notch of a wheel, by the unit that a browser counts in: pixels, lines, pages. */
const perNotch: readonly number[] = [100, 3, 1];

/** Adds up what a wheel or a touch pad says. */
export interface WheelNotches {
  /** @returns whole notches, up is positive; the rest is kept for the next */
  turn(event: Pick<WheelEvent, "deltaY" | "deltaMode">): number;
}

/** Opens a wheel at rest. */
export function openWheel(): WheelNotches {
  let rest = 0;
  let unit = 0;
  return {
    turn({ deltaY, deltaMode }) {
      const each = perNotch[deltaMode] ?? 1;
      // Turning back begins anew, and so does another unit.
      const goesOn = unit === deltaMode && Math.sign(rest) === Math.sign(deltaY);
      rest = goesOn ? rest + deltaY : deltaY;
      unit = deltaMode;
      const notches = Math.trunc(rest / each);
      rest -= notches * each;
      return notches === 0 ? 0 : -notches;
    },
  };
}

/** Sends reports, one message at a time: what happens meanwhile goes with the next, moves joined to one. */
export interface PointerQueue {
  put(report: PointerReport): void;
}

/** Reports that wait. Reason: clicks of a second at most; a host that is away for longer gets the last ones. */
const waitingMost = 64;

/** Opens a queue. @param send  one that is refused is lost */
export function openPointerQueue(send: (reports: readonly PointerReport[]) => Promise<void>): PointerQueue {
  let waiting: PointerReport[] = [];
  let busy = false;

  async function drain(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await send(batch).catch(() => {});
    }
    busy = false;
  }
  return {
    put(report) {
      const last = waiting.at(-1);
      const joined = last === undefined ? null : join(last, report);
      if (joined !== null) waiting[waiting.length - 1] = joined;
      else waiting = [...waiting.slice(1 - waitingMost), report];
      if (!busy) void drain();
    },
  };
}

/** Two moves as one; `null` when something was pressed between them. */
function join(before: PointerReport, after: PointerReport): PointerReport | null {
  if (before.buttons !== after.buttons) return null;
  const wheel = before.wheel + after.wheel;
  if (before.kind === "absolute" && after.kind === "absolute") return { ...after, wheel };
  if (before.kind === "relative" && after.kind === "relative")
    return { ...after, dx: before.dx + after.dx, dy: before.dy + after.dy, wheel };
  return null;
}
