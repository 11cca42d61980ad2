import { fitCell, wrapCell } from "./cells.ts";

/** A column as it is drawn. */
export interface DrawnColumn {
  readonly title: string;
  readonly side: "left" | "right";
  readonly width: number;
}

/** Characters of the narrowest column that is still worth showing. */
const narrowest = 4;

/** How wide columns want to be. */
export interface WantedColumn {
  readonly title: string;
  readonly side: "left" | "right";
  /** Characters it was told to have; `null`: as it comes out. */
  readonly width: number | null;
  /** Characters of its longest cell. */
  readonly longest: number;
}

/**
 * Gives columns their widths: as wide as what is in them, or all the same. Columns that have no room left are
 * not drawn, the last one that has is cut.
 */
export function layColumns(
  wanted: readonly WantedColumn[],
  { width, autoSize }: { readonly width: number; readonly autoSize: boolean },
): readonly DrawnColumn[] {
  const gaps = Math.max(0, wanted.length - 1);
  const fixed = wanted.reduce((sum, one) => sum + (one.width ?? 0), 0);
  const open = wanted.filter((one) => one.width === null).length;
  const equal = Math.max(narrowest, Math.floor((width - gaps - fixed) / Math.max(1, open)));
  const drawn: DrawnColumn[] = [];
  let left = width;
  for (const { title, side, width: told, longest } of wanted) {
    const size = told ?? (autoSize ? Math.max(title.length, longest, 1) : equal);
    const gap = drawn.length === 0 ? 0 : 1;
    const room = left - gap;
    if (room < Math.min(size, narrowest)) break;
    drawn.push({ title, side, width: Math.min(size, room) });
    left = room - Math.min(size, room);
    if (size > room) break;
  }
  return drawn;
}

/** The titles of columns, and the lines under them. */
export function headerLines(columns: readonly DrawnColumn[]): readonly string[] {
  const titles = columns.map(({ title, side, width }) => fitCell(title, width, side));
  const lines = columns.map(({ title, side, width }) =>
    fitCell("-".repeat(Math.min(Math.max(title.length, 1), width)), width, side),
  );
  return [titles.join(" ").trimEnd(), lines.join(" ").trimEnd()];
}

/** One row. */
export function rowLines(
  columns: readonly DrawnColumn[],
  cells: readonly string[],
  wrap: boolean,
): readonly string[] {
  if (!wrap)
    return [
      columns
        .map(({ width, side }, place) => fitCell(cells[place] ?? "", width, side))
        .join(" ")
        .trimEnd(),
    ];
  const wrapped = columns.map(({ width }, place) => wrapCell(cells[place] ?? "", width));
  const height = Math.max(1, ...wrapped.map(({ length }) => length));
  return Array.from({ length: height }, (_none, line) =>
    columns
      .map(({ width, side }, place) => fitCell(wrapped[place]?.[line] ?? "", width, side))
      .join(" ")
      .trimEnd(),
  );
}
