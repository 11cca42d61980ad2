import { useEffect, useRef, useState } from "preact/hooks";
import type { FileIntake, Offered } from "./file-intake.ts";
import { FilePicker } from "./file-picker.tsx";

/** What may be dropped, as the overlay and the picker's button say it. */
const takenWords =
  "VHD, raw, ISO and diskette images, also as gzip, zip or zstd. They are copied into this browser and sent nowhere.";

/** A drag that has been silent for so long has left the window or was given up. Browsers repeat it every 350 ms at least. */
const dragSilenceMs = 1000;

/** Whether files hang on the pointer. */
export function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

/** A file field, or a view that has dealt with the drag itself, keeps what is dropped on it. */
function belongsToAnother(event: DragEvent): boolean {
  if (event.defaultPrevented) return true;
  return event.target instanceof Element && event.target.closest('input[type="file"]') !== null;
}

/** What was dropped. Must be called while the drop is handled: the browser forgets it afterwards. */
export function offeredBy(transfer: DataTransfer): readonly Offered[] {
  return [...transfer.items].flatMap((item): readonly Offered[] => {
    if (item.kind !== "file") return [];
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory === true) return [{ kind: "folder", name: entry.name }];
    const file = item.getAsFile();
    return file === null ? [] : [{ kind: "file", file }];
  });
}

/** How many files hang on the pointer; 0 while the browser does not say. */
function filesOf(event: DragEvent): number {
  return [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file").length;
}

/** Listens to drags over the window. Answers how many files hang over it; `null` when none do. */
function useFileDrag(intake: FileIntake): number | null {
  const [over, setOver] = useState<number | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => {
      clearTimeout(silence);
      setOver(null);
    };
    const drag = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      if (belongsToAnother(event)) {
        end();
        return;
      }
      // Without this the browser would leave the page, and every machine with it, to show the file.
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
      clearTimeout(silence);
      silence = setTimeout(end, dragSilenceMs);
      setOver(filesOf(event));
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) end();
    };
    const drop = (event: DragEvent): void => {
      end();
      if (!carriesFiles(event) || belongsToAnother(event) || event.dataTransfer === null) return;
      event.preventDefault();
      intake.take(offeredBy(event.dataTransfer));
    };
    window.addEventListener("dragenter", drag, { signal });
    window.addEventListener("dragover", drag, { signal });
    window.addEventListener("dragleave", leave, { signal });
    window.addEventListener("drop", drop, { signal });
    return () => {
      ending.abort();
      clearTimeout(silence);
    };
  }, [intake]);
  return over;
}

function Overlay(props: { readonly count: number }) {
  const box = useRef<HTMLDivElement>(null);
  // As a popover it stands above an open dialog too.
  useEffect(() => box.current?.showPopover?.(), []);
  const what = props.count === 0 ? "files" : props.count === 1 ? "this file" : `these ${props.count} files`;
  return (
    <div ref={box} class="drop-overlay" popover="manual">
      <div class="drop-words">
        <p class="drop-title">Drop to import {what} into the disk library</p>
        <p>{takenWords}</p>
      </div>
    </div>
  );
}

/** Lets the whole page take dropped files, and says what became of the ones refused. Mount it once. */
export function FileDrop(props: { readonly intake: FileIntake }) {
  const over = useFileDrag(props.intake);
  return (
    <>
      <IntakeProblems intake={props.intake} />
      {over === null ? null : <Overlay count={over} />}
    </>
  );
}

/** Why files were not taken in. Disappears when there is nothing to say. */
export function IntakeProblems(props: { readonly intake: FileIntake }) {
  const problems = props.intake.problems.value;
  if (problems.length === 0) return null;
  return (
    <div class="problem intake-problem" role="alert">
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
      <button type="button" class="button button-quiet" onClick={() => props.intake.dismiss()}>
        Dismiss
      </button>
    </div>
  );
}

/** Opens the browser's file picker and takes in what is picked. Problems are the intake's to tell. */
export function ImportButton(props: {
  readonly intake: FileIntake;
  readonly label?: string;
  readonly quiet?: boolean;
}) {
  return (
    <FilePicker
      label={props.label ?? "Import files…"}
      what="Files to import"
      title={takenWords}
      quiet={props.quiet ?? false}
      onPick={(picked) => props.intake.take(picked.map((file) => ({ kind: "file", file })))}
    />
  );
}
