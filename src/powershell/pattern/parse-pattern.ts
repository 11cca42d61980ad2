import { fail, type ScriptError } from "../values/script-error.ts";
import { classOf, type TakenClass, takeClass } from "./letters.ts";
import type { PatternNode, PatternOptions, PatternTree } from "./node.ts";

/** Things inside each other. Reason: the matcher calls itself that often. */
const deepest = 50;
/** Letters of a pattern, and how often a part may be asked for. */
const longest = 1000;
const mostRepeats = 10_000;

/** What has been read of a pattern. */
interface Reading {
  readonly text: string;
  at: number;
  groups: number;
  depth: number;
  readonly names: Map<string, number>;
}

/** Reads a regular expression of .NET. @throws ScriptError with the reason when it is none */
export function parsePattern(text: string, options: PatternOptions): PatternTree {
  const reading: Reading = { text, at: 0, groups: 0, depth: 0, names: new Map() };
  if (text.length > longest) throw wrong(reading, `it has more than ${longest} letters`);
  const root = choice(reading, options);
  if (reading.at < text.length) throw wrong(reading, "a parenthesis closes nothing");
  return { root, groups: reading.groups, names: reading.names };
}

function wrong({ text, at }: Reading, why: string): ScriptError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return fail(
    "InvalidRegularExpression",
    `The regular expression "${shown}" is wrong at letter ${at + 1}: ${why}.`,
    {
      category: "InvalidOperation",
    },
  );
}

function choice(reading: Reading, options: PatternOptions): PatternNode {
  if (++reading.depth > deepest) throw wrong(reading, "too many groups are inside each other");
  const nodes: PatternNode[] = [];
  let now = options;
  for (;;) {
    const made = row(reading, now);
    nodes.push(made.node);
    now = made.options;
    if (reading.text[reading.at] !== "|") break;
    reading.at++;
  }
  reading.depth--;
  const [only] = nodes;
  return nodes.length === 1 && only !== undefined ? only : { kind: "choice", nodes };
}

function row(reading: Reading, options: PatternOptions): { node: PatternNode; options: PatternOptions } {
  const nodes: PatternNode[] = [];
  let now = options;
  while (reading.at < reading.text.length && !/[|)]/.test(reading.text[reading.at] ?? "")) {
    const changed = inlineOptions(reading, now);
    if (changed !== null) now = changed;
    else nodes.push(repeated(reading, atom(reading, now)));
  }
  return { node: { kind: "row", nodes }, options: now };
}

/** `(?i)`: from here on. */
function inlineOptions(reading: Reading, options: PatternOptions): PatternOptions | null {
  const found = /^\(\?([imsn]*)(?:-([imsn]+))?\)/.exec(reading.text.slice(reading.at, reading.at + 20));
  if (found === null) return null;
  reading.at += found[0].length;
  return withOptions(options, found[1] ?? "", found[2] ?? "");
}

function withOptions(options: PatternOptions, on: string, off: string): PatternOptions {
  const set = (letter: string, before: boolean): boolean =>
    on.includes(letter) || (before && !off.includes(letter));
  return {
    ignoreCase: set("i", options.ignoreCase),
    multiline: set("m", options.multiline),
    singleLine: set("s", options.singleLine),
  };
}

function repeated(reading: Reading, inner: PatternNode): PatternNode {
  const found = /^(?:([*+?])|\{(\d{1,6})(,(\d{0,6}))?\})(\?)?/.exec(
    reading.text.slice(reading.at, reading.at + 20),
  );
  if (found === null) return inner;
  if (inner.kind === "place") throw wrong(reading, "nothing can be repeated here");
  reading.at += found[0].length;
  const [, sign, from = "0", comma, to = ""] = found;
  const least = sign === undefined ? Number(from) : sign === "+" ? 1 : 0;
  const most =
    sign === "?"
      ? 1
      : sign !== undefined || (comma !== undefined && to === "")
        ? Infinity
        : Number(comma === undefined ? from : to);
  if (least > mostRepeats || (most !== Infinity && most > mostRepeats) || most < least)
    throw wrong(reading, "the numbers in braces make no sense");
  if (/^[*+?]/.test(reading.text.slice(reading.at))) throw wrong(reading, "a repetition is repeated");
  return { kind: "repeat", inner, least, most, lazy: found[5] !== undefined };
}

function atom(reading: Reading, options: PatternOptions): PatternNode {
  const letter = reading.text[reading.at] ?? "";
  switch (letter) {
    case "(":
      return group(reading, options);
    case "[":
      return letterClass(reading, options);
    case ".":
      reading.at++;
      return { kind: "letter", fits: options.singleLine ? () => true : (found) => found !== "\n" };
    case "^":
      reading.at++;
      return startPlace(options.multiline);
    case "$":
      reading.at++;
      return endPlace(options.multiline);
    case "\\":
      return escapeNode(reading, options);
    case "*":
    case "+":
    case "?":
      throw wrong(reading, "there is nothing to repeat");
    default:
      if (/^\{\d{1,6}(,\d{0,6})?\}/.test(reading.text.slice(reading.at, reading.at + 20)))
        throw wrong(reading, "there is nothing to repeat");
      reading.at++;
      return sameLetter(letter, options);
  }
}

function letterClass(reading: Reading, options: PatternOptions): PatternNode {
  const found: TakenClass | null = takeClass(reading.text, reading.at, options.ignoreCase);
  if (found === null) throw wrong(reading, "the letters in brackets are not closed or in no order");
  reading.at = found.end;
  return { kind: "letter", fits: found.fits };
}

function sameLetter(letter: string, { ignoreCase }: PatternOptions): PatternNode {
  if (!ignoreCase) return { kind: "letter", fits: (found) => found === letter };
  const lower = letter.toLowerCase();
  return { kind: "letter", fits: (found) => found === letter || found.toLowerCase() === lower };
}

function startPlace(multiline: boolean): PatternNode {
  return { kind: "place", fits: (text, at) => at === 0 || (multiline && text[at - 1] === "\n") };
}

function endPlace(multiline: boolean): PatternNode {
  return {
    kind: "place",
    fits: (text, at) =>
      at === text.length || (at === text.length - 1 && text[at] === "\n") || (multiline && text[at] === "\n"),
  };
}

function group(reading: Reading, options: PatternOptions): PatternNode {
  const head = /^\((?:\?(?:([:=!])|<([=!])|[<']([A-Za-z_]\w{0,60})[>']|([ims]*)(?:-([ims]+))?:))?/.exec(
    reading.text.slice(reading.at, reading.at + 80),
  );
  const [whole = "(", look, behind, name, on, off] = head ?? [];
  if (whole === "(" && reading.text[reading.at + 1] === "?")
    throw wrong(reading, "there is no group of this kind");
  reading.at += whole.length;
  const isPlain = whole === "(" || name !== undefined;
  const index = isPlain ? ++reading.groups : 0;
  if (name !== undefined) reading.names.set(name, index);
  const inner = choice(
    reading,
    on === undefined && off === undefined ? options : withOptions(options, on ?? "", off ?? ""),
  );
  if (reading.text[reading.at] !== ")") throw wrong(reading, "a parenthesis is not closed");
  reading.at++;
  const sign = look ?? behind;
  if (sign === "=" || sign === "!")
    return { kind: "look", behind: behind !== undefined, not: sign === "!", inner };
  return isPlain ? { kind: "group", index, inner } : inner;
}

const isWord = (letter: string | undefined): boolean => letter !== undefined && /[\p{L}\p{N}_]/u.test(letter);
const atBoundary = (text: string, at: number): boolean => isWord(text[at - 1]) !== isWord(text[at]);
const places: { readonly [letter: string]: (text: string, at: number) => boolean } = {
  b: atBoundary,
  B: (text, at) => !atBoundary(text, at),
  A: (_text, at) => at === 0,
  z: (text, at) => at === text.length,
  Z: (text, at) => at === text.length || (at === text.length - 1 && text[at] === "\n"),
};

function escapeNode(reading: Reading, options: PatternOptions): PatternNode {
  const letter = reading.text[reading.at + 1] ?? "";
  const fits = Object.hasOwn(places, letter) ? places[letter] : undefined;
  if (fits !== undefined) {
    reading.at += 2;
    return { kind: "place", fits };
  }
  const back = /^\\(?:([1-9]\d?)|k[<']([A-Za-z_]\w{0,60})[>'])/.exec(
    reading.text.slice(reading.at, reading.at + 70),
  );
  if (back !== null) {
    reading.at += back[0].length;
    return { kind: "back", group: back[2] ?? Number(back[1]), ignoreCase: options.ignoreCase };
  }
  const found = classOf(reading.text, reading.at);
  if (found === null) throw wrong(reading, "the backslash means nothing here");
  reading.at = found.end;
  if (found.kind === "letter") return sameLetter(found.letter, options);
  return { kind: "letter", fits: found.fits };
}
