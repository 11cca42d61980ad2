import { useEffect, useMemo, useState } from "preact/hooks";
import {
  type IntegrationSummary,
  integrationTitles,
  type KeyValuePair,
  type KeyValuePairs,
} from "../hvdef/index.ts";
import { DeskWords } from "./desk-words.tsx";
import { type DriveDesk, openDriveDesk } from "./drive-desk.ts";
import { DriveButton } from "./drives-button.tsx";
import { Facts } from "./fields.tsx";
import { reasonSentence } from "./format.ts";
import type { IntegrationHost, VmView } from "./host.ts";
import {
  deliveryWords,
  freezeRefusal,
  freezeWords,
  guestFacts,
  integrationInShort,
  serviceAbout,
  serviceWord,
  shownValue,
} from "./integration-words.ts";
import { Problem } from "./problem.tsx";
import { SetupDisk } from "./setup-disk.tsx";
import { usePoll } from "./use-poll.ts";

interface PanelProps {
  readonly vm: VmView;
  readonly host: IntegrationHost;
}
interface DeskProps extends PanelProps {
  readonly desk: DriveDesk;
}

/** Milliseconds between two looks at the pairs while the panel is open. */
const lookEveryMs = 1000;

function ServiceRow(props: DeskProps & { readonly summary: IntegrationSummary }) {
  const { vm, host, desk, summary } = props;
  const { service, enabled, status, version } = summary;
  const title = integrationTitles[service];
  return (
    <li class="integration-service">
      <label class="service-switch">
        <input
          type="checkbox"
          checked={enabled}
          aria-label={`${title} enabled`}
          onChange={(event) => {
            // It shows what is so: the change shows when it is made.
            event.currentTarget.checked = enabled;
            void desk.run(`${enabled ? "Disabling" : "Enabling"} ${title}…`, () =>
              host.setService(vm.id, service, !enabled),
            );
          }}
        />
        <span class="drive-kind">{title}</span>
      </label>
      <span class={`service-status service-${enabled ? status : "off"}`}>
        {serviceWord(summary)}
        {version === null ? null : <span class="service-version"> version {version}</span>}
      </span>
      <span class="service-about">{serviceAbout[service]}</span>
    </li>
  );
}

function FreezeButton({ vm, host, desk }: DeskProps) {
  const frozen = vm.freeze === "frozen" || vm.freeze === "thawing";
  const label = frozen ? "Thaw" : "Freeze";
  return (
    <p class="service-freeze">
      <DriveButton
        label={label}
        about={`the file systems of ${vm.name}`}
        refusal={desk.busy.value ?? freezeRefusal(vm)}
        onPress={() =>
          void desk.run(`${frozen ? "Thawing" : "Freezing"} ${vm.name}…`, () =>
            frozen ? host.thaw(vm.id) : host.freeze(vm.id),
          )
        }
        onRefused={desk.tell}
      />
      <span>
        {vm.freeze === "frozen"
          ? "Frozen: every write of the guest waits. It is thawed by itself after a minute."
          : `File systems of the guest: ${freezeWords[vm.freeze]}.`}
      </span>
    </p>
  );
}

function ItemForm({ vm, host, desk }: DeskProps) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  async function add(): Promise<void> {
    const pair = { key: key.trim(), value };
    if (!(await desk.run(`Setting ${pair.key}…`, () => host.setPair(vm.id, pair)))) return;
    setKey("");
    setValue("");
  }
  return (
    <form
      class="item-form"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <input
        class="input"
        aria-label="Name of the item"
        placeholder="name"
        value={key}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setKey(event.currentTarget.value)}
      />
      <input
        class="input"
        aria-label="Value of the item"
        placeholder="value"
        value={value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <button type="submit" class="button" aria-disabled={key.trim() === "" || desk.busy.value !== null}>
        Set
      </button>
    </form>
  );
}

function Items(props: DeskProps & { readonly pairs: KeyValuePairs }) {
  const { vm, host, desk, pairs } = props;
  const remove = (pair: KeyValuePair): void =>
    void desk.run(`Removing ${pair.key}…`, () => host.removePair(vm.id, pair.key));
  return (
    <section aria-label="Items for the guest">
      <h3 class="service-title">Items for the guest</h3>
      <ul class="items">
        {pairs.host.map((pair) => (
          <li key={pair.key} class="item">
            <span class="item-key">{pair.key}</span>
            <span class="item-value">{shownValue(pair.value)}</span>
            <DriveButton
              label="Remove"
              about={pair.key}
              refusal={desk.busy.value}
              onPress={() => remove(pair)}
              onRefused={desk.tell}
            />
          </li>
        ))}
      </ul>
      <p class="drives-note">{deliveryWords(vm, pairs)}</p>
      <ItemForm vm={vm} host={host} desk={desk} />
    </section>
  );
}

function Exchange(props: DeskProps) {
  const { vm, host } = props;
  const [pairs, setPairs] = useState<KeyValuePairs | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  usePoll([host, vm.id], () => ({
    ask: () => host.pairs(vm.id),
    everyMs: lookEveryMs,
    onAnswer(answer) {
      setPairs(answer);
      setTrouble(null);
    },
    onFailure: (reason) => setTrouble(reasonSentence(reason)),
  }));
  if (pairs === null) return trouble === null ? null : <Problem kind="error" text={trouble} />;
  const facts = guestFacts(pairs.intrinsic);
  return (
    <div class="exchange">
      <section aria-label="What the guest says of itself">
        <h3 class="service-title">The guest</h3>
        {facts.length === 0 ? (
          <p class="drives-note">It has said nothing of itself: its data exchange does not run.</p>
        ) : (
          <Facts facts={facts} />
        )}
        {pairs.guest.length === 0 ? null : (
          <>
            <h3 class="service-title">Put there by its programs</h3>
            <Facts facts={pairs.guest.map(({ key, value }) => [key, shownValue(value)] as const)} />
          </>
        )}
      </section>
      <Items {...props} pairs={pairs} />
    </div>
  );
}

function Panel(props: PanelProps) {
  const { vm, host } = props;
  const desk = useMemo(openDriveDesk, []);
  const [open, setOpen] = useState(false);
  // What was refused in one state is allowed in another.
  useEffect(() => desk.tell(null), [desk, vm.state]);
  return (
    <section class="drives" aria-label={`Integration services of ${vm.name}`}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="drives-title">Integration services</span>
          <span class="drives-short">{integrationInShort(vm)}</span>
        </summary>
        {open ? (
          <div class="drives-open">
            <ul class="services">
              {vm.integration.map((summary) => (
                <ServiceRow key={summary.service} vm={vm} host={host} desk={desk} summary={summary} />
              ))}
            </ul>
            <SetupDisk vm={vm} host={host} desk={desk} />
            <FreezeButton vm={vm} host={host} desk={desk} />
            <Exchange vm={vm} host={host} desk={desk} />
          </div>
        ) : null}
      </details>
      <DeskWords desk={desk} quietAbout={false} />
    </section>
  );
}

/** The integration services of a machine: how they do, what guest and host tell each other. */
export function IntegrationPanel(props: PanelProps) {
  return <Panel key={props.vm.id} {...props} />;
}
