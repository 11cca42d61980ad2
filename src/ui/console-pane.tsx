import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ConsoleSession, VmView } from "./host.ts";
import type { TerminalView } from "./terminal.ts";
import type { Scheme } from "./theme.ts";

type Loading =
  | { readonly kind: "loading" }
  | { readonly kind: "open" }
  | { readonly kind: "failed"; readonly reason: string };

interface TerminalProps {
  readonly session: ConsoleSession;
  readonly scheme: Scheme;
  readonly label: string;
  readonly readOnly: boolean;
  /** The keyboard is free and may go to the terminal as soon as it is there. */
  readonly takesFocus: boolean;
  readonly onLeave: () => void;
}

function useTerminal(props: TerminalProps, attempt: number) {
  const screen = useRef<HTMLDivElement>(null);
  const view = useRef<TerminalView | null>(null);
  const leave = useRef(props.onLeave);
  leave.current = props.onLeave;
  const [loading, setLoading] = useState<Loading>({ kind: "loading" });

  useEffect(() => {
    let left = false;
    import("./terminal.ts").then(
      ({ openTerminal }) => {
        if (left || screen.current === null) return;
        view.current = openTerminal(screen.current, props.session, () => leave.current());
        setLoading({ kind: "open" });
        if (props.takesFocus && document.activeElement === document.body) view.current.focus();
      },
      (error: unknown) => {
        if (!left) setLoading({ kind: "failed", reason: String(error) });
      },
    );
    return () => {
      left = true;
      view.current?.dispose();
      view.current = null;
    };
  }, [props.session, attempt]);

  useEffect(() => view.current?.repaint(), [props.scheme]);
  useEffect(() => view.current?.setReadOnly(props.readOnly), [props.readOnly, loading]);
  return { screen, loading, setLoading };
}

function SerialTerminal(props: TerminalProps) {
  const [attempt, setAttempt] = useState(0);
  const { screen, loading, setLoading } = useTerminal(props, attempt);
  if (loading.kind === "failed") {
    return (
      <div class="placeholder">
        <h3>The terminal could not be loaded</h3>
        <p>
          The machine is not affected. Check the connection to the server this page came from, then try again.
        </p>
        <button
          type="button"
          class="button"
          onClick={() => {
            setLoading({ kind: "loading" });
            setAttempt(attempt + 1);
          }}
        >
          Try again
        </button>
        <small class="fine">{loading.reason}</small>
      </div>
    );
  }
  return <section class="screen" data-console="" aria-label={props.label} ref={screen} />;
}

/** The serial console of a machine, or a calm place to start it from. */
export function ConsolePane(props: {
  readonly vm: VmView;
  /** It has not run since the page was opened. */
  readonly untouched: boolean;
  readonly session: ConsoleSession;
  readonly scheme: Scheme;
  readonly onStart: () => void;
  readonly canStart: boolean;
  /** Where the machine takes a disk from the visitor. */
  readonly ownDisk: ComponentChildren;
  readonly onLeave: () => void;
}) {
  const { vm } = props;
  // The Start button that was pressed goes away; the keyboard then belongs to what it started.
  const startedHere = useRef<string | null>(null);
  const off = vm.state === "off";
  if (props.untouched) {
    return (
      <div class="console">
        <div class="placeholder">
          <h3>{vm.name} is off</h3>
          <p>Its serial console appears here when it runs.</p>
          {props.ownDisk}
          <button
            type="button"
            class="button button-primary"
            aria-disabled={!props.canStart}
            onClick={() => {
              startedHere.current = vm.id;
              if (props.canStart) props.onStart();
            }}
          >
            Start
          </button>
        </div>
      </div>
    );
  }
  return (
    <div class="console">
      {off && props.ownDisk !== null ? <div class="console-own">{props.ownDisk}</div> : null}
      <div class="console-bar">
        <span>Serial console, COM1</span>
        {off ? (
          <span>Off. This is the last output.</span>
        ) : (
          <span class="console-hint">
            All keys go to the guest. <kbd>F6</kbd> or <kbd>Ctrl+Alt+←</kbd> leaves.
          </span>
        )}
      </div>
      <SerialTerminal
        key={vm.id}
        session={props.session}
        scheme={props.scheme}
        readOnly={off}
        takesFocus={startedHere.current === vm.id}
        label={`Serial console of ${vm.name}`}
        onLeave={props.onLeave}
      />
    </div>
  );
}
