import type { DriveDesk } from "./drive-desk.ts";
import { Problem } from "./problem.tsx";

/** What is under way in a panel, what was refused, what failed. */
export function DeskWords(props: {
  readonly desk: DriveDesk;
  /** A dialog in front says what failed. */
  readonly quietAbout: boolean;
}) {
  const { desk } = props;
  const problem = props.quietAbout ? null : desk.problem.value;
  return (
    <>
      <p class="drives-status" role="status">
        {desk.busy.value ?? desk.hint.value}
      </p>
      {problem === null ? null : <Problem kind="error" text={problem} onDismiss={desk.dismiss} />}
    </>
  );
}
