import { openPattern } from "../pattern/match.ts";
import { calculate } from "../values/arithmetic.ts";
import { isEqual, order } from "../values/compare.ts";
import { cast, toBool, toNumber, typeNamed } from "../values/convert.ts";
import { formatText } from "../values/format-operator.ts";
import { checkList } from "../values/limits.ts";
import { matchTable, replaceAll, splitText } from "../values/matching.ts";
import { fail, ScriptError } from "../values/script-error.ts";
import { joinTexts, toText, typeName } from "../values/text.ts";
import { isKind, itemsOf, list, type TableValue, type Value } from "../values/value.ts";
import { wildcard } from "../values/wildcard.ts";

/** What an operator is given. */
export interface Operation {
  readonly operator: string;
  readonly matchCase: boolean;
  readonly left: Value;
  readonly right: Value;
}

/** Takes what `-match` has found, for `$Matches`. */
export type MatchSink = (matches: TableValue) => void;

/** The value of an operation on two values. @throws ScriptError */
export function operate(operation: Operation, found: MatchSink): Value {
  const { operator, left, right } = operation;
  switch (operator) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
    case "band":
    case "bor":
    case "bxor":
      return calculate(operator, left, right);
    case "xor":
      return toBool(left) !== toBool(right);
    case "..":
      return range(left, right);
    case "f":
      return formatText(toText(left), isKind(right, "list") ? right.items : [right]);
    case "is":
      return isType(left, right);
    case "isnot":
      return !isType(left, right);
    case "as":
      return castOrNull(left, right);
    case "contains":
    case "notcontains":
      return contains(left, right, operation.matchCase) === (operator === "contains");
    case "in":
    case "notin":
      return contains(right, left, operation.matchCase) === (operator === "in");
    case "join":
      return joinTexts(itemsOf(left), toText(right));
    case "split":
      return split(operation);
    case "replace":
      return replace(operation);
    default:
      return compare(operation, found);
  }
}

function range(left: Value, right: Value): Value {
  const [from, to] = [left, right].map((one) => Math.round(Number(toNumber(one))));
  if (from === undefined || to === undefined || !Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    throw fail("InvalidRange", "The ends of a range must be whole numbers.");
  const size = Math.abs(to - from) + 1;
  checkList(size);
  const step = to < from ? -1 : 1;
  return list(Array.from({ length: size }, (_none, at) => BigInt(from + at * step)));
}

function typeOf(value: Value): string {
  if (isKind(value, "type")) return value.name;
  return typeNamed(toText(value).replace(/^\[|\]$/g, "")).name;
}

/** Whether a value is of a type. Whole numbers are of every whole type that holds them. */
function isType(value: Value, wanted: Value): boolean {
  const name = typeOf(wanted);
  if (value === null) return false;
  if (name === "System.Object") return true;
  if (typeof value === "bigint" && /\.(U?Int(16|32|64)|S?Byte)$/.test(name))
    return (
      typeName(value) === name ||
      (name === "System.Int64" && BigInt.asIntN(64, value) === value && typeName(value) !== "System.Int32")
    );
  if (isKind(value, "object") && name.endsWith("PSCustomObject"))
    return value.typeNames[0]?.endsWith("PSCustomObject") === true;
  if (name === "System.Array") return isKind(value, "list");
  return typeName(value) === name || (isKind(value, "object") && value.typeNames.includes(name));
}

function castOrNull(left: Value, right: Value): Value {
  try {
    return cast(typeOf(right), left);
  } catch (failure) {
    if (failure instanceof ScriptError) return null;
    throw failure;
  }
}

function contains(all: Value, one: Value, matchCase: boolean): boolean {
  if (!isKind(all, "list")) return isEqual(all, one, matchCase);
  return all.items.some((item) => isEqual(item, one, matchCase));
}

function split({ left, right, matchCase }: Operation): Value {
  const [pattern = null, most = null] = isKind(right, "list") ? right.items : [right];
  const found = openPattern(toText(pattern), matchCase);
  const pieces = itemsOf(left).flatMap((one) =>
    splitText(toText(one), found, most === null ? 0 : Number(toNumber(most))),
  );
  checkList(pieces.length);
  return list(pieces);
}

/** `-split text`: at blanks. */
export function splitWords(value: Value): Value {
  return list(
    itemsOf(value).flatMap((one) =>
      toText(one)
        .split(/\s+/)
        .filter((word) => word !== ""),
    ),
  );
}

function replace({ left, right, matchCase }: Operation): Value {
  const [pattern = null, by = null] = isKind(right, "list") ? right.items : [right];
  const found = openPattern(toText(pattern), matchCase);
  const one = (value: Value): Value => replaceAll(toText(value), found, toText(by));
  return isKind(left, "list") ? list(left.items.map(one)) : one(left);
}

/** Operators that answer yes or no; on an array they answer the elements for which it is yes. */
function compare(operation: Operation, found: MatchSink): Value {
  const { left } = operation;
  const test = testOf(operation, found);
  return isKind(left, "list") ? list(left.items.filter(test)) : test(left);
}

function testOf(
  { operator, right, matchCase, left }: Operation,
  found: MatchSink,
): (value: Value) => boolean {
  switch (operator) {
    case "eq":
      return (value) => isEqual(value, right, matchCase);
    case "ne":
      return (value) => !isEqual(value, right, matchCase);
    case "gt":
      return (value) => order(value, right, matchCase) > 0;
    case "ge":
      return (value) => order(value, right, matchCase) >= 0;
    case "lt":
      return (value) => order(value, right, matchCase) < 0;
    case "le":
      return (value) => order(value, right, matchCase) <= 0;
    case "like":
    case "notlike": {
      const fits = wildcard(toText(right), matchCase);
      return (value) => fits(toText(value)) === (operator === "like");
    }
    case "match":
    case "notmatch": {
      const pattern = openPattern(toText(right), matchCase);
      return (value) => {
        const text = toText(value);
        const match = pattern.search(text, 0);
        if (match !== null && !isKind(left, "list")) found(matchTable(text, pattern, match));
        return (match !== null) === (operator === "match");
      };
    }
    default:
      throw fail("BadOperator", `There is no operator -${operator}.`);
  }
}
