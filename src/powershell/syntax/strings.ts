import type { Expression, Variable } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { expect, type Grammar } from "./grammar.ts";

const escapes: { readonly [letter: string]: string } = {
  n: "\n",
  r: "\r",
  t: "\t",
  "0": "\0",
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
};
const variableForm = /(?:([\p{L}_][\p{L}\p{N}_]*):(?!:))?([\p{L}\p{N}_]+|[?$^](?![\p{L}\p{N}_]))/uy;

/** What a backtick and the letter behind it mean. A line that goes on is nothing. */
export function escaped(cursor: Cursor): string {
  cursor.at++;
  const letter = cursor.peek();
  const code = cursor.text.codePointAt(cursor.at);
  if (code === undefined) return "";
  cursor.at += code > 0xffff ? 2 : 1;
  return Object.hasOwn(escapes, letter) ? (escapes[letter] ?? "") : String.fromCodePoint(code);
}

/** `$name`, `${name}`, `$scope:name` or `@name`; `null`: there is none here. */
export function takeVariable(cursor: Cursor): Variable | null {
  const start = cursor.at;
  const splat = cursor.peek() === "@";
  if (cursor.peek(1) === "{" && !splat) return bracedVariable(cursor);
  variableForm.lastIndex = start + 1;
  const found = variableForm.exec(cursor.text);
  if (found === null) return null;
  cursor.at = start + 1 + found[0].length;
  const [, scope, name = ""] = found;
  return { kind: "variable", span: cursor.from(start), scope: scope?.toLowerCase() ?? null, name, splat };
}

function bracedVariable(cursor: Cursor): Variable {
  const start = cursor.at;
  const end = cursor.text.indexOf("}", start);
  if (end < 0) {
    cursor.at = cursor.text.length;
    throw cursor.short("MissingEndCurlyBrace", "The name of the variable is not closed: } is missing.", {
      start,
      end: start + 2,
    });
  }
  cursor.at = end + 1;
  const whole = cursor.text.slice(start + 2, end).replace(/`(.)/g, "$1");
  const [, scope, name = whole] = /^([\p{L}_]+):(.+)$/su.exec(whole) ?? [];
  if (name === "")
    throw cursor.fail("EmptyVariableReference", "The braces hold no name.", cursor.from(start));
  const span = cursor.from(start);
  return { kind: "variable", span, scope: scope?.toLowerCase() ?? null, name, splat: false };
}

/** `$( … )`, which begins here. */
export function subExpression({ cursor, statements }: Grammar): Expression {
  const start = cursor.at;
  cursor.at += 2;
  const body = statements();
  expect(cursor, ")", "MissingEndParenthesisInSubexpression");
  return { kind: "sub", span: cursor.from(start), body };
}

/** Collects text and values, and makes one expression of them. */
export function openParts() {
  const parts: (string | Expression)[] = [];
  return {
    add(part: string | Expression): void {
      const last = parts.at(-1);
      if (typeof part === "string" && typeof last === "string") parts[parts.length - 1] = last + part;
      else parts.push(part);
    },
    made(cursor: Cursor, start: number): Expression {
      const span = cursor.from(start);
      if (parts.every((part) => typeof part === "string"))
        return { kind: "literal", span, value: parts.join(""), text: null };
      return { kind: "expandable", span, parts };
    },
  };
}

/** A value in a text: a variable or a sub-expression; `null`: the dollar sign is only itself. */
export function takeValue(grammar: Grammar): Expression | null {
  const { cursor } = grammar;
  if (cursor.peek(1) === "(") return cursor.nested(() => subExpression(grammar));
  return takeVariable(cursor);
}

/** A text in single or double quotes, or a here-string, which begins here. */
export function takeString(grammar: Grammar): Expression {
  const { cursor } = grammar;
  if (cursor.peek() === "@") return hereString(grammar);
  return cursor.peek() === "'" ? plainString(cursor) : expandableString(grammar);
}

function plainString(cursor: Cursor): Expression {
  const start = cursor.at;
  const whole = cursor.match(/'(?:[^']|'')*'/y);
  if (whole === null) throw unclosed(cursor, start);
  const value = whole.slice(1, -1).replaceAll("''", "'");
  return { kind: "literal", span: cursor.from(start), value, text: null };
}

function unclosed(cursor: Cursor, start: number): Error {
  cursor.at = cursor.text.length;
  const quote = cursor.text.slice(start, start + 1);
  return cursor.short("TerminatorExpectedAtEndOfString", `The text is not closed: ${quote} is missing.`, {
    start,
    end: start + 1,
  });
}

function expandableString(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const parts = openParts();
  cursor.at++;
  while (!cursor.isOver()) {
    if (cursor.sees('""')) {
      parts.add('"');
      cursor.at += 2;
    } else if (cursor.takes('"')) return parts.made(cursor, start);
    else takePiece(grammar, parts);
  }
  throw unclosed(cursor, start);
}

/** One character, escape or value of a text. */
export function takePiece(grammar: Grammar, parts: ReturnType<typeof openParts>): void {
  const { cursor } = grammar;
  if (cursor.peek() === "`") {
    parts.add(escaped(cursor));
    return;
  }
  const value = cursor.peek() === "$" ? takeValue(grammar) : null;
  if (value !== null) parts.add(value);
  else {
    parts.add(cursor.peek());
    cursor.at++;
  }
}

function hereString(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const quote = cursor.peek(1);
  if (cursor.match(/@["'][ \t]*\r?\n/y) === null) {
    const message = 'Nothing may stand behind @" on its line.';
    throw cursor.fail("UnexpectedCharactersAfterHereStringHeader", message, { start, end: start + 2 });
  }
  const close = `\n${quote}@`;
  // The text may have no line at all.
  const from = cursor.at - 1;
  const end = hereEnd(cursor, from, close);
  if (end < 0) throw unclosed(cursor, start + 1);
  const last = cursor.text[end - 1] === "\r" ? end - 1 : end;
  const parts = openParts();
  if (quote === "'") parts.add(cursor.text.slice(cursor.at, Math.max(last, cursor.at)));
  else while (cursor.at < last) takePiece(grammar, parts);
  cursor.at = Math.max(end, cursor.at - 1) + close.length;
  return parts.made(cursor, start);
}

function hereEnd({ text }: Cursor, from: number, close: string): number {
  return text.indexOf(close, from);
}
