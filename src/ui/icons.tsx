import type { JSX } from "preact";
import type { AdapterConfiguration, DiskFileSummary, VmState } from "../hvdef/index.ts";
import type { Action } from "./actions.ts";
import type { ThemeChoice } from "./theme.ts";

const actionShapes: { readonly [A in Action]: JSX.Element } = {
  start: <path d="M4.5 2.8v10.4l8.6-5.2z" fill="currentColor" stroke="none" />,
  coldBoot: <path d="M8 1.6v12.8M2.5 4.8l11 6.4M13.5 4.8l-11 6.4M6 2.6l2 1.6 2-1.6M6 13.4l2-1.6 2 1.6" />,
  pause: <path d="M5.4 3.2v9.6M10.6 3.2v9.6" stroke-width="2.2" />,
  resume: <path d="M3.4 3v10M6.8 3.2v9.6L13.6 8z" />,
  reset: <path d="M12.9 8.4a5 5 0 1 1-1.3-3.8M12.2 1.9v3.2H9" />,
  shutDown: <path d="M8 1.9v6M5.2 6.2 8 9l2.8-2.8M3 13.2h10" />,
  save: <path d="M3 2.6h8.2L13.4 5v8.4H3zM5.4 2.8v3.6h4.4V2.8M5.2 13.2V9.4h6v3.8" />,
  deleteSavedState: <path d="M3 4.4h10M6.2 4.2V2.6h3.6v1.6M4.4 4.6l.7 8.8h5.8l.7-8.8M6.8 7v4M9.2 7v4" />,
  turnOff: <path d="M8 1.9v5.4M4.7 4.1a5.2 5.2 0 1 0 6.6 0" />,
};

const themeShapes: { readonly [T in ThemeChoice]: JSX.Element } = {
  auto: (
    <>
      <circle cx="8" cy="8" r="5.4" />
      <path d="M8 2.6a5.4 5.4 0 0 1 0 10.8z" fill="currentColor" />
    </>
  ),
  light: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1v1.8M8 13.2V15M1 8h1.8M13.2 8H15M3.05 3.05l1.3 1.3M11.65 11.65l1.3 1.3M12.95 3.05l-1.3 1.3M4.35 11.65l-1.3 1.3" />
    </>
  ),
  dark: <path d="M13.4 9.7A5.8 5.8 0 0 1 6.3 2.6a5.8 5.8 0 1 0 7.1 7.1z" />,
};

function Icon(props: { readonly children: JSX.Element; readonly class?: string }) {
  return (
    <svg
      class={props.class ?? "icon"}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      {props.children}
    </svg>
  );
}

/** The sign of an action. Decoration: the button has words. */
export function ActionIcon(props: { readonly action: Action }) {
  return <Icon>{actionShapes[props.action]}</Icon>;
}

/** The sign of a theme. Decoration. */
export function ThemeIcon(props: { readonly choice: ThemeChoice }) {
  return <Icon>{themeShapes[props.choice]}</Icon>;
}

function stateShape(state: VmState): JSX.Element {
  if (state === "off") return <circle cx="6" cy="6" r="3.6" />;
  if (state === "saved") return <path d="M2.4 2.4h7.2v7.2H2.4z" fill="currentColor" stroke="none" />;
  if (state === "running") return <path d="M3 1.6v8.8L10.4 6z" fill="currentColor" stroke="none" />;
  if (state === "paused") return <path d="M3.8 2v8M8.2 2v8" stroke-width="2.2" />;
  return <circle class="turning" cx="6" cy="6" r="4" stroke-dasharray="15 11" />;
}

/** The sign of a state: shape and colour both tell it, the word stands beside it. */
export function StateIcon(props: { readonly state: VmState }) {
  return (
    <svg
      class={`icon state-${props.state}`}
      viewBox="0 0 12 12"
      width="12"
      height="12"
      aria-hidden="true"
      focusable="false"
    >
      {stateShape(props.state)}
    </svg>
  );
}

const platter = <path d="M2.5 4.5c0-1.1 2.5-2 5.5-2s5.5.9 5.5 2v7c0 1.1-2.5 2-5.5 2s-5.5-.9-5.5-2z" />;
const rim = <path d="M2.5 4.5c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2" />;

const fileShapes: { readonly [F in DiskFileSummary["format"]]: JSX.Element } = {
  fixed: (
    <>
      {platter}
      {rim}
    </>
  ),
  dynamic: (
    <>
      {platter}
      {rim}
      <path d="M8 11.6V8.6M6.6 9.8 8 8.4l1.4 1.4" />
    </>
  ),
  differencing: <path d="M8 2.2 13.8 5 8 7.8 2.2 5zM2.2 8 8 10.8 13.8 8M2.2 11 8 13.8 13.8 11" />,
  raw: <path d="M3.5 2h5.7l3.3 3.3V14h-9zM9 2.2v3.3h3.3" />,
  iso: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <circle cx="8" cy="8" r="1.6" />
    </>
  ),
  floppy: <path d="M2.5 2.5h9l2 2v9h-11zM5 2.8v3.4h5V2.8M4.8 13.2V9h6.4v4.2" />,
  device: <path d="M5.2 2v3.4M10.8 2v3.4M3.5 5.4h9v2.2a4.5 4.5 0 0 1-9 0zM8 12.2V14" />,
  unusable: <path d="M8 2.2 14.2 13.4H1.8zM8 6.4v3.2M8 11.4v.2" />,
};

/** The sign of what a file is. Decoration: the type stands beside it. */
export function DiskIcon(props: { readonly format: DiskFileSummary["format"] }) {
  return (
    <Icon class={props.format === "unusable" ? "icon disk-trouble" : "icon"}>{fileShapes[props.format]}</Icon>
  );
}

/** The sign of a kind of adapter. Decoration: the row has words. */
export function AdapterIcon(props: { readonly type: AdapterConfiguration["type"] }) {
  return (
    <Icon>
      {props.type === "synthetic" ? (
        <path d="M3 3.5h10v6H3zM8 9.5v3.2M3.5 12.7h9" />
      ) : (
        <path d="M2.5 2v12M2.5 4h11v6.5h-11M5 10.5v2M7.5 10.5v2M10 10.5v2M11 6.2v2" />
      )}
    </Icon>
  );
}

/** The product's mark: a browser tab holding two partitions. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" focusable="false">
      <path
        d="M1 26c2.5 0 4-1.5 4-4V11a4 4 0 0 1 4-4h14a4 4 0 0 1 4 4v11c0 2.5 1.5 4 4 4z"
        fill="currentColor"
      />
      <path d="M9.5 11.5h6V22h-6zM17.5 11.5h5v4.3h-5zM17.5 17.7h5V22h-5z" fill="var(--pane)" />
    </svg>
  );
}
