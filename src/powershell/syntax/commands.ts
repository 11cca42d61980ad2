import type {
  CommandPart,
  CommandSyntax,
  Expression,
  PipelineElement,
  PipelineSyntax,
  Redirection,
  Stream,
} from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Grammar } from "./grammar.ts";
import { numberAt } from "./numbers.ts";
import { openParts, takePiece, takeString, takeVariable } from "./strings.ts";

/** What ends a word of a command. */
const delimiter = /[\s|;&(){},]/;
const redirectForm = /([1-6*]?)>(>?)[ \t]*(?:(\$null(?![\p{L}\p{N}_]))|(&1))?/iuy;
const streams: { readonly [number: string]: Stream } = {
  "": "output",
  "1": "output",
  "2": "error",
  "3": "warning",
  "4": "verbose",
  "*": "all",
};

/** Commands and expressions with `|` between them. */
export function parsePipeline(grammar: Grammar): PipelineSyntax {
  const { cursor } = grammar;
  const start = cursor.at;
  const elements = [element(grammar, true)];
  for (;;) {
    const before = cursor.at;
    cursor.skipBlank();
    if (!cursor.takes("|")) {
      cursor.at = before;
      return { kind: "pipeline", span: cursor.from(start), elements };
    }
    cursor.skipLines();
    if (cursor.isOver()) throw cursor.short("EmptyPipeElement", "Nothing stands behind the | at the end.");
    elements.push(element(grammar, false));
  }
}

function element(grammar: Grammar, isFirst: boolean): PipelineElement {
  const { cursor } = grammar;
  const start = cursor.at;
  if (cursor.peek() === "|") throw cursor.fail("EmptyPipeElement", "Nothing stands before this |.");
  if (!beginsExpression(cursor)) return command(grammar);
  const value = grammar.expression();
  if (!isFirst)
    throw cursor.fail(
      "ExpressionsMustBeFirstInPipeline",
      "Only the first place of a pipeline may be an expression; this one must be a command.",
      value.span,
    );
  const redirections = takeRedirections(cursor);
  return { kind: "expression", span: cursor.from(start), value, redirections };
}

/** Whether what stands here is an expression; anything else is a command. */
function beginsExpression(cursor: Cursor): boolean {
  const first = cursor.peek();
  const next = cursor.peek(1);
  if ("$'\"({!,[".includes(first) && first !== "") return true;
  if (first === "@") return next !== "" && "'\"({".includes(next);
  const number = numberAt(cursor.text, cursor.at);
  if (number !== null) return endsWord(cursor, number.end);
  if (first === "+" || first === "-") return true;
  return false;
}

/** Whether a number that ends here is one, not the beginning of a name. */
function endsWord({ text }: Cursor, end: number): boolean {
  return end >= text.length || /[\s|;&(){},.+\-*/%[\]<>=]/.test(text[end] ?? "");
}

function takeRedirections(cursor: Cursor): readonly Redirection[] {
  const found: Redirection[] = [];
  for (;;) {
    const before = cursor.at;
    cursor.skipBlank();
    const one = takeRedirection(cursor);
    if (one === null) {
      cursor.at = before;
      return found;
    }
    found.push(one);
  }
}

function takeRedirection(cursor: Cursor): Redirection | null {
  redirectForm.lastIndex = cursor.at;
  const start = cursor.at;
  const found = redirectForm.exec(cursor.text);
  if (found === null) return null;
  cursor.at += found[0].length;
  const [, number = "", , toNull, toOutput] = found;
  const stream = streams[number];
  if (toNull !== undefined && stream !== undefined) return { kind: "discard", stream };
  if (toOutput !== undefined && stream !== undefined && stream !== "output") return { kind: "merge", stream };
  const message = "This page has no files to write to: only > $null and 2>&1 are there.";
  throw cursor.fail("RedirectionNotSupported", message, { start, end: Math.max(cursor.at, start + 1) });
}

function command(grammar: Grammar): CommandSyntax {
  const { cursor } = grammar;
  const start = cursor.at;
  const operator = callOperator(cursor);
  const name = operator === null ? word(grammar) : calledThing(grammar);
  const parts: CommandPart[] = [];
  const redirections: Redirection[] = [];
  let end = cursor.at;
  for (;;) {
    cursor.skipBlank();
    const redirection = takeRedirection(cursor);
    if (redirection !== null) redirections.push(redirection);
    else if (cursor.isOver() || /[\r\n|;)}]/.test(cursor.peek())) break;
    else parts.push(part(grammar));
    end = cursor.at;
  }
  cursor.at = end;
  return { kind: "command", span: { start, end }, operator, name, parts, redirections };
}

function callOperator(cursor: Cursor): "&" | "." | null {
  const first = cursor.peek();
  const isCall = first === "&" || (first === "." && /[\s$("'{]/.test(cursor.peek(1)));
  if (!isCall) return null;
  cursor.at++;
  cursor.skipBlank();
  return first === "&" ? "&" : ".";
}

/** What `&` and `.` call: a block, a name, or a value that is one. */
function calledThing(grammar: Grammar): Expression {
  return "$'\"({".includes(grammar.cursor.peek()) && !grammar.cursor.isOver()
    ? grammar.primary()
    : word(grammar);
}

function part(grammar: Grammar): CommandPart {
  const { cursor } = grammar;
  const start = cursor.at;
  const name = cursor.match(/[-\u2013\u2014][\p{L}_?][^\s|;&(){},:.[\]"'$]*/uy);
  if (name === null) return { kind: "argument", value: argument(grammar) };
  if (!cursor.takes(":"))
    return { kind: "parameter", span: cursor.from(start), name: name.slice(1), value: null };
  cursor.skipBlank();
  const value = argument(grammar);
  return { kind: "parameter", span: cursor.from(start), name: name.slice(1), value };
}

/** A word, or several with commas between them. */
function argument(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const first = single(grammar);
  const items = [first];
  for (;;) {
    const before = cursor.at;
    cursor.skipBlank();
    if (!cursor.takes(",")) {
      cursor.at = before;
      break;
    }
    cursor.skipLines();
    items.push(single(grammar));
  }
  const span = cursor.from(first.span.start);
  return items.length === 1 ? first : { kind: "list", span, items };
}

/** One word: a value, or text as it stands. */
function single(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const value = valueArgument(grammar);
  if (value !== null) {
    if (cursor.isOver() || delimiter.test(cursor.peek())) return value;
    // `$name\disk.vhd` is text with a value in it.
    cursor.at = start;
  }
  if (cursor.peek() === "(" || cursor.peek() === "{" || cursor.peek() === "@") return grammar.primary();
  return word(grammar);
}

function valueArgument(grammar: Grammar): Expression | null {
  const { cursor } = grammar;
  const first = cursor.peek();
  const start = cursor.at;
  if (first === "(" || first === "{" || first === "$") {
    if (first === "$" && !/[\p{L}\p{N}_{(?^$]/u.test(cursor.peek(1))) return null;
    return grammar.primary();
  }
  if (first === "@") return atArgument(grammar);
  if (first === "'" || first === '"') return takeString(grammar);
  const number = numberAt(cursor.text, start);
  if (number === null || !(number.end >= cursor.text.length || delimiter.test(cursor.text[number.end] ?? "")))
    return null;
  cursor.at = number.end;
  const text = cursor.text.slice(start, number.end);
  return { kind: "literal", span: cursor.from(start), value: number.value, text };
}

function atArgument(grammar: Grammar): Expression {
  const { cursor } = grammar;
  if ("({'\"".includes(cursor.peek(1)) && cursor.peek(1) !== "") return grammar.primary();
  const found = takeVariable(cursor);
  if (found === null)
    throw cursor.fail("UnrecognizedToken", "@ begins an array, a hash table or values to pass on.");
  return found;
}

/** Text as it stands, with values and quotes in it, up to the next blank. */
function word(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const start = cursor.at;
  const parts = openParts();
  while (!cursor.isOver() && !delimiter.test(cursor.peek())) {
    const first = cursor.peek();
    if ((first === ">" || first === "<") && cursor.at === start)
      throw cursor.fail("UnexpectedToken", `'${first}' makes no sense here.`);
    if (first === ">" || first === "<" || cursor.sees("`\n") || cursor.sees("`\r\n")) break;
    if (first === "'" || first === '"') quotedPiece(grammar, parts);
    else takePiece(grammar, parts);
  }
  if (cursor.at === start)
    throw cursor.isOver()
      ? cursor.short("UnexpectedToken", "Something is missing at the end.")
      : cursor.fail("UnexpectedToken", `'${cursor.peek()}' makes no sense here.`);
  return parts.made(cursor, start);
}

/** Quotes within a word are no part of it. */
function quotedPiece(grammar: Grammar, parts: ReturnType<typeof openParts>): void {
  const found = takeString(grammar);
  if (found.kind === "literal") parts.add(String(found.value));
  else if (found.kind === "expandable") found.parts.forEach(parts.add);
}
