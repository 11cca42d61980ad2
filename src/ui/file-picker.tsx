import { useRef } from "preact/hooks";

/** A button that opens the browser's file picker. Nothing happens when the visitor picks nothing. */
export function FilePicker(props: {
  /** On the button. */
  readonly label: string;
  /** What the files are, for who does not see the button. */
  readonly what: string;
  /** Why no file is taken now; the button says so and does nothing. */
  readonly refusal?: string | null;
  readonly title?: string;
  readonly quiet?: boolean;
  /** Element id of what is said with the button. */
  readonly describedBy?: string;
  readonly onPick: (files: readonly File[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const refusal = props.refusal ?? null;
  return (
    <>
      <input
        ref={input}
        class="unseen"
        type="file"
        multiple
        tabIndex={-1}
        aria-label={props.what}
        onChange={(event) => {
          const picked = [...(event.currentTarget.files ?? [])];
          // The same file may be picked again after a failure.
          event.currentTarget.value = "";
          if (picked.length > 0) props.onPick(picked);
        }}
      />
      <button
        type="button"
        class={props.quiet === true ? "button button-quiet" : "button"}
        aria-disabled={refusal !== null}
        title={refusal ?? props.title}
        aria-describedby={props.describedBy}
        onClick={() => refusal === null && input.current?.click()}
      >
        {props.label}
      </button>
    </>
  );
}
