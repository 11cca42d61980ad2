import { type Protocol, protocols } from "../decode/frame.ts";
import {
  compileFilter,
  type FilterExpression,
  type FilterField,
  type FramePredicate,
  filterFields,
} from "./expression.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { readValue } from "./value.ts";

/** What became of a filter's text. */
export type FilterOutcome =
  | { readonly kind: "filter"; readonly matches: FramePredicate; readonly expression: FilterExpression }
  | FilterMistake;

/** Where a filter cannot be understood. `at` and `length` are in characters; the length may be 0 at the end. */
export interface FilterMistake {
  readonly kind: "wrong";
  readonly at: number;
  readonly length: number;
  /** What could stand there, e.g. "a number from 0 to 65535". */
  readonly expected: string;
  /** A sentence for a person. */
  readonly text: string;
}

/** Most characters of a filter, so that a slip of the clipboard is not compiled. */
export const filterLimit = 2000;
/** How deep parentheses and `not` may go: each level is a call. */
const depthLimit = 50;

interface Reader {
  readonly tokens: readonly Token[];
  place: number;
}
type Parsed = FilterExpression | FilterMistake;

/**
 * Reads a filter: `arp`, `tcp.port == 80`, `ip.addr == 10.0.0.5`, `eth.addr == 00-15-5D-01-0A-03`,
 * `vlan.id == 5`, `port == "web01"`, joined with `and`, `or`, `not` and parentheses; `and` binds tighter than
 * `or`. No text at all lets everything pass. `!=` is the opposite of `==`.
 */
export function parseFilter(text: string): FilterOutcome {
  if (text.length > filterLimit) {
    const expected = `at most ${filterLimit} characters`;
    return { kind: "wrong", at: filterLimit, length: 0, expected, text: `A filter has ${expected}.` };
  }
  const reader: Reader = { tokens: tokensOf(text), place: 0 };
  const parsed: Parsed = peek(reader).kind === "end" ? { kind: "everything" } : parseOr(reader, 0);
  if (parsed.kind === "wrong") return parsed;
  const rest = peek(reader);
  if (rest.kind !== "end") return mistake(rest, '"and", "or" or the end');
  return { kind: "filter", matches: compileFilter(parsed), expression: parsed };
}

const atEnd: Token = { kind: "end", text: "", at: 0, length: 0 };

function peek(reader: Reader): Token {
  return reader.tokens[reader.place] ?? reader.tokens[reader.tokens.length - 1] ?? atEnd;
}

/** Takes the next token if it is of this kind. */
function take(reader: Reader, kind: Token["kind"]): Token | undefined {
  const token = peek(reader);
  if (token.kind !== kind) return undefined;
  reader.place++;
  return token;
}

function mistake(token: Token, expected: string): FilterMistake {
  const { at, length } = token;
  const found = token.kind === "end" ? "the filter ends" : `there is "${token.text}"`;
  const text =
    token.kind === "wrong"
      ? `${token.text}: expected ${expected}, at character ${at + 1}.`
      : `Expected ${expected} at character ${at + 1}, but ${found}.`;
  return { kind: "wrong", at, length, expected, text };
}

function parseOr(reader: Reader, depth: number): Parsed {
  let left = parseAnd(reader, depth);
  while (left.kind !== "wrong" && take(reader, "or") !== undefined) {
    const right = parseAnd(reader, depth);
    left = right.kind === "wrong" ? right : { kind: "or", left, right };
  }
  return left;
}

function parseAnd(reader: Reader, depth: number): Parsed {
  let left = parseNot(reader, depth);
  while (left.kind !== "wrong" && take(reader, "and") !== undefined) {
    const right = parseNot(reader, depth);
    left = right.kind === "wrong" ? right : { kind: "and", left, right };
  }
  return left;
}

function parseNot(reader: Reader, depth: number): Parsed {
  const token = peek(reader);
  if (depth > depthLimit) return mistake(token, `at most ${depthLimit} levels of parentheses`);
  if (take(reader, "not") !== undefined) {
    const inner = parseNot(reader, depth + 1);
    return inner.kind === "wrong" ? inner : { kind: "not", inner };
  }
  if (take(reader, "(") !== undefined) {
    const inner = parseOr(reader, depth + 1);
    if (inner.kind === "wrong" || take(reader, ")") !== undefined) return inner;
    return mistake(peek(reader), '"and", "or" or a closing parenthesis');
  }
  return parseTerm(reader);
}

function parseTerm(reader: Reader): Parsed {
  const word = take(reader, "word");
  const wanted = 'a protocol, a field, "not" or a parenthesis';
  if (word === undefined) return mistake(peek(reader), wanted);
  const name = word.text.toLowerCase();
  const field = filterFields.find((known): known is FilterField => known === name);
  if (field !== undefined) return parseComparison(reader, field);
  if (name === "malformed") return { kind: "malformed" };
  const protocol = protocols.find((known): known is Protocol => known === name);
  if (protocol !== undefined) return { kind: "protocol", protocol };
  return mistake(word, `one of ${[...protocols, "malformed", ...filterFields].join(", ")}`);
}

function parseComparison(reader: Reader, field: FilterField): Parsed {
  const equal = take(reader, "==");
  const unequal = equal ?? take(reader, "!=");
  if (unequal === undefined) return mistake(peek(reader), `"==" or "!=" behind ${field}`);
  const token = peek(reader);
  const value = readValue(field, token);
  if (value.kind === "wrong") return mistake(token, value.expected);
  reader.place++;
  const is: FilterExpression = { kind: "is", field, value: value.value };
  return equal === undefined ? { kind: "not", inner: is } : is;
}
