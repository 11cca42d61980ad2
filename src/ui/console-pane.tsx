import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { InputSession, VmState } from "../hvdef/index.ts";
import { reasonOf } from "../support/index.ts";
import { isAtRest, stateWord } from "./actions.ts";
import type { ConsoleChoice, ConsoleView } from "./console-choice.ts";
import { toggleFullScreen } from "./console-input.tsx";
import type { ConsoleSession, ScreenSession, VmView } from "./host.ts";
import { ScreenConsole } from "./screen-console.tsx";
import { ScreenTools } from "./screen-pane.tsx";
import { pictureOf } from "./screen-picture.ts";
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

const views: readonly { readonly view: ConsoleView; readonly label: string }[] = [
  { view: "screen", label: "Screen" },
  { view: "serial", label: "Serial console" },
];

/** Which of the two a visitor looks at. */
function ViewSwitch(props: { readonly view: ConsoleView; readonly onChoose: (view: ConsoleView) => void }) {
  return (
    <fieldset class="console-switch">
      <legend class="unseen">What is shown of the machine</legend>
      {views.map(({ view, label }) => (
        <button
          key={view}
          type="button"
          data-view={view}
          aria-pressed={props.view === view}
          onClick={() => props.onChoose(view)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

/** Nothing is there yet to be looked at: a calm place to start the machine from. */
function Untouched(props: {
  readonly vm: VmView;
  readonly ownDisk: ComponentChildren;
  readonly canStart: boolean;
  readonly onStart: () => void;
}) {
  return (
    <div class="console">
      <div class="placeholder">
        <h3>
          {props.vm.name} is {props.vm.state}
        </h3>
        <p>Its screen and its serial console appear here when it runs.</p>
        {props.ownDisk}
        <button
          type="button"
          class="button button-primary"
          aria-disabled={!props.canStart}
          onClick={() => props.canStart && props.onStart()}
        >
          Start
        </button>
      </div>
    </div>
  );
}

/** What a machine shows: its screen, or its serial console. */
export function ConsolePane(props: {
  readonly vm: VmView;
  /** It has not run since the page was opened. */
  readonly untouched: boolean;
  readonly session: ConsoleSession;
  readonly screen: ScreenSession;
  readonly input: InputSession;
  readonly choice: ConsoleChoice;
  readonly scheme: Scheme;
  readonly onStart: () => void;
  readonly canStart: boolean;
  /** Where the machine takes a disk from the visitor. */
  readonly ownDisk: ComponentChildren;
  readonly onLeave: () => void;
  readonly onSave: (name: string, contents: Blob) => void;
  readonly onTrouble: (text: string) => void;
}) {
  const { vm, screen, choice } = props;
  // The Start button that was pressed goes away; the keyboard then belongs to what it started.
  const startedHere = useRef<string | null>(null);
  const whole = useRef<HTMLDivElement>(null);
  const resting = isAtRest(vm.state);
  const view = choice.view(vm);
  const scale = choice.scale.value;
  function start(): void {
    startedHere.current = vm.id;
    props.onStart();
  }
  function keepPicture(): void {
    screen
      .read(true)
      .then(pictureOf)
      .then((picture) => props.onSave(`${vm.name} screen.png`, picture))
      .catch((failure: unknown) => props.onTrouble(reasonOf(failure)));
  }
  function fillScreen(): void {
    toggleFullScreen(whole.current, () =>
      props.onTrouble("This browser does not let the page fill the screen."),
    );
  }
  if (props.untouched) return <Untouched {...props} onStart={start} />;
  return (
    <div class="console">
      {vm.state === "off" && props.ownDisk !== null ? <div class="console-own">{props.ownDisk}</div> : null}
      <div class="console-bar">
        <ViewSwitch view={view} onChoose={(next) => choice.choose(vm, next)} />
        {view === "screen" ? (
          <ScreenTools
            session={screen}
            scale={scale}
            onScale={choice.chooseScale}
            onPicture={keepPicture}
            onFullScreen={fillScreen}
          />
        ) : (
          <SerialHint state={vm.state} />
        )}
      </div>
      {view === "screen" ? (
        <ScreenConsole {...props} scale={scale} whole={whole} />
      ) : (
        <SerialTerminal
          key={vm.id}
          session={props.session}
          scheme={props.scheme}
          readOnly={resting}
          takesFocus={startedHere.current === vm.id}
          label={`Serial console of ${vm.name}`}
          onLeave={props.onLeave}
        />
      )}
    </div>
  );
}

function SerialHint(props: { readonly state: VmState }) {
  return isAtRest(props.state) ? (
    <span>{stateWord(props.state)}. This is the last output.</span>
  ) : (
    <span class="console-hint">
      All keys go to the guest. <kbd>F6</kbd> or <kbd>Ctrl+Alt+←</kbd> leaves.
    </span>
  );
}
