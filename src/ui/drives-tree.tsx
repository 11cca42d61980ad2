import type { DiskFileSummary, DriveSummary } from "../hvdef/index.ts";
import {
  addRefusal,
  type ControllerView,
  changeRefusal,
  type DriveOwner,
  driveTree,
  mediumRefusal,
  type Refusal,
  slotLabel,
} from "./drive-rules.ts";
import { controllerNote, kindWord, mediumFacts, mediumTrouble, mediumWords } from "./drive-words.ts";
import { DriveButton } from "./drives-button.tsx";
import { DriveIcon } from "./drives-icon.tsx";

/** What can be asked for in the tree. */
export interface TreeActions {
  add(view: ControllerView): void;
  addFloppy(): void;
  remove(drive: DriveSummary): void;
  insert(drive: DriveSummary): void;
  eject(drive: DriveSummary): void;
  /** A button was pressed that does nothing now. */
  refused(reason: string): void;
}

interface TreeProps {
  readonly owner: DriveOwner;
  readonly files: readonly DiskFileSummary[];
  /** Why nothing can be changed at all for the moment. */
  readonly busy: Refusal;
  readonly actions: TreeActions;
}

function DriveButtons(props: TreeProps & { readonly drive: DriveSummary }) {
  const { drive, owner, busy, actions } = props;
  const medium = busy ?? mediumRefusal(owner);
  const about =
    drive.kind === "floppy" ? "diskette drive" : `${kindWord(drive.kind)} ${slotLabel(drive.slot)}`;
  const empty = drive.medium.kind === "empty";
  const shared = { about, onRefused: actions.refused };
  return (
    <div class="drive-buttons">
      {drive.kind === "disk" ? null : (
        <>
          <DriveButton
            {...shared}
            label={empty ? "Insert…" : "Change…"}
            refusal={medium}
            opensDialog
            onPress={() => actions.insert(drive)}
          />
          <DriveButton
            {...shared}
            label="Eject"
            refusal={empty ? "The drive is empty already." : medium}
            onPress={() => actions.eject(drive)}
          />
        </>
      )}
      {drive.kind === "floppy" ? null : (
        <DriveButton
          {...shared}
          label="Remove"
          refusal={busy ?? changeRefusal(owner, drive.slot.controller)}
          onPress={() => actions.remove(drive)}
        />
      )}
    </div>
  );
}

function MediumWords(props: TreeProps & { readonly drive: DriveSummary }) {
  const { drive, files } = props;
  const trouble = mediumTrouble(drive, files);
  return (
    <span class="drive-medium">
      <span
        class={drive.medium.kind === "empty" ? "drive-empty" : "drive-title"}
        title={"name" in drive.medium ? drive.medium.name : undefined}
      >
        {mediumWords(drive)}
      </span>{" "}
      <span class="drive-facts">{mediumFacts(drive, files)}</span>
      {trouble === null ? null : <span class="drive-trouble">{trouble}</span>}
    </span>
  );
}

function DriveRow(props: TreeProps & { readonly drive: DriveSummary }) {
  const { drive } = props;
  return (
    <li class="drive">
      <span class="drive-place">
        <span class="unseen">Location </span>
        {drive.slot.location}
      </span>
      <DriveIcon kind={drive.kind} />
      <p class="drive-words">
        <span class="drive-kind">{kindWord(drive.kind)}</span> <MediumWords {...props} />
      </p>
      <DriveButtons {...props} />
    </li>
  );
}

function Controller(props: TreeProps & { readonly view: ControllerView }) {
  const { view, owner, busy, actions } = props;
  return (
    <li>
      <div class="controller-head">
        <span class="controller-title">{view.title}</span>
        <span class="controller-note">{controllerNote(view)}</span>
        <DriveButton
          label={view.controller === "SCSI" ? "Add a hard disk…" : "Add a drive…"}
          about={`to ${view.title}`}
          refusal={busy ?? addRefusal(owner, view)}
          opensDialog
          onPress={() => actions.add(view)}
          onRefused={actions.refused}
        />
      </div>
      {view.drives.length === 0 ? null : (
        <ul class="drive-rows">
          {view.drives.map((drive) => (
            <DriveRow key={slotLabel(drive.slot)} {...props} drive={drive} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** The diskette drive is its own controller: one line is enough. */
function Floppy(props: TreeProps & { readonly view: ControllerView }) {
  const { view, owner, busy, actions } = props;
  const [drive] = view.drives;
  return (
    <li class="controller-head">
      <span class="controller-title">{view.title}</span>
      {drive === undefined ? (
        <>
          <span class="controller-note">not there</span>
          <DriveButton
            label="Add"
            about="a diskette drive"
            refusal={busy ?? addRefusal(owner, view)}
            onPress={actions.addFloppy}
            onRefused={actions.refused}
          />
        </>
      ) : (
        <>
          <MediumWords {...props} drive={drive} />
          <DriveButtons {...props} drive={drive} />
        </>
      )}
    </li>
  );
}

/** The controllers of a machine and what hangs on them, as in the settings of Hyper-V Manager. */
export function DrivesTree(props: TreeProps) {
  return (
    <ul class="controllers">
      {driveTree(props.owner).map((view) =>
        view.controller === "floppy" ? (
          <Floppy key={view.title} {...props} view={view} />
        ) : (
          <Controller key={view.title} {...props} view={view} />
        ),
      )}
    </ul>
  );
}
