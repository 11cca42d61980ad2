import type { Expression, ParameterSyntax, ScriptBlock, Statement } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { expect, type Grammar, seesWord, takesWord } from "./grammar.ts";
import { takeVariable } from "./strings.ts";

/** `{ … }` of a statement. */
export function parseBlock(grammar: Grammar): readonly Statement[] {
  const { cursor } = grammar;
  cursor.skipLines();
  expect(cursor, "{", "MissingOpeningCurlyBrace");
  const body = grammar.statements();
  expect(cursor, "}", "MissingEndCurlyBrace");
  return body;
}

/** What stands between the braces of a script block, or a whole script. */
export function parseScriptBlock(grammar: Grammar): ScriptBlock {
  const { cursor } = grammar;
  const start = cursor.at;
  cursor.skipLines();
  const parameters = parseParam(grammar);
  const parts = namedBlocks(grammar);
  if (parts !== null) return { span: cursor.from(start), parameters, ...parts };
  const end = grammar.statements();
  return { span: cursor.from(start), parameters, begin: null, process: null, end };
}

function namedBlocks(grammar: Grammar): Pick<ScriptBlock, "begin" | "process" | "end"> | null {
  const { cursor } = grammar;
  const found = new Map<string, readonly Statement[]>();
  for (;;) {
    while (cursor.match(/[;\s]+/y) !== null) cursor.skipLines();
    const name = ["begin", "process", "end"].find((word) => seesBlock(cursor, word));
    if (name === undefined) break;
    if (found.has(name)) throw cursor.fail("DuplicateScriptCommandClause", `There is another ${name} block.`);
    cursor.at += name.length;
    found.set(name, grammar.block());
    cursor.skipLines();
  }
  if (found.size === 0) return null;
  if (!cursor.isOver() && cursor.peek() !== "}")
    throw cursor.fail("UnexpectedToken", "Only begin, process and end blocks may stand here.");
  return {
    begin: found.get("begin") ?? null,
    process: found.get("process") ?? null,
    end: found.get("end") ?? [],
  };
}

/** `process {`, not a command of that name. */
function seesBlock(cursor: Cursor, word: string): boolean {
  return seesWord(cursor, word) && /^[a-z]+\s*\{/i.test(cursor.text.slice(cursor.at, cursor.at + 200));
}

/** `[CmdletBinding()] param( … )`; none when it is not there. */
function parseParam(grammar: Grammar): readonly ParameterSyntax[] {
  const { cursor } = grammar;
  const before = cursor.at;
  while (takeAttribute(grammar) !== null) cursor.skipLines();
  if (!seesWord(cursor, "param") || !/^param\s*\(/i.test(cursor.text.slice(cursor.at, cursor.at + 200))) {
    cursor.at = before;
    return [];
  }
  cursor.at += "param".length;
  cursor.skipLines();
  return parseParameters(grammar);
}

/** `( [int] $a = 1, … )` */
export function parseParameters(grammar: Grammar): readonly ParameterSyntax[] {
  const { cursor } = grammar;
  const found: ParameterSyntax[] = [];
  expect(cursor, "(", "MissingOpenParenthesisInParameters");
  cursor.skipLines();
  while (!cursor.takes(")")) {
    found.push(parameter(grammar));
    cursor.skipLines();
    if (cursor.takes(",")) cursor.skipLines();
    else if (cursor.peek() !== ")") {
      const message = "The parameters are not closed: ) is missing.";
      throw cursor.isOver()
        ? cursor.short("MissingEndParenthesisInFunctionParameterList", message)
        : cursor.fail("MissingEndParenthesisInFunctionParameterList", message);
    }
  }
  return found;
}

function parameter(grammar: Grammar): ParameterSyntax {
  const { cursor } = grammar;
  const start = cursor.at;
  let type: string | null = null;
  const marks: Attribute[] = [];
  for (;;) {
    const mark = takeAttribute(grammar);
    if (mark === null) break;
    if (mark.arguments === null) type = mark.name;
    else marks.push(mark);
    cursor.skipLines();
  }
  const variable = cursor.peek() === "$" ? takeVariable(cursor) : null;
  if (variable === null)
    throw cursor.fail("MissingParameterName", "The name of a parameter is missing: $name.");
  cursor.skipLines();
  const standard = cursor.peek() === "=" ? standardValue(grammar) : null;
  return { name: variable.name, span: cursor.from(start), type, standard, ...marksOf(marks) };
}

function standardValue(grammar: Grammar): Expression {
  grammar.cursor.at++;
  grammar.cursor.skipLines();
  return grammar.expression({ withoutList: true });
}

interface Attribute {
  readonly name: string;
  /** Text between the parentheses; `null`: it is the name of a type. */
  readonly arguments: string | null;
}

/** `[int]`, `[string[]]` or `[Parameter(Mandatory=$true)]`. */
function takeAttribute({ cursor }: Grammar): Attribute | null {
  const form = /\[\s*([\p{L}_][\p{L}\p{N}_.]*(?:\[\s*\])?)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*)?\]/uy;
  form.lastIndex = cursor.at;
  const found = form.exec(cursor.text);
  if (found === null) return null;
  cursor.at += found[0].length;
  return { name: (found[1] ?? "").toLowerCase(), arguments: found[2] ?? null };
}

function marksOf(
  marks: readonly Attribute[],
): Pick<ParameterSyntax, "mandatory" | "fromPipeline" | "position"> {
  const text = marks
    .filter(({ name }) => name === "parameter")
    .map((mark) => mark.arguments ?? "")
    .join(",")
    .toLowerCase();
  const has = (name: string): boolean =>
    new RegExp(`(^|,)\\s*${name}\\s*(=\\s*\\$true\\s*)?(,|$)`).test(text);
  const position = /(?:^|,)\s*position\s*=\s*(\d{1,3})/.exec(text)?.[1];
  return {
    mandatory: has("mandatory"),
    fromPipeline: has("valuefrompipeline"),
    position: position === undefined ? null : Number(position),
  };
}

/** `function Name ( … ) { … }`; the word has been read. */
export function parseFunction(grammar: Grammar, start: number): Statement {
  const { cursor } = grammar;
  cursor.skipBlank();
  const name = cursor.match(/[^\s(){};|,&"'`$<>]+/y);
  if (name === null) {
    const message = "The name of the function is missing.";
    throw cursor.isOver()
      ? cursor.short("MissingNameAfterFunctionKeyword", message)
      : cursor.fail("MissingNameAfterFunctionKeyword", message);
  }
  cursor.skipLines();
  const parameters = cursor.peek() === "(" ? parseParameters(grammar) : [];
  cursor.skipLines();
  expect(cursor, "{", "MissingFunctionBody");
  const body = grammar.scriptBlock();
  expect(cursor, "}", "MissingEndCurlyBrace");
  const block = { ...body, parameters: [...parameters, ...body.parameters] };
  return { kind: "function", span: cursor.from(start), name: name.replace(/^global:/i, ""), block };
}

/** Whether a function begins here. `filter` is a function whose body is its process block. */
export function takesFunction(cursor: Cursor): boolean {
  return takesWord(cursor, "function");
}
