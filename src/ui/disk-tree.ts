import type { DiskFileSummary } from "../hvdef/index.ts";

/** Lines of deeper levels are not told: no list draws them. */
export const railLimit = 6;

/** A file as the list shows it: below the file it builds on. */
export interface DiskRow {
  readonly file: DiskFileSummary;
  /** Layers below it that the library has: 0 for a base. */
  readonly depth: number;
  /**
   * Levels, 1 to {@link railLimit}, at which a line from a file further up passes this row on its way to one further
   * down: at `depth` itself when another child of the same parent follows.
   */
  readonly rails: readonly number[];
  /** It names a parent that the library does not have. */
  readonly orphan: boolean;
}

const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const keyOf = (name: string): string => name.toLowerCase();

function byName(one: DiskFileSummary, other: DiskFileSummary): number {
  return order.compare(one.name, other.name) || (one.name < other.name ? -1 : 1);
}

/** The files that hang below none, and those that hang below each other one; all by name. */
function familyOf(files: readonly DiskFileSummary[]) {
  const known = new Set(files.map((file) => keyOf(file.name)));
  const above = new Map<string, DiskFileSummary[]>();
  const bases: DiskFileSummary[] = [];
  const children: DiskFileSummary[] = [];
  for (const file of files.toSorted(byName)) {
    const parent = file.parent === null ? null : keyOf(file.parent);
    if (parent === null || !known.has(parent)) {
      bases.push(file);
      continue;
    }
    children.push(file);
    const beside = above.get(parent);
    if (beside === undefined) above.set(parent, [file]);
    else beside.push(file);
  }
  return { known, above, bases, children };
}

/** Every file once, by name, each chain from its base up. Parents that form a loop end it. */
export function diskRows(files: readonly DiskFileSummary[]): readonly DiskRow[] {
  const { known, above, bases, children } = familyOf(files);
  const rows: DiskRow[] = [];
  const shown = new Set<string>();
  // Files of a loop hang below no base: they come last, from wherever the loop is met first.
  for (const base of [...bases, ...children]) {
    const waiting: Omit<DiskRow, "orphan">[] = [{ file: base, depth: 0, rails: [] }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const key = keyOf(next.file.name);
      if (shown.has(key)) continue;
      shown.add(key);
      const { parent } = next.file;
      rows.push({ ...next, orphan: parent !== null && !known.has(keyOf(parent)) });
      const depth = next.depth + 1;
      for (const [place, file] of (above.get(key) ?? []).toReversed().entries()) {
        const passing = place > 0 && depth <= railLimit ? [...next.rails, depth] : next.rails;
        waiting.push({ file, depth, rails: passing });
      }
    }
  }
  return rows;
}

/** The row an arrow key goes to: up and down by row, left to the parent, right to the first child. */
export function rowTarget(rows: readonly DiskRow[], here: number, key: string): number | null {
  const depth = rows[here]?.depth ?? 0;
  switch (key) {
    case "ArrowDown":
      return Math.min(here + 1, rows.length - 1);
    case "ArrowUp":
      return Math.max(here - 1, 0);
    case "Home":
      return 0;
    case "End":
      return rows.length - 1;
    case "ArrowRight":
      return (rows[here + 1]?.depth ?? 0) > depth ? here + 1 : null;
    case "ArrowLeft": {
      const parent = rows.slice(0, here).findLastIndex((row) => row.depth < depth);
      return parent < 0 ? null : parent;
    }
    default:
      return null;
  }
}
