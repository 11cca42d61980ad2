import { useEffect, useState } from "preact/hooks";
import type { DriveSummary } from "../hvdef/index.ts";
import type { DriveDesk } from "./drive-desk.ts";
import { slotLabel } from "./drive-rules.ts";
import { DriveDialog } from "./drives-dialog.tsx";
import { MediaList } from "./drives-media.tsx";
import type { DiskHost, VmView } from "./host.ts";

/** Puts an ISO or a diskette image into a drive, in place of what is in it. */
export function InsertDialog(props: {
  readonly vm: VmView;
  readonly disks: DiskHost;
  readonly drive: DriveSummary;
  readonly desk: DriveDesk;
  readonly onClose: () => void;
}) {
  const { vm, disks, drive, desk } = props;
  const [chosen, setChosen] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  // What failed before this dialog was opened is no answer to it.
  useEffect(() => desk.dismiss(), [desk]);

  async function insert(): Promise<void> {
    if (chosen === null) {
      setRefusal("Choose an image.");
      return;
    }
    const inserted = await desk.run(`Inserting ${chosen}…`, () =>
      disks.setMedium(vm.id, drive.slot, { kind: "file", name: chosen }),
    );
    if (inserted) props.onClose();
  }
  const title =
    drive.kind === "dvd"
      ? `Insert a disc into the DVD drive at ${slotLabel(drive.slot)}`
      : "Insert a diskette into the diskette drive";
  return (
    <DriveDialog
      title={title}
      goOn={desk.busy.value === null ? "Insert" : "Inserting…"}
      busy={desk.busy.value !== null}
      problem={refusal ?? desk.problem.value}
      onGoOn={() => void insert()}
      onClose={props.onClose}
    >
      <MediaList
        disks={disks}
        vm={vm.id}
        wanted={drive.kind}
        legend="Images of the library"
        chosen={chosen}
        onChoose={(name) => {
          setRefusal(null);
          setChosen(name);
        }}
      />
    </DriveDialog>
  );
}
