import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { DiskFileSummary } from "../hvdef/index.ts";
import type { Answer, DiskDesk } from "./disk-desk.ts";
import { checkName, diskEndings, endingOf, freeName } from "./disk-name.ts";
import { sameName } from "./disk-words.ts";
import { NameField } from "./fields.tsx";
import { Modal } from "./modal.tsx";

/** One question with one answer to give; a refusal stays beside the buttons. */
function AskDialog(props: {
  readonly title: string;
  readonly goOn: string;
  readonly danger?: boolean;
  /** It cannot be answered with yes as it is. */
  readonly blocked: boolean;
  readonly onGoOn: () => Promise<Answer>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // A question is answered with the harmless button by a hasty Enter, a form begins with its field.
    form.current?.querySelector<HTMLElement>("input, [data-harmless]")?.focus();
  }, []);
  async function goOn(): Promise<void> {
    setBusy(true);
    setRefusal(null);
    const answer = await props.onGoOn();
    setBusy(false);
    if (answer.kind === "done") props.onClose();
    else setRefusal(answer.reason);
  }
  return (
    <Modal
      class="dialog ask"
      labelledBy={`${id}-title`}
      describedBy={`${id}-text`}
      onClose={() => busy || props.onClose()}
    >
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && !props.blocked) void goOn();
        }}
      >
        <h2 id={`${id}-title`} class="dialog-title">
          {props.title}
        </h2>
        <div id={`${id}-text`} class="ask-text">
          {props.children}
        </div>
        {refusal === null ? null : (
          <p class="dialog-refusal" role="alert">
            {refusal}
          </p>
        )}
        <div class="dialog-buttons">
          <button
            type="button"
            class="button"
            data-harmless=""
            aria-disabled={busy}
            onClick={() => busy || props.onClose()}
          >
            Cancel
          </button>
          <button
            type="submit"
            class={props.danger === true ? "button button-danger" : "button button-primary"}
            aria-disabled={busy || props.blocked}
          >
            {props.goOn}
          </button>
        </div>
      </form>
    </Modal>
  );
}

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
