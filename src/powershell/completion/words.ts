/** A word of a command that is being typed. */
export interface TypedWord {
  /** Without its quotes. */
  readonly text: string;
  readonly start: number;
  /** The quote that is still open; empty when none is. */
  readonly quote: string;
}

/** What stands before the cursor, of the command it is in. */
export interface TypedCommand {
  /** The words before the last one. */
  readonly words: readonly TypedWord[];
  /** The word at the cursor; empty when it stands behind a blank. */
  readonly last: TypedWord;
}

/** What is open around a place, and the words since it began. */
interface Reading {
  words: TypedWord[];
  word: { text: string; start: number; quote: string } | null;
}

/** Takes apart what stands before the cursor. Never fails: what makes no sense is text. */
export function typedCommand(text: string, cursor: number): TypedCommand {
  const outer: Reading[] = [];
  let now: Reading = { words: [], word: null };
  const finish = (): void => {
    if (now.word !== null) now.words.push(now.word);
    now.word = null;
  };
  const begin = (at: number): NonNullable<Reading["word"]> => {
    now.word ??= { text: "", start: at, quote: "" };
    return now.word;
  };
  for (let at = 0; at < cursor; at++) {
    const letter = text[at] ?? "";
    const quote = now.word?.quote ?? "";
    if (quote !== "") {
      const word = begin(at);
      if (letter === quote) word.quote = "";
      else word.text += letter;
    } else if (letter === '"' || letter === "'") begin(at).quote = letter;
    else if (letter === "`") begin(at).text += text[++at] ?? "";
    else if (/[ \t]/.test(letter)) finish();
    else if (/[|;\r\n=&,]/.test(letter)) {
      // What stands behind a comma belongs to the same parameter.
      if (letter === ",") now.word = null;
      else now = { words: [], word: null };
    } else if ((letter === "(" || letter === "{") && !(now.word?.text === "$" && letter === "{")) {
      finish();
      outer.push(now);
      now = { words: [], word: null };
    } else if (letter === ")" || letter === "}") {
      now = outer.pop() ?? { words: [], word: null };
      begin(at).text += letter;
    } else begin(at).text += letter;
  }
  return { words: now.words, last: now.word ?? { text: "", start: cursor, quote: "" } };
}
