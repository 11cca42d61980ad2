import { useRef, useState } from "preact/hooks";
import type { FileRole } from "../hvdef/index.ts";
import {
  expectations,
  filesProblem,
  machineNameProblem,
  memoryOf,
  type OwnDraft,
  type OwnKind,
  ownDraft,
  ownRequest,
  rolesOf,
} from "./add-own.ts";
import type { CatalogueDesk } from "./catalogue-desk.ts";
import { type Choice, Choices, Facts, TextField } from "./fields.tsx";
import { formatBytes, reasonSentence } from "./format.ts";
import { OwnFileField } from "./own-file-field.tsx";
import { Wizard, type WizardPage } from "./wizard.tsx";

interface PageProps {
  readonly desk: CatalogueDesk;
  readonly draft: OwnDraft;
  readonly onChange: (more: Partial<OwnDraft>) => void;
  readonly onPick: (role: FileRole, file: File | null) => void;
}

const kinds: readonly Choice<OwnKind>[] = [
  {
    value: "disk",
    label: "Hard disk",
    about: "An installed system: .vhd, or a raw image. It is started by the BIOS.",
    refusal: null,
  },
  {
    value: "disc",
    label: "Disc (ISO)",
    about: "A live system or a setup disc. A hard disk to install on can be added.",
    refusal: null,
  },
  {
    value: "diskette",
    label: "Diskette",
    about: "360 KB to 2.88 MB, as a plain image.",
    refusal: null,
  },
  {
    value: "kernel",
    label: "Linux kernel",
    about:
      "A bzImage (vmlinuz) or vmlinux, with an initial file system. It is started directly, without a BIOS.",
    refusal: null,
  },
];

const networks: readonly Choice<OwnDraft["network"]>[] = [
  {
    value: "legacy",
    label: "Legacy network adapter",
    about: "Emulated NE2000. For systems without Hyper-V's drivers.",
    refusal: null,
  },
  {
    value: "synthetic",
    label: "Network adapter",
    about: "Synthetic, on the VMBus. For systems that have hv_netvsc; faster.",
    refusal: null,
  },
  { value: "none", label: "Not connected", about: "It has no network adapter.", refusal: null },
];

function FilesPage(props: PageProps) {
  const { draft, onChange } = props;
  return (
    <>
      {rolesOf[draft.kind].map((role, place) => (
        <OwnFileField
          key={role}
          role={role}
          optional={place > 0}
          picked={draft.files[role] ?? null}
          onPick={(file) => props.onPick(role, file)}
        />
      ))}
      {draft.kind === "kernel" ? (
        <TextField
          label="Kernel command line"
          value={draft.commandLine}
          problem={null}
          hint="console=ttyS0 shows the kernel's words in the console."
          onType={(commandLine) => onChange({ commandLine })}
        />
      ) : null}
    </>
  );
}

function NamePage(props: PageProps & { readonly problems: NameProblems }) {
  const { draft, desk, onChange, problems } = props;
  const budget = desk.host.platform.value?.guestMemoryBytes ?? null;
  return (
    <>
      <TextField
        label="Name"
        value={draft.name}
        problem={problems.name}
        hint="1 to 100 characters, any."
        onType={(name) => onChange({ name })}
      />
      <TextField
        label="Memory in MB"
        value={draft.memory}
        numeric
        problem={problems.memory}
        hint={
          budget === null
            ? "Taken while it runs."
            : `Taken while it runs, from the ${formatBytes(budget)} that this tab gives all its guests.`
        }
        onType={(memory) => onChange({ memory })}
      />
    </>
  );
}

interface NameProblems {
  readonly name: string | null;
  readonly memory: string | null;
}

function nameProblems({ desk, draft }: PageProps): NameProblems {
  const others = desk.host.vms.value.map(({ name }) => name);
  const memory = memoryOf(draft.memory, desk.host.platform.value?.guestMemoryBytes ?? null);
  return {
    name: machineNameProblem(draft.name, others),
    memory: memory.kind === "wrong" ? memory.reason : null,
  };
}

function ownPages(props: PageProps): readonly WizardPage[] {
  const { draft, desk, onChange } = props;
  const problems = nameProblems(props);
  const request = ownRequest(draft, desk.host.platform.value?.guestMemoryBytes ?? null);
  return [
    {
      title: "Choose a Start",
      problem: null,
      content: (
        <Choices
          legend="Starts from"
          choices={kinds}
          value={draft.kind}
          onChoose={(kind) => onChange({ kind })}
        />
      ),
    },
    { title: "Choose Files", problem: filesProblem(draft), content: <FilesPage {...props} /> },
    {
      title: "Name and Memory",
      problem: problems.name ?? problems.memory,
      content: <NamePage {...props} problems={problems} />,
    },
    {
      title: "Configure Network",
      problem: null,
      content: (
        <Choices
          legend="Network"
          choices={networks}
          value={draft.network}
          onChoose={(network) => onChange({ network })}
        />
      ),
    },
    {
      title: "What Will Work",
      problem: request.kind === "wrong" ? request.reason : null,
      content: (
        <>
          <p>
            Finish copies the files into this browser, sends them nowhere, and makes {draft.name.trim()} with{" "}
            {draft.memory.trim()} MB.
          </p>
          <Facts facts={expectations(draft)} />
        </>
      ),
    },
  ];
}

/** The form for a machine of the visitor's own files. */
export function AddOwnWizard(props: { readonly desk: CatalogueDesk }) {
  const { desk } = props;
  const [draft, setDraft] = useState(() => ownDraft(desk.host.vms.peek().map(({ name }) => name)));
  const latest = useRef(draft);
  function change(more: Partial<OwnDraft>): void {
    latest.current = { ...latest.current, ...more };
    setDraft(latest.current);
  }
  async function look(role: FileRole, file: File): Promise<void> {
    const seen = await desk.host.machines
      .recognise(role, file)
      .catch((error: unknown) => ({ title: "Unreadable", refusal: reasonSentence(error), notes: [] }));
    // Another may have been picked meanwhile.
    if (latest.current.files[role]?.file !== file) return;
    change({ files: { ...latest.current.files, [role]: { file, seen } } });
  }
  function pick(role: FileRole, file: File | null): void {
    const { [role]: _, ...others } = latest.current.files;
    change({ files: file === null ? others : { ...others, [role]: { file, seen: null } } });
    if (file !== null) void look(role, file);
  }
  return (
    <Wizard
      title="Add Your Own Machine"
      pages={ownPages({ desk, draft, onChange: change, onPick: pick })}
      finish="Finish"
      onFinish={() => desk.make(latest.current)}
      onClose={desk.close}
    />
  );
}
