import type { Expression } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Grammar } from "./grammar.ts";
import { numberAt } from "./numbers.ts";
import { isAssignable } from "./primary.ts";

/** Operators that compare; each may have `c` or `i` before it. */
const comparisons = [
  ...["eq", "ne", "ge", "gt", "le", "lt", "like", "notlike", "match", "notmatch"],
  ...["contains", "notcontains", "in", "notin", "replace", "split", "join"],
] as const;
const caseless: readonly string[] = comparisons;

/** From those that bind least to those that bind most. */
const levels: readonly (readonly string[])[] = [
  ["and", "or", "xor"],
  ["band", "bor", "bxor"],
  [...comparisons, "is", "isnot", "as"],
  ["+", "-"],
  ["*", "/", "%"],
  ["f"],
  [".."],
];
const listLevel = levels.length;

/** An operator that stands here. */
interface Found {
  readonly operator: string;
  readonly matchCase: boolean;
  readonly end: number;
}

const dashed = /[-\u2013\u2014]([a-z]+)(?![\p{L}\p{N}_])/iuy;

/** An expression with all its operators. */
export function parseExpression(grammar: Grammar, withoutList: boolean): Expression {
  return grammar.cursor.nested(() => level(grammar, 0, withoutList));
}

function level(grammar: Grammar, depth: number, withoutList: boolean): Expression {
  if (depth === listLevel) return withoutList ? unary(grammar) : list(grammar);
  const { cursor } = grammar;
  let left = level(grammar, depth + 1, withoutList);
  for (;;) {
    const before = cursor.at;
    cursor.skipBlank();
    const found = operatorAt(cursor, levels[depth] ?? []);
    if (found === null) {
      cursor.at = before;
      return left;
    }
    cursor.at = found.end;
    cursor.skipLines();
    const right = level(grammar, depth + 1, withoutList);
    const { operator, matchCase } = found;
    const span = { start: left.span.start, end: right.span.end };
    left = { kind: "binary", span, operator, matchCase, left, right };
  }
}

function operatorAt(cursor: Cursor, among: readonly string[]): Found | null {
  for (const sign of among) {
    if (/^[a-z]/.test(sign) || !cursor.sees(sign)) continue;
    // `+=` assigns, `--` and `++` step.
    const next = cursor.peek(sign.length);
    if (sign !== ".." && (next === "=" || (next === sign && sign !== "*"))) continue;
    if (sign === "-" && dashedAt(cursor) !== null) continue;
    return { operator: sign, matchCase: false, end: cursor.at + sign.length };
  }
  const name = dashedAt(cursor);
  if (name === null) return null;
  const end = cursor.at + 1 + name.length;
  const lower = name.toLowerCase();
  if (among.includes(lower)) return { operator: lower, matchCase: false, end };
  const rest = lower.slice(1);
  if (!/^[ci]/.test(lower) || !among.includes(rest) || !caseless.includes(rest)) return null;
  return { operator: rest, matchCase: lower.startsWith("c"), end };
}

/** The name of an operator that begins with a dash here; `null`: none. */
function dashedAt(cursor: Cursor): string | null {
  dashed.lastIndex = cursor.at;
  return dashed.exec(cursor.text)?.[1] ?? null;
}

function list(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const first = unary(grammar);
  const items = [first];
  for (;;) {
    const before = cursor.at;
    cursor.skipBlank();
    if (!cursor.takes(",")) {
      cursor.at = before;
      break;
    }
    cursor.skipLines();
    items.push(unary(grammar));
  }
  const span = { start: first.span.start, end: items.at(-1)?.span.end ?? first.span.end };
  return items.length === 1 ? first : { kind: "list", span, items };
}

const unaryWords: readonly string[] = ["not", "bnot", "split", "join"];

function unary(grammar: Grammar): Expression {
  const { cursor } = grammar;
  cursor.skipBlank();
  return cursor.nested(() => prefix(grammar) ?? castOrPrimary(grammar));
}

function prefix(grammar: Grammar): Expression | null {
  const { cursor } = grammar;
  const start = cursor.at;
  const first = cursor.peek();
  const word = dashedAt(cursor)?.toLowerCase();
  if (first === ",") {
    cursor.at++;
    const inner = unary(grammar);
    return { kind: "list", span: cursor.from(start), items: [inner] };
  }
  if (word !== undefined && unaryWords.includes(word)) {
    cursor.at += word.length + 1;
    return unaryOf(grammar, start, word);
  }
  if (first === "!") {
    cursor.at++;
    return unaryOf(grammar, start, "not");
  }
  if (cursor.sees("++") || cursor.sees("--")) return stepBefore(grammar);
  if (first !== "+" && first !== "-") return null;
  return signed(grammar);
}

function signed(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const number = numberAt(cursor.text, start);
  if (number !== null) {
    cursor.at = number.end;
    const text = cursor.text.slice(start, number.end);
    return { kind: "literal", span: cursor.from(start), value: number.value, text };
  }
  const operator = cursor.peek();
  cursor.at++;
  return unaryOf(grammar, start, operator);
}

function unaryOf(grammar: Grammar, start: number, operator: string): Expression {
  grammar.cursor.skipLines();
  const inner = unary(grammar);
  return { kind: "unary", span: grammar.cursor.from(start), operator, inner };
}

function stepBefore(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const by = cursor.peek() === "+" ? 1n : -1n;
  cursor.at += 2;
  cursor.skipBlank();
  const target = grammar.primary();
  if (!isAssignable(target))
    throw cursor.fail("InvalidLeftHandSide", "Only variables can be counted up or down.", target.span);
  return { kind: "step", span: cursor.from(start), by, isPrefix: true, target };
}

/** `[int] $x` casts; `[int]` alone is the type. */
function castOrPrimary(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const made = grammar.primary();
  if (made.kind !== "type") return made;
  const before = cursor.at;
  cursor.skipBlank();
  if (!/[[$@"'({\d.+\-!]/.test(cursor.peek()) || isOperatorAhead(cursor)) {
    cursor.at = before;
    return made;
  }
  const inner = unary(grammar);
  return { kind: "cast", span: cursor.from(start), type: made.name, inner };
}

function isOperatorAhead(cursor: Cursor): boolean {
  const word = dashedAt(cursor)?.toLowerCase();
  return cursor.sees("..") || (word !== undefined && !unaryWords.includes(word));
}
