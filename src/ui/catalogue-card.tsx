import type { ComponentChildren } from "preact";
import type { StartReport } from "../hvdef/index.ts";
import { isAvailable, stateWord } from "./actions.ts";
import type { CatalogueDesk, StockCard } from "./catalogue-desk.ts";
import { CataloguePicture } from "./catalogue-picture.tsx";
import { bootWords, downloadWords, warmWords } from "./catalogue-words.ts";
import type { Desk } from "./desk.ts";
import { phaseOf } from "./drive-rules.ts";
import { asSentence, formatBytes } from "./format.ts";
import type { VmView } from "./host.ts";
import { StateIcon } from "./icons.tsx";
import { workspaceHash } from "./place.ts";
import { Problem } from "./problem.tsx";

interface CardProps {
  readonly desk: Desk;
  readonly vm: VmView;
}

function State({ vm }: { readonly vm: VmView }) {
  return (
    <span class={`state state-${vm.state}`}>
      <StateIcon state={vm.state} />
      <span>{stateWord(vm.state)}</span>
    </span>
  );
}

/** Start, warm where that can be, with the other way beside it; or the way to the console of a machine that runs. */
function StartButtons(props: CardProps & { readonly report: StartReport | null }) {
  const { desk, vm, report } = props;
  const pending = desk.pending.value.get(vm.id) ?? null;
  const ready = isAvailable("start", vm.state, pending);
  if (vm.state !== "off")
    return (
      <a class="button" href={workspaceHash.machines} onClick={() => desk.select(vm.id)}>
        Open {vm.name}
      </a>
    );
  const isWarm = report?.kind === "warm";
  const reason = report?.kind === "cold" ? report.reason : null;
  const button = (action: "start" | "coldBoot", title: string) => (
    <button
      type="button"
      class={action === "start" ? "button button-primary" : "button"}
      aria-disabled={!ready}
      onClick={() => desk.ask(action, vm)}
    >
      {title}
      <span class="unseen"> {vm.name}</span>
    </button>
  );
  return (
    <>
      {button("start", isWarm ? "Start warm" : "Start")}
      {isWarm ? button("coldBoot", "Cold boot") : null}
      {reason === null ? null : <p class="fine">{reason}</p>}
    </>
  );
}

function Fact(props: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Trouble({ desk, vm }: CardProps) {
  const problem = desk.problems.value.get(vm.id);
  if (problem !== undefined)
    return <Problem kind="error" text={problem} onDismiss={() => desk.dismissProblem(vm.id)} />;
  return vm.trouble === null ? null : <Problem kind="error" text={asSentence(vm.trouble)} />;
}

/** A guest of the site. */
export function StockGuest(props: { readonly desk: Desk; readonly card: StockCard }) {
  const { desk, card } = props;
  const { entry, vm } = card;
  const { machines } = desk.host;
  const boot = bootWords(entry, machines.bootTimes.value.get(vm.id) ?? null);
  const report = machines.startReport(vm.id).value;
  const title = `guest-${vm.id}`;
  return (
    <li class="guest" aria-labelledby={title}>
      <CataloguePicture picture={entry.picture} />
      <div class="guest-head">
        <h3 id={title}>{vm.name}</h3>
        <State vm={vm} />
      </div>
      <p class="guest-about">{entry.description}</p>
      <dl class="guest-facts">
        <Fact name="Memory">{formatBytes(vm.memoryBytes)}</Fact>
        <Fact name="Download">{downloadWords(entry)}</Fact>
        {report?.kind === "warm" ? <Fact name="Warm start">{warmWords(report)}</Fact> : null}
        {boot === null ? null : (
          <Fact name="Cold boot">
            {boot.time} <span class="guest-source">{boot.source}</span>
          </Fact>
        )}
        <Fact name="Emulated">{entry.emulated.join(", ")}</Fact>
        <Fact name="Synthetic">{entry.synthetic.length === 0 ? "nothing" : entry.synthetic.join(", ")}</Fact>
      </dl>
      <Trouble desk={desk} vm={vm} />
      <div class="guest-buttons">
        <StartButtons desk={desk} vm={vm} report={report} />
      </div>
      {entry.sources.length === 0 ? null : (
        <details class="guest-sources">
          <summary>
            Software and licences<span class="unseen"> of {vm.name}</span>
          </summary>
          <ul>
            {entry.sources.map(({ name, version, licence }) => (
              <li key={name}>
                {name} {version}, {licence}
              </li>
            ))}
          </ul>
          <p>
            <a href="images/manifest.json">Every file with its source packages and hashes</a>
          </p>
        </details>
      )}
    </li>
  );
}

/** What can be changed of a machine of the visitor, each in a dialog. */
const ownDialogs = [
  { kind: "rename", label: "Rename…" },
  { kind: "remove", label: "Remove…" },
] as const;

/** Why neither can be done now, by the phase of the machine. */
const ownRefusals = {
  off: undefined,
  on: "Turn it off first.",
  between: "Turn it off first.",
  saved: "Discard its saved state first.",
} as const;

/** A machine of the visitor. */
export function OwnMachine(props: CardProps & { readonly catalogue: CatalogueDesk }) {
  const { desk, vm, catalogue } = props;
  const title = `guest-${vm.id}`;
  const off = vm.state === "off";
  return (
    <li class="guest guest-own" aria-labelledby={title}>
      <div class="guest-head">
        <h3 id={title}>{vm.name}</h3>
        <State vm={vm} />
      </div>
      <p class="guest-about">
        {vm.description}. {formatBytes(vm.memoryBytes)} of memory.
      </p>
      <Trouble desk={desk} vm={vm} />
      <div class="guest-buttons">
        <StartButtons desk={desk} vm={vm} report={null} />
        {ownDialogs.map(({ kind, label }) => (
          <button
            key={kind}
            type="button"
            class="button button-quiet"
            aria-haspopup="dialog"
            aria-disabled={!off}
            title={ownRefusals[phaseOf(vm.state)]}
            onClick={() => off && catalogue.open({ kind, vm: vm.id })}
          >
            {label}
            <span class="unseen"> {vm.name}</span>
          </button>
        ))}
      </div>
    </li>
  );
}
