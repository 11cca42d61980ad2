import { useId, useMemo } from "preact/hooks";
import type { VmGuid } from "../hvdef/index.ts";
import { type MediumChoice, type MediumFor, mediaFor } from "./drive-media.ts";
import { ImportButton, IntakeProblems } from "./file-drop.tsx";
import { openFileIntake } from "./file-intake.ts";
import type { DiskHost } from "./host.ts";

const shownLimit = 200;

const none: { readonly [M in MediumFor]: string } = {
  disk: "The library has no disk file yet. Create one under Disks, or import one here.",
  dvd: "The library has no ISO image yet. Import one here, or drop it onto the page.",
  floppy: "The library has no diskette image yet. Create one under Disks, or import one here.",
  device: "",
};

function ChoiceRow(props: {
  readonly choice: MediumChoice;
  readonly group: string;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}) {
  const { choice } = props;
  return (
    <label class={choice.refusal === null ? "medium" : "medium medium-refused"}>
      <input
        type="radio"
        name={props.group}
        checked={props.chosen}
        disabled={choice.refusal !== null}
        onChange={props.onChoose}
      />
      <span class="medium-name">{choice.name}</span>
      <span class="medium-facts">{choice.facts}</span>
      {choice.refusal === null ? null : <span class="medium-why">{choice.refusal}</span>}
    </label>
  );
}

/** The files of the library that go into a drive. What cannot be chosen is there with the reason. */
export function MediaList(props: {
  readonly disks: Pick<DiskHost, "files" | "importFile">;
  readonly vm: VmGuid;
  readonly wanted: MediumFor;
  readonly legend: string;
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
}) {
  const { disks, wanted } = props;
  const group = useId();
  const intake = useMemo(() => openFileIntake(disks), [disks]);
  const choices = mediaFor(disks.files.value, wanted, props.vm);
  const importable = wanted !== "device";
  if (choices.length === 0 && !importable) return null;
  return (
    <div class="media">
      {choices.length === 0 ? (
        <p class="media-none">{none[wanted]}</p>
      ) : (
        <fieldset class="media-list">
          <legend class="unseen">{props.legend}</legend>
          {choices.slice(0, shownLimit).map((choice) => (
            <ChoiceRow
              key={choice.name}
              choice={choice}
              group={group}
              chosen={choice.name === props.chosen}
              onChoose={() => props.onChoose(choice.name)}
            />
          ))}
          {choices.length > shownLimit ? (
            <p class="media-none">and {choices.length - shownLimit} more</p>
          ) : null}
        </fieldset>
      )}
      {importable ? (
        <div class="media-import">
          <ImportButton intake={intake} quiet label="Import a file…" />
          <IntakeProblems intake={intake} />
        </div>
      ) : null}
    </div>
  );
}
