import { useId, useState } from "preact/hooks";
import type { FileRole } from "../hvdef/index.ts";
import type { PickedFile } from "./add-own.ts";
import { offeredBy } from "./file-drop.tsx";
import { FilePicker } from "./file-picker.tsx";
import { formatBytes } from "./format.ts";

const labels: { readonly [R in FileRole]: string } = {
  disk: "Hard disk",
  disc: "Disc",
  diskette: "Diskette",
  kernel: "Kernel",
  initramfs: "Initial file system",
};

const hints: { readonly [R in FileRole]: string } = {
  disk: ".vhd or a raw image, also as gzip, zip or zstd",
  disc: ".iso, also as gzip, zip or zstd",
  diskette: ".img, .vfd or .ima",
  kernel: "vmlinuz (bzImage) or vmlinux, 32-bit",
  initramfs: "initrd.img: a cpio archive, packed or not",
};

function Verdict(props: { readonly id: string; readonly picked: PickedFile | null; readonly hint: string }) {
  const { picked } = props;
  if (picked === null)
    return (
      <p id={props.id} class="field-hint">
        {props.hint}
      </p>
    );
  const { file, seen } = picked;
  if (seen === null)
    return (
      <p id={props.id} class="field-hint" role="status">
        Looking at {file.name}…
      </p>
    );
  return (
    <div id={props.id} role={seen.refusal === null ? "status" : "alert"}>
      <p class="own-file-seen">
        <strong>{file.name}</strong>, {formatBytes(file.size)}: {seen.title}
      </p>
      {seen.refusal === null ? null : <p class="field-wrong">{seen.refusal}</p>}
      {seen.notes.map((note) => (
        <p key={note} class="field-hint">
          {note}
        </p>
      ))}
    </div>
  );
}

/** A place for one file, to drop it on or to pick it from, with what the file turned out to be. */
export function OwnFileField(props: {
  readonly role: FileRole;
  readonly optional: boolean;
  readonly picked: PickedFile | null;
  /** `null`: no file after all. */
  readonly onPick: (file: File | null) => void;
}) {
  const { role, picked } = props;
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset draws its legend into its border
    <div
      class={over ? "own-file own-file-over" : "own-file"}
      role="group"
      aria-labelledby={`${id}-label`}
      onDragOver={(event) => {
        // Taken here: the page would take it for the library.
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const offered = event.dataTransfer === null ? [] : offeredBy(event.dataTransfer);
        const file = offered.find((one) => one.kind === "file");
        if (file?.kind === "file") props.onPick(file.file);
      }}
    >
      <div class="own-file-head">
        <span id={`${id}-label`} class="own-file-label">
          {labels[role]}
          {props.optional ? <span class="own-file-optional"> (optional)</span> : null}
        </span>
        <FilePicker
          label={picked === null ? "Choose or drop…" : "Choose another…"}
          what={`File for: ${labels[role]}`}
          describedBy={`${id}-below`}
          onPick={([file]) => file !== undefined && props.onPick(file)}
        />
        {picked === null || !props.optional ? null : (
          <button type="button" class="button button-quiet" onClick={() => props.onPick(null)}>
            Without
          </button>
        )}
      </div>
      <Verdict id={`${id}-below`} picked={picked} hint={hints[role]} />
    </div>
  );
}
