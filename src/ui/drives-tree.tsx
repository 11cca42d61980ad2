import type { DiskFileSummary, DriveSummary } from "../hvdef/index.ts";
import {
  addRefusal,
  type ControllerView,
  changeRefusal,
  type DriveOwner,
  type DrivePosition,
  driveTree,
  mediumRefusal,
  type Refusal,
  slotLabel,
} from "./drive-rules.ts";
import { kindWord, mediumFacts, mediumTrouble, mediumWords } from "./drive-words.ts";
import { DriveButton } from "./drives-button.tsx";
import { DriveIcon } from "./drives-icon.tsx";

/** What can be asked for in the tree. */
export interface TreeActions {
  add(view: ControllerView, location: number): void;
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

function FilledRow(props: TreeProps & { readonly drive: DriveSummary }) {
  const { drive, owner, files, busy, actions } = props;
  const trouble = mediumTrouble(drive, files);
  const medium = busy ?? mediumRefusal(owner);
  const about =
    drive.kind === "floppy" ? "diskette drive" : `${kindWord(drive.kind)} ${slotLabel(drive.slot)}`;
  const empty = drive.medium.kind === "empty";
  const shared = { about, onRefused: actions.refused };
  return (
    <>
      <DriveIcon kind={drive.kind} />
      <p class="drive-words">
        <span class="drive-kind">{kindWord(drive.kind)}</span>{" "}
        <span class="drive-medium">
          <span
            class={empty ? "drive-empty" : "drive-title"}
            title={"name" in drive.medium ? drive.medium.name : undefined}
          >
            {mediumWords(drive)}
          </span>{" "}
          <span class="drive-facts">{mediumFacts(drive, files)}</span>
          {trouble === null ? null : <span class="drive-trouble">{trouble}</span>}
        </span>
      </p>
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
    </>
  );
}

function FreeRow(props: TreeProps & { readonly view: ControllerView; readonly location: number }) {
  const { view, location, owner, busy, actions } = props;
  const floppy = view.controller === "floppy";
  return (
    <>
      <p class="drive-free">{floppy ? "not there" : "free"}</p>
      <div class="drive-buttons">
        <DriveButton
          label={floppy ? "Add" : "Add…"}
          about={floppy ? "a diskette drive" : `a drive at ${view.title}, location ${location}`}
          refusal={busy ?? addRefusal(owner, view)}
          opensDialog={!floppy}
          onPress={() => (floppy ? actions.addFloppy() : actions.add(view, location))}
          onRefused={actions.refused}
        />
      </div>
    </>
  );
}

function Row(props: TreeProps & { readonly view: ControllerView; readonly position: DrivePosition }) {
  const { position, view } = props;
  const { location } = position.slot;
  return (
    <li class="drive">
      {view.controller === "floppy" ? null : (
        <span class="drive-place">
          <span class="unseen">Location </span>
          {location}
        </span>
      )}
      {position.drive === null ? (
        <FreeRow {...props} location={location} />
      ) : (
        <FilledRow {...props} drive={position.drive} />
      )}
    </li>
  );
}

function ScsiHead(props: TreeProps & { readonly view: ControllerView }) {
  const { view, owner, busy, actions } = props;
  const taken = view.positions.length;
  return (
    <>
      <span class="controller-note">
        {taken === 0 ? "no disks" : taken === 1 ? "1 disk" : `${taken} disks`}
      </span>
      <DriveButton
        label="Add a hard disk…"
        about={`to ${view.title}`}
        refusal={busy ?? addRefusal(owner, view)}
        opensDialog
        onPress={() => actions.add(view, view.free[0] ?? 0)}
        onRefused={actions.refused}
      />
    </>
  );
}

/** The controllers of a machine and what hangs on them, as in the settings of Hyper-V Manager. */
export function DrivesTree(props: TreeProps) {
  return (
    <ul class="controllers">
      {driveTree(props.owner).map((view) => (
        <li key={view.title} class={`controller controller-${view.controller.toLowerCase()}`}>
          <div class="controller-head">
            <span class="controller-title">{view.title}</span>
            {view.controller === "SCSI" ? <ScsiHead {...props} view={view} /> : null}
          </div>
          {view.positions.length === 0 ? null : (
            <ul class="drive-rows">
              {view.positions.map((position) => (
                <Row key={slotLabel(position.slot)} {...props} view={view} position={position} />
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}
