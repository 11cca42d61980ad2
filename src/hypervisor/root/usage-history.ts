import type { UsageReport } from "../../hvdef/index.ts";

/** What a partition's reports say over time. */
export interface UsageHistory {
  /** Takes a report. `false` when it contradicts itself or the one before: it is dropped. */
  add(report: UsageReport): boolean;
  /** Share of one processor used and starved between the last two reports, 0 to 1. */
  latest(): { readonly used: number; readonly starved: number };
  /** Share of one processor over about the last second, 0 to 1. */
  lastSecond(): number;
  /** The last report, `null` before the first. */
  last(): UsageReport | null;
}

/** Microseconds that "about the last second" covers. */
const window = 1_000_000;
/** Most reports kept. Reason: ten come in a second; a child that sends more narrows its own window. */
const most = 32;

const unit = (value: number) => Math.max(0, Math.min(1, value));

function isSound(report: UsageReport, before: UsageReport | undefined): boolean {
  const values = [report.used, report.starved, report.elapsed, report.heartbeat];
  if (!values.every((value) => Number.isFinite(value) && value >= 0)) return false;
  if (before === undefined) return true;
  return (
    report.elapsed > before.elapsed &&
    report.used >= before.used &&
    report.starved >= before.starved &&
    report.heartbeat >= before.heartbeat
  );
}

/** Starts an empty history. */
export function openUsageHistory(): UsageHistory {
  let reports: readonly UsageReport[] = [];

  function lastSecond(): number {
    const newest = reports.at(-1);
    const oldest = reports[0];
    if (newest === undefined || oldest === undefined) return 0;
    if (newest === oldest) return newest.elapsed > 0 ? unit(newest.used / newest.elapsed) : 0;
    return unit((newest.used - oldest.used) / (newest.elapsed - oldest.elapsed));
  }

  return {
    add(report) {
      if (!isSound(report, reports.at(-1))) return false;
      const kept = [...reports, report].slice(-most);
      // One report older than the window stays, so that the window is covered to its end.
      const inside = kept.findIndex((other) => other.elapsed > report.elapsed - window);
      reports = kept.slice(Math.max(0, inside - 1));
      return true;
    },
    latest() {
      const newest = reports.at(-1);
      if (newest === undefined) return { used: 0, starved: 0 };
      const before = reports.at(-2) ?? { used: 0, starved: 0, elapsed: 0 };
      const elapsed = Math.max(1, newest.elapsed - before.elapsed);
      return {
        used: unit((newest.used - before.used) / elapsed),
        starved: unit((newest.starved - before.starved) / elapsed),
      };
    },
    lastSecond,
    last: () => reports.at(-1) ?? null,
  };
}
