import type { Expression, ScriptBlock, Statement } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

/** The parts of the parser that need each other. */
export interface Grammar {
  readonly cursor: Cursor;
  /** An expression with all its operators; without a comma when it stands among others. */
  expression(options?: { readonly withoutList?: boolean }): Expression;
  /** An expression with nothing but what stands before and behind it. */
  primary(): Expression;
  /** One statement. */
  statement(): Statement;
  /** Statements up to a closing `)` or `}`, which stays. */
  statements(): readonly Statement[];
  /** `{ … }` of a statement. */
  block(): readonly Statement[];
  /** What stands between the braces of a script block, which stay. */
  scriptBlock(): ScriptBlock;
}

/** Letters that begin a name. */
const nameForm = /[\p{L}_][\p{L}\p{N}_]*/uy;

/** Steps over a name; `null`: there is none here. */
export function takeName(cursor: Cursor): string | null {
  return cursor.match(nameForm);
}

/** Whether a word stands here as a word of its own. */
export function seesWord(cursor: Cursor, word: string): boolean {
  return cursor.sees(word) && !/[\p{L}\p{N}_-]/u.test(cursor.peek(word.length));
}

/** Steps over a word that stands here as a word of its own. */
export function takesWord(cursor: Cursor, word: string): boolean {
  const found = seesWord(cursor, word);
  if (found) cursor.at += word.length;
  return found;
}

/** Steps over what must come next. @throws ParseError when something else does */
export function expect(cursor: Cursor, word: string, id: string): void {
  if (cursor.takes(word)) return;
  const message = `'${word}' is missing here.`;
  throw cursor.isOver() ? cursor.short(id, message) : cursor.fail(id, message);
}
