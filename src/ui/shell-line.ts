/** A line that is being typed, at a prompt. */
export interface ShellLine {
  text(): string;
  cursor(): number;
  insert(text: string): void;
  /** Takes the letter before the cursor away, or the one at it. */
  erase(direction: "before" | "after"): void;
  move(to: "left" | "right" | "wordLeft" | "wordRight" | "start" | "end"): void;
  /** Brings back what was entered before, or after that. What was being typed comes back at the end. */
  recall(direction: "older" | "newer", history: readonly string[]): void;
  /** Puts other text in the place of a part, the cursor behind it. */
  replace(start: number, end: number, text: string): void;
  clear(): void;
}

/** Letters of a line. Reason: more are pasted by mistake. */
const longest = 1 << 16;

/** Opens an empty line. */
export function openShellLine(): ShellLine {
  let text = "";
  let cursor = 0;
  /** How far back in the history; 0: what is typed now. */
  let back = 0;
  let typed = "";

  function put(next: string, at: number): void {
    text = next.slice(0, longest);
    cursor = Math.max(0, Math.min(at, text.length));
  }
  function wordPlace(direction: "wordLeft" | "wordRight"): number {
    if (direction === "wordLeft") return text.slice(0, cursor).search(/\S+\s*$/);
    const found = /^\s*\S+\s*/.exec(text.slice(cursor));
    return cursor + (found?.[0].length ?? 0);
  }
  return {
    text: () => text,
    cursor: () => cursor,
    insert(more) {
      put(text.slice(0, cursor) + more + text.slice(cursor), cursor + more.length);
    },
    erase(direction) {
      const start = direction === "before" ? cursor - 1 : cursor;
      if (start >= 0) put(text.slice(0, start) + text.slice(start + 1), start);
    },
    move(to) {
      const places = {
        left: cursor - 1,
        right: cursor + 1,
        start: 0,
        end: text.length,
        wordLeft: to === "wordLeft" ? wordPlace(to) : 0,
        wordRight: to === "wordRight" ? wordPlace(to) : 0,
      };
      put(text, places[to]);
    },
    recall(direction, history) {
      if (back === 0) typed = text;
      back = Math.max(0, Math.min(history.length, back + (direction === "older" ? 1 : -1)));
      const found = back === 0 ? typed : (history[history.length - back] ?? "");
      put(found, found.length);
    },
    replace(start, end, by) {
      put(text.slice(0, start) + by + text.slice(end), start + by.length);
    },
    clear() {
      back = 0;
      typed = "";
      put("", 0);
    },
  };
}

/** A key as a terminal sends it. */
export type ShellKey =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind:
        | "enter"
        | "tab"
        | "backTab"
        | "stop"
        | "clearScreen"
        | "cancel"
        | "older"
        | "newer"
        | "left"
        | "right"
        | "wordLeft"
        | "wordRight"
        | "start"
        | "end"
        | "before"
        | "after";
    };

const sequences: { readonly [sequence: string]: Exclude<ShellKey["kind"], "text"> } = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x1b[Z": "backTab",
  "\x03": "stop",
  "\x0c": "clearScreen",
  "\x1b": "cancel",
  "\x1b[A": "older",
  "\x1b[B": "newer",
  "\x1b[D": "left",
  "\x1b[C": "right",
  "\x1b[1;5D": "wordLeft",
  "\x1b[1;5C": "wordRight",
  "\x1b[H": "start",
  "\x1b[F": "end",
  "\x01": "start",
  "\x05": "end",
  "\x7f": "before",
  "\b": "before",
  "\x1b[3~": "after",
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys of a terminal are these
const keyForm = /\r\n|\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g;

/** What a terminal sends, key by key. Keys that mean nothing here are left out. */
export function keysOf(sent: string): readonly ShellKey[] {
  return (sent.match(keyForm) ?? []).flatMap((piece): readonly ShellKey[] => {
    const plain = piece === "\r\n" ? "\r" : piece.replace("\x1bO", "\x1b[");
    const kind = Object.hasOwn(sequences, plain) ? sequences[plain] : undefined;
    if (kind !== undefined) return [{ kind }];
    return /^[ -~\u00a0-\uffff]/.test(piece) ? [{ kind: "text", text: piece }] : [];
  });
}

/** What is drawn of a line: the prompt with the text, and where the cursor stands, in a terminal of some width. */
export interface DrawnLine {
  /** What brings the screen from the drawing before to this one. */
  readonly output: string;
  /** Row of the cursor, from that of the prompt; to be handed in the next time. */
  readonly row: number;
}

/** Draws a line over the one before it, whose cursor stood in `before`. */
export function drawLine(
  prompt: string,
  line: Pick<ShellLine, "text" | "cursor">,
  { width, before }: { readonly width: number; readonly before: number },
): DrawnLine {
  const shown = prompt + line.text();
  const place = prompt.length + line.cursor();
  const lastRow = Math.floor(shown.length / width);
  const row = Math.floor(place / width);
  const up = (rows: number): string => (rows > 0 ? `\x1b[${rows}A` : "");
  const right = place % width;
  // A full last row: the next one must be there before the cursor can stand in it.
  const fill = shown.length > 0 && shown.length % width === 0 ? "\r\n" : "";
  const output = `${up(before)}\r\x1b[J${shown}${fill}${up(lastRow - row)}\r${right > 0 ? `\x1b[${right}C` : ""}`;
  return { output, row };
}

/** Text of others as a terminal may have it: what would move its cursor or change its colours is shown, not done. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (letter) =>
    letter < " " ? String.fromCharCode(0x2400 + letter.charCodeAt(0)) : "\ufffd",
  );
}
