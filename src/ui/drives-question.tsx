import { type DriveSlot, type DriveSummary, sameSlot } from "../hvdef/index.ts";
import { unreachable } from "../support/index.ts";
import type { DriveDesk } from "./drive-desk.ts";
import { driveTree } from "./drive-rules.ts";
import { mediumWords } from "./drive-words.ts";
import { AddDriveDialog } from "./drives-add.tsx";
import { DriveDialog } from "./drives-dialog.tsx";
import { InsertDialog } from "./drives-insert.tsx";
import type { DiskHost, VmView } from "./host.ts";

/** What the visitor is being asked about a place on a controller. */
export interface Question {
  readonly kind: "add" | "insert" | "remove";
  readonly slot: DriveSlot;
}

const removalWords: { readonly [K in DriveSummary["medium"]["kind"]]: string } = {
  file: "The disk file stays in the library.",
  device: "The file on your device stays.",
  memory: "It is kept in memory only: all of it is forgotten.",
  empty: "",
};

function RemoveQuestion(props: {
  readonly vm: VmView;
  readonly drive: DriveSummary;
  readonly onRemove: () => void;
  readonly onClose: () => void;
}) {
  const { vm, drive } = props;
  return (
    <DriveDialog
      title={`Remove ${mediumWords(drive)} from ${vm.name}?`}
      goOn="Remove"
      danger
      busy={false}
      problem={null}
      onClose={props.onClose}
      onGoOn={() => {
        props.onClose();
        props.onRemove();
      }}
    >
      <p>
        The guest may be using it. What it has not yet written to the disk is lost, and programs that work on
        it fail; unmount it in the guest first. {removalWords[drive.medium.kind]}
      </p>
    </DriveDialog>
  );
}

/** The dialog of a question. A drive or a controller that is gone meanwhile takes its question with it. */
export function QuestionDialog(props: {
  readonly vm: VmView;
  readonly disks: DiskHost;
  readonly desk: DriveDesk;
  readonly question: Question;
  readonly onRemove: (drive: DriveSummary) => void;
  readonly onClose: () => void;
}) {
  const { vm, disks, desk, onClose } = props;
  const { kind, slot } = props.question;
  const shared = { vm, disks, desk, onClose };
  if (kind === "add") {
    const view = driveTree(vm).find(
      (one) => one.controller === slot.controller && one.number === slot.number,
    );
    return view === undefined ? null : <AddDriveDialog {...shared} view={view} location={slot.location} />;
  }
  const drive = vm.drives.find((one) => sameSlot(one.slot, slot));
  if (drive === undefined) return null;
  switch (kind) {
    case "insert":
      return <InsertDialog {...shared} drive={drive} />;
    case "remove":
      return (
        <RemoveQuestion vm={vm} drive={drive} onClose={onClose} onRemove={() => props.onRemove(drive)} />
      );
    default:
      return unreachable(kind);
  }
}
