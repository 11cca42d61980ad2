import type { DateValue } from "./value.ts";

/** Milliseconds. */
export const dayMillis = 86_400_000;
const names = {
  days: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
  months: [
    ...["January", "February", "March", "April", "May", "June", "July"],
    ...["August", "September", "October", "November", "December"],
  ],
};

/** Fields of a date. */
export function dateFields({ at }: DateValue) {
  const moment = new Date(at);
  return {
    Year: moment.getUTCFullYear(),
    Month: moment.getUTCMonth() + 1,
    Day: moment.getUTCDate(),
    Hour: moment.getUTCHours(),
    Minute: moment.getUTCMinutes(),
    Second: moment.getUTCSeconds(),
    Millisecond: moment.getUTCMilliseconds(),
    DayOfWeek: names.days[moment.getUTCDay()] ?? "",
    DayOfYear: Math.floor((at - Date.UTC(moment.getUTCFullYear(), 0, 1)) / dayMillis) + 1,
  };
}

/** What single letters stand for: the forms of the United States. */
const standards: { readonly [letter: string]: string } = {
  d: "M/d/yyyy",
  D: "dddd, MMMM d, yyyy",
  t: "h:mm tt",
  T: "h:mm:ss tt",
  f: "dddd, MMMM d, yyyy h:mm tt",
  F: "dddd, MMMM d, yyyy h:mm:ss tt",
  g: "M/d/yyyy h:mm tt",
  G: "M/d/yyyy h:mm:ss tt",
  s: "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
  u: "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
  o: "yyyy'-'MM'-'dd'T'HH':'mm':'ss.fffffff",
  M: "MMMM d",
  Y: "MMMM yyyy",
};

/** Writes a date in a form of .NET: `yyyy-MM-dd HH:mm`, or one letter for a usual one. */
export function printDate(date: DateValue, form: string): string {
  const pattern = standards[form] ?? form;
  return pattern.replace(/'[^']*'|"[^"]*"|\\.|([dMyHhmsft])\1*/g, (piece) => datePiece(date, piece));
}

function datePiece(date: DateValue, piece: string): string {
  if (/^['"]/.test(piece)) return piece.slice(1, -1);
  if (piece.startsWith("\\")) return piece.slice(1);
  const fields = dateFields(date);
  const size = piece.length;
  const padded = (value: number): string => String(value).padStart(Math.min(size, 2), "0");
  switch (piece[0]) {
    case "d":
      if (size >= 3) return size === 3 ? fields.DayOfWeek.slice(0, 3) : fields.DayOfWeek;
      return padded(fields.Day);
    case "M": {
      const name = names.months[fields.Month - 1] ?? "";
      if (size >= 3) return size === 3 ? name.slice(0, 3) : name;
      return padded(fields.Month);
    }
    case "y":
      return size <= 2 ? padded(fields.Year % 100) : String(fields.Year).padStart(size, "0");
    case "H":
      return padded(fields.Hour);
    case "h":
      return padded(((fields.Hour + 11) % 12) + 1);
    case "m":
      return padded(fields.Minute);
    case "s":
      return padded(fields.Second);
    case "f":
      return String(fields.Millisecond).padStart(3, "0").padEnd(7, "0").slice(0, size);
    default:
      return (fields.Hour < 12 ? "AM" : "PM").slice(0, size);
  }
}

const isoForm = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?\s*$/;
const slashForm = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?)?\s*$/i;

/** Reads a date as a person writes it: `2011-02-22 21:30`, `2/22/2011 9:30 PM`; `null`: it is none. */
export function parseDate(text: string): DateValue | null {
  const iso = isoForm.exec(text);
  if (iso !== null) {
    const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = ""] = iso;
    const millis = Number(fraction.padEnd(3, "0").slice(0, 3));
    return dateOf([year, month, day, hour, minute, second].map(Number), millis);
  }
  const slash = slashForm.exec(text);
  if (slash === null) return null;
  const [, month, day, year, hour = "0", minute = "0", second = "0", half] = slash;
  const isLate = half?.toLowerCase() === "pm";
  const late = half === undefined ? Number(hour) : (Number(hour) % 12) + (isLate ? 12 : 0);
  return dateOf([year, month, day, late, minute, second].map(Number), 0);
}

function dateOf(fields: readonly number[], millis: number): DateValue | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const at = Date.UTC(year, month - 1, day, hour, minute, second, millis);
  const made: DateValue = { kind: "date", at };
  const found = dateFields(made);
  const fits = found.Month === month && found.Day === day && hour < 24 && minute < 60 && second < 60;
  return fits && year > 0 ? made : null;
}

/** A date that .NET can hold; `null`: it is before the year 1 or after 9999. */
export function dateAt(at: number): DateValue | null {
  return at >= -62_135_596_800_000 && at <= 253_402_300_799_999 ? { kind: "date", at } : null;
}

/** Writes a span of time: `1.02:03:04.5000000`. */
export function printSpan(millis: number): string {
  const size = Math.floor(Math.abs(millis));
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const days = Math.floor(size / dayMillis);
  const clock = `${two((size % dayMillis) / 3_600_000)}:${two((size % 3_600_000) / 60_000)}:${two((size % 60_000) / 1000)}`;
  const rest = size % 1000;
  const fraction = rest === 0 ? "" : `.${String(rest).padStart(3, "0")}0000`;
  return `${millis < 0 && size > 0 ? "-" : ""}${days > 0 ? `${days}.` : ""}${clock}${fraction}`;
}

const spanForm = /^\s*(-)?(?:(\d{1,8})\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s*$/;

/** Reads a span of time, `1.02:03:04`; milliseconds, or `null`: it is none. */
export function parseSpan(text: string): number | null {
  const found = spanForm.exec(text);
  if (found === null) return /^\s*\d{1,7}\s*$/.test(text) ? Number(text) * dayMillis : null;
  const [, sign, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = ""] = found;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const clock = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const millis = Number(days) * dayMillis + clock * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3));
  return sign === "-" ? -millis : millis;
}
