import { useEffect, useRef, useState } from "preact/hooks";
import { reasonOf } from "../support/index.ts";
import type { ShellDesk } from "./shell-desk.ts";
import type { TerminalView } from "./terminal.ts";
import type { Scheme } from "./theme.ts";

type Loading =
  | { readonly kind: "loading" }
  | { readonly kind: "open" }
  | { readonly kind: "failed"; readonly reason: string };

interface PowerShellProps {
  readonly desk: ShellDesk;
  readonly scheme: Scheme;
}

/** Puts the keyboard where the workspaces are. */
function leave(): void {
  document.querySelector<HTMLElement>(".workspaces a[aria-current]")?.focus();
}

/** Whether nothing but the way here has the keyboard. */
function isFree(focused: Element | null): boolean {
  return focused === document.body || focused?.matches(".workspaces a[aria-current]") === true;
}

function useShell(props: PowerShellProps, attempt: number) {
  const place = useRef<HTMLElement>(null);
  const view = useRef<TerminalView | null>(null);
  const [loading, setLoading] = useState<Loading>({ kind: "loading" });
  useEffect(() => {
    let left = false;
    async function open(element: HTMLElement): Promise<void> {
      const [{ openShellTerminal }, shell] = await Promise.all([
        import("./shell-terminal.ts"),
        props.desk.shell(),
      ]);
      if (left) return;
      view.current = openShellTerminal(element, shell, leave);
      setLoading({ kind: "open" });
      if (isFree(document.activeElement)) view.current.focus();
    }
    if (place.current !== null)
      open(place.current).catch((failure: unknown) => {
        if (!left) setLoading({ kind: "failed", reason: reasonOf(failure) });
      });
    return () => {
      left = true;
      view.current?.dispose();
      view.current = null;
    };
  }, [props.desk, attempt]);
  useEffect(() => view.current?.repaint(), [props.scheme]);
  return { place, loading, setLoading };
}

/** A PowerShell that manages this host. It goes on while other workspaces are looked at. */
export function PowerShellWorkspace(props: PowerShellProps) {
  const [attempt, setAttempt] = useState(0);
  const { place, loading, setLoading } = useShell(props, attempt);
  function again(): void {
    setLoading({ kind: "loading" });
    setAttempt(attempt + 1);
  }
  return (
    <main class="workspace workspace-powershell">
      <section class="pane shell-pane" aria-labelledby="powershell-title">
        <h2 id="powershell-title" class="pane-title">
          PowerShell
        </h2>
        <div class="console">
          <div class="console-bar">
            <span>
              {loading.kind === "loading" ? "Loading the shell…" : "Cmdlets of this host, over WMI."}
            </span>
            <span class="console-hint">
              <kbd>Tab</kbd> completes, <kbd>Ctrl+C</kbd> stops, <kbd>F6</kbd> leaves.
            </span>
          </div>
          {loading.kind === "failed" ? (
            <div class="placeholder">
              <h3>The PowerShell could not be loaded</h3>
              <p>Machines are not affected. Check the connection to the server this page came from.</p>
              <button type="button" class="button" onClick={again}>
                Try again
              </button>
              <small class="fine">{loading.reason}</small>
            </div>
          ) : (
            <section class="screen" data-console="" aria-label="PowerShell" ref={place} />
          )}
        </div>
      </section>
    </main>
  );
}
