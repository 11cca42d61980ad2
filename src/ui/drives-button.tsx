import type { Refusal } from "./drive-rules.ts";

/**
 * A small button of the drives panel. One that makes no sense now stays in place and says why when pressed, as
 * a finger cannot hover.
 */
export function DriveButton(props: {
  readonly label: string;
  /** What it acts on, for people who hear the buttons one by one. */
  readonly about: string;
  readonly refusal: Refusal;
  readonly opensDialog?: boolean;
  readonly onPress: () => void;
  readonly onRefused: (reason: string) => void;
}) {
  const { label, refusal } = props;
  return (
    <button
      type="button"
      class="button button-quiet drive-button"
      aria-label={`${label} ${props.about}`}
      aria-disabled={refusal !== null}
      aria-haspopup={props.opensDialog === true ? "dialog" : undefined}
      title={refusal ?? undefined}
      onClick={() => (refusal === null ? props.onPress() : props.onRefused(refusal))}
    >
      {label}
    </button>
  );
}
