/** One place of a pattern: any row of characters, or a test of one. */
type Part = { readonly kind: "any" } | { readonly kind: "one"; fits(letter: string): boolean };

/**
 * Makes a test of a LIKE pattern: `%` any characters, `_` one, `[a-f]` one of these, `[^a-f]` one of no others.
 * Case does not matter. Takes at most pattern times text steps.
 */
export function likePattern(pattern: string): (text: string) => boolean {
  const parts = partsOf(pattern.toLowerCase());
  return (text) => matches(parts, text.toLowerCase());
}

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at] ?? "";
    const close = letter === "[" ? pattern.indexOf("]", at + 2) : -1;
    if (letter === "%") {
      if (parts.at(-1)?.kind !== "any") parts.push({ kind: "any" });
    } else if (letter === "_") parts.push({ kind: "one", fits: () => true });
    else if (close > 0) {
      parts.push(oneOf(pattern.slice(at + 1, close)));
      at = close;
    } else parts.push({ kind: "one", fits: (found) => found === letter });
  }
  return parts;
}

function oneOf(set: string): Part {
  const isNot = set.startsWith("^") && set.length > 1;
  const letters = isNot ? set.slice(1) : set;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < letters.length; at++) {
    const from = letters[at] ?? "";
    const isRange = letters[at + 1] === "-" && at + 2 < letters.length;
    ranges.push([from, isRange ? (letters[at + 2] ?? "") : from]);
    if (isRange) at += 2;
  }
  return {
    kind: "one",
    fits: (found) => ranges.some(([low, high]) => found >= low && found <= high) !== isNot,
  };
}

/** Walks both; when they part, the last `%` takes one more character. Earlier ones need never be looked at again. */
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
