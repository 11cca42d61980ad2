import { formatValue } from "../values/format-operator.ts";
import { isNumber, toText } from "../values/text.ts";
import { isKind, type Value } from "../values/value.ts";

/** Elements of an array that are shown in a cell. @cmdlet $FormatEnumerationLimit */
const shownElements = 4;

/** A value as it stands in a cell. */
export function cellText(value: Value, form: string | null): string {
  if (form !== null) {
    if (form.includes("{0"))
      return form.replace(/\{0(?::([^}]*))?\}/g, (_all, style) => formatValue(value, style ?? ""));
    return formatValue(value, form);
  }
  if (isKind(value, "date")) return formatValue(value, "G");
  if (isKind(value, "list")) return `{${elements(value.items)}}`;
  if (isKind(value, "table")) return `{${elements([...value.entries.values()].map(({ key }) => key))}}`;
  return toText(value);
}

function elements(items: readonly Value[]): string {
  const shown = items.slice(0, shownElements).map((one) => cellText(one, null));
  return [...shown, ...(items.length > shownElements ? ["..."] : [])].join(", ").replace(", ...", "...");
}

/** On which side of its column a value stands. */
export function sideOf(value: Value): "left" | "right" {
  return isNumber(value) ? "right" : "left";
}

/** A text in so many characters: what does not fit is dots. */
export function fitCell(text: string, width: number, side: "left" | "right"): string {
  const [line = "", ...more] = text.split(/\r?\n/);
  const whole = more.length > 0 ? `${line}...` : line;
  if (whole.length <= width) return side === "left" ? whole.padEnd(width) : whole.padStart(width);
  if (width <= 3) return whole.slice(0, width);
  return side === "left" ? `${whole.slice(0, width - 3)}...` : `...${whole.slice(3 - width)}`;
}

/** A text in lines of at most so many characters, broken at blanks where there are some. */
export function wrapCell(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    let rest = line;
    while (rest.length > width) {
      const blank = rest.lastIndexOf(" ", width);
      const cut = blank > 0 ? blank : width;
      lines.push(rest.slice(0, cut));
      rest = rest.slice(blank > 0 ? cut + 1 : cut);
    }
    lines.push(rest);
  }
  return lines;
}
