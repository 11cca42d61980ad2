import { useState } from "preact/hooks";
import {
  type AdapterConfiguration,
  type AdapterVlan,
  adapterTitle,
  adapterTitles,
  type NetworkId,
  type NetworkSummary,
} from "../hvdef/index.ts";
import {
  type AdapterDraft,
  type AdapterField,
  adapterDraft,
  adapterProblems,
  wantedAdapter,
} from "./adapter-draft.ts";
import { queueWords } from "./adapter-queue.ts";
import { type AddressOwner, adapterNeeds, addressHolder, macRefusal, portOf } from "./adapter-rules.ts";
import { AskDialog } from "./ask-dialog.tsx";
import type { Answer } from "./disk-desk.ts";
import { CheckField, SelectField, TextField } from "./fields.tsx";
import type { VmView } from "./host.ts";
import { networkKindWord, networkName } from "./network-words.ts";

interface AdapterFieldsProps {
  readonly draft: AdapterDraft;
  readonly problems: ReadonlyMap<AdapterField, string>;
  readonly onChange: (change: Partial<AdapterDraft>) => void;
}

const modes: readonly (readonly [AdapterVlan["kind"], string])[] = [
  ["untagged", "Untagged"],
  ["access", "Access: one VLAN"],
  ["trunk", "Trunk: several VLANs, with tags"],
];

const modeHints: { readonly [M in AdapterVlan["kind"]]: string } = {
  untagged: "The guest is on the network without VLANs.",
  access: "The guest knows nothing of it: its frames come and go without tags.",
  trunk: "The guest sends and sees the tags itself.",
};

const mirrors: readonly (readonly [AdapterConfiguration["mirroring"], string])[] = [
  ["none", "None"],
  ["source", "Source: others see a copy of its frames"],
  ["destination", "Destination: it sees copies of theirs"],
];

function NetworkField(props: AdapterFieldsProps & { readonly networks: readonly NetworkSummary[] }) {
  const { draft, networks } = props;
  const known = networks.map((one): readonly [string, string] => [
    one.id,
    `${one.name} (${networkKindWord(one.kind).toLowerCase()})`,
  ]);
  const lost: readonly (readonly [string, string])[] =
    draft.network === null || networks.some((one) => one.id === draft.network)
      ? []
      : [[draft.network, networkName(networks, draft.network)]];
  return (
    <SelectField<string>
      label="Network"
      value={draft.network ?? ""}
      options={[["", "Not connected"], ...known, ...lost]}
      hint={
        networks.length === 0
          ? "This host has no networks. Make one under Virtual networks."
          : "The guest sees the link change at once."
      }
      onChoose={(value) => {
        const chosen: NetworkId | null = networks.find((one) => one.id === value)?.id ?? null;
        props.onChange({ network: value === "" ? null : (chosen ?? draft.network) });
      }}
    />
  );
}

function VlanFields(props: AdapterFieldsProps) {
  const { draft, problems, onChange } = props;
  return (
    <>
      <SelectField
        label="Virtual LAN identification"
        value={draft.mode}
        options={modes}
        hint={modeHints[draft.mode]}
        onChoose={(mode) => onChange({ mode })}
      />
      {draft.mode === "access" ? (
        <TextField
          label="VLAN ID"
          numeric
          value={draft.vlan}
          problem={problems.get("vlan") ?? null}
          hint="1 to 4094"
          onType={(vlan) => onChange({ vlan })}
        />
      ) : null}
      {draft.mode === "trunk" ? (
        <div class="ask-row">
          <TextField
            label="Allowed VLANs"
            value={draft.allowed}
            problem={problems.get("allowed") ?? null}
            hint="Such as 10, 20-29"
            onType={(allowed) => onChange({ allowed })}
          />
          <TextField
            label="Native VLAN"
            numeric
            value={draft.native}
            problem={problems.get("native") ?? null}
            hint="For frames without a tag"
            onType={(native) => onChange({ native })}
          />
        </div>
      ) : null}
    </>
  );
}

function MacFields(
  props: AdapterFieldsProps & { readonly adapter: AdapterConfiguration; readonly refusal: string | null },
) {
  const { draft, adapter, refusal, onChange } = props;
  if (refusal !== null)
    return (
      <p class="ask-note">
        MAC address {adapter.mac ?? "not given yet"}. {refusal}
      </p>
    );
  return (
    <>
      <SelectField
        label="MAC address"
        value={draft.staticMac ? "static" : "dynamic"}
        options={[
          ["dynamic", "Dynamic: from the host's range"],
          ["static", "Static"],
        ]}
        hint={
          draft.staticMac
            ? ""
            : adapter.mac === null || adapter.staticMac
              ? "It is given at the next start and kept."
              : `It has ${adapter.mac}.`
        }
        onChoose={(choice) => onChange({ staticMac: choice === "static" })}
      />
      {draft.staticMac ? (
        <TextField
          label="Address"
          value={draft.mac}
          placeholder="00-15-5D-01-0A-03"
          problem={props.problems.get("mac") ?? null}
          hint="Two adapters on one network must not have the same."
          onType={(mac) => onChange({ mac })}
        />
      ) : null}
    </>
  );
}

function QueueFields(props: AdapterFieldsProps & { readonly now: string }) {
  const { draft, problems, onChange } = props;
  return (
    <>
      <CheckField
        label="Enable virtual machine queue"
        hint={`Frames from other machines come straight into its memory, past the switch, when a queue is free. ${props.now}`}
        checked={draft.vmq}
        onCheck={(vmq) => onChange({ vmq })}
      />
      {draft.vmq ? (
        <TextField
          label="VMQ weight"
          numeric
          value={draft.weight}
          problem={problems.get("weight") ?? null}
          hint="1 to 100. Where there are fewer queues than adapters, higher weights go first."
          onType={(weight) => onChange({ weight })}
        />
      ) : null}
    </>
  );
}

function AdvancedFields(
  props: AdapterFieldsProps & {
    readonly type: AdapterConfiguration["type"];
    /** What its queue is worth now. */
    readonly now: string;
  },
) {
  const { draft, onChange } = props;
  return (
    <>
      <CheckField
        label="Enable spoofing of MAC addresses"
        hint="It may send from other addresses than its own, as bridges and load balancers do."
        checked={draft.spoofing}
        onCheck={(spoofing) => onChange({ spoofing })}
      />
      <SelectField
        label="Port mirroring"
        value={draft.mirroring}
        options={mirrors}
        onChoose={(mirroring) => onChange({ mirroring })}
      />
      {props.type === "legacy" ? null : <QueueFields {...props} />}
    </>
  );
}

/** Adds an adapter or changes one. */
export function AdapterDialog(props: {
  readonly vm: VmView;
  readonly adapter: AdapterConfiguration;
  readonly isNew: boolean;
  readonly networks: readonly NetworkSummary[];
  /** All machines of the host, this one included. */
  readonly vms: readonly AddressOwner[];
  readonly onSave: (adapter: AdapterConfiguration) => Promise<Answer>;
  readonly onClose: () => void;
}) {
  const { vm, adapter, isNew } = props;
  const [draft, setDraft] = useState(() => adapterDraft(adapter));
  const { networks, vms } = props;
  const find = (id: NetworkId | null) => networks.find((one) => one.id === id) ?? null;
  const self = { vm: vm.id, adapter };
  const problems = adapterProblems(draft, (mac) => addressHolder(mac, find(draft.network), { vms, self }));
  const shared: AdapterFieldsProps = {
    draft,
    problems,
    onChange: (change) => setDraft((before) => ({ ...before, ...change })),
  };
  const title = adapterTitle(adapter);
  return (
    <AskDialog
      title={isNew ? `Add ${title} to ${vm.name}` : `${title} of ${vm.name}`}
      goOn={isNew ? "Add" : "Save"}
      wide
      blocked={problems.size > 0}
      onGoOn={() => props.onSave(wantedAdapter(draft, adapter))}
      onClose={props.onClose}
    >
      <p class="ask-note">
        {adapterTitles[adapter.type]}: {adapterNeeds[adapter.type]}
      </p>
      <NetworkField {...shared} networks={networks} />
      <VlanFields {...shared} />
      <MacFields {...shared} adapter={adapter} refusal={macRefusal(vm)} />
      <AdvancedFields
        {...shared}
        type={adapter.type}
        now={isNew ? "" : queueWords(adapter, portOf(vm, adapter, networks), find(adapter.network))}
      />
    </AskDialog>
  );
}
