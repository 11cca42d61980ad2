import { checkText } from "./limits.ts";
import { printDate, printSpan } from "./time.ts";
import type { Value } from "./value.ts";

/** Things inside each other that are written out. */
const deepest = 4;

/** A value as text, as PowerShell writes it into other text. */
export function toText(value: Value): string {
  return textAt(value, 0);
}

function textAt(value: Value, depth: number): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return doubleText(value);
  if (typeof value === "bigint") return value.toString();
  switch (value.kind) {
    case "list":
      return depth === deepest ? "System.Object[]" : joinTexts(value.items, " ", depth + 1);
    case "table":
      return "System.Collections.Hashtable";
    case "date":
      return printDate(value, "MM/dd/yyyy HH:mm:ss");
    case "span":
      return printSpan(value.millis);
    case "script":
      return value.source.slice(value.block.span.start, value.block.span.end);
    case "type":
      return value.name;
    case "object": {
      if (value.text !== null) return value.text;
      const pairs = [...value.properties.values()].map((one) =>
        depth === deepest ? one.name : `${one.name}=${textAt(one.value, depth + 1)}`,
      );
      return `@{${pairs.join("; ")}}`;
    }
  }
}

/** Texts of values with something between them. @throws ScriptError when that is too long */
export function joinTexts(items: readonly Value[], between: string, depth = 0): string {
  const parts: string[] = [];
  let length = 0;
  for (const item of items) {
    const part = textAt(item, depth);
    length += part.length + between.length;
    checkText(length);
    parts.push(part);
  }
  return parts.join(between);
}

/** A double with 15 digits, as .NET writes it: `0.3`, `1E+20`. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  const size = Math.abs(value);
  const short = Number(value.toPrecision(15));
  if (size !== 0 && (size >= 1e15 || size < 1e-5)) {
    const [digits = "", power = "0"] = short.toExponential().split("e");
    const sign = power.startsWith("-") ? "-" : "+";
    return `${digits}E${sign}${power.replace(/^[+-]/, "").padStart(2, "0")}`;
  }
  return String(short);
}

/** The names of values' types, as .NET has them. */
export function typeName(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return "System.String";
  if (typeof value === "boolean") return "System.Boolean";
  if (typeof value === "number") return "System.Double";
  if (typeof value === "bigint") return wholeType(value);
  switch (value.kind) {
    case "list":
      return "System.Object[]";
    case "table":
      return "System.Collections.Hashtable";
    case "date":
      return "System.DateTime";
    case "span":
      return "System.TimeSpan";
    case "script":
      return "System.Management.Automation.ScriptBlock";
    case "type":
      return "System.RuntimeType";
    case "object":
      return value.typeNames[0] ?? "System.Object";
  }
}

/** The smallest type that holds a whole number, as a script would have it. */
function wholeType(value: bigint): string {
  if (BigInt.asIntN(32, value) === value) return "System.Int32";
  return BigInt.asIntN(64, value) === value ? "System.Int64" : "System.UInt64";
}

/** Whether a value counts. */
export function isNumber(value: Value): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}
