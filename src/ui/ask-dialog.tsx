import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Answer } from "./disk-desk.ts";
import { Modal } from "./modal.tsx";

/** One question with one answer to give; a refusal stays beside the buttons. */
export function AskDialog(props: {
  readonly title: string;
  readonly goOn: string;
  readonly danger?: boolean;
  /** It has many fields: wider, and they scroll while the buttons stay. */
  readonly wide?: boolean;
  /** It cannot be answered with yes as it is. */
  readonly blocked: boolean;
  readonly onGoOn: () => Promise<Answer>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // A question is answered with the harmless button by a hasty Enter, a form begins with its field.
    form.current?.querySelector<HTMLElement>("input, [data-harmless]")?.focus();
  }, []);
  async function goOn(): Promise<void> {
    setBusy(true);
    setRefusal(null);
    const answer = await props.onGoOn();
    setBusy(false);
    if (answer.kind === "done") props.onClose();
    else setRefusal(answer.reason);
  }
  return (
    <Modal
      class={props.wide === true ? "dialog ask ask-wide" : "dialog ask"}
      labelledBy={`${id}-title`}
      // A form of many fields is not read out at once.
      {...(props.wide === true ? {} : { describedBy: `${id}-text` })}
      onClose={() => busy || props.onClose()}
    >
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (busy) return;
          if (props.blocked) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
          else void goOn();
        }}
      >
        <h2 id={`${id}-title`} class="dialog-title">
          {props.title}
        </h2>
        <div id={`${id}-text`} class="ask-text">
          {props.children}
        </div>
        {refusal === null ? null : (
          <p class="dialog-refusal" role="alert">
            {refusal}
          </p>
        )}
        <div class="dialog-buttons">
          <button
            type="button"
            class="button"
            data-harmless=""
            aria-disabled={busy}
            onClick={() => busy || props.onClose()}
          >
            Cancel
          </button>
          <button
            type="submit"
            class={props.danger === true ? "button button-danger" : "button button-primary"}
            aria-disabled={busy || props.blocked}
          >
            {props.goOn}
          </button>
        </div>
      </form>
    </Modal>
  );
}
