import { useState } from "preact/hooks";
import type { ConsoleView } from "../console-choice.ts";
import { reasonSentence } from "../format.ts";
import type { VmView } from "../host.ts";
import { Problem } from "../problem.tsx";
import type { MapDesk } from "./desk.ts";

/** Reason: each letter is an event of its own, and the list keeps only so many. */
const longestText = 60;

/** Types letter by letter, each as a call of its own, then Enter. */
async function typeText(desk: MapDesk, vm: VmView, view: ConsoleView, text: string): Promise<void> {
  if (view === "serial") {
    desk.host.console(vm.id).send(`${text}\r`);
    return;
  }
  for (const letter of text) await desk.host.input.typeText(vm.id, letter);
  await desk.host.input.typeKey(vm.id, "Enter");
}

/** Types into a machine that is drawn, so that its way can be followed at once. */
export function TypeForm(props: { readonly desk: MapDesk; readonly machines: readonly VmView[] }) {
  const { desk, machines } = props;
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const running = machines.filter(({ state }) => state === "running");
  const vm = running.find(({ id }) => id === chosen) ?? running[0];
  if (vm === undefined) return null;
  const view = desk.consoles.view(vm);
  const send = (): void => {
    if (busy) return;
    setBusy(true);
    setTrouble(null);
    typeText(desk, vm, view, text)
      .then(() => setText(""))
      .catch((error: unknown) => setTrouble(reasonSentence(error)))
      .finally(() => setBusy(false));
  };
  return (
    <form
      class="arch-type"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="arch-type-text">
        <span>Type into {running.length === 1 ? vm.name : "a machine"}</span>
        <input
          value={text}
          maxLength={longestText}
          autocomplete="off"
          spellcheck={false}
          placeholder="uname -a"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {running.length < 2 ? null : (
        <select aria-label="Machine" value={vm.id} onChange={(event) => setChosen(event.currentTarget.value)}>
          {running.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      <select
        aria-label="By"
        value={view}
        onChange={(event) =>
          desk.consoles.choose(vm, event.currentTarget.value === "screen" ? "screen" : "serial")
        }
      >
        <option value="screen">Keyboard and screen</option>
        <option value="serial">Serial console</option>
      </select>
      <button type="submit" class="button" aria-disabled={busy}>
        Type, Enter
      </button>
      {trouble === null ? null : <Problem kind="error" text={trouble} />}
    </form>
  );
}
