/** A piece of a filter. `at` and `length` are in characters of its text. */
export interface Token {
  readonly kind: "word" | "text" | "(" | ")" | "==" | "!=" | "and" | "or" | "not" | "end" | "wrong";
  /** The word as written, the text without its quotes, or what is wrong. */
  readonly text: string;
  readonly at: number;
  readonly length: number;
}

const signs: readonly (readonly [string, Token["kind"]])[] = [
  ["==", "=="],
  ["!=", "!="],
  ["&&", "and"],
  ["||", "or"],
  ["(", "("],
  [")", ")"],
  ["!", "not"],
];
const joining = new Map<string, Token["kind"]>([
  ["and", "and"],
  ["or", "or"],
  ["not", "not"],
]);
/** Words, numbers and addresses alike: the parser knows which of them it wants. */
const wordPattern = /[A-Za-z0-9_.:-]+/y;
const blankPattern = /\s*/y;

/** Cuts a filter into its pieces, up to the first that is wrong; the last one is `end` or `wrong`. */
export function tokensOf(text: string): Token[] {
  const out: Token[] = [];
  let at = 0;
  for (;;) {
    blankPattern.lastIndex = at;
    at += blankPattern.exec(text)?.[0].length ?? 0;
    const token = tokenAt(text, at);
    out.push(token);
    if (token.kind === "end" || token.kind === "wrong") return out;
    at += token.length;
  }
}

function tokenAt(text: string, at: number): Token {
  if (at >= text.length) return { kind: "end", text: "", at, length: 0 };
  if (text[at] === '"') return quotedAt(text, at);
  for (const [sign, kind] of signs) {
    if (text.startsWith(sign, at)) return { kind, text: sign, at, length: sign.length };
  }
  wordPattern.lastIndex = at;
  const word = wordPattern.exec(text)?.[0];
  if (word !== undefined) {
    return { kind: joining.get(word.toLowerCase()) ?? "word", text: word, at, length: word.length };
  }
  const [found = ""] = text.slice(at, at + 2);
  return { kind: "wrong", text: `"${found}" means nothing here`, at, length: found.length };
}

/** Text between quotes; a backslash takes the next character as it is. */
function quotedAt(text: string, at: number): Token {
  let value = "";
  for (let place = at + 1; place < text.length; place++) {
    const char = text[place];
    if (char === '"') return { kind: "text", text: value, at, length: place + 1 - at };
    if (char === "\\") place++;
    value += text[place] ?? "";
  }
  return { kind: "wrong", text: "The closing quote is missing", at, length: text.length - at };
}
