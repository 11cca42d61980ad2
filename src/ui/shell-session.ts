import type { Piece, PowerShell, Question, Running } from "../powershell/index.ts";
import { drawLine, harmless, keysOf, openShellLine, type ShellKey } from "./shell-line.ts";

/** A screen that a shell is typed at. */
export interface ShellScreen {
  /** Shows text that stays. */
  write(text: string): void;
  /** Shows the line as it is being typed: it is drawn again at every key. */
  draw(text: string): void;
  /** Remembers a line that is on the screen already, for who looks later. */
  keep(text: string): void;
  width(): number;
  clear(): void;
}

/** A PowerShell at a screen: prompt, line, what runs. */
export interface ShellSession {
  /** What the terminal sends. */
  keys(sent: string): void;
  /** Asks whoever sits there. */
  ask(question: Question): Promise<"yes" | "yesToAll" | "no" | "noToAll">;
  /** Draws the line again: the screen has another width, or is another one and shows no line yet. */
  redraw(screen: "wider" | "another"): void;
  /** Ends what runs. */
  stop(): void;
}

const prompts = { first: "PS> ", more: ">> " } as const;
const colours: { readonly [S in Piece["stream"]]: string } = {
  output: "",
  host: "",
  error: "\x1b[31m",
  warning: "\x1b[33m",
  verbose: "\x1b[33m",
  progress: "\x1b[36m",
};
/** Colours of Write-Host, by the names of PowerShell. */
const named: { readonly [colour: string]: string } = {
  ...{ Black: "30", DarkRed: "31", DarkGreen: "32", DarkYellow: "33", DarkBlue: "34", DarkMagenta: "35" },
  ...{ DarkCyan: "36", Gray: "37", DarkGray: "90", Red: "91", Green: "92", Yellow: "93", Blue: "94" },
  ...{ Magenta: "95", Cyan: "96", White: "97" },
};
/** Letters that wait while a script runs. Reason: what a person types ahead is a line or two. */
const mostWaiting = 4096;
const answers = { y: "yes", a: "yesToAll", n: "no", l: "noToAll" } as const;

/** What the session does now. */
type Doing =
  | { readonly kind: "typing" }
  | { readonly kind: "running"; readonly running: Running }
  | { readonly kind: "asking"; answer(text: string): void };

/** Choices that Tab goes through. */
interface Choices {
  readonly matches: readonly string[];
  readonly start: number;
  at: number;
}

/** Opens a session over a shell; the prompt is written at once. */
export function openShellSession(shell: PowerShell, screen: ShellScreen): ShellSession {
  const line = openShellLine();
  let doing: Doing = { kind: "typing" };
  let before: readonly string[] = [];
  let row = 0;
  let ahead = "";
  let choices: Choices | null = null;

  const prompt = (): string =>
    doing.kind === "asking" ? "" : before.length === 0 ? prompts.first : prompts.more;
  function draw(): void {
    const drawn = drawLine(prompt(), line, { width: screen.width(), before: row });
    row = drawn.row;
    screen.draw(drawn.output);
  }
  /** Leaves the line as it is and begins another. */
  function leaveLine(): void {
    line.move("end");
    draw();
    screen.draw("\r\n");
    screen.keep(`${prompt()}${harmless(line.text())}\r\n`);
    row = 0;
  }
  function show({ stream, text, colour }: Piece): void {
    const code = colour === null ? colours[stream] : `\x1b[${named[colour] ?? "0"}m`;
    const plain = harmless(text).replaceAll("\n", "\r\n");
    screen.write(code === "" ? plain : `${code}${plain}\x1b[0m`);
  }
  function begin(script: string): void {
    const running = shell.run(script, { write: show, typed: true });
    doing = { kind: "running", running };
    running.done
      .then(({ kind }) => {
        if (kind === "stopped") screen.write("^C\r\n");
      })
      .finally(() => {
        doing = { kind: "typing" };
        draw();
        const waiting = ahead;
        ahead = "";
        keys(waiting);
      })
      .catch(() => {});
  }
  function enter(): void {
    const script = [...before, line.text()].join("\n");
    leaveLine();
    const isWhole = line.text().trim() === "" || shell.check(script)?.incomplete !== true;
    before = isWhole ? [] : [...before, line.text()];
    line.clear();
    if (!isWhole || script.trim() === "") draw();
    else begin(script);
  }
  async function complete(step: number): Promise<void> {
    if (choices === null) {
      const text = line.text();
      const cursor = line.cursor();
      const found = await shell.complete(text, cursor);
      if (line.text() !== text || line.cursor() !== cursor || found.matches.length === 0) return;
      choices = { matches: found.matches, start: found.start, at: step > 0 ? -1 : 0 };
    }
    const { matches, start } = choices;
    choices.at = (choices.at + step + matches.length) % matches.length;
    line.replace(start, line.cursor(), matches[choices.at] ?? "");
    draw();
  }
  /** What a key does to the line; the line is drawn again afterwards. */
  function edit(key: ShellKey): void {
    switch (key.kind) {
      case "text":
        line.insert(key.text);
        break;
      case "stop":
        leaveLine();
        before = [];
        line.clear();
        break;
      case "clearScreen":
        screen.clear();
        row = 0;
        break;
      case "cancel":
        line.clear();
        break;
      case "older":
      case "newer":
        line.recall(key.kind, shell.history());
        break;
      case "before":
      case "after":
        line.erase(key.kind);
        break;
      case "enter":
      case "tab":
      case "backTab":
        break;
      default:
        line.move(key.kind);
    }
    draw();
  }
  function type(key: ShellKey): void {
    if (key.kind === "tab" || key.kind === "backTab") {
      complete(key.kind === "tab" ? 1 : -1).catch(() => {});
      return;
    }
    choices = null;
    if (key.kind === "enter") enter();
    else edit(key);
  }
  function answerKey(key: ShellKey, answer: (text: string) => void): void {
    if (key.kind === "text") line.insert(key.text);
    else if (key.kind === "before") line.erase("before");
    if (key.kind !== "enter") {
      draw();
      return;
    }
    const text = line.text();
    leaveLine();
    line.clear();
    answer(text);
  }
  function keys(sent: string): void {
    for (const key of keysOf(sent)) {
      if (doing.kind === "typing") type(key);
      else if (key.kind === "stop") stop();
      else if (doing.kind === "asking") answerKey(key, doing.answer);
      else if (key.kind === "text") ahead = (ahead + key.text).slice(0, mostWaiting);
      else if (key.kind === "enter") ahead = `${ahead}\r`.slice(0, mostWaiting);
    }
  }
  let running: Running | null = null;
  function stop(): void {
    ahead = "";
    if (doing.kind === "running") doing.running.stop();
    else running?.stop();
  }
  draw();
  return {
    keys,
    redraw(which) {
      if (which === "another") row = 0;
      if (doing.kind !== "running") draw();
    },
    stop,
    ask({ caption, text }) {
      const was = doing;
      running = was.kind === "running" ? was.running : null;
      screen.write(
        `\r\n${harmless(caption)}\r\n${harmless(text)}\r\n[Y] Yes  [A] Yes to All  [N] No  [L] No to All (default is "Y"): \r\n`,
      );
      line.clear();
      row = 0;
      return new Promise((resolve) => {
        doing = {
          kind: "asking",
          answer(given) {
            doing = was;
            const letter = given.trim().toLowerCase().slice(0, 1);
            resolve(
              letter === ""
                ? "yes"
                : letter === "y" || letter === "a" || letter === "l"
                  ? answers[letter]
                  : "no",
            );
          },
        };
      });
    },
  };
}
