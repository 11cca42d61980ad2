/** What a backslash in a pattern stands for. */
export type Escaped =
  | { readonly kind: "letter"; readonly letter: string; readonly end: number }
  | { readonly kind: "class"; fits(letter: string): boolean; readonly end: number };

const classes: { readonly [letter: string]: (letter: string) => boolean } = {
  d: (letter) => /\p{Nd}/u.test(letter),
  w: (letter) => /[\p{L}\p{N}_]/u.test(letter),
  s: (letter) => /\s/.test(letter),
};
const controls: { readonly [letter: string]: string } = {
  n: "\n",
  r: "\r",
  t: "\t",
  f: "\f",
  v: "\v",
  a: "\u0007",
  e: "\u001b",
  "0": "\0",
};

/** What the backslash at a place stands for; `null`: nothing. */
export function classOf(text: string, at: number): Escaped | null {
  const letter = text[at + 1];
  if (letter === undefined) return null;
  const lower = letter.toLowerCase();
  const known = Object.hasOwn(classes, lower) ? classes[lower] : undefined;
  if (known !== undefined)
    return { kind: "class", fits: letter === lower ? known : (found) => !known(found), end: at + 2 };
  const code = /^\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/i.exec(text.slice(at, at + 6));
  if (code !== null)
    return {
      kind: "letter",
      letter: String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? "", 16)),
      end: at + code[0].length,
    };
  if (Object.hasOwn(controls, letter)) return { kind: "letter", letter: controls[letter] ?? "", end: at + 2 };
  return /[A-Za-z0-9]/.test(letter) ? null : { kind: "letter", letter, end: at + 2 };
}

/** Letters in brackets, and where they end. */
export interface TakenClass {
  fits(letter: string): boolean;
  readonly end: number;
}

/** `[^a-z\d]` at a place; `null`: it is not closed, or a range is upside down. */
export function takeClass(text: string, start: number, ignoreCase: boolean): TakenClass | null {
  const isNot = text[start + 1] === "^";
  const tests: ((letter: string) => boolean)[] = [];
  let at = start + (isNot ? 2 : 1);
  for (let isFirst = true; ; isFirst = false) {
    const letter = text[at];
    if (letter === undefined) return null;
    if (letter === "]" && !isFirst) break;
    const one = piece(text, at);
    if (one === null) return null;
    at = one.end;
    if (one.kind === "class") {
      tests.push(one.fits);
      continue;
    }
    const last = text[at] === "-" && text[at + 1] !== "]" ? piece(text, at + 1) : null;
    if (last?.kind === "letter") {
      if (last.letter < one.letter) return null;
      at = last.end;
      tests.push((found) => found >= one.letter && found <= last.letter);
    } else tests.push((found) => found === one.letter);
  }
  const plain = (letter: string): boolean => tests.some((test) => test(letter));
  const any = ignoreCase
    ? (letter: string): boolean => plain(letter) || plain(letter.toLowerCase()) || plain(letter.toUpperCase())
    : plain;
  return { fits: isNot ? (letter) => !any(letter) : any, end: at + 1 };
}

function piece(text: string, at: number): Escaped | null {
  const letter = text[at];
  if (letter === undefined) return null;
  if (letter !== "\\") return { kind: "letter", letter, end: at + 1 };
  // In brackets \b is the backspace.
  if (text[at + 1] === "b") return { kind: "letter", letter: "\b", end: at + 2 };
  return classOf(text, at);
}
