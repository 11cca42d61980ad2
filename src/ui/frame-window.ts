import type { CapturedFrame } from "../hvdef/index.ts";

/** Which rows of a long list are drawn, and how much room those before and after take. */
export interface RowWindow {
  /** First row drawn, and the one after the last. */
  readonly first: number;
  readonly end: number;
  /** Pixels. */
  readonly before: number;
  readonly after: number;
}

/** Rows drawn beyond the edges, so that quick scrolling shows no gap. */
const spare = 10;

/** Chooses the rows to draw. Lengths are pixels. */
export function rowWindow(
  rows: number,
  view: { readonly scrollTop: number; readonly height: number; readonly rowHeight: number },
): RowWindow {
  const { scrollTop, height, rowHeight } = view;
  const top = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const first = Math.min(top, Math.max(0, rows - 1));
  const end = Math.min(rows, Math.max(first, Math.ceil((scrollTop + height) / rowHeight) + spare));
  return { first, end, before: first * rowHeight, after: Math.max(0, rows - end) * rowHeight };
}

/** Whether a list is scrolled to its end, so that new rows should follow. One row of slack. */
export function isAtEnd(view: {
  readonly scrollTop: number;
  readonly height: number;
  readonly contentHeight: number;
  readonly rowHeight: number;
}): boolean {
  return view.contentHeight - view.height - view.scrollTop <= view.rowHeight;
}

/** Local time of a frame with its microseconds, `14:03:09.000123`. */
export function frameTime(at: number): string {
  const when = new Date(at / 1000);
  if (Number.isNaN(when.getTime())) return "–";
  const two = (part: number): string => String(part).padStart(2, "0");
  const micros = Math.floor(at) % 1_000_000;
  return `${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}.${String(micros).padStart(6, "0")}`;
}

/** Where a frame was seen: from which port into the switch, or out to which. */
export function framePlace(frame: Pick<CapturedFrame, "port" | "direction">): string {
  return frame.direction === "in" ? `${frame.port} →` : `→ ${frame.port}`;
}

/** Where in a filter the mistake is, counted from 0, as its sentence says; `null` when it does not. */
export function mistakePlace(sentence: string, filter: string): number | null {
  const match = /\b(?:character|position|column|place)\s+(\d{1,6})\b/i.exec(sentence);
  if (match === null) return null;
  const place = Number(match[1]) - 1;
  return place < 0 ? null : Math.min(place, filter.length);
}
