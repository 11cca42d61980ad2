import { wbemError } from "../errors.ts";

/** A word, text, number or sign of a query. */
export interface WqlToken {
  readonly kind: "word" | "text" | "number" | "sign" | "path" | "end";
  /** Text without its quotes; words as they are written. */
  readonly text: string;
  /** First character, from 0. */
  readonly at: number;
}

/** Characters of a query. Reason: WMI's own limit is 16 Ki bytes. */
const longest = 8192;
const spaces = /\s*/y;
const wordForm = /[A-Za-z_][A-Za-z0-9_]*/y;
const numberForm = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?/y;
const hexForm = /0[xX][0-9a-fA-F]{1,16}/y;
const signForm = /<>|!=|<=|>=|[=<>(),.*]/y;

/** Takes a query apart. The path in braces is one token. @throws HvError `wmi.invalidQuery` with the place */
export function tokensOf(query: string): readonly WqlToken[] {
  if (query.length > longest) throw wrongQuery(0, `it is longer than ${longest} characters`);
  const tokens: WqlToken[] = [];
  let at = skip(query, 0);
  while (at < query.length) {
    const { token, end } = nextToken(query, at);
    tokens.push(token);
    at = skip(query, end);
  }
  return [...tokens, { kind: "end", text: "", at }];
}

interface Found {
  readonly token: WqlToken;
  readonly end: number;
}

function nextToken(query: string, at: number): Found {
  const first = query[at] ?? "";
  if (first === '"' || first === "'") return quoted(query, at);
  if (first === "{") return braced(query, at);
  const forms = [
    ["word", wordForm],
    ["number", hexForm],
    ["number", numberForm],
    ["sign", signForm],
  ] as const;
  for (const [kind, form] of forms) {
    form.lastIndex = at;
    const text = form.exec(query)?.[0];
    if (text !== undefined) return { token: { kind, text, at }, end: at + text.length };
  }
  throw wrongQuery(at, `the character ${first} makes no sense there`);
}

/** Text in quotes; a backslash takes the next character as it is. */
function quoted(query: string, start: number): Found {
  const quote = query[start];
  let text = "";
  for (let at = start + 1; at < query.length; at++) {
    if (query[at] === quote) return { token: { kind: "text", text, at: start }, end: at + 1 };
    if (query[at] === "\\") at++;
    text += query[at] ?? "";
  }
  throw wrongQuery(start, "the quotes are not closed");
}

/** A path in braces. A closing brace in the quotes of a key does not end it. */
function braced(query: string, start: number): Found {
  let quote = "";
  for (let at = start + 1; at < query.length; at++) {
    const letter = query[at] ?? "";
    if (quote === "" && letter === "}")
      return { token: { kind: "path", text: query.slice(start + 1, at).trim(), at: start + 1 }, end: at + 1 };
    if (quote !== "" && letter === "\\") at++;
    else if (letter === quote) quote = "";
    else if (quote === "" && (letter === '"' || letter === "'")) quote = letter;
  }
  throw wrongQuery(start, "the braces are not closed");
}

function skip(query: string, at: number): number {
  spaces.lastIndex = at;
  return at + (spaces.exec(query)?.[0].length ?? 0);
}

/** @param at  the character, from 0 */
export function wrongQuery(at: number, why: string): Error {
  return wbemError("invalidQuery", `The query cannot be read: ${why} (character ${at + 1}).`);
}
