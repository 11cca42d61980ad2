import type { Statement, SwitchCase } from "./ast.ts";
import { expect, type Grammar, takesWord } from "./grammar.ts";
import { takeVariable } from "./strings.ts";

/** `while`, `do`, `for`, `foreach` or `switch`, which begins here. */
export function parseLoop(
  grammar: Grammar,
  label: string | null,
  cases: (grammar: Grammar) => readonly SwitchCase[],
): Statement {
  const { cursor } = grammar;
  const start = cursor.at;
  if (takesWord(cursor, "while")) {
    const test = inParentheses(grammar);
    const body = grammar.block();
    return { kind: "while", span: cursor.from(start), label, test, body };
  }
  if (takesWord(cursor, "do")) return doLoop(grammar, start, label);
  if (takesWord(cursor, "foreach")) return foreachLoop(grammar, start, label);
  if (takesWord(cursor, "for")) return forLoop(grammar, start, label);
  takesWord(cursor, "switch");
  const options = switchOptions(grammar);
  const value = inParentheses(grammar);
  const found = cases(grammar);
  return { kind: "switch", span: cursor.from(start), label, ...options, value, cases: found };
}

function inParentheses(grammar: Grammar): Statement {
  const { cursor } = grammar;
  cursor.skipLines();
  expect(cursor, "(", "MissingOpenParenthesisAfterKeyword");
  cursor.skipLines();
  const test = grammar.statement();
  cursor.skipLines();
  expect(cursor, ")", "MissingEndParenthesisAfterStatement");
  return test;
}

function doLoop(grammar: Grammar, start: number, label: string | null): Statement {
  const { cursor } = grammar;
  const body = grammar.block();
  cursor.skipLines();
  const until = takesWord(cursor, "until");
  if (!until && !takesWord(cursor, "while")) {
    const message = "A do needs while or until behind its block.";
    throw cursor.isOver()
      ? cursor.short("MissingWhileOrUntilInDoWhile", message)
      : cursor.fail("MissingWhileOrUntilInDoWhile", message);
  }
  const test = inParentheses(grammar);
  return { kind: "do", span: cursor.from(start), label, until, test, body };
}

function foreachLoop(grammar: Grammar, start: number, label: string | null): Statement {
  const { cursor } = grammar;
  cursor.skipLines();
  expect(cursor, "(", "MissingOpenParenthesisAfterKeyword");
  cursor.skipLines();
  const variable = cursor.peek() === "$" ? takeVariable(cursor) : null;
  if (variable === null)
    throw cursor.fail("MissingVariableNameAfterForeach", "foreach needs a variable: foreach ($x in …).");
  cursor.skipLines();
  if (!takesWord(cursor, "in"))
    throw cursor.fail("MissingInInForeach", "The word in is missing: foreach ($x in …).");
  cursor.skipLines();
  const among = grammar.statement();
  cursor.skipLines();
  expect(cursor, ")", "MissingEndParenthesisAfterStatement");
  const body = grammar.block();
  return { kind: "foreach", span: cursor.from(start), label, variable, among, body };
}

function forLoop(grammar: Grammar, start: number, label: string | null): Statement {
  const { cursor } = grammar;
  cursor.skipLines();
  expect(cursor, "(", "MissingOpenParenthesisAfterKeyword");
  const first = forPart(grammar, ";");
  const test = forPart(grammar, ";");
  const step = forPart(grammar, ")");
  const body = grammar.block();
  return { kind: "for", span: cursor.from(start), label, first, test, step, body };
}

function forPart(grammar: Grammar, end: ";" | ")"): Statement | null {
  const { cursor } = grammar;
  cursor.skipLines();
  if (cursor.takes(end)) return null;
  const part = grammar.statement();
  cursor.skipLines();
  expect(cursor, end, "MissingEndParenthesisAfterStatement");
  return part;
}

function switchOptions({ cursor }: Grammar): {
  mode: "plain" | "wildcard" | "regex";
  matchCase: boolean;
} {
  let mode: "plain" | "wildcard" | "regex" = "plain";
  let matchCase = false;
  for (;;) {
    cursor.skipBlank();
    const option = cursor.match(/-[a-z]+/iy)?.toLowerCase();
    if (option === undefined) return { mode, matchCase };
    if (option === "-wildcard") mode = "wildcard";
    else if (option === "-regex") mode = "regex";
    else if (option === "-casesensitive") matchCase = true;
    else if (option !== "-exact")
      throw cursor.fail(
        "InvalidSwitchFlag",
        `switch has no ${option}: -Wildcard, -Regex, -CaseSensitive or -Exact.`,
      );
  }
}
