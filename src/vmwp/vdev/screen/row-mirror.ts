import type { ScreenRow } from "../../../hvdef/index.ts";
import type { Micros } from "../../../support/index.ts";

/** Rows of a text screen for whoever cannot see it. */
export interface RowMirror {
  /** What the screen says now. Answers the rows to be told, none most of the time. */
  see(rows: readonly string[], now: Micros): readonly ScreenRow[];
  /** Whether something that was seen is still to be told. */
  owes(): boolean;
  /** From here on every row is news. */
  forget(): void;
}

/** Microseconds between two tellings. Reason: a screen reader cannot say more, and a guest may write much more. */
const period = 250_000;

/** Opens a mirror that has told nothing. */
export function openRowMirror(): RowMirror {
  let told: readonly string[] | null = null;
  let due = 0;
  let waits = false;
  return {
    see(rows, now) {
      const news = rows.flatMap((text, row) => (told?.[row] === text ? [] : [{ row, text }]));
      waits = news.length > 0;
      if (!waits || now < due) return [];
      told = rows;
      due = now + period;
      waits = false;
      return news;
    },
    owes: () => waits,
    forget() {
      told = null;
      due = 0;
    },
  };
}
