import { useState } from "preact/hooks";
import { isLikeDisk, parentRefusal } from "./disk-actions.ts";
import type { DiskDesk } from "./disk-desk.ts";
import { checkName, diskEndings } from "./disk-name.ts";
import { checkSize } from "./disk-size.ts";
import { sameName } from "./disk-words.ts";
import { type Choice, Choices, Facts, FileField, NameField, SizeField } from "./fields.tsx";
import { formatBytes } from "./format.ts";
import { configureProblem, type NewDiskPlan, newDiskOutcome, newDiskPlan } from "./new-disk.ts";
import { Wizard, type WizardPage } from "./wizard.tsx";

interface PageProps {
  readonly desk: DiskDesk;
  readonly plan: NewDiskPlan;
  readonly onChange: (more: Partial<NewDiskPlan>) => void;
}

const types: readonly Choice<NewDiskPlan["type"]>[] = [
  {
    value: "dynamic",
    label: "Dynamically expanding",
    about: "The file is small at first and grows as the guest writes. Right for most machines.",
    refusal: null,
  },
  {
    value: "fixed",
    label: "Fixed size",
    about: "The file takes its whole size at once and never grows. Steady speed, much storage.",
    refusal: null,
  },
  {
    value: "differencing",
    label: "Differencing",
    about: "The file holds only what differs from another disk, its parent, which must not change any more.",
    refusal: null,
  },
];

function SizePage(props: PageProps) {
  const { plan } = props;
  const size = checkSize(plan.size);
  const space = props.desk.host.space.value;
  const free = space === null ? null : Math.max(0, space.quotaBytes - space.usedBytes);
  const scarce = plan.type === "fixed" && size.kind === "bytes" && free !== null && size.bytes > free;
  return (
    <>
      <SizeField
        label="Size"
        value={plan.size}
        problem={size.kind === "wrong" ? size.reason : null}
        hint="At most 2040 GB."
        onType={(typed) => props.onChange({ size: typed })}
      />
      {scarce ? (
        <p class="field-warning" role="status">
          The browser has {formatBytes(free)} left for this site, and a fixed disk takes its whole size at
          once. A dynamically expanding disk of this size begins with a few KB.
        </p>
      ) : null}
    </>
  );
}

function ParentPage(props: PageProps) {
  const { rows, host } = props.desk;
  const parent = host.files.value.find((file) => sameName(file.name, props.plan.parent));
  const holders = parent?.usedBy.map((user) => user.name).join(", ") ?? "";
  return (
    <>
      <FileField
        label="Parent"
        value={props.plan.parent}
        files={rows.value
          .map((row) => row.file)
          .filter(isLikeDisk)
          .map((file) => ({ name: file.name, refusal: parentRefusal(file) }))}
        hint="The new disk has the size of its parent."
        onChoose={(name) => props.onChange({ parent: name })}
      />
      {holders === "" ? null : (
        <p class="field-warning" role="status">
          {parent?.name} is in a drive of {holders}. Once a disk builds on it, whatever is written to it makes
          that disk unusable: take it out of the drive, or give the machine the new disk instead.
        </p>
      )}
    </>
  );
}

function newDiskPages(props: PageProps): readonly WizardPage[] {
  const { plan, desk, onChange } = props;
  const files = desk.host.files.value;
  const name = checkName(
    plan.name,
    diskEndings,
    files.map((file) => file.name),
  );
  const outcome = newDiskOutcome(plan, files);
  return [
    {
      title: "Choose Disk Type",
      problem: null,
      content: (
        <Choices legend="Type" choices={types} value={plan.type} onChoose={(type) => onChange({ type })} />
      ),
    },
    {
      title: "Specify Name",
      problem: name.kind === "wrong" ? name.reason : null,
      content: (
        <NameField
          label="Name"
          value={plan.name}
          problem={name.kind === "wrong" ? name.reason : null}
          hint={name.kind === "name" ? `The file will be ${name.name}.` : ""}
          onType={(text) => onChange({ name: text })}
        />
      ),
    },
    {
      title: "Configure Disk",
      problem: configureProblem(plan, files),
      content: plan.type === "differencing" ? <ParentPage {...props} /> : <SizePage {...props} />,
    },
    {
      title: "Summary",
      problem: outcome.kind === "wrong" ? outcome.reason : null,
      content:
        outcome.kind === "ready" ? (
          <>
            <p>Finish creates this virtual hard disk.</p>
            <Facts facts={outcome.facts} />
          </>
        ) : (
          <p class="field-wrong">{outcome.reason}</p>
        ),
    },
  ];
}

/** The New Virtual Hard Disk Wizard. */
export function NewDiskWizard(props: { readonly desk: DiskDesk }) {
  const { desk } = props;
  const [plan, setPlan] = useState(() => newDiskPlan(desk.host.files.peek().map((file) => file.name)));
  return (
    <Wizard
      title="New Virtual Hard Disk Wizard"
      pages={newDiskPages({ desk, plan, onChange: (more) => setPlan({ ...plan, ...more }) })}
      finish="Finish"
      onFinish={async () => {
        const outcome = newDiskOutcome(plan, desk.host.files.peek());
        if (outcome.kind === "wrong") return { kind: "refused", reason: outcome.reason };
        return desk.begin(outcome.request);
      }}
      onClose={desk.close}
    />
  );
}
