import { collectBlock } from "../../run/blocks.ts";
import { bindingError } from "../../run/fit-parameter.ts";
import type { Frame } from "../../run/machine.ts";
import { readMember } from "../../values/members.ts";
import { toText } from "../../values/text.ts";
import { type Column, entryName, isKind, type TableValue, type Value } from "../../values/value.ts";
import { isWildcard, wildcard } from "../../values/wildcard.ts";

/** The columns that a -Property names for a value: names, patterns, script blocks, hash tables. @throws ScriptError */
export function columnsFor(frame: Frame, wanted: readonly Value[], sample: Value): readonly Column[] {
  return wanted.flatMap((one) => columnFor(frame, one, sample));
}

function columnFor(frame: Frame, wanted: Value, sample: Value): readonly Column[] {
  const plain = { align: null, width: null, form: null };
  if (isKind(wanted, "script"))
    return [{ ...plain, title: toText(wanted).trim(), value: (of) => collectBlock(frame, wanted, of) }];
  if (isKind(wanted, "table")) return [calculated(frame, wanted)];
  const name = toText(wanted);
  return namesLike(name, sample).map((title) => ({
    ...plain,
    title,
    value: async (of) => readMember(of, title) ?? null,
  }));
}

/** The properties of a value whose names fit a pattern; a plain name stands for itself, as the object spells it. */
export function namesLike(pattern: string, sample: Value): readonly string[] {
  const own = ownNames(sample);
  if (!isWildcard(pattern)) {
    const found = own.find((one) => one.toLowerCase() === pattern.toLowerCase());
    return [found ?? pattern];
  }
  const fits = wildcard(pattern);
  return own.filter((one) => fits(one));
}

/** Names of the properties that a value has. */
export function ownNames(value: Value): readonly string[] {
  if (isKind(value, "object")) return [...value.properties.values()].map(({ name }) => name);
  if (isKind(value, "table")) return [...value.entries.values()].map(({ key }) => toText(key));
  if (typeof value === "string") return ["Length"];
  if (isKind(value, "date"))
    return ["Year", "Month", "Day", "Hour", "Minute", "Second", "DayOfWeek", "DayOfYear"];
  if (isKind(value, "span")) return ["Days", "Hours", "Minutes", "Seconds", "Milliseconds", "TotalSeconds"];
  return [];
}

/** What a hash table says of a column. */
function calculated(frame: Frame, wanted: TableValue): Column {
  const entry = (...names: readonly string[]): Value => {
    for (const name of names)
      for (const [key, { value }] of wanted.entries)
        if (key.startsWith("s") && entryName(name).startsWith(key) && key.length > 1) return value;
    return null;
  };
  const expression = entry("expression");
  if (expression === null)
    throw bindingError("MissingExpression", "A calculated property needs an Expression.");
  const align = toText(entry("alignment")).toLowerCase();
  const width = entry("width");
  const form = entry("formatstring");
  return {
    title: toText(entry("name", "label") ?? expression).trim(),
    align: align === "right" || align === "left" ? align : null,
    width: typeof width === "bigint" && width > 0n && width < 1000n ? Number(width) : null,
    form: form === null ? null : toText(form),
    value: isKind(expression, "script")
      ? (of) => collectBlock(frame, expression, of)
      : async (of) => readMember(of, toText(expression)) ?? null,
  };
}
