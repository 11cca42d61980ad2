import { useRef, useState } from "preact/hooks";
import type { InputSession } from "../hvdef/index.ts";
import { ConsoleInput, toggleFullScreen } from "./console-input.tsx";
import { ConsoleTools } from "./console-tools.tsx";
import type { VmView } from "./host.ts";
import { inputInShort } from "./input-words.ts";
import { Problem } from "./problem.tsx";

/** Keyboard and mouse of a machine: which devices it uses, special keys, text, and a frame to type in. */
export function InputPanel(props: { readonly vm: VmView; readonly input: InputSession }) {
  const { vm, input } = props;
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const panel = useRef<HTMLElement>(null);
  return (
    <section ref={panel} class="drives" aria-label={`Keyboard and mouse of ${vm.name}`}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="drives-title">Keyboard and mouse</span>
          <span class="drives-short">{inputInShort(vm.input)}</span>
        </summary>
        {open ? (
          <div class="drives-open">
            <ConsoleTools
              key={vm.id}
              vm={vm}
              input={input}
              onFailure={setProblem}
              onFullScreen={() =>
                toggleFullScreen(panel.current?.querySelector<HTMLElement>(".console-input") ?? null)
              }
            />
            <ConsoleInput
              key={`${vm.id} frame`}
              vm={vm}
              input={input}
              onFailure={setProblem}
              onLeave={() => panel.current?.querySelector("summary")?.focus()}
            >
              <p class="console-blind">
                What is typed here goes to the guest's keyboard, what is pointed at to its mouse.
              </p>
            </ConsoleInput>
          </div>
        ) : null}
      </details>
      {problem === null ? null : <Problem kind="error" text={problem} onDismiss={() => setProblem(null)} />}
    </section>
  );
}
