import { useEffect, useId, useState } from "preact/hooks";
import type { InputSession } from "../hvdef/index.ts";
import { AskDialog } from "./ask-dialog.tsx";
import type { Answer } from "./disk-desk.ts";
import { reasonSentence } from "./format.ts";
import type { VmView } from "./host.ts";
import { layoutTitles } from "./input-words.ts";

/** Milliseconds in which a text that cannot be typed is refused, and the dialog still there to say so. */
const refusedWithin = 300;

/** What is on the visitor's clipboard, where the browser lets the page read it; `null` where it does not. */
async function clipboardText(): Promise<string | null> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return null;
  }
}

/** A text to type into the guest: the clipboard's where the browser gives it, or what is pasted here. */
export function TypeTextDialog(props: {
  readonly vm: VmView;
  readonly input: InputSession;
  /** Typing failed after the dialog was closed. */
  readonly onFailure: (reason: string) => void;
  readonly onClose: () => void;
}) {
  const { vm, input } = props;
  const id = useId();
  const [text, setText] = useState("");
  const [source, setSource] = useState<"asking" | "clipboard" | "field">("asking");
  useEffect(() => {
    let closed = false;
    void clipboardText().then((found) => {
      if (closed) return;
      setSource(found === null ? "field" : "clipboard");
      // What was written meanwhile stays.
      setText((written) => (written === "" ? (found ?? "") : written));
    });
    return () => {
      closed = true;
    };
  }, []);

  /** Refusals come at once and are shown here; a long text goes on beside the page. */
  async function type(): Promise<Answer> {
    const typing = input.typeText(vm.id, text).then(
      (): Answer => ({ kind: "done" }),
      (reason: unknown): Answer => ({ kind: "refused", reason: reasonSentence(reason) }),
    );
    const later = new Promise<null>((resolve) => setTimeout(() => resolve(null), refusedWithin));
    const first = await Promise.race([typing, later]);
    if (first !== null) return first;
    void typing.then((end) => end.kind === "refused" && props.onFailure(end.reason));
    return { kind: "done" };
  }
  return (
    <AskDialog
      title={`Type text into ${vm.name}`}
      goOn="Type"
      blocked={text === ""}
      onGoOn={type}
      onClose={props.onClose}
    >
      <div class="field">
        <label for={id}>Text</label>
        <textarea
          id={id}
          class="input type-text"
          rows={6}
          value={text}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={text === ""}
          aria-describedby={`${id}-below`}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p id={`${id}-below`} class="field-hint">
          {source === "clipboard" ? "This is on your clipboard. " : null}
          {source === "field" ? "The browser does not let this page read your clipboard: paste here. " : null}
          It is typed key by key, for a guest with the {layoutTitles[vm.input.layout]} keyboard layout.
        </p>
      </div>
    </AskDialog>
  );
}
