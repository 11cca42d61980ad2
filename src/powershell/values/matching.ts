import type { Match, Pattern } from "../pattern/match.ts";
import { checkList, checkText } from "./limits.ts";
import { fail } from "./script-error.ts";
import { type TableValue, table } from "./value.ts";

/** `$Matches`: the whole under 0, groups under their numbers and names. */
export function matchTable(text: string, pattern: Pattern, match: Match): TableValue {
  const made = table();
  const named = new Map([...pattern.names].map(([name, index]) => [index, name]));
  for (const [index, found] of match.groups.entries()) {
    if (found === null) continue;
    const value = text.slice(found.start, found.end);
    const name = named.get(index);
    const key = name ?? BigInt(index);
    made.entries.set(name === undefined ? `n${index}` : `s${name.toLowerCase()}`, { key, value });
  }
  return made;
}

/** Every match of a pattern, from left to right. */
export function* allMatches(text: string, pattern: Pattern): Generator<Match> {
  for (let at = 0; at <= text.length; ) {
    const found = pattern.search(text, at);
    if (found === null) return;
    yield found;
    at = found.end > found.start ? found.end : found.end + 1;
  }
}

/** `text -replace pattern, by`: `$1`, `${name}`, `$&` and `$$` stand for what they do in .NET. */
export function replaceAll(text: string, pattern: Pattern, by: string): string {
  let made = "";
  let from = 0;
  for (const match of allMatches(text, pattern)) {
    made += text.slice(from, match.start) + filledIn(text, pattern, { match, by });
    checkText(made.length);
    from = match.end;
  }
  return made + text.slice(from);
}

function filledIn(
  text: string,
  { names }: Pattern,
  { match, by }: { readonly match: Match; readonly by: string },
): string {
  return by.replace(/\$(?:(\d{1,2})|\{(\w+)\}|([$&]))/g, (whole, number, name, sign) => {
    if (sign === "$") return "$";
    const index = sign === "&" ? 0 : /^\d+$/.test(number ?? name) ? Number(number ?? name) : names.get(name);
    if (index === undefined || index >= match.groups.length) return whole;
    const found = match.groups[index] ?? null;
    return found === null ? "" : text.slice(found.start, found.end);
  });
}

/** `text -split pattern, count`: groups of the pattern are pieces too. */
export function splitText(text: string, pattern: Pattern, most: number): string[] {
  if (most < 0) throw fail("ArgumentOutOfRange", "The number of pieces must not be negative.");
  const pieces: string[] = [];
  let from = 0;
  for (const match of allMatches(text, pattern)) {
    if (most > 0 && pieces.length === most - 1) break;
    if (match.end === match.start && (match.start === 0 || match.start === text.length)) continue;
    pieces.push(text.slice(from, match.start));
    for (const group of match.groups.slice(1))
      if (group !== null) pieces.push(text.slice(group.start, group.end));
    checkList(pieces.length);
    from = match.end;
  }
  return [...pieces, text.slice(from)];
}

/** A pattern that finds a text as it stands. */
export function literalPattern(text: string, matchCase: boolean): Pattern {
  const fold = (one: string): string => (matchCase ? one : one.toLowerCase());
  const wanted = fold(text);
  return {
    names: new Map(),
    search(subject, from) {
      const start = fold(subject).indexOf(wanted, from);
      if (start < 0) return null;
      const whole = { start, end: start + wanted.length };
      return { ...whole, groups: [whole] };
    },
  };
}
