import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  type AdapterConfiguration,
  adapterTitle,
  adapterTitles,
  type NetworkSummary,
} from "../hvdef/index.ts";
import { AdapterDialog } from "./adapter-dialog.tsx";
import { newAdapter } from "./adapter-draft.ts";
import { queueWords } from "./adapter-queue.ts";
import {
  adapterNeeds,
  adapterRows,
  adaptersInShort,
  addAdapterRefusal,
  changeAdapterRefusal,
  freeIndex,
  linkWords,
  plugRefusal,
  portOf,
} from "./adapter-rules.ts";
import { DeskWords } from "./desk-words.tsx";
import type { Answer } from "./disk-desk.ts";
import { type DriveDesk, openDriveDesk } from "./drive-desk.ts";
import { DriveButton } from "./drives-button.tsx";
import { reasonSentence } from "./format.ts";
import type { NetworkHost, VmView } from "./host.ts";
import { AdapterIcon } from "./icons.tsx";
import { networkName } from "./network-words.ts";
import { vlanColour, vlanMark, vlanWords } from "./vlan-text.ts";

interface PanelProps {
  readonly vm: VmView;
  readonly networks: NetworkHost;
  /** All machines of the host. */
  readonly vms: readonly VmView[];
}

/** The adapter in the dialog: one that is there, or one that would be added. */
interface Edited {
  readonly adapter: AdapterConfiguration;
  readonly isNew: boolean;
}

type Adapter = AdapterConfiguration;

const sameAdapter = (one: Adapter, other: Adapter): boolean =>
  one.type === other.type && one.index === other.index;

function extras(adapter: Adapter): readonly string[] {
  return [
    ...(adapter.spoofing ? ["may spoof addresses"] : []),
    ...(adapter.mirroring === "none" ? [] : [`mirroring ${adapter.mirroring}`]),
    ...(adapter.type === "legacy" || adapter.vmqWeight === 100
      ? []
      : [adapter.vmqWeight === 0 ? "VMQ off" : `VMQ weight ${adapter.vmqWeight}`]),
  ];
}

function AdapterWords(props: {
  readonly vm: VmView;
  readonly adapter: Adapter;
  readonly networks: readonly NetworkSummary[];
}) {
  const { vm, adapter, networks } = props;
  const port = portOf(vm, adapter, networks);
  const mark = vlanMark(adapter.vlan);
  const mac = adapter.mac === null ? "address at the first start" : adapter.mac;
  const facts = [`${mac}${adapter.staticMac ? " (static)" : ""}`, ...extras(adapter)];
  return (
    <p class="adapter-words">
      <span class="drive-kind">{adapterTitle(adapter)}</span>{" "}
      <span class={adapter.network === null ? "drive-empty" : "drive-title"}>
        {networkName(networks, adapter.network)}
      </span>
      {mark === null ? null : (
        <span class={`port-mark port-mark-vlan vlan-${vlanColour(adapter.vlan)}`}>
          {vlanWords(adapter.vlan)}
        </span>
      )}
      {port?.queue === true ? (
        <span
          class="port-mark port-mark-queue"
          title={queueWords(adapter, port, networks.find(({ id }) => id === adapter.network) ?? null)}
        >
          VMQ
        </span>
      ) : null}
      <span class={`adapter-link${port?.linkUp === true ? " adapter-up" : ""}`}>
        {linkWords(vm, adapter, port)}
      </span>
      <span class="adapter-facts">{facts.join(", ")}</span>
    </p>
  );
}

function AdapterRow(
  props: PanelProps & {
    readonly adapter: Adapter;
    readonly known: readonly NetworkSummary[];
    readonly desk: DriveDesk;
    readonly onEdit: () => void;
    readonly onRemove: () => void;
  },
) {
  const { vm, adapter, desk } = props;
  const busy = desk.busy.value;
  const about = adapterTitle(adapter);
  return (
    <li class="adapter">
      <AdapterIcon type={adapter.type} />
      <AdapterWords vm={vm} adapter={adapter} networks={props.known} />
      <div class="drive-buttons">
        <DriveButton
          label="Change…"
          about={about}
          refusal={busy ?? changeAdapterRefusal(vm)}
          opensDialog
          onPress={props.onEdit}
          onRefused={desk.tell}
        />
        <DriveButton
          label="Remove"
          about={about}
          refusal={busy ?? plugRefusal(vm)}
          onPress={props.onRemove}
          onRefused={desk.tell}
        />
      </div>
    </li>
  );
}

function AddButtons(
  props: PanelProps & { readonly desk: DriveDesk; readonly onAdd: (edited: Edited) => void },
) {
  const { vm, desk } = props;
  const only = props.networks.networks.value?.networks ?? [];
  // With one network there is hardly a choice to make.
  const network = only.length === 1 ? (only[0]?.id ?? null) : null;
  const add = (type: Adapter["type"]): void => {
    const index = freeIndex(vm, type);
    if (index !== null) props.onAdd({ adapter: newAdapter(type, index, network), isNew: true });
  };
  const types: readonly (readonly [Adapter["type"], string])[] = [
    ["synthetic", "Add a network adapter…"],
    ["legacy", "Add a legacy network adapter…"],
  ];
  return (
    <div class="drives-scsi">
      {types.map(([type, label]) => (
        <DriveButton
          key={type}
          label={label}
          about=""
          refusal={desk.busy.value ?? addAdapterRefusal(vm, type)}
          opensDialog
          onPress={() => add(type)}
          onRefused={desk.tell}
        />
      ))}
    </div>
  );
}

/** Asks for networks only while somebody looks. */
function Watching(props: { readonly networks: NetworkHost }) {
  useEffect(() => props.networks.watch(), [props.networks]);
  return null;
}

function Needs(props: { readonly vm: VmView }) {
  const types = [...new Set(adapterRows(props.vm).map(({ type }) => type))];
  return (
    <>
      {types.map((type) => (
        <p key={type} class="drives-note">
          <strong>{adapterTitles[type]}:</strong> {adapterNeeds[type]}
        </p>
      ))}
    </>
  );
}

function Panel(props: PanelProps) {
  const { vm, networks } = props;
  const sample = networks.networks.value;
  const known = sample?.networks ?? [];
  const desk = useMemo(openDriveDesk, []);
  const [open, setOpen] = useState(false);
  const [edited, setEdited] = useState<Edited | null>(null);
  const summary = useRef<HTMLElement>(null);
  const rows = adapterRows(vm);
  // What was refused in one state is allowed in another.
  useEffect(() => desk.tell(null), [desk, vm.state]);

  async function save(adapter: Adapter, isNew: boolean): Promise<Answer> {
    try {
      await (isNew ? networks.addAdapter(vm.id, adapter) : networks.changeAdapter(vm.id, adapter));
      return { kind: "done" };
    } catch (error) {
      return { kind: "refused", reason: reasonSentence(error) };
    }
  }
  async function remove(adapter: Adapter): Promise<void> {
    const removed = await desk.run(`Removing ${adapterTitle(adapter)}…`, () =>
      networks.removeAdapter(vm.id, adapter.type, adapter.index),
    );
    if (removed) summary.current?.focus();
  }
  const gone = edited !== null && !edited.isNew && !rows.some((row) => sameAdapter(row, edited.adapter));

  return (
    <section class="drives" aria-label={`Network adapters of ${vm.name}`}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary ref={summary}>
          <span class="drives-title">Network adapters</span>
          <span class="drives-short">{adaptersInShort(vm, sample?.networks ?? null)}</span>
        </summary>
        {open ? (
          <div class="drives-open">
            <Watching networks={networks} />
            {rows.length === 0 ? null : (
              <ul class="adapter-rows">
                {rows.map((adapter) => (
                  <AdapterRow
                    key={`${adapter.type} ${adapter.index}`}
                    {...props}
                    adapter={adapter}
                    known={known}
                    desk={desk}
                    onEdit={() => setEdited({ adapter, isNew: false })}
                    onRemove={() => void remove(adapter)}
                  />
                ))}
              </ul>
            )}
            <Needs vm={vm} />
            <AddButtons {...props} desk={desk} onAdd={setEdited} />
          </div>
        ) : null}
      </details>
      <DeskWords desk={desk} quietAbout={false} />
      {edited === null || gone ? null : (
        <AdapterDialog
          vm={vm}
          adapter={edited.adapter}
          isNew={edited.isNew}
          networks={known}
          vms={props.vms}
          onSave={(adapter) => save(adapter, edited.isNew)}
          onClose={() => setEdited(null)}
        />
      )}
    </section>
  );
}

/** The network adapters of a machine, with what can be done about them. */
export function AdaptersPanel(props: PanelProps) {
  return <Panel key={props.vm.id} {...props} />;
}
