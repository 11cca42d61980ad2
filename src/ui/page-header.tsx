import type { PlatformReport } from "../hvdef/index.ts";
import { Mark, ThemeIcon } from "./icons.tsx";
import { type Place, type WorkspaceName, workspaceHash } from "./place.ts";
import type { Theme, ThemeChoice } from "./theme.ts";

const choices: readonly { readonly choice: ThemeChoice; readonly label: string }[] = [
  { choice: "auto", label: "Theme: as the system" },
  { choice: "light", label: "Theme: light" },
  { choice: "dark", label: "Theme: dark" },
];

function PlatformFacts(props: { readonly platform: PlatformReport | null }) {
  const platform = props.platform;
  if (platform === null) return <p class="facts">Looking at what this browser offers…</p>;
  const count = platform.logicalProcessors;
  return (
    <ul class="facts">
      <li>{count === 1 ? "1 logical processor" : `${count} logical processors`}</li>
      <li
        title={
          platform.isolated
            ? "The threads of this page may share memory."
            : "The threads of this page may not share memory here; they pass messages. Everything works."
        }
      >
        {platform.isolated ? "Cross-origin isolated" : "Not isolated"}
      </li>
      {platform.storage.kind === "kept" ? (
        <li>Disks kept in browser storage</li>
      ) : (
        <li class="fact-warning" title={platform.storage.reason}>
          Disks in memory only
        </li>
      )}
    </ul>
  );
}

function ThemeSwitch(props: { readonly theme: Theme }) {
  const { theme } = props;
  return (
    <fieldset class="theme-switch">
      <legend class="unseen">Theme</legend>
      {choices.map(({ choice, label }) => (
        <label key={choice} title={label}>
          <input
            class="unseen"
            type="radio"
            name="theme"
            checked={theme.choice.value === choice}
            onChange={() => theme.choose(choice)}
          />
          <span class="unseen">{label}</span>
          <ThemeIcon choice={choice} />
        </label>
      ))}
    </fieldset>
  );
}

const workspaces: readonly { readonly name: WorkspaceName; readonly label: string }[] = [
  { name: "machines", label: "Virtual machines" },
  { name: "catalogue", label: "Catalogue" },
  { name: "disks", label: "Virtual hard disks" },
  { name: "networks", label: "Virtual networks" },
  { name: "architecture", label: "Architecture" },
  { name: "powershell", label: "PowerShell" },
];

function Workspaces(props: { readonly place: Place; readonly jobs: number }) {
  const here = props.place.workspace.value;
  return (
    <nav class="workspaces" aria-label="Workspaces">
      {workspaces.map(({ name, label }) => (
        <a key={name} href={workspaceHash[name]} aria-current={name === here ? "page" : undefined}>
          {label}
          {name === "disks" && props.jobs > 0 ? (
            <span class="workspace-jobs">
              {props.jobs}
              <span class="unseen">{props.jobs === 1 ? " job running" : " jobs running"}</span>
            </span>
          ) : null}
        </a>
      ))}
    </nav>
  );
}

/** Product, workspaces, host and what the browser gives us, in one line. */
export function PageHeader(props: {
  readonly place: Place;
  /** Disk jobs that are running. */
  readonly jobs: number;
  readonly hostName: string;
  readonly platform: PlatformReport | null;
  readonly theme: Theme;
}) {
  return (
    <header class="page-header">
      <h1 class="product">
        <Mark />
        Tabvisor
      </h1>
      <Workspaces place={props.place} jobs={props.jobs} />
      <p class="host-name">{props.hostName}</p>
      <PlatformFacts platform={props.platform} />
      <ThemeSwitch theme={props.theme} />
    </header>
  );
}
