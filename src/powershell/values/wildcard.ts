/** One place of a pattern: any row of characters, or a test of one. */
type Part = { readonly kind: "any" } | { readonly kind: "one"; fits(letter: string): boolean };

/** Whether a text is a pattern: it has `*`, `?` or `[`. */
export function isWildcard(text: string): boolean {
  return /[*?[]/.test(text);
}

/**
 * Makes a test of a wildcard pattern: `*` any characters, `?` one, `[a-f]` one of these; a backtick takes the
 * meaning away. Takes at most pattern times text steps.
 */
export function wildcard(pattern: string, matchCase = false): (text: string) => boolean {
  const fold = (text: string): string => (matchCase ? text : text.toLowerCase());
  const parts = partsOf(fold(pattern));
  return (text) => matches(parts, fold(text));
}

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at] ?? "";
    const close = letter === "[" ? pattern.indexOf("]", at + 2) : -1;
    if (letter === "*") {
      if (parts.at(-1)?.kind !== "any") parts.push({ kind: "any" });
    } else if (letter === "?") parts.push({ kind: "one", fits: () => true });
    else if (letter === "`" && at + 1 < pattern.length) {
      at++;
      parts.push(same(pattern[at] ?? ""));
    } else if (close > 0) {
      parts.push(oneOf(pattern.slice(at + 1, close)));
      at = close;
    } else parts.push(same(letter));
  }
  return parts;
}

function same(letter: string): Part {
  return { kind: "one", fits: (found) => found === letter };
}

function oneOf(letters: string): Part {
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < letters.length; at++) {
    const from = letters[at] ?? "";
    const isRange = letters[at + 1] === "-" && at + 2 < letters.length;
    ranges.push([from, isRange ? (letters[at + 2] ?? "") : from]);
    if (isRange) at += 2;
  }
  return { kind: "one", fits: (found) => ranges.some(([low, high]) => found >= low && found <= high) };
}

/** Walks both; when they part, the last `*` takes one more character. Earlier ones need never be looked at again. */
function matches(parts: readonly Part[], text: string): boolean {
  let part = 0;
  let at = 0;
  let retry: { part: number; at: number } | null = null;
  while (at < text.length) {
    const now = parts[part];
    if (now?.kind === "any") {
      retry = { part: part + 1, at };
      part++;
    } else if (now?.kind === "one" && now.fits(text[at] ?? "")) {
      part++;
      at++;
    } else if (retry !== null) {
      retry = { part: retry.part, at: retry.at + 1 };
      part = retry.part;
      at = retry.at;
    } else return false;
  }
  while (parts[part]?.kind === "any") part++;
  return part === parts.length;
}
