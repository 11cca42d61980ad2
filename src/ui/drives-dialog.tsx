import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Modal } from "./modal.tsx";

/** A question about a drive: some fields or a sentence, and the two answers. */
export function DriveDialog(props: {
  readonly title: string;
  /** The button that goes on. */
  readonly goOn: string;
  readonly danger?: boolean;
  /** The change is under way: the dialog waits for its end. */
  readonly busy: boolean;
  /** Why it cannot go on, or why it failed. */
  readonly problem: string | null;
  readonly onGoOn: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const title = useId();
  const { busy, danger } = props;
  return (
    <Modal
      class={danger === true ? "confirm" : "confirm drive-dialog"}
      labelledBy={title}
      onClose={props.onClose}
    >
      <form
        aria-busy={busy}
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) props.onGoOn();
        }}
      >
        <h2 id={title}>{props.title}</h2>
        {props.children}
        <p class="drive-problem" role="alert">
          {props.problem}
        </p>
        <div class="confirm-buttons">
          {/* The harmless answer is the one a hasty Enter gives. */}
          <button type="button" class="button" autofocus={danger === true} onClick={props.onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={danger === true ? "button button-danger" : "button button-primary"}
            aria-disabled={busy}
          >
            {props.goOn}
          </button>
        </div>
      </form>
    </Modal>
  );
}
