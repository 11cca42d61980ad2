import type { Statement, SwitchCase } from "./ast.ts";
import { parsePipeline } from "./commands.ts";
import { expect, type Grammar, seesWord, takeName, takesWord } from "./grammar.ts";
import { parseLoop } from "./loops.ts";
import { isAssignable } from "./primary.ts";
import { parseFunction, takesFunction } from "./script-block.ts";

const assignForm = /(?:[+\-*/%]?=)(?!=)/y;
const loopWords = ["while", "do", "for", "foreach", "switch"];

/** Statements up to a closing `)` or `}` or the end. */
export function parseStatements(grammar: Grammar): readonly Statement[] {
  const { cursor } = grammar;
  const found: Statement[] = [];
  for (;;) {
    while (cursor.match(/[;\s]+/y) !== null) cursor.skipLines();
    cursor.skipLines();
    if (cursor.peek() === ";") continue;
    if (cursor.isOver() || cursor.peek() === "}" || cursor.peek() === ")") return found;
    found.push(grammar.statement());
    cursor.skipBlank();
    if (!cursor.isOver() && !/[;\r\n})]/.test(cursor.peek()) && !isClosed(found.at(-1)))
      throw cursor.fail("UnexpectedToken", `'${tokenAt(cursor.text, cursor.at)}' was not expected here.`);
  }
}

/** Blocks end by themselves; other statements need a line end. */
function isClosed(last: Statement | undefined): boolean {
  return (
    last !== undefined && ["if", "while", "for", "foreach", "switch", "function", "try"].includes(last.kind)
  );
}

function tokenAt(text: string, at: number): string {
  return /^(?:[\p{L}\p{N}_-]{1,40}|.)/su.exec(text.slice(at, at + 60))?.[0] ?? "";
}

/** One statement. */
export function parseStatement(grammar: Grammar): Statement {
  return grammar.cursor.nested(() => keywordStatement(grammar) ?? assignmentOrPipeline(grammar));
}

function keywordStatement(grammar: Grammar): Statement | null {
  const { cursor } = grammar;
  const start = cursor.at;
  if (cursor.peek() === ":") return labelled(grammar);
  if (takesWord(cursor, "if")) return ifStatement(grammar, start);
  if (takesWord(cursor, "try")) return tryStatement(grammar, start);
  if (takesFunction(cursor)) return parseFunction(grammar, start);
  const loop = loopWords.find((word) => seesWord(cursor, word) && !isCommand(grammar, word));
  if (loop !== undefined) return parseLoop(grammar, null, switchCases);
  for (const kind of ["throw", "return", "exit"] as const)
    if (takesWord(cursor, kind)) return { kind, value: rest(grammar), span: cursor.from(start) };
  for (const kind of ["break", "continue"] as const)
    if (takesWord(cursor, kind)) return { kind, label: labelName(grammar), span: cursor.from(start) };
  return null;
}

/** `foreach` is also an alias, where no parenthesis follows. */
function isCommand({ cursor }: Grammar, word: string): boolean {
  if (word === "do" || word === "switch") return false;
  return !/^\s*\(/.test(cursor.text.slice(cursor.at + word.length, cursor.at + word.length + 200));
}

function labelled(grammar: Grammar): Statement {
  const { cursor } = grammar;
  cursor.at++;
  const label = takeName(cursor);
  cursor.skipLines();
  if (label === null || !loopWords.some((word) => seesWord(cursor, word)))
    throw cursor.fail("UnexpectedToken", "A label needs a name, and a loop behind it.");
  return parseLoop(grammar, label, switchCases);
}

function labelName({ cursor }: Grammar): string | null {
  cursor.skipBlank();
  return takeName(cursor);
}

function rest(grammar: Grammar): Statement | null {
  const { cursor } = grammar;
  cursor.skipBlank();
  return cursor.isOver() || /[;\r\n})]/.test(cursor.peek()) ? null : parsePipeline(grammar);
}

function assignmentOrPipeline(grammar: Grammar): Statement {
  const { cursor } = grammar;
  const start = cursor.at;
  const pipeline = parsePipeline(grammar);
  const [only] = pipeline.elements;
  if (pipeline.elements.length !== 1 || only?.kind !== "expression") return pipeline;
  const before = cursor.at;
  cursor.skipBlank();
  const operator = cursor.match(assignForm);
  if (operator === null) {
    cursor.at = before;
    return pipeline;
  }
  const target = only.value;
  const targets = target.kind === "list" && operator === "=" ? target.items : [target];
  const wrong = targets.find((one) => !isAssignable(one.kind === "cast" ? one.inner : one));
  if (wrong !== undefined)
    throw cursor.fail(
      "InvalidLeftHandSide",
      "Nothing can be assigned to this: a variable is wanted.",
      wrong.span,
    );
  cursor.skipLines();
  if (cursor.isOver()) throw cursor.short("ExpectedValueExpression", "The value is missing at the end.");
  const value = grammar.statement();
  return { kind: "assign", span: cursor.from(start), target, operator, value };
}

function ifStatement(grammar: Grammar, start: number): Statement {
  const { cursor } = grammar;
  const branches = [{ test: condition(grammar), body: grammar.block() }];
  for (;;) {
    const before = cursor.at;
    cursor.skipLines();
    if (takesWord(cursor, "elseif")) branches.push({ test: condition(grammar), body: grammar.block() });
    else if (takesWord(cursor, "else")) {
      const otherwise = grammar.block();
      return { kind: "if", span: cursor.from(start), branches, otherwise };
    } else {
      cursor.at = before;
      return { kind: "if", span: cursor.from(start), branches, otherwise: null };
    }
  }
}

function condition(grammar: Grammar): Statement {
  const { cursor } = grammar;
  cursor.skipLines();
  expect(cursor, "(", "MissingOpenParenthesisInIfStatement");
  cursor.skipLines();
  const test = grammar.statement();
  cursor.skipLines();
  expect(cursor, ")", "MissingEndParenthesisAfterStatement");
  return test;
}

function tryStatement(grammar: Grammar, start: number): Statement {
  const { cursor } = grammar;
  const body = grammar.block();
  const catches: { readonly types: readonly string[]; readonly body: readonly Statement[] }[] = [];
  let final: readonly Statement[] | null = null;
  for (;;) {
    const before = cursor.at;
    cursor.skipLines();
    if (final === null && takesWord(cursor, "catch")) catches.push(catchClause(grammar));
    else if (final === null && takesWord(cursor, "finally")) final = grammar.block();
    else {
      cursor.at = before;
      break;
    }
  }
  if (catches.length === 0 && final === null)
    throw cursor.isOver()
      ? cursor.short("MissingCatchOrFinally", "A try needs a catch or a finally.")
      : cursor.fail("MissingCatchOrFinally", "A try needs a catch or a finally.");
  return { kind: "try", span: cursor.from(start), body, catches, final };
}

function catchClause(grammar: Grammar): { types: readonly string[]; body: readonly Statement[] } {
  const { cursor } = grammar;
  const types: string[] = [];
  for (;;) {
    cursor.skipLines();
    const name = cursor.match(/\[\s*[\p{L}_][\p{L}\p{N}_.]*\s*\]/uy);
    if (name === null) break;
    types.push(name.slice(1, -1).trim().toLowerCase());
    cursor.skipLines();
    if (!cursor.takes(",")) break;
  }
  return { types, body: grammar.block() };
}

/** The cases of a `switch`, between its braces. */
function switchCases(grammar: Grammar): readonly SwitchCase[] {
  const { cursor } = grammar;
  const cases: SwitchCase[] = [];
  cursor.skipLines();
  expect(cursor, "{", "MissingCurlyBraceInSwitchStatement");
  for (;;) {
    while (cursor.match(/[;\s]+/y) !== null) cursor.skipLines();
    cursor.skipLines();
    if (cursor.takes("}")) return cases;
    if (cursor.isOver())
      throw cursor.short("MissingCurlyBraceInSwitchStatement", "The switch is not closed.");
    const isDefault = takesWord(cursor, "default");
    const test = isDefault ? null : caseTest(grammar);
    cases.push({ test, body: grammar.block() });
  }
}

function caseTest(grammar: Grammar): SwitchCase["test"] {
  const { cursor } = grammar;
  const start = cursor.at;
  const word = cursor.match(/[\p{L}_][^\s{}();]*/uy);
  if (word !== null) return { kind: "literal", span: cursor.from(start), value: word, text: null };
  return cursor.peek() === "-" ? grammar.expression({ withoutList: true }) : grammar.primary();
}
