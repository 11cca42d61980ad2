import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type ReceivedFile, usualGuestFolder } from "../hvdef/index.ts";
import { DeskWords } from "./desk-words.tsx";
import { type DriveDesk, openDriveDesk } from "./drive-desk.ts";
import { DriveButton } from "./drives-button.tsx";
import { carriesFiles, offeredBy } from "./file-drop.tsx";
import type { FileIntake, Offered } from "./file-intake.ts";
import { FilePicker } from "./file-picker.tsx";
import { formatBytes, formatTime } from "./format.ts";
import { GuestCopyDialog } from "./guest-copy-dialog.tsx";
import { copyRefusal, foldersAreNotCopied, guestFilesInShort, receivedFrom } from "./guest-files-words.ts";
import type { GuestFileHost, VmView } from "./host.ts";

interface GuestFilesProps {
  readonly vm: VmView;
  readonly host: GuestFileHost;
  readonly intake: FileIntake;
  /** The console, on which files may be dropped. */
  readonly children: ComponentChildren;
}

/** Files that are to be copied, once the visitor has said where. */
interface Wanted {
  readonly files: readonly File[];
  /** They were dropped: disk images may be meant for the library. */
  readonly dropped: boolean;
}

/** A drag that has been silent for so long has left. Browsers repeat it every 350 ms at least. */
const dragSilenceMs = 1000;

/** Takes files that are dropped on the console while the guest can have them; the page takes all others. */
function useConsoleDrop(active: boolean, onDrop: (offered: readonly Offered[]) => void) {
  const [over, setOver] = useState(false);
  const silence = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(silence.current), []);
  function drag(event: DragEvent): void {
    if (!active || !carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
    clearTimeout(silence.current);
    silence.current = setTimeout(() => setOver(false), dragSilenceMs);
    setOver(true);
  }
  function drop(event: DragEvent): void {
    clearTimeout(silence.current);
    setOver(false);
    if (!active || !carriesFiles(event) || event.dataTransfer === null) return;
    event.preventDefault();
    onDrop(offeredBy(event.dataTransfer));
  }
  const handlers = { onDragEnter: drag, onDragOver: drag, onDragLeave: () => setOver(false), onDrop: drop };
  return { over, handlers };
}

function ReceivedRow(props: {
  readonly file: ReceivedFile;
  readonly host: GuestFileHost;
  readonly desk: DriveDesk;
}) {
  const { file, host, desk } = props;
  const refusal = desk.busy.value;
  return (
    <li class="received-file">
      <span class="received-name">{file.name}</span>
      <span class="received-size">
        {formatBytes(file.byteLength)}, {formatTime(file.at)}
      </span>
      <DriveButton
        label="Save"
        about={file.name}
        refusal={refusal}
        onPress={() => void desk.run(`Saving ${file.name}…`, () => host.save(file.id))}
        onRefused={desk.tell}
      />
      <DriveButton
        label="Forget"
        about={file.name}
        refusal={refusal}
        onPress={() => void desk.run(`Forgetting ${file.name}…`, () => host.forget(file.id))}
        onRefused={desk.tell}
      />
    </li>
  );
}

function Panel(
  props: GuestFilesProps & { readonly desk: DriveDesk; readonly onPick: (files: readonly File[]) => void },
) {
  const { vm, host, desk } = props;
  const [open, setOpen] = useState(false);
  const received = receivedFrom(host.received.value, vm.id);
  useEffect(() => desk.tell(null), [desk, vm.state]);
  return (
    <section class="drives" aria-label={`Files of ${vm.name}`}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="drives-title">Files</span>
          <span class="drives-short">{guestFilesInShort(vm, received)}</span>
        </summary>
        {open ? (
          <div class="drives-open">
            <p>
              <FilePicker
                label="Copy file to guest…"
                what="Files to copy to the guest"
                refusal={copyRefusal(vm)}
                onPick={props.onPick}
              />
            </p>
            {received.length === 0 ? (
              <p class="drives-note">
                In the guest, <kbd>sendtohost FILE</kbd> gives a file to this page: it is listed here to be
                saved.
              </p>
            ) : (
              <ul class="received" aria-label="Files from the guest">
                {received.map((file) => (
                  <ReceivedRow key={file.id} file={file} host={host} desk={desk} />
                ))}
              </ul>
            )}
          </div>
        ) : null}
      </details>
      <DeskWords desk={desk} quietAbout={false} />
    </section>
  );
}

function GuestFilesOf(props: GuestFilesProps) {
  const { vm, host, intake } = props;
  const desk = useMemo(openDriveDesk, []);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [folder, setFolder] = useState(usualGuestFolder);
  const { over, handlers } = useConsoleDrop(copyRefusal(vm) === null, (offered) => {
    const files = offered.flatMap((one) => (one.kind === "file" ? [one.file] : []));
    if (files.length < offered.length) desk.tell(foldersAreNotCopied);
    if (files.length > 0) setWanted({ files, dropped: true });
  });
  return (
    <>
      <Panel {...props} desk={desk} onPick={(files) => setWanted({ files, dropped: false })} />
      <div class={over ? "guest-drop guest-drop-over" : "guest-drop"} {...handlers}>
        {props.children}
        {over ? <p class="guest-drop-words">Drop to copy to the guest of {vm.name}</p> : null}
      </div>
      {wanted === null ? null : (
        <GuestCopyDialog
          vm={vm}
          host={host}
          files={wanted.files}
          folder={folder}
          onFolder={setFolder}
          onImport={
            wanted.dropped ? (files) => intake.take(files.map((file) => ({ kind: "file", file }))) : null
          }
          onClose={() => setWanted(null)}
        />
      )}
    </>
  );
}

/** Files between the visitor and the guest of a machine: a panel, and its console as the place to drop them. */
export function GuestFiles(props: GuestFilesProps) {
  return <GuestFilesOf key={props.vm.id} {...props} />;
}
