import type { FileIntake } from "./file-intake.ts";

/** Lets the whole page take dropped files. Mount it once, anywhere on the page. */
export function FileDrop(props: { readonly intake: FileIntake }) {
  return <IntakeProblems intake={props.intake} />;
}

/** Why files were not taken in. Disappears when there is nothing to say. */
export function IntakeProblems(props: { readonly intake: FileIntake }) {
  const problems = props.intake.problems.value;
  return problems.length === 0 ? null : <p role="alert">{problems.join(" ")}</p>;
}

/** Opens the browser's file picker and takes in what is picked. */
export function ImportButton(props: { readonly intake: FileIntake; readonly label?: string }) {
  return (
    <button type="button" class="button">
      {props.label ?? "Import files…"}
    </button>
  );
}
