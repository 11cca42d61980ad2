import { useEffect, useState } from "preact/hooks";
import type { Medium } from "../hvdef/index.ts";
import type { DriveDesk } from "./drive-desk.ts";
import { draftMedium, draftRefusal, draftSlot, newDraft, withKind } from "./drive-draft.ts";
import type { ControllerView } from "./drive-rules.ts";
import { DriveDialog } from "./drives-dialog.tsx";
import { type Change, KindChoice, LocationChoice, Sources } from "./drives-sources.tsx";
import type { DiskHost, VmView } from "./host.ts";

/** Adds a hard disk or a DVD drive at a free place of a controller. */
export function AddDriveDialog(props: {
  readonly vm: VmView;
  readonly disks: DiskHost;
  /** The controller as it is now. */
  readonly view: ControllerView;
  readonly location: number;
  readonly desk: DriveDesk;
  readonly onClose: () => void;
}) {
  const { vm, disks, view, desk } = props;
  const [draft, setDraft] = useState(() => newDraft(props.location));
  const [refusal, setRefusal] = useState<string | null>(null);
  const change: Change = (more) => {
    setRefusal(null);
    setDraft((before) => ({ ...before, ...more }));
  };
  // What failed before this dialog was opened is no answer to it.
  useEffect(() => desk.dismiss(), [desk]);

  async function mediumOf(): Promise<Medium> {
    const asked = draftMedium(draft);
    if (asked.kind === "ready") return asked.medium;
    if (asked.kind === "unfinished") throw new Error(asked.refusal);
    const name = await disks.passThrough(asked.device.source);
    // Listed from now on, also when the rest fails: a second try does not take it twice.
    change({ device: name });
    return { kind: "device", name };
  }
  async function add(): Promise<void> {
    const wrong = draftRefusal(draft, view);
    setRefusal(wrong);
    if (wrong !== null) return;
    const added = await desk.run(`Adding a drive to ${view.title}…`, async () => {
      await disks.addDrive(vm.id, {
        slot: draftSlot(draft, view),
        kind: draft.kind,
        medium: await mediumOf(),
      });
    });
    if (added) props.onClose();
  }
  const scsi = view.controller === "SCSI";
  return (
    <DriveDialog
      title={`Add a ${scsi ? "hard disk" : "drive"} to ${view.title}`}
      goOn={desk.busy.value === null ? "Add" : "Adding…"}
      busy={desk.busy.value !== null}
      problem={refusal ?? desk.problem.value}
      onGoOn={() => void add()}
      onClose={props.onClose}
    >
      {scsi ? null : <KindChoice draft={draft} onKind={(kind) => change(withKind(draft, kind))} />}
      <Sources vm={vm} disks={disks} draft={draft} onChange={change} />
      <LocationChoice draft={draft} view={view} onChange={change} />
    </DriveDialog>
  );
}
