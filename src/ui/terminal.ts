// Loaded when a console is first shown, together with xterm.js: the page paints without it.
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import type { ConsoleSession } from "./host.ts";

/** A terminal on the page that shows one console. Its owner disposes it. */
export interface TerminalView {
  focus(): void;
  /** Takes the colours again from the style sheet. */
  repaint(): void;
  /** A machine that is off hears nothing. */
  setReadOnly(readOnly: boolean): void;
  dispose(): void;
}

const ansiNames = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
  "brightBlack",
  "brightRed",
  "brightGreen",
  "brightYellow",
  "brightBlue",
  "brightMagenta",
  "brightCyan",
  "brightWhite",
] as const;

/** Colours of a terminal, from the style sheet. */
export function terminalColours(element: HTMLElement): ITheme {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const theme: ITheme = {
    background: read("--term-back"),
    foreground: read("--term-ink"),
    cursor: read("--term-cursor"),
    cursorAccent: read("--term-back"),
    selectionBackground: read("--term-selection"),
  };
  for (const [place, name] of ansiNames.entries()) theme[name] = read(`--term-${place}`);
  return theme;
}

/** The keys that leave the console: those of VMConnect, and F6 as in any page of panes. */
function leaves(event: KeyboardEvent): boolean {
  if (event.key === "F6" && !event.ctrlKey && !event.altKey) return true;
  return event.key === "ArrowLeft" && event.ctrlKey && event.altKey;
}

/** Opens a terminal in an element. Its owner disposes it. */
export function openXterm(element: HTMLElement): { readonly term: Terminal; readonly fit: FitAddon } {
  const style = getComputedStyle(element);
  const term = new Terminal({
    fontFamily: style.fontFamily,
    fontSize: Number.parseFloat(style.fontSize),
    lineHeight: 1.2,
    scrollback: 5000,
    minimumContrastRatio: 4.5,
    theme: terminalColours(element),
    // Links a guest prints lead nowhere: the page talks to nobody.
    linkHandler: { activate: () => undefined },
  });
  const fit = new FitAddon();
  term.loadAddon(fit);
  term.open(element);
  return { term, fit };
}

/**
 * Shows a console in an element, which must be laid out. Follows the element's size and font.
 *
 * @param onLeave the visitor pressed the keys that leave the console
 */
export function openTerminal(
  element: HTMLElement,
  session: ConsoleSession,
  onLeave: () => void,
): TerminalView {
  const { term, fit } = openXterm(element);
  term.attachCustomKeyEventHandler((event) => {
    if (!leaves(event)) return true;
    event.preventDefault();
    if (event.type === "keydown") onLeave();
    return false;
  });

  // Old output may hold questions to the terminal; answering them again would type into the guest.
  let replaying = true;
  term.write(session.text(), () => {
    replaying = false;
  });
  const stopListening = session.onOutput((text) => term.write(text));
  term.onData((text) => {
    if (!replaying) session.send(text);
  });

  const refit = () => {
    const size = Number.parseFloat(getComputedStyle(element).fontSize);
    if (term.options.fontSize !== size) term.options.fontSize = size;
    fit.fit();
  };
  const watcher = new ResizeObserver(refit);
  watcher.observe(element);
  refit();

  return {
    focus: () => term.focus(),
    repaint: () => {
      term.options.theme = terminalColours(element);
    },
    setReadOnly: (readOnly) => {
      term.options.disableStdin = readOnly;
      term.options.cursorInactiveStyle = readOnly ? "none" : "outline";
    },
    dispose: () => {
      watcher.disconnect();
      stopListening();
      term.dispose();
    },
  };
}
