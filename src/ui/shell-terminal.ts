// Loaded when the PowerShell is first shown, together with xterm.js and the shell itself.
import { openPowerShell } from "../powershell/index.ts";
import type { WmiSession } from "../wmi/index.ts";
import { openShellSession, type ShellSession } from "./shell-session.ts";
import { shellSurroundings } from "./shell-surroundings.ts";
import { openXterm, type TerminalView, terminalColours } from "./terminal.ts";

const welcome = [
  "PowerShell of this page: Get-VM lists machines, Get-Command what there is, Get-Help tells more.",
  "Its cmdlets for Hyper-V have names that came with Windows Server 2012.",
  "",
  "",
].join("\r\n");

/** What a PowerShell on the page needs. */
export interface ShellTerminalParts {
  readonly element: HTMLElement;
  readonly session: WmiSession;
  /** The visitor pressed the key that leaves the pane. */
  readonly onLeave: () => void;
}

/** Shows a PowerShell in an element, which must be laid out. Its owner disposes it. */
export async function openShellTerminal(parts: ShellTerminalParts): Promise<TerminalView> {
  const { element, session, onLeave } = parts;
  const { term, fit } = openXterm(element);
  let shown: ShellSession | null = null;
  const surroundings = await shellSurroundings(session, {
    clear: () => term.clear(),
    width: () => term.cols,
    ask: (question) => shown?.ask(question) ?? Promise.resolve("no"),
  });
  const shell = openPowerShell(surroundings);
  term.write(welcome);
  const opened = openShellSession(shell, {
    write: (text) => term.write(text),
    width: () => term.cols,
    clear: () => term.write("\x1b[2J\x1b[3J\x1b[H"),
  });
  shown = opened;
  term.onData(opened.keys);
  term.attachCustomKeyEventHandler((event) => {
    // Ctrl+C with something selected copies it, as in a console of Windows.
    if (event.key === "c" && event.ctrlKey && term.hasSelection()) return false;
    if (event.key === "v" && event.ctrlKey) return false;
    if (event.key !== "F6") return true;
    event.preventDefault();
    if (event.type === "keydown") onLeave();
    return false;
  });
  const refit = (): void => {
    const columns = term.cols;
    fit.fit();
    if (term.cols !== columns) opened.redraw();
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
    },
    dispose: () => {
      watcher.disconnect();
      opened.stop();
      shell.close().catch(() => {});
      term.dispose();
    },
  };
}
