import { useState } from "preact/hooks";
import { AskDialog } from "./ask-dialog.tsx";
import type { Answer } from "./disk-desk.ts";
import { Choices, TextField } from "./fields.tsx";
import { formatBytes, reasonSentence } from "./format.ts";
import { filesInWords, folderProblem, looksLikeDisk, questionAbout } from "./guest-files-words.ts";
import type { GuestFileHost, VmView } from "./host.ts";

/** Names that are listed one by one. */
const namesShown = 8;

/** Asks where in the guest files go, and whether disk images are meant for the guest at all. */
export function GuestCopyDialog(props: {
  readonly vm: VmView;
  readonly host: GuestFileHost;
  readonly files: readonly File[];
  readonly folder: string;
  /** The visitor dropped them where a disk image might be meant for the library. */
  readonly onImport: ((files: readonly File[]) => void) | null;
  readonly onFolder: (folder: string) => void;
  readonly onClose: () => void;
}) {
  const { vm, host, files, folder, onImport } = props;
  const ambiguous = onImport !== null && files.some(({ name }) => looksLikeDisk(name));
  const [goal, setGoal] = useState<"guest" | "library">("guest");
  const problem = goal === "guest" ? folderProblem(folder) : null;
  async function goOn(): Promise<Answer> {
    if (goal === "library") {
      onImport?.(files);
      return { kind: "done" };
    }
    try {
      for (const file of files) await host.copy(vm.id, file, { name: file.name, folder });
      return { kind: "done" };
    } catch (failure) {
      return { kind: "refused", reason: reasonSentence(failure) };
    }
  }
  return (
    <AskDialog
      title={ambiguous ? questionAbout(files) : `Copy ${filesInWords(files)} to ${vm.name}`}
      goOn={goal === "guest" ? "Copy" : "Import"}
      blocked={problem !== null}
      onGoOn={goOn}
      onClose={props.onClose}
    >
      {ambiguous ? (
        <Choices
          legend="What the files are for"
          value={goal}
          onChoose={setGoal}
          choices={[
            {
              value: "guest",
              label: `Copy to the guest of ${vm.name}`,
              about: "It becomes a file in the guest.",
              refusal: null,
            },
            {
              value: "library",
              label: "Import to the disk library",
              about: "It becomes a disk, disc or diskette for the drives of machines.",
              refusal: null,
            },
          ]}
        />
      ) : null}
      {goal === "guest" ? (
        <TextField
          label="Folder in the guest"
          value={folder}
          problem={problem}
          hint="A file of the same name there is replaced."
          onType={props.onFolder}
        />
      ) : null}
      <ul class="copy-names">
        {files.slice(0, namesShown).map((file, place) => (
          <li key={place}>
            {file.name} <span class="received-size">{formatBytes(file.size)}</span>
          </li>
        ))}
        {files.length > namesShown ? <li>and {files.length - namesShown} more</li> : null}
      </ul>
    </AskDialog>
  );
}
