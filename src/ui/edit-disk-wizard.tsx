import { useState } from "preact/hooks";
import type { DiskFileSummary } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import { type EditAction, editOffers, isLikeDisk, mergeRefusal } from "./disk-actions.ts";
import type { DiskDesk } from "./disk-desk.ts";
import { checkName, diskEndings } from "./disk-name.ts";
import { checkSize } from "./disk-size.ts";
import {
  type EditPlan,
  editAbout,
  editOutcome,
  editPlan,
  isConfigured,
  reconnectRefusal,
} from "./edit-disk.ts";
import { CheckField, Choices, Facts, FileField, NameField, SizeField } from "./fields.tsx";
import { formatBytes } from "./format.ts";
import { Wizard, type WizardPage } from "./wizard.tsx";

interface PageProps {
  readonly desk: DiskDesk;
  readonly file: DiskFileSummary;
  readonly plan: EditPlan;
  readonly onChange: (more: Partial<EditPlan>) => void;
}

function CopyName(props: PageProps) {
  const name = checkName(
    props.plan.name,
    diskEndings,
    props.desk.host.files.value.map((file) => file.name),
  );
  return (
    <NameField
      label="Name of the new file"
      value={props.plan.name}
      problem={name.kind === "wrong" ? name.reason : null}
      hint={name.kind === "name" ? `The file will be ${name.name}.` : ""}
      onType={(text) => props.onChange({ name: text })}
    />
  );
}

function ConvertPage(props: PageProps) {
  return (
    <>
      <Choices
        legend="New type"
        choices={[
          {
            value: "dynamic",
            label: "Dynamically expanding",
            about: "The new file takes what the disk really holds.",
            refusal: null,
          },
          {
            value: "fixed",
            label: "Fixed size",
            about: `The new file takes ${formatBytes(props.file.byteLength)}.`,
            refusal: null,
          },
        ]}
        value={props.plan.type}
        onChoose={(type) => props.onChange({ type })}
      />
      <CopyName {...props} />
    </>
  );
}

function MergePage(props: PageProps) {
  const { file, plan } = props;
  return (
    <>
      <Choices
        legend="Merge into"
        choices={[
          {
            value: "parent",
            label: "Into its parent",
            about: `The changes go into ${file.parent ?? "the parent"}, and ${file.name} is removed.`,
            refusal: mergeRefusal(file, props.desk.host.files.value),
          },
          {
            value: "new",
            label: "Into a new disk",
            about: "The new disk is dynamically expanding and has no parent. Both files stay.",
            refusal: null,
          },
        ]}
        value={plan.into}
        onChoose={(into) => props.onChange({ into })}
      />
      {plan.into === "new" ? <CopyName {...props} /> : null}
    </>
  );
}

function ExpandPage(props: PageProps) {
  const { file, plan } = props;
  const size = checkSize(plan.size, file.byteLength);
  return (
    <SizeField
      label="New size"
      value={plan.size}
      problem={size.kind === "wrong" ? size.reason : null}
      hint={`The disk holds ${formatBytes(file.byteLength)} now. A new size is larger, and at most 2040 GB.`}
      onType={(typed) => props.onChange({ size: typed })}
    />
  );
}

function ReconnectPage(props: PageProps) {
  const { file } = props;
  return (
    <>
      <FileField
        label="Parent"
        value={props.plan.parent}
        files={props.desk.rows.value
          .map((row) => row.file)
          .filter(isLikeDisk)
          .map((other) => ({ name: other.name, refusal: reconnectRefusal(file, other) }))}
        hint={`It was made on ${file.parent ?? "another disk"}. Only the very same disk, unchanged, fits.`}
        onChoose={(name) => props.onChange({ parent: name })}
      />
      <CheckField
        label="Reconnect even if it is another disk, or has changed"
        hint="What the guest then reads may be nonsense. Use it only to save what can be saved."
        checked={props.plan.force}
        onCheck={(force) => props.onChange({ force })}
      />
    </>
  );
}

function ConfigurePage(props: PageProps & { readonly action: EditAction }) {
  switch (props.action) {
    case "convert":
      return <ConvertPage {...props} />;
    case "merge":
      return <MergePage {...props} />;
    case "expand":
      return <ExpandPage {...props} />;
    case "reconnect":
      return <ReconnectPage {...props} />;
    case "compact":
    case "validate":
    case "repair":
      return null;
    default:
      return unreachable(props.action);
  }
}

function editPages(props: PageProps): readonly WizardPage[] {
  const { plan, file, desk } = props;
  const offers = editOffers(file, desk.host.files.value);
  const { action } = plan;
  const label = offers.find((offer) => offer.action === action)?.label ?? "Edit";
  const outcome = editOutcome(plan, file, desk.host.files.value);
  const problem = outcome.kind === "wrong" ? outcome.reason : null;
  const configure: readonly WizardPage[] =
    action !== null && isConfigured(action)
      ? [{ title: `${label} Disk`, problem, content: <ConfigurePage {...props} action={action} /> }]
      : [];
  return [
    {
      title: "Choose Action",
      problem: action === null ? "Nothing can be done with it as it is." : null,
      content: (
        <Choices
          legend="Action"
          choices={offers.map((offer) => ({
            value: offer.action,
            label: offer.label,
            about: editAbout(offer.action),
            refusal: offer.refusal,
          }))}
          value={action}
          onChoose={(chosen) => props.onChange({ action: chosen })}
        />
      ),
    },
    ...configure,
    {
      title: "Summary",
      problem,
      content: (
        <>
          {action === null ? null : <p>{editAbout(action)}</p>}
          <Facts
            facts={[
              ["Action", label],
              ["Disk", file.name],
              ...(outcome.kind === "ready" ? outcome.facts : []),
            ]}
          />
          {problem === null ? null : <p class="field-wrong">{problem}</p>}
        </>
      ),
    },
  ];
}

/** The Edit Virtual Hard Disk Wizard for one file. */
export function EditDiskWizard(props: { readonly desk: DiskDesk; readonly file: DiskFileSummary }) {
  const { desk, file } = props;
  const [plan, setPlan] = useState(() => editPlan(file, desk.host.files.peek()));
  return (
    <Wizard
      title="Edit Virtual Hard Disk Wizard"
      pages={editPages({ desk, file, plan, onChange: (more) => setPlan({ ...plan, ...more }) })}
      finish="Finish"
      onFinish={async () => {
        const outcome = editOutcome(plan, file, desk.host.files.peek());
        if (outcome.kind === "wrong") return { kind: "refused", reason: outcome.reason };
        return desk.begin(outcome.request);
      }}
      onClose={desk.close}
    />
  );
}
