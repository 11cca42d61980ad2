import { type ReadonlySignal, signal } from "@preact/signals";
import type { ScreenContents, ScreenMode, ScreenNews } from "../hvdef/index.ts";
import type { ScreenSession } from "./host.ts";

/** Where a machine's screen comes from while it has power. */
export interface ScreenSource {
  look(canvas: HTMLCanvasElement): void;
  lookAway(): void;
  read(withPixels: boolean): Promise<ScreenContents>;
}

/** A screen with its owner's side. */
export interface ScreenLog extends ScreenSession {
  /** The machine got power; `null`: it has none any more. */
  connect(source: ScreenSource | null): void;
  told(news: ScreenNews): void;
}

/** Opens the screen of a machine that is off. */
export function openScreenLog(): ScreenLog {
  const power = signal(0);
  const mode = signal<ScreenMode | null>(null);
  const rows = signal<readonly string[]>([]);
  let source: ScreenSource | null = null;
  let starts = 0;

  function tell(news: ScreenNews): void {
    if (news.kind === "mode") {
      mode.value = news.mode;
      rows.value = news.mode.kind === "text" ? Array<string>(news.mode.rows).fill("") : [];
      return;
    }
    const next = [...rows.value];
    for (const { row, text } of news.rows) if (row < next.length) next[row] = text;
    rows.value = next;
  }
  return {
    power: power as ReadonlySignal<number>,
    mode,
    rows,
    look(canvas) {
      const mine = source;
      mine?.look(canvas);
      return () => {
        if (mine === source) mine?.lookAway();
      };
    },
    read(withPixels) {
      return source === null
        ? Promise.reject(new Error("The machine is off: its screen shows nothing."))
        : source.read(withPixels);
    },
    connect(next) {
      source = next;
      mode.value = null;
      rows.value = [];
      if (next !== null) starts++;
      power.value = next === null ? 0 : starts;
    },
    told: tell,
  };
}
