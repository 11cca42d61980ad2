import { useEffect, useRef } from "preact/hooks";
import type { DiskDesk } from "./disk-desk.ts";
import { NewDisketteDialog, RemoveDialog, RenameDialog } from "./disk-dialogs.tsx";
import { DiskList } from "./disk-list.tsx";
import { DiskPane } from "./disk-pane.tsx";
import { EditDiskWizard } from "./edit-disk-wizard.tsx";
import { ImportButton } from "./file-drop.tsx";
import type { FileIntake } from "./file-intake.ts";
import { InspectDialog } from "./inspect-dialog.tsx";
import { NewDiskWizard } from "./new-disk-wizard.tsx";
import { SpaceMeter } from "./space-meter.tsx";
import type { Theme } from "./theme.ts";

interface DisksProps {
  readonly desk: DiskDesk;
  readonly intake: FileIntake;
  readonly theme: Theme;
  /** The host has not answered yet. */
  readonly waiting: boolean;
}

/** The dialog that is open. One whose file has gone meanwhile closes. */
function Dialogs(props: { readonly desk: DiskDesk; readonly onGone: () => void }) {
  const { desk } = props;
  const dialog = desk.dialog.value;
  const about = dialog !== null && "name" in dialog ? dialog.name : null;
  const gone = about !== null && !desk.host.files.value.some((file) => file.name === about);
  useEffect(() => {
    if (gone) desk.close();
  }, [gone, desk]);
  if (dialog === null || gone) return null;
  if (dialog.kind === "new") return <NewDiskWizard desk={desk} />;
  if (dialog.kind === "newDiskette") return <NewDisketteDialog desk={desk} />;
  if (dialog.kind === "inspect")
    return <InspectDialog key={dialog.name} disks={desk.host} name={dialog.name} onClose={desk.close} />;
  const file = desk.host.files.value.find((other) => other.name === dialog.name);
  if (file === undefined) return null;
  if (dialog.kind === "edit") return <EditDiskWizard key={file.name} desk={desk} file={file} />;
  if (dialog.kind === "rename") return <RenameDialog key={file.name} desk={desk} file={file} />;
  return <RemoveDialog key={file.name} desk={desk} file={file} onGone={props.onGone} />;
}

function LibraryBar(props: { readonly desk: DiskDesk; readonly intake: FileIntake }) {
  const { desk } = props;
  return (
    <div class="action-bar" role="toolbar" aria-label="Library">
      <button type="button" class="button" aria-haspopup="dialog" onClick={() => desk.open({ kind: "new" })}>
        New hard disk…
      </button>
      <button
        type="button"
        class="button"
        aria-haspopup="dialog"
        onClick={() => desk.open({ kind: "newDiskette" })}
      >
        New diskette…
      </button>
      <ImportButton intake={props.intake} label="Import…" />
    </div>
  );
}

/** The library of disk files: what there is, what can be done with it, and how much room is left. */
export function DisksWorkspace(props: DisksProps) {
  const { desk } = props;
  const page = useRef<HTMLElement>(null);
  const rows = desk.rows.value;
  const selected = desk.selected.value;
  const focusRow = (): void => {
    page.current?.querySelector<HTMLElement>("[data-disk-row][aria-selected=true]")?.focus();
  };
  return (
    <main class="workspace workspace-disks" ref={page}>
      <section class="pane disk-library" aria-labelledby="disks-title">
        <div class="disk-library-head">
          <h2 id="disks-title" class="pane-title">
            Virtual hard disks
          </h2>
          <LibraryBar desk={desk} intake={props.intake} />
        </div>
        <div class="disk-rows">
          {rows.length === 0 ? (
            <p class="nothing">
              {props.waiting
                ? "Starting the parent partition…"
                : "The library is empty. Make a new hard disk, or drop a .vhd, .img or .iso file onto the page."}
            </p>
          ) : (
            <DiskList
              rows={rows}
              selected={selected?.name ?? null}
              onSelect={desk.select}
              onOpen={() => page.current?.querySelector<HTMLElement>(".disk-head button")?.focus()}
            />
          )}
        </div>
        <SpaceMeter disks={desk.host} />
      </section>
      {selected === null ? (
        <section class="pane disk-pane" aria-hidden="true" />
      ) : (
        <DiskPane desk={desk} file={selected} scheme={props.theme.scheme.value} />
      )}
      {/* The row of the file that follows, once the dialog has given the focus back. */}
      <Dialogs desk={desk} onGone={() => setTimeout(focusRow)} />
    </main>
  );
}
