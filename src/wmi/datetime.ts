/** A point of time, or a span of it. */
export type CimTime =
  /** Milliseconds since 1970. */
  | { readonly kind: "point"; readonly at: number }
  /** Milliseconds. */
  | { readonly kind: "interval"; readonly millis: number };

const dayMillis = 86_400_000;
/** Eight digits of days. */
const longestInterval = 99_999_999 * dayMillis;

/** Writes a point of time in UTC: `20110222213015.125000+000`. Years outside 1 to 9999 are cut to them. */
export function printTime(at: number): string {
  const moment = new Date(Math.min(Math.max(at, -62_135_596_800_000), 253_402_300_799_999));
  const digits = moment.toISOString().replace(/\D/g, "");
  return `${digits.slice(0, 14)}.${digits.slice(14, 17)}000+000`;
}

/** Writes a span of time: `00000000000105.000000:000`. */
export function printInterval(millis: number): string {
  const whole = Math.floor(Math.min(Math.max(millis, 0), longestInterval));
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const days = String(Math.floor(whole / dayMillis)).padStart(8, "0");
  const hours = two((whole % dayMillis) / 3_600_000);
  const minutes = two((whole % 3_600_000) / 60_000);
  const seconds = two((whole % 60_000) / 1000);
  return `${days}${hours}${minutes}${seconds}.${String(whole % 1000).padStart(3, "0")}000:000`;
}

const form = /^(\d{14})\.(\d{6})([+-]\d{3}|:000)$/;

/** Reads either form; `null` when it is neither. Microseconds below a millisecond are dropped. */
export function parseTime(text: string): CimTime | null {
  const [, digits = "", fraction = "", end = ""] = form.exec(text) ?? [];
  if (digits === "") return null;
  const millis = Math.floor(Number(fraction) / 1000);
  const two = (at: number): number => Number(digits.slice(at, at + 2));
  const [hours, minutes, seconds] = [two(8), two(10), two(12)];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const clock = ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis;
  if (end.startsWith(":"))
    return { kind: "interval", millis: Number(digits.slice(0, 8)) * dayMillis + clock };
  const day = dayStart(Number(digits.slice(0, 4)), two(4), two(6));
  return day === null ? null : { kind: "point", at: day + clock - Number(end) * 60_000 };
}

/** `null` when there is no such day. */
function dayStart(year: number, month: number, day: number): number | null {
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  return exists ? moment.getTime() : null;
}
