/** A sentence about what went wrong, beside what it happened to. */
export function Problem(props: {
  readonly kind: "error" | "warning";
  readonly text: string;
  readonly onDismiss?: () => void;
  /** The way out, as a button. */
  readonly wayOut?: { readonly label: string; readonly onPress: () => void };
}) {
  return (
    <div class={`problem problem-${props.kind}`} role="alert">
      <p>{props.text}</p>
      {props.wayOut === undefined ? null : (
        <button type="button" class="button" onClick={props.wayOut.onPress}>
          {props.wayOut.label}
        </button>
      )}
      {props.onDismiss === undefined ? null : (
        <button type="button" class="button button-quiet" onClick={props.onDismiss}>
          Dismiss
        </button>
      )}
    </div>
  );
}
