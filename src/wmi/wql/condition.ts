import type { Condition, PropertyName, WqlLiteral, WqlOperator } from "./query.ts";
import type { TokenReader } from "./reader.ts";
import { wrongQuery } from "./tokens.ts";

/** Parentheses and NOTs inside each other. Reason: a person writes three; the stack takes thousands. */
const deepest = 64;
const signs = ["=", "<>", "!=", "<=", ">=", "<", ">"];
/** The operator when both sides are exchanged. */
const turned: { readonly [O in WqlOperator]: WqlOperator | null } = {
  "=": "=",
  "<>": "<>",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
  LIKE: null,
};

/** Reads what follows WHERE. OR binds less than AND, AND less than NOT. @throws HvError `wmi.invalidQuery` */
export function parseCondition(reader: TokenReader): Condition {
  return parseAny(reader, 0);
}

/** Reads `Name` or `TargetInstance.Name`. @throws HvError `wmi.invalidQuery` */
export function parseProperty(reader: TokenReader): PropertyName {
  const name = [reader.word("the name of a property")];
  while (reader.accept(".")) name.push(reader.word("the name of a property"));
  return name;
}

function parseAny(reader: TokenReader, depth: number): Condition {
  const all = [parseAll(reader, depth)];
  while (reader.accept("OR")) all.push(parseAll(reader, depth));
  return joined("or", all);
}

function parseAll(reader: TokenReader, depth: number): Condition {
  const all = [parseNot(reader, depth)];
  while (reader.accept("AND")) all.push(parseNot(reader, depth));
  return joined("and", all);
}

function joined(kind: "and" | "or", all: readonly Condition[]): Condition {
  const [only] = all;
  return all.length === 1 && only !== undefined ? only : { kind, all };
}

function parseNot(reader: TokenReader, depth: number): Condition {
  if (depth >= deepest) throw wrongQuery(reader.peek().at, "its conditions are too deep inside each other");
  if (reader.accept("NOT")) return { kind: "not", inner: parseNot(reader, depth + 1) };
  if (!reader.accept("(")) return parseComparison(reader);
  const inner = parseAny(reader, depth + 1);
  reader.expect(")");
  return inner;
}

function parseComparison(reader: TokenReader): Condition {
  const { kind } = reader.peek();
  if (kind === "text" || kind === "number" || isLiteralWord(reader)) return parseTurned(reader);
  const property = parseProperty(reader);
  if (reader.accept("ISA")) return { kind: "isA", property, className: parseClassName(reader) };
  if (reader.accept("IS")) return parseIs(reader, property);
  const isNot = reader.accept("NOT");
  if (isNot || reader.peek().text.toUpperCase() === "LIKE") {
    reader.expect("LIKE");
    const like: Condition = { kind: "compare", property, operator: "LIKE", literal: parseText(reader) };
    return isNot ? { kind: "not", inner: like } : like;
  }
  const operator = parseOperator(reader);
  return comparison(reader, { property, operator });
}

function isLiteralWord(reader: TokenReader): boolean {
  const { kind, text } = reader.peek();
  return kind === "word" && /^(null|true|false)$/i.test(text);
}

/** `2 = EnabledState`. */
function parseTurned(reader: TokenReader): Condition {
  const literal = parseLiteral(reader);
  const operator = turned[parseOperator(reader)];
  const property = parseProperty(reader);
  if (operator === null) return reader.fail("a comparison");
  return literal === null
    ? nullTest(reader, { property, operator })
    : { kind: "compare", property, operator, literal };
}

interface Begun {
  readonly property: PropertyName;
  readonly operator: WqlOperator;
}

function comparison(reader: TokenReader, begun: Begun): Condition {
  const literal = parseLiteral(reader);
  return literal === null ? nullTest(reader, begun) : { kind: "compare", ...begun, literal };
}

function nullTest(reader: TokenReader, { property, operator }: Begun): Condition {
  const isNull: Condition = { kind: "isNull", property };
  if (operator === "=") return isNull;
  if (operator === "<>") return { kind: "not", inner: isNull };
  throw wrongQuery(reader.peek().at, "NULL is only equal or not equal to something");
}

function parseIs(reader: TokenReader, property: PropertyName): Condition {
  const isNot = reader.accept("NOT");
  reader.expect("NULL");
  const isNull: Condition = { kind: "isNull", property };
  return isNot ? { kind: "not", inner: isNull } : isNull;
}

function parseOperator(reader: TokenReader): WqlOperator {
  const { text } = reader.peek();
  if (!signs.includes(text)) reader.fail("a comparison");
  reader.take();
  return text === "!=" ? "<>" : (text as WqlOperator);
}

function parseText(reader: TokenReader): string {
  if (reader.peek().kind !== "text") reader.fail("text in quotes");
  return reader.take().text;
}

function parseClassName(reader: TokenReader): string {
  return reader.peek().kind === "text" ? reader.take().text : reader.word("the name of a class");
}

function parseLiteral(reader: TokenReader): WqlLiteral {
  const { kind, text } = reader.peek();
  if (kind === "text") return reader.take().text;
  if (kind === "number") {
    reader.take();
    return /^([+-]?\d+|0x.+)$/i.test(text) ? BigInt(text.replace("+", "")) : Number(text);
  }
  if (reader.accept("NULL")) return null;
  if (reader.accept("TRUE")) return true;
  if (reader.accept("FALSE")) return false;
  return reader.fail("a value");
}
