import { tokensOf, type WqlToken, wrongQuery } from "./tokens.ts";

/** Reads the tokens of a query one after the other. Words are compared without regard to case. */
export interface TokenReader {
  /** The next token, which stays. */
  peek(): WqlToken;
  /** Takes the next token. The end is told again and again. */
  take(): WqlToken;
  /** Takes the word or sign if it is next. */
  accept(text: string): boolean;
  /** @throws HvError when it is not next */
  expect(text: string): void;
  /** Takes a name. @throws HvError `wmi.invalidQuery` that says what was expected */
  word(what: string): string;
  fail(expected: string): never;
}

/** Opens a reader at the first token. @throws HvError `wmi.invalidQuery` */
export function openReader(query: string): TokenReader {
  const tokens = tokensOf(query);
  const last: WqlToken = { kind: "end", text: "", at: query.length };
  let next = 0;

  const peek = (): WqlToken => tokens[next] ?? last;
  function take(): WqlToken {
    const token = peek();
    next++;
    return token;
  }
  function fail(expected: string): never {
    const { kind, text, at } = peek();
    const found = kind === "end" ? "the query ends" : `"${text.slice(0, 40)}" stands there`;
    throw wrongQuery(at, `${expected} is expected, and ${found}`);
  }
  function accept(text: string): boolean {
    const { kind, text: found } = peek();
    const isIt = (kind === "word" || kind === "sign") && found.toUpperCase() === text;
    if (isIt) next++;
    return isIt;
  }
  return {
    peek,
    take,
    accept,
    expect(text) {
      if (!accept(text)) fail(text);
    },
    word(what) {
      if (peek().kind !== "word") fail(what);
      return take().text;
    },
    fail,
  };
}
