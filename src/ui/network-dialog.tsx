import { useState } from "preact/hooks";
import type { NetworkConfiguration, NetworkSummary, UplinkConfiguration, VmSummary } from "../hvdef/index.ts";
import { AskDialog } from "./ask-dialog.tsx";
import { CheckField, Choices, SelectField, TextField } from "./fields.tsx";
import type { NetworkDesk } from "./network-desk.ts";
import { type DraftFieldsProps, ManagementFields } from "./network-dialog-management.tsx";
import {
  draftOf,
  draftProblems,
  hasManagement,
  type NetworkDraft,
  newNetworkDraft,
  overlapNote,
} from "./network-draft.ts";
import {
  kindAbout,
  networkKindWord,
  pluggedMachines,
  removalSentence,
  uplinkAbout,
  uplinkWords,
} from "./network-words.ts";

const kinds: readonly NetworkConfiguration["kind"][] = ["external", "internal", "private"];
const uplinks: readonly (readonly [UplinkConfiguration["kind"], string])[] = [
  ["tabLan", uplinkWords.tabLan],
  ["relay", uplinkWords.relay],
  ["wisp", uplinkWords.wisp],
  ["webGateway", uplinkWords.webGateway],
];

function UplinkFields(props: DraftFieldsProps) {
  const { draft, problems, onChange } = props;
  const about = uplinkAbout(
    draft.uplink === "tabLan"
      ? { kind: "tabLan", segment: draft.segment }
      : draft.uplink === "webGateway"
        ? { kind: "webGateway" }
        : { kind: draft.uplink, address: "" },
  );
  const taken = problems.get("uplink") ?? null;
  return (
    <div class="ask-part">
      <SelectField
        label="Uplink"
        value={draft.uplink}
        options={uplinks}
        hint={about}
        onChoose={(uplink) => onChange({ uplink })}
      />
      {taken === null ? null : (
        <p class="field-warning" role="status">
          {taken}
        </p>
      )}
      {draft.uplink === "tabLan" ? (
        <TextField
          label="Segment"
          value={draft.segment}
          problem={problems.get("segment") ?? null}
          hint="Tabs that use the same name are on one wire."
          onType={(segment) => onChange({ segment })}
        />
      ) : null}
      {draft.uplink === "relay" ? (
        <TextField
          label="Address of the relay"
          value={draft.relay}
          placeholder="wss://relay.example/"
          problem={problems.get("relay") ?? null}
          hint="A relay that speaks Ethernet over WebSocket, such as websockproxy."
          onType={(relay) => onChange({ relay })}
        />
      ) : null}
      {draft.uplink === "wisp" ? (
        <TextField
          label="Address of the Wisp server"
          value={draft.wisp}
          placeholder="wss://wisp.example/"
          problem={problems.get("wisp") ?? null}
          hint="A server of your own that opens connections for the guests."
          onType={(wisp) => onChange({ wisp })}
        />
      ) : null}
      <CheckField
        label="Allow management operating system to share this network adapter"
        hint="It gets an adapter of its own on the network. Otherwise machines have it to themselves."
        checked={draft.shared}
        onCheck={(shared) => onChange({ shared })}
      />
    </div>
  );
}

/** Makes a network, or changes one. @param network  `null`: a new one */
export function NetworkDialog(props: {
  readonly desk: NetworkDesk;
  readonly network: NetworkSummary | null;
}) {
  const { desk, network } = props;
  const others = desk.networks.value.filter((other) => other.id !== network?.id);
  const [draft, setDraft] = useState(() =>
    network === null ? newNetworkDraft(others) : draftOf(network, others),
  );
  const problems = draftProblems(draft, others, { isSecure: location.protocol === "https:" });
  const change = (more: Partial<NetworkDraft>): void => setDraft((before) => ({ ...before, ...more }));
  const shared = { draft, problems, onChange: change };
  return (
    <AskDialog
      title={network === null ? "New virtual network" : `Edit ${network.name}`}
      goOn={network === null ? "Create" : "Save"}
      wide
      blocked={problems.size > 0}
      onGoOn={() => desk.save(draft, network?.id ?? null)}
      onClose={desk.close}
    >
      <TextField
        label="Name"
        value={draft.name}
        problem={problems.get("name") ?? null}
        onType={(name) => change({ name })}
      />
      <TextField
        label="Notes"
        value={draft.notes}
        problem={problems.get("notes") ?? null}
        onType={(notes) => change({ notes })}
      />
      <h3 class="ask-heading">Connection type</h3>
      <Choices
        legend="Connection type"
        value={draft.kind}
        choices={kinds.map((kind) => ({
          value: kind,
          label: networkKindWord(kind),
          about: kindAbout[kind],
          refusal: null,
        }))}
        onChoose={(kind) => change({ kind })}
      />
      {draft.kind === "external" ? <UplinkFields {...shared} /> : null}
      {hasManagement(draft) ? <ManagementFields {...shared} note={overlapNote(draft, others)} /> : null}
      {network === null ? null : (
        <p class="ask-note">
          Machines stay plugged in. While the change is made, frames on this network are lost.
        </p>
      )}
    </AskDialog>
  );
}

/** Asks before a network is removed, and says who is unplugged. @param onGone  it is removed */
export function RemoveNetworkDialog(props: {
  readonly desk: NetworkDesk;
  readonly network: NetworkSummary;
  readonly vms: readonly VmSummary[];
  readonly onGone: () => void;
}) {
  const { desk, network } = props;
  return (
    <AskDialog
      title={`Remove ${network.name}?`}
      goOn="Remove"
      danger
      blocked={false}
      onGoOn={async () => {
        const answer = await desk.remove(network.id);
        if (answer.kind === "done") props.onGone();
        return answer;
      }}
      onClose={desk.close}
    >
      <p>{removalSentence(pluggedMachines(network, props.vms))}</p>
      <p>What was learned, given away and captured on it is forgotten.</p>
    </AskDialog>
  );
}
