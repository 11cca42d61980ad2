import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Answer } from "./disk-desk.ts";
import { Modal } from "./modal.tsx";

/** One page of a wizard. */
export interface WizardPage {
  readonly title: string;
  /** Why it cannot be left; `null` when it can. */
  readonly problem: string | null;
  readonly content: ComponentChildren;
}

interface WizardProps {
  readonly title: string;
  /** At least one; the last one is the summary. */
  readonly pages: readonly WizardPage[];
  readonly finish: string;
  readonly onFinish: () => Promise<Answer>;
  readonly onClose: () => void;
}

function Steps(props: { readonly pages: readonly WizardPage[]; readonly here: number }) {
  return (
    <ol class="wizard-steps" aria-label="Steps">
      {props.pages.map((page, place) => (
        <li
          key={page.title}
          class={place < props.here ? "wizard-step-done" : ""}
          aria-current={place === props.here ? "step" : undefined}
        >
          {page.title}
        </li>
      ))}
    </ol>
  );
}

function focusFirst(form: HTMLFormElement | null): void {
  const target =
    form?.querySelector<HTMLElement>(".wizard-page input:checked") ??
    form?.querySelector<HTMLElement>(
      ".wizard-page :is(input:not([type=file]), select, .own-file button):not(:disabled)",
    ) ??
    form?.querySelector<HTMLElement>("button[type=submit]");
  target?.focus();
}

/** Pages one after another, then what was asked for. Enter goes on; a refusal stays beside the buttons. */
export function Wizard(props: WizardProps) {
  const { pages } = props;
  const name = useId();
  const form = useRef<HTMLFormElement>(null);
  const [wanted, setWanted] = useState(0);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const here = Math.min(wanted, pages.length - 1);
  const page = pages[here];
  const last = here === pages.length - 1;
  const blocked = busy || (page?.problem ?? null) !== null;
  useEffect(() => focusFirst(form.current), [here]);

  function goTo(place: number): void {
    setRefusal(null);
    setWanted(place);
  }
  async function finish(): Promise<void> {
    setBusy(true);
    setRefusal(null);
    const answer = await props.onFinish();
    setBusy(false);
    if (answer.kind === "done") props.onClose();
    else setRefusal(answer.reason);
  }
  function onSubmit(event: Event): void {
    event.preventDefault();
    if (busy) return;
    if (blocked) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    else if (last) void finish();
    else goTo(here + 1);
  }

  return (
    <Modal class="dialog wizard" labelledBy={`${name}-title`} onClose={() => busy || props.onClose()}>
      <form ref={form} onSubmit={onSubmit} noValidate>
        <h2 id={`${name}-title`} class="dialog-title">
          {props.title}
        </h2>
        <Steps pages={pages} here={here} />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot take its name from the heading */}
        <div class="wizard-page" role="group" aria-labelledby={`${name}-page`}>
          <h3 id={`${name}-page`}>
            <span class="wizard-count">
              Step {here + 1} of {pages.length}
            </span>{" "}
            {page?.title}
          </h3>
          {page?.content}
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
            aria-disabled={here === 0 || busy}
            onClick={() => here > 0 && !busy && goTo(here - 1)}
          >
            Previous
          </button>
          <button type="submit" class="button button-primary" aria-disabled={blocked}>
            {last ? (busy ? "Asking…" : props.finish) : "Next"}
          </button>
          <button type="button" class="button" aria-disabled={busy} onClick={() => busy || props.onClose()}>
            Cancel
          </button>
        </div>
      </form>
    </Modal>
  );
}
