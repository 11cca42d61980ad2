import type { Span } from "./ast.ts";
import { ParseError } from "./parse-error.ts";

/** Characters of a script. Reason: what a person pastes is far below; reading one this long takes under a second. */
const longestScript = 1 << 20;
/** Things inside each other. Reason: nobody writes a tenth of it, and the stack of a worker holds ten times more. */
const deepest = 100;

/** Walks through a script, one character after another. */
export interface Cursor {
  readonly text: string;
  at: number;
  /** Whether the end has been reached. */
  isOver(): boolean;
  /** The character `ahead` of here; empty behind the end. */
  peek(ahead?: number): string;
  /** Whether this text stands here; case does not matter. */
  sees(word: string): boolean;
  /** Steps over a text that stands here. Answers whether it did. */
  takes(word: string): boolean;
  /** Steps over what the sticky expression finds here. */
  match(form: RegExp): string | null;
  /** Blanks, comments and lines that go on; not line ends. */
  skipBlank(): void;
  /** Blanks, comments and line ends. */
  skipLines(): void;
  from(start: number): Span;
  fail(id: string, message: string, span?: Span): ParseError;
  /** As {@link fail}, for what the end of the script has cut short. */
  short(id: string, message: string, span?: Span): ParseError;
  /** Runs something one level deeper. @throws ParseError when that is too deep */
  nested<T>(parse: () => T): T;
}

const blanks = /(?:[ \t\f\v\u00a0\ufeff]|`\r?\n)+/y;
const remark = /#[^\n]*/y;

/** Opens a cursor at the start of a script. @throws ParseError when the script is too long */
export function openCursor(text: string): Cursor {
  let depth = 0;
  const cursor: Cursor = {
    text,
    at: 0,
    isOver: () => cursor.at >= text.length,
    peek: (ahead = 0) => text[cursor.at + ahead] ?? "",
    sees: (word) => text.slice(cursor.at, cursor.at + word.length).toLowerCase() === word && word.length > 0,
    takes(word) {
      const found = cursor.sees(word);
      if (found) cursor.at += word.length;
      return found;
    },
    match(form) {
      form.lastIndex = cursor.at;
      const found = form.exec(text)?.[0] ?? null;
      if (found !== null) cursor.at += found.length;
      return found;
    },
    skipBlank() {
      while (cursor.match(blanks) !== null || skipComment(cursor)) {}
    },
    skipLines() {
      cursor.skipBlank();
      while (cursor.match(/[\r\n]+/y) !== null) cursor.skipBlank();
    },
    from: (start) => ({ start, end: Math.max(start, cursor.at) }),
    fail: (id, message, span = { start: cursor.at, end: Math.min(cursor.at + 1, text.length) }) =>
      new ParseError(id, message, { span, incomplete: false }),
    short: (id, message, span = { start: text.length, end: text.length }) =>
      new ParseError(id, message, { span, incomplete: cursor.isOver() }),
    nested(parse) {
      if (depth === deepest)
        throw cursor.fail("TooDeep", `The script has more than ${deepest} things inside each other.`);
      depth++;
      const made = parse();
      depth--;
      return made;
    },
  };
  if (text.length > longestScript)
    throw cursor.fail("ScriptTooLong", `A script may have ${longestScript} characters.`);
  return cursor;
}

function skipComment(cursor: Cursor): boolean {
  if (cursor.peek() === "#") return cursor.match(remark) !== null;
  if (!cursor.sees("<#")) return false;
  const end = cursor.text.indexOf("#>", cursor.at + 2);
  if (end < 0) {
    const span = { start: cursor.at, end: cursor.at + 2 };
    cursor.at = cursor.text.length;
    throw cursor.short(
      "MissingTerminatorMultiLineComment",
      "The comment is not closed: #> is missing.",
      span,
    );
  }
  cursor.at = end + 2;
  return true;
}
