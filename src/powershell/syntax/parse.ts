import type { ScriptBlock, Statement } from "./ast.ts";
import { openCursor } from "./cursor.ts";
import type { Grammar } from "./grammar.ts";
import { parseExpression } from "./operators.ts";
import { parsePrimary } from "./primary.ts";
import { parseBlock, parseScriptBlock } from "./script-block.ts";
import { parseStatement, parseStatements } from "./statements.ts";

/** Reads a script. Takes time in proportion to its length. @throws ParseError and nothing else */
export function parseScript(text: string): ScriptBlock {
  const cursor = openCursor(text);
  const grammar: Grammar = {
    cursor,
    expression: (options) => parseExpression(grammar, options?.withoutList === true),
    primary: () => parsePrimary(grammar),
    statement: (): Statement => parseStatement(grammar),
    statements: () => parseStatements(grammar),
    block: () => parseBlock(grammar),
    scriptBlock: () => parseScriptBlock(grammar),
  };
  const block = parseScriptBlock(grammar);
  if (!cursor.isOver())
    throw cursor.fail("UnexpectedToken", `'${cursor.peek()}' closes nothing that was opened.`);
  return block;
}
