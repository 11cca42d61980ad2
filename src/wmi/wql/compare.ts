import { parseTime } from "../datetime.ts";
import { wbemError } from "../errors.ts";
import { type CimFeature, type CimValue, isInteger } from "../value.ts";
import { likePattern } from "./like.ts";
import type { WqlLiteral, WqlOperator } from "./query.ts";

/** Tests one value. A value that is not known is never equal, unequal, less or more. */
export type ValueTest = (value: CimValue) => boolean;

/** What a condition says of one property. */
export interface Comparison {
  /** As a person reads it. */
  readonly name: string;
  readonly operator: WqlOperator;
  readonly literal: Exclude<WqlLiteral, null>;
}

type Ordered = string | number | bigint;

/** Makes the test. Text is compared without regard to case. @throws HvError `wmi.invalidQuery` when types do not meet */
export function compareTest(feature: CimFeature, { name, operator, literal }: Comparison): ValueTest {
  if (feature.isArray || feature.type === "object")
    throw wbemError(
      "invalidQuery",
      `${name} is ${feature.isArray ? "an array" : "an object"}: WHERE cannot compare it.`,
    );
  if (operator === "LIKE") return likeTest(feature, name, literal);
  const wanted = ordered(feature, literal);
  if (wanted === null)
    throw wbemError(
      "invalidQuery",
      `${name} is of type ${feature.type}: it cannot be compared with ${literal}.`,
    );
  return (value) => {
    const found = value === null ? null : ordered(feature, value);
    return found !== null && holds(operator, orderOf(found, wanted));
  };
}

function likeTest({ type }: CimFeature, name: string, literal: Comparison["literal"]): ValueTest {
  if (typeof literal !== "string" || !["string", "reference", "datetime"].includes(type))
    throw wbemError("invalidQuery", `${name} is of type ${type}: LIKE compares text with text.`);
  const fits = likePattern(literal);
  return (value) => typeof value === "string" && fits(value);
}

/** A value in the form in which values of its type are compared; `null` when it is none of them. */
function ordered({ type }: CimFeature, value: CimValue | WqlLiteral): Ordered | null {
  switch (type) {
    case "string":
    case "reference":
      return isPlain(value) ? String(value).toLowerCase() : null;
    case "datetime":
      return typeof value === "string" ? timeOf(value) : null;
    case "boolean":
      return truthOf(value);
    default:
      return isInteger(type) && typeof value === "bigint" ? value : numberOf(value);
  }
}

function isPlain(value: CimValue | WqlLiteral): value is string | number | bigint {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint";
}

function timeOf(text: string): number | null {
  const time = parseTime(text);
  if (time === null) return null;
  return time.kind === "point" ? time.at : time.millis;
}

function truthOf(value: CimValue | WqlLiteral): number | null {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string" && /^(true|false)$/i.test(value))
    return Number(value.toLowerCase() === "true");
  return typeof value === "bigint" ? Number(value !== 0n) : null;
}

function numberOf(value: CimValue | WqlLiteral): number | bigint | null {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value !== "string" || value.trim() === "" || value.length > 40) return null;
  if (/^[+-]?\d+$/.test(value)) return BigInt(value.replace("+", ""));
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Less than 0, 0 or more than 0. Whole and other numbers compare exactly with each other. */
function orderOf(one: Ordered, other: Ordered): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function holds(operator: Exclude<WqlOperator, "LIKE">, order: number): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "<>":
      return order !== 0;
    case "<":
      return order < 0;
    case ">":
      return order > 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
  }
}
