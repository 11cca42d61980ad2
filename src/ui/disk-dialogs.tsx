import { useState } from "preact/hooks";
import type { DiskFileSummary } from "../hvdef/index.ts";
import { AskDialog } from "./ask-dialog.tsx";
import type { DiskDesk } from "./disk-desk.ts";
import { checkName, diskEndings, endingOf, freeName } from "./disk-name.ts";
import { sameName } from "./disk-words.ts";
import { NameField } from "./fields.tsx";

interface FileDialogProps {
  readonly desk: DiskDesk;
  readonly file: DiskFileSummary;
}

/** Asks for the new name of a file. Its ending stays: it says what the file is. */
export function RenameDialog(props: FileDialogProps) {
  const { desk, file } = props;
  const [text, setText] = useState(file.name);
  const others = desk.host.files.value
    .map((other) => other.name)
    .filter((name) => !sameName(name, file.name));
  const ending = endingOf(file.name);
  const isDisk = diskEndings.some((one) => sameName(one, ending));
  const check = checkName(text, isDisk ? diskEndings : [ending], others);
  const name = check.kind === "name" ? check.name : file.name;
  return (
    <AskDialog
      title={`Rename ${file.name}`}
      goOn="Rename"
      blocked={name === file.name}
      onGoOn={() => desk.rename(file.name, name)}
      onClose={desk.close}
    >
      <NameField
        label="New name"
        value={text}
        problem={check.kind === "wrong" ? check.reason : null}
        hint={name === file.name ? "Machines that hold it keep it." : `The file will be ${name}.`}
        onType={setText}
      />
    </AskDialog>
  );
}

/** Asks before a file is lost, and says who would miss it. @param onGone  it is removed */
export function RemoveDialog(props: FileDialogProps & { readonly onGone: () => void }) {
  const { desk, file } = props;
  return (
    <AskDialog
      title={`Remove ${file.name}?`}
      goOn="Remove"
      danger
      blocked={false}
      onGoOn={async () => {
        const answer = await desk.remove(file.name);
        if (answer.kind === "done") props.onGone();
        return answer;
      }}
      onClose={desk.close}
    >
      <p>
        {file.format === "device"
          ? "The library forgets this device. Nothing on it is changed."
          : "The file and everything on the disk is lost. It cannot be brought back; to keep a copy, download it first."}
      </p>
      {file.parent === null ? null : <p>{file.parent}, which it builds on, stays.</p>}
    </AskDialog>
  );
}

/** Makes an empty diskette: it has one size, so only its name is asked. */
export function NewDisketteDialog(props: { readonly desk: DiskDesk }) {
  const { desk } = props;
  const taken = desk.host.files.value.map((file) => file.name);
  const [text, setText] = useState(() => freeName("New Virtual Floppy Disk.vfd", taken));
  const check = checkName(text, [".vfd"], taken);
  return (
    <AskDialog
      title="New virtual floppy disk"
      goOn="Create"
      blocked={check.kind === "wrong"}
      onGoOn={async () =>
        check.kind === "name"
          ? desk.begin({ kind: "createFloppy", name: check.name })
          : { kind: "refused", reason: check.reason }
      }
      onClose={desk.close}
    >
      <NameField
        label="Name"
        value={text}
        problem={check.kind === "wrong" ? check.reason : null}
        hint={check.kind === "name" ? `An empty diskette of 1.44 MB: ${check.name}.` : ""}
        onType={setText}
      />
    </AskDialog>
  );
}
