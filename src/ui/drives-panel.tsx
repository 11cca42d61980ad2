import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type DriveSlot, type DriveSummary, sameSlot } from "../hvdef/index.ts";
import { DeskWords } from "./desk-words.tsx";
import { type DriveDesk, openDriveDesk } from "./drive-desk.ts";
import {
  addControllerRefusal,
  asksBeforeRemoval,
  lockWords,
  removeControllerRefusal,
} from "./drive-rules.ts";
import { drivesInShort, mediumWords } from "./drive-words.ts";
import { DriveButton } from "./drives-button.tsx";
import { type Question, QuestionDialog } from "./drives-question.tsx";
import { DrivesTree, type TreeActions } from "./drives-tree.tsx";
import type { DiskHost, VmView } from "./host.ts";

interface PanelProps {
  readonly vm: VmView;
  readonly disks: DiskHost;
}

function ScsiButtons(props: PanelProps & { readonly desk: DriveDesk }) {
  const { vm, disks, desk } = props;
  const count = vm.scsiControllers;
  const set = (to: number, words: string): void => {
    void desk.run(words, () => disks.setScsiControllers(vm.id, to));
  };
  return (
    <div class="drives-scsi">
      <DriveButton
        label="Add a SCSI controller"
        about=""
        refusal={desk.busy.value ?? addControllerRefusal(vm)}
        onPress={() => set(count + 1, "Adding a SCSI controller…")}
        onRefused={desk.tell}
      />
      {count === 0 ? null : (
        <DriveButton
          label={`Remove SCSI Controller ${count - 1}`}
          about=""
          refusal={desk.busy.value ?? removeControllerRefusal(vm)}
          onPress={() => set(count - 1, `Removing SCSI Controller ${count - 1}…`)}
          onRefused={desk.tell}
        />
      )}
    </div>
  );
}

type Ask = (question: Question) => void;

function actionsOf(
  props: PanelProps & { readonly desk: DriveDesk; readonly ask: Ask; remove(drive: DriveSummary): void },
): TreeActions {
  const { vm, disks, desk, ask } = props;
  return {
    add: ({ controller, number, free }) =>
      ask({ kind: "add", slot: { controller, number, location: free[0] ?? 0 } }),
    addFloppy() {
      const slot = { controller: "floppy", number: 0, location: 0 } as const;
      void desk.run("Adding a diskette drive…", () =>
        disks.addDrive(vm.id, { slot, kind: "floppy", medium: { kind: "empty" } }),
      );
    },
    remove(drive) {
      if (asksBeforeRemoval(vm, drive)) ask({ kind: "remove", slot: drive.slot });
      else props.remove(drive);
    },
    insert: ({ slot }) => ask({ kind: "insert", slot }),
    eject(drive) {
      void desk.run(`Ejecting ${mediumWords(drive)}…`, () =>
        disks.setMedium(vm.id, drive.slot, { kind: "empty" }),
      );
    },
    refused: desk.tell,
  };
}

/**
 * Removes drives, and keeps the keyboard in the panel: the button that removed a drive goes with it.
 * @param home  where the keyboard goes
 */
function useRemoval(props: PanelProps, desk: DriveDesk, home: { readonly current: HTMLElement | null }) {
  const { vm, disks } = props;
  const going = useRef<DriveSlot | null>(null);
  useEffect(() => {
    const slot = going.current;
    if (slot === null || vm.drives.some((drive) => sameSlot(drive.slot, slot))) return;
    going.current = null;
    if (document.activeElement === document.body) home.current?.focus();
  }, [vm.drives, home]);
  return async (drive: DriveSummary): Promise<void> => {
    going.current = drive.slot;
    const removed = await desk.run(`Removing ${mediumWords(drive)}…`, () =>
      disks.removeDrive(vm.id, drive.slot),
    );
    if (!removed) going.current = null;
  };
}

function Panel(props: PanelProps) {
  const { vm } = props;
  const files = props.disks.files.value;
  const desk = useMemo(openDriveDesk, []);
  const [open, setOpen] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  const summary = useRef<HTMLElement>(null);
  const removal = useRemoval(props, desk, summary);
  const remove = (drive: DriveSummary): void => void removal(drive);
  // What was refused in one state is allowed in another.
  useEffect(() => desk.tell(null), [desk, vm.state]);
  return (
    <section class="drives" aria-label={`Drives of ${vm.name}`}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary ref={summary}>
          <span class="drives-title">Drives</span>
          <span class="drives-short">{drivesInShort(vm, files)}</span>
        </summary>
        {open ? (
          <div class="drives-open">
            {vm.state === "off" ? null : (
              <p class="drives-note">
                {vm.state === "saved"
                  ? lockWords(vm.state)
                  : "While the machine is on, SCSI disks come and go and media can be changed. The rest waits until it is off."}
              </p>
            )}
            <DrivesTree
              owner={vm}
              files={files}
              busy={desk.busy.value}
              actions={actionsOf({ ...props, desk, ask: setQuestion, remove })}
            />
            <ScsiButtons {...props} desk={desk} />
          </div>
        ) : null}
      </details>
      <DeskWords desk={desk} quietAbout={question !== null} />
      {question === null ? null : (
        <QuestionDialog
          {...props}
          desk={desk}
          question={question}
          onRemove={remove}
          onClose={() => setQuestion(null)}
        />
      )}
    </section>
  );
}

/** The controllers and drives of a machine, with what can be done about them. */
export function DrivesPanel(props: PanelProps) {
  return <Panel key={props.vm.id} {...props} />;
}
