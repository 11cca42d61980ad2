// Loaded when the PowerShell is first shown, together with xterm.js.
import type { KeptShell } from "./kept-shell.ts";
import { openXterm, type TerminalView, terminalColours } from "./terminal.ts";

/**
 * Shows a PowerShell in an element, which must be laid out. Its owner disposes it; the shell goes on.
 *
 * @param onLeave  the visitor pressed the key that leaves the pane
 */
export function openShellTerminal(element: HTMLElement, shell: KeptShell, onLeave: () => void): TerminalView {
  const { term, fit } = openXterm(element);
  fit.fit();
  const session = shell.show({
    write: (text) => term.write(text),
    width: () => term.cols,
    clear: () => term.write("\x1b[2J\x1b[3J\x1b[H"),
  });
  term.onData(session.keys);
  term.attachCustomKeyEventHandler((event) => {
    // Ctrl+C with something selected copies it, as in a console of Windows.
    if (event.key === "c" && event.ctrlKey && term.hasSelection()) return false;
    if (event.key === "v" && event.ctrlKey) return false;
    if (event.key !== "F6") return true;
    event.preventDefault();
    if (event.type === "keydown") onLeave();
    return false;
  });
  const watcher = new ResizeObserver(() => {
    const columns = term.cols;
    fit.fit();
    if (term.cols !== columns) session.redraw("wider");
  });
  watcher.observe(element);
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
      shell.leave();
      term.dispose();
    },
  };
}
