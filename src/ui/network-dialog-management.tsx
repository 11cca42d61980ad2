import { CheckField, TextField } from "./fields.tsx";
import { type DraftProblems, type NetworkDraft, withAddress } from "./network-draft.ts";

/** What the parts of the dialog share. */
export interface DraftFieldsProps {
  readonly draft: NetworkDraft;
  readonly problems: DraftProblems;
  readonly onChange: (change: Partial<NetworkDraft>) => void;
}

function DhcpFields(props: DraftFieldsProps) {
  const { draft, problems, onChange } = props;
  return (
    <div class="ask-part">
      <div class="ask-row">
        <TextField
          label="From"
          value={draft.from}
          problem={problems.get("from") ?? null}
          onType={(from) => onChange({ from })}
        />
        <TextField
          label="To"
          value={draft.to}
          problem={problems.get("to") ?? null}
          onType={(to) => onChange({ to })}
        />
        <TextField
          label="Lease, minutes"
          numeric
          value={draft.lease}
          problem={problems.get("lease") ?? null}
          onType={(lease) => onChange({ lease })}
        />
      </div>
    </div>
  );
}

/** What the management OS is on a network and what it does there. @param note  worth a word, but allowed */
export function ManagementFields(props: DraftFieldsProps & { readonly note: string | null }) {
  const { draft, problems, onChange } = props;
  return (
    <>
      <h3 class="ask-heading">Management operating system</h3>
      <div class="ask-row ask-row-address">
        <TextField
          label="Address"
          value={draft.address}
          problem={problems.get("address") ?? null}
          onType={(address) => onChange(withAddress(draft, { address }))}
        />
        <TextField
          label="Network bits"
          numeric
          value={draft.prefix}
          problem={problems.get("prefix") ?? null}
          onType={(prefix) => onChange(withAddress(draft, { prefix }))}
        />
      </div>
      {props.note === null ? null : <p class="field-warning">{props.note}</p>}
      <CheckField
        label="Enable virtual LAN identification for management operating system"
        hint="Its adapter is on this VLAN only. Machines choose theirs themselves."
        checked={draft.tagged}
        onCheck={(tagged) => onChange({ tagged })}
      />
      {draft.tagged ? (
        <div class="ask-part">
          <TextField
            label="VLAN ID"
            numeric
            value={draft.vlan}
            problem={problems.get("vlan") ?? null}
            onType={(vlan) => onChange({ vlan })}
          />
        </div>
      ) : null}
      <p class="ask-note">Hyper-V has none of the services below; they are for labs in this tab.</p>
      <CheckField
        label="Give away addresses (DHCP)"
        hint="Machines that ask get one of a range. Its own address is never given away."
        checked={draft.dhcp}
        onCheck={(dhcp) => onChange({ dhcp })}
      />
      {draft.dhcp ? <DhcpFields {...props} /> : null}
      <CheckField
        label="Serve files (HTTP)"
        hint="The lab's files, at port 80 of its address."
        checked={draft.http}
        onCheck={(http) => onChange({ http })}
      />
      <CheckField
        label="Tell the time (NTP)"
        hint="The clock of this computer."
        checked={draft.ntp}
        onCheck={(ntp) => onChange({ ntp })}
      />
      <TextField
        label="Domain"
        value={draft.domain}
        problem={problems.get("domain") ?? null}
        hint={
          draft.domain.trim() === ""
            ? "Without one, names of machines are not answered."
            : `A machine web01 is found as web01.${draft.domain.trim()}.`
        }
        onType={(domain) => onChange({ domain })}
      />
    </>
  );
}
