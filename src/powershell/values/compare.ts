import { toBool, toNumber } from "./convert.ts";
import { fail } from "./script-error.ts";
import { isNumber, toText, typeName } from "./text.ts";
import { parseDate, parseSpan } from "./time.ts";
import { isKind, type Value } from "./value.ts";

const caseless = new Intl.Collator("en-US", { sensitivity: "accent" });
const exact = new Intl.Collator("en-US", { sensitivity: "variant", caseFirst: "lower" });

/** Whether two values are the same. The left one says as what they are compared. */
export function isEqual(left: Value, right: Value, matchCase = false): boolean {
  if (left === null || right === null) return left === right;
  if (typeof left === "string") {
    const text = toText(right);
    return matchCase ? left === text : left.toLowerCase() === text.toLowerCase();
  }
  if (typeof left === "boolean") return left === toBool(right);
  if (isNumber(left)) {
    const number = numberOrNull(right);
    // Loose on purpose: 1 and 1.0 are the same number of two types.
    return number !== null && Number(left) === Number(number) && sameWhole(left, number);
  }
  if (isKind(left, "date")) return millisOf(right, "date") === left.at;
  if (isKind(left, "span")) return millisOf(right, "span") === left.millis;
  if (isKind(left, "type")) return left.name.toLowerCase() === nameOf(right).toLowerCase();
  if (isKind(left, "object") && left.text !== null && typeof right === "string")
    return left.text.toLowerCase() === right.toLowerCase();
  return left === right;
}

function sameWhole(left: bigint | number, right: bigint | number): boolean {
  return typeof left !== "bigint" || typeof right !== "bigint" || left === right;
}

function nameOf(value: Value): string {
  return isKind(value, "type") ? value.name : toText(value);
}

function numberOrNull(value: Value): bigint | number | null {
  try {
    return toNumber(value);
  } catch {
    return null;
  }
}

function millisOf(value: Value, kind: "date" | "span"): number | null {
  if (isKind(value, "date")) return kind === "date" ? value.at : null;
  if (isKind(value, "span")) return kind === "span" ? value.millis : null;
  if (typeof value !== "string") return null;
  return kind === "date" ? (parseDate(value)?.at ?? null) : parseSpan(value);
}

/** Less than 0, 0 or more than 0: how the left value stands to the right. @throws ScriptError when it does not */
export function order(left: Value, right: Value, matchCase = false): number {
  if (left === null || right === null) return orderOfNull(left, right);
  if (typeof left === "string") return (matchCase ? exact : caseless).compare(left, toText(right));
  if (isNumber(left)) return orderNumbers(left, toNumber(right));
  if (typeof left === "boolean") return Number(left) - Number(toBool(right));
  if (isKind(left, "date") || isKind(left, "span")) {
    const other = millisOf(right, left.kind);
    if (other !== null) return (left.kind === "date" ? left.at : left.millis) - other;
  }
  if (isEqual(left, right)) return 0;
  throw fail("NotIcomparable", `Cannot compare "${typeName(left)}": it has no order.`);
}

function orderOfNull(left: Value, right: Value): number {
  const filled = left ?? right;
  if (filled === null) return 0;
  const sign = left === null ? -1 : 1;
  if (isNumber(filled)) return Number(filled) < 0 ? -sign : Number(filled) === 0 && left === null ? 0 : sign;
  return sign;
}

function orderNumbers(left: bigint | number, right: bigint | number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** An order of any two values, for sorting: those without one stand by their text. */
export function sortOrder(left: Value, right: Value, matchCase: boolean): number {
  const one = plain(left);
  const other = plain(right);
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  if (isNumber(one) !== isNumber(other) || typeof one !== typeof other)
    return caseless.compare(toText(one), toText(other));
  return order(one, other, matchCase);
}

function plain(value: Value): Value {
  return typeof value === "object" && !isKind(value, "date") && !isKind(value, "span") && value !== null
    ? toText(value)
    : value;
}
