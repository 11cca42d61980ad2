import { toText } from "./values/text.ts";
import { printDate, printSpan } from "./values/time.ts";
import type { Value } from "./values/value.ts";

/** A value of a script as plain JavaScript. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/** Things inside each other. Reason: deeper ones may be in themselves. */
const deepest = 8;

/**
 * An output of a script as plain JavaScript: objects and hash tables by the names of their properties, dates as
 * ISO 8601 on the page's clock, spans of time and what is deeper than 8 as text. Whole numbers are `bigint` only
 * where a `number` would lose something.
 */
export function plainValue(value: Value, depth = 0): PlainValue {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (value.kind === "date") return printDate(value, "o");
  if (value.kind === "span") return printSpan(value.millis);
  if (depth === deepest) return toText(value);
  switch (value.kind) {
    case "list":
      return value.items.map((one) => plainValue(one, depth + 1));
    case "table":
      return named(
        [...value.entries.values()].map(({ key, value: one }) => [toText(key), one]),
        depth,
      );
    case "object":
      return value.origin.kind === "formatted"
        ? plainValue(value.origin.value, depth)
        : named(
            [...value.properties.values()].map(({ name, value: one }) => [name, one]),
            depth,
          );
    default:
      return toText(value);
  }
}

function named(entries: readonly (readonly [string, Value])[], depth: number): PlainValue {
  return Object.fromEntries(entries.map(([name, value]) => [name, plainValue(value, depth + 1)]));
}
