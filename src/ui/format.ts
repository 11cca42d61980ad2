import { reasonOf } from "../support/index.ts";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const byteUnits = ["bytes", "KB", "MB", "GB", "TB"];
const countUnits = ["", " k", " M", " G", " T"];

function scaled(value: number, step: number, units: readonly string[]): { text: string; unit: string } {
  let place = 0;
  let rest = value;
  // Three digits are enough before the next unit; single bytes are exact.
  while (rest >= (place === 0 ? step : 999.5) && place < units.length - 1) {
    rest /= step;
    place += 1;
  }
  const digits = place > 0 && rest < 9.95 ? 1 : 0;
  return { text: rest.toFixed(digits), unit: units[place] ?? "" };
}

/** Bytes in Hyper-V's units: a KB is 1024 bytes. Anything that is no size is a dash. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes) || bytes < 0) return "–";
  const { text, unit } = scaled(bytes, 1024, byteUnits);
  if (unit === "bytes") return text === "1" ? "1 byte" : `${text} bytes`;
  return `${text} ${unit}`;
}

/** Bytes in a narrow place: `12 B`, `4.0 KB`. */
export function formatShortBytes(bytes: number | null): string {
  return formatBytes(bytes).replace(/ bytes?$/, " B");
}

/** A counter: exact up to six digits, then with a unit. A missing one is a dash, never a zero. */
export function formatCount(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return "–";
  if (Math.abs(count) < 1_000_000) return grouped.format(count);
  const { text, unit } = scaled(count, 1000, countUnits);
  return `${text}${unit}`;
}

/** Events a second. Below ten with one digit, so that a slow trickle is not shown as nothing. */
export function formatRate(perSecond: number | null): string {
  if (perSecond === null || !Number.isFinite(perSecond)) return "–";
  if (perSecond > 0 && perSecond < 9.95) return `${perSecond.toFixed(1)}/s`;
  return `${formatCount(perSecond)}/s`;
}

/** Bytes a second. */
export function formatByteRate(perSecond: number | null): string {
  if (perSecond === null || !Number.isFinite(perSecond)) return "–";
  return `${formatShortBytes(perSecond)}/s`;
}

/** A share from 0 to 1 as whole per cent; more than one processor's worth is shown as it is. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share) || share < 0) return "–";
  return `${Math.round(share * 100)}%`;
}

/** Local time of day, `14:03:09`. */
export function formatTime(at: number): string {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return "–";
  const two = (part: number) => String(part).padStart(2, "0");
  return `${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
}

/** A sentence with a full stop and a capital letter, whatever the source wrote. A file name keeps its letters. */
export function asSentence(text: string): string {
  const plain = text.trim();
  if (plain === "") return "";
  const named = /^\S*\.\w/.test(plain);
  const begun = named ? plain : plain.charAt(0).toUpperCase() + plain.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

const longestReason = 600;

/** Why something failed, as a sentence of bounded length. */
export function reasonSentence(error: unknown): string {
  return asSentence(reasonOf(error).slice(0, longestReason)) || "It failed without a reason.";
}

/** Local day and time, `2026-11-22 14:03:09`. */
export function formatMoment(at: number): string {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return "–";
  const two = (part: number) => String(part).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${formatTime(at)}`;
}
