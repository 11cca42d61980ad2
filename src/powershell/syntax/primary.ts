import type { Expression, Statement, TableEntry } from "./ast.ts";
import { expect, type Grammar, takeName } from "./grammar.ts";
import { numberAt } from "./numbers.ts";
import { subExpression, takeString, takeVariable } from "./strings.ts";

const typeForm = /\[\s*([\p{L}_][\p{L}\p{N}_.]*(?:\s*\[\s*\])?)\s*\]/uy;

/** A value with everything that stands behind it: members, calls, places. */
export function parsePrimary(grammar: Grammar): Expression {
  const { cursor } = grammar;
  return cursor.nested(() => withSuffixes(grammar, atom(grammar)));
}

function atom(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const first = cursor.peek();
  const next = cursor.peek(1);
  if (first === "$") return dollar(grammar);
  if (first === "'" || first === '"') return takeString(grammar);
  if (first === "(") return parenthesis(grammar);
  if (first === "{") return scriptExpression(grammar);
  if (first === "@") {
    if (next === "'" || next === '"') return takeString(grammar);
    if (next === "(") return arrayBlock(grammar);
    if (next === "{") return table(grammar);
  }
  if (first === "[") return typeOrCast(grammar);
  const number = numberAt(cursor.text, start);
  if (number !== null && /[\d.]/.test(first)) {
    cursor.at = number.end;
    const span = cursor.from(start);
    return { kind: "literal", span, value: number.value, text: cursor.text.slice(start, number.end) };
  }
  if (cursor.isOver()) throw cursor.short("ExpectedExpression", "A value is missing at the end.");
  throw cursor.fail("ExpectedExpression", `A value is missing before '${first}'.`);
}

function dollar(grammar: Grammar): Expression {
  const { cursor } = grammar;
  if (cursor.peek(1) === "(") return subExpression(grammar);
  const found = takeVariable(cursor);
  if (found === null) throw cursor.fail("UnexpectedToken", "The dollar sign needs the name of a variable.");
  return found;
}

function parenthesis({ cursor, statement }: Grammar): Expression {
  const start = cursor.at;
  cursor.at++;
  cursor.skipLines();
  const inner = statement();
  cursor.skipLines();
  expect(cursor, ")", "MissingEndParenthesisInExpression");
  return { kind: "paren", span: cursor.from(start), inner };
}

function arrayBlock({ cursor, statements }: Grammar): Expression {
  const start = cursor.at;
  cursor.at += 2;
  const body = statements();
  expect(cursor, ")", "MissingEndParenthesisInSubexpression");
  return { kind: "array", span: cursor.from(start), body };
}

function scriptExpression({ cursor, scriptBlock }: Grammar): Expression {
  const start = cursor.at;
  cursor.at++;
  const block = scriptBlock();
  expect(cursor, "}", "MissingEndCurlyBrace");
  return { kind: "script", span: cursor.from(start), block };
}

function table(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const entries: TableEntry[] = [];
  cursor.at += 2;
  for (;;) {
    while (cursor.match(/[;\s]+/y) !== null) cursor.skipBlank();
    cursor.skipLines();
    if (cursor.takes("}")) return { kind: "table", span: cursor.from(start), entries };
    if (cursor.isOver())
      throw cursor.short("MissingEndCurlyBrace", "The hash table is not closed: } is missing.");
    entries.push(entry(grammar));
    cursor.skipBlank();
    if (!/[;\r\n}]/.test(cursor.peek()) && !cursor.isOver())
      throw cursor.fail("MissingHashLiteralSeparator", "A line end or ; is missing behind the value.");
  }
}

function entry(grammar: Grammar): TableEntry {
  const { cursor } = grammar;
  const key = tableKey(grammar);
  cursor.skipBlank();
  expect(cursor, "=", "MissingEqualsInHashLiteral");
  cursor.skipLines();
  const value: Statement = grammar.statement();
  return { key, value };
}

function tableKey(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const name = cursor.match(/[\p{L}_][\p{L}\p{N}_-]*/uy);
  if (name === null) return grammar.primary();
  return { kind: "literal", span: cursor.from(start), value: name, text: null };
}

function typeOrCast(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const whole = cursor.match(typeForm);
  if (whole === null) throw cursor.fail("MissingTypename", "The brackets need the name of a type.");
  const name = whole.slice(1, -1).replace(/\s/g, "").toLowerCase();
  return { kind: "type", span: cursor.from(start), name };
}

function withSuffixes(grammar: Grammar, first: Expression): Expression {
  const { cursor } = grammar;
  const start = first.span.start;
  let made = first;
  for (;;) {
    if (cursor.sees("::")) {
      cursor.at += 2;
      made = member(grammar, { of: made, start, isStatic: true });
    } else if (isDot(grammar)) {
      cursor.at++;
      made = member(grammar, { of: made, start, isStatic: false });
    } else if (cursor.peek() === "[" && made.kind !== "type") made = index(grammar, made, start);
    else if (cursor.sees("++") || cursor.sees("--")) {
      if (!isAssignable(made)) return made;
      const by = cursor.peek() === "+" ? 1n : -1n;
      cursor.at += 2;
      made = { kind: "step", span: cursor.from(start), by, isPrefix: false, target: made };
    } else return made;
  }
}

/** A dot that names a member, not the first one of a range. */
function isDot({ cursor }: Grammar): boolean {
  return cursor.peek() === "." && /[\p{L}_$("'{]/u.test(cursor.peek(1));
}

/** Whether something can be given a value. */
export function isAssignable({ kind }: Expression): boolean {
  return kind === "variable" || kind === "member" || kind === "index";
}

interface MemberPlace {
  readonly of: Expression;
  readonly start: number;
  readonly isStatic: boolean;
}

function member(grammar: Grammar, { of, start, isStatic }: MemberPlace): Expression {
  const { cursor } = grammar;
  const name = memberName(grammar);
  if (cursor.peek() !== "(") return { kind: "member", span: cursor.from(start), of, name, isStatic };
  cursor.at++;
  const values = callArguments(grammar);
  return { kind: "call", span: cursor.from(start), of, name, isStatic, arguments: values };
}

function memberName(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const name = takeName(cursor);
  if (name !== null) return { kind: "literal", span: cursor.from(start), value: name, text: null };
  if (cursor.peek() === "{")
    throw cursor.fail("MissingPropertyName", "The name of a member cannot be a script block.");
  return atom(grammar);
}

function callArguments(grammar: Grammar): readonly Expression[] {
  const { cursor } = grammar;
  const values: Expression[] = [];
  cursor.skipLines();
  while (!cursor.takes(")")) {
    values.push(grammar.expression({ withoutList: true }));
    cursor.skipLines();
    if (cursor.takes(",")) cursor.skipLines();
    else if (cursor.peek() !== ")") {
      const message = "The call is not closed: ) is missing.";
      throw cursor.isOver()
        ? cursor.short("MissingEndParenthesisInMethodCall", message)
        : cursor.fail("MissingEndParenthesisInMethodCall", message);
    }
  }
  return values;
}

function index(grammar: Grammar, of: Expression, start: number): Expression {
  const { cursor } = grammar;
  cursor.at++;
  cursor.skipLines();
  const at = grammar.expression();
  cursor.skipLines();
  expect(cursor, "]", "MissingEndSquareBracket");
  return { kind: "index", span: cursor.from(start), of, at };
}
