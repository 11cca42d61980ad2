import type { ProcessorShare } from "../hvdef/index.ts";

const within = (value: number, low: number, high: number): boolean =>
  Number.isFinite(value) && value >= low && value <= high;

/** What is wrong with a share, in a sentence, or `null`. @wmi Msvm_ProcessorSettingData Reservation, Limit, Weight */
export function shareFault({ reserve, limit, weight }: ProcessorShare): string | null {
  if (!within(reserve, 0, 100)) return "The processor reserve must be 0 to 100 percent.";
  if (!within(limit, 1, 100)) return "The processor limit must be 1 to 100 percent.";
  if (reserve > limit) return "The processor reserve cannot be larger than the limit.";
  if (!within(weight, 1, 10_000)) return "The processor weight must be 1 to 10000.";
  return null;
}
