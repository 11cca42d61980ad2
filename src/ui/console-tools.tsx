import { useState } from "preact/hooks";
import { type InputSession, type KeyboardLayout, keyboardLayouts } from "../hvdef/index.ts";
import { chordCodes } from "./chord-codes.ts";
import { reasonSentence } from "./format.ts";
import type { VmView } from "./host.ts";
import { inputRefusal, layoutTitles, specialChords, typingWords } from "./input-words.ts";
import { TouchKeys } from "./touch-keys.tsx";
import { TypeTextDialog } from "./type-text-dialog.tsx";

interface ToolsProps {
  readonly vm: VmView;
  readonly input: InputSession;
  readonly onFailure: (reason: string) => void;
}

/** A menu of keys: a list of the browser's own, so that it works with keyboard, finger and screen reader alike. */
function SpecialKeys(props: { readonly refusal: string | null; readonly onPress: (place: number) => void }) {
  return (
    <select
      class="input console-select"
      aria-label="Press a special key"
      title={props.refusal ?? undefined}
      disabled={props.refusal !== null}
      value=""
      onChange={(event) => {
        const place = Number(event.currentTarget.value);
        event.currentTarget.value = "";
        props.onPress(place);
      }}
    >
      <option value="">Special keys</option>
      {specialChords.map(({ label }, place) => (
        <option key={label} value={place}>
          {label}
        </option>
      ))}
    </select>
  );
}

function LayoutChoice(props: {
  readonly layout: KeyboardLayout;
  readonly onChoose: (layout: KeyboardLayout) => void;
}) {
  return (
    <label class="console-layout">
      <span>Layout</span>
      <select
        class="input console-select"
        value={props.layout}
        onChange={(event) => {
          const chosen = keyboardLayouts.find((one) => one === event.currentTarget.value);
          if (chosen !== undefined) props.onChoose(chosen);
        }}
      >
        {keyboardLayouts.map((layout) => (
          <option key={layout} value={layout}>
            {layoutTitles[layout]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Progress({ vm, input }: Pick<ToolsProps, "vm" | "input">) {
  const { typing } = vm.input;
  if (typing === null) return null;
  return (
    <div class="console-typing">
      <progress max={typing.all} value={typing.done} aria-label="Text typed" />
      <span>{typingWords(typing)}</span>
      <button type="button" class="button" onClick={() => void input.stopTyping(vm.id).catch(() => {})}>
        Stop typing
      </button>
    </div>
  );
}

/** A button that stays in place, and is told why when it makes no sense now. */
function ToolButton(props: {
  readonly label: string;
  readonly refusal: string | null;
  readonly pressed?: boolean;
  readonly onPress: () => void;
}) {
  return (
    <button
      type="button"
      class="button"
      aria-disabled={props.refusal !== null}
      aria-pressed={props.pressed}
      title={props.refusal ?? undefined}
      onClick={() => props.refusal === null && props.onPress()}
    >
      {props.label}
    </button>
  );
}

/** What VMConnect has above its screen: keys the browser keeps, text to type, the guest's layout, keys for fingers. */
export function ConsoleTools(props: ToolsProps) {
  const { vm, input, onFailure } = props;
  const [asksForText, setAsksForText] = useState(false);
  const [showsKeys, setShowsKeys] = useState(() => matchMedia("(pointer: coarse)").matches);
  const refusal = inputRefusal(vm);
  const busy = vm.input.typing === null ? null : "A text is being typed.";
  const attempt = (call: Promise<void>): void => {
    call.catch((reason: unknown) => onFailure(reasonSentence(reason)));
  };
  return (
    <div class="console-tools" role="toolbar" aria-label={`Keys for ${vm.name}`}>
      <div class="console-buttons">
        <ToolButton
          label="Ctrl+Alt+Del"
          refusal={refusal}
          onPress={() => attempt(input.typeCtrlAltDel(vm.id))}
        />
        <SpecialKeys
          refusal={refusal}
          onPress={(place) =>
            attempt(input.typeScancodes(vm.id, chordCodes(specialChords[place]?.keys ?? [])))
          }
        />
        <ToolButton label="Type text…" refusal={refusal ?? busy} onPress={() => setAsksForText(true)} />
        <ToolButton
          label="On-screen keys"
          refusal={null}
          pressed={showsKeys}
          onPress={() => setShowsKeys(!showsKeys)}
        />
        <LayoutChoice
          layout={vm.input.layout}
          onChoose={(layout) => attempt(input.setKeyboardLayout(vm.id, layout))}
        />
      </div>
      <Progress vm={vm} input={input} />
      {showsKeys ? <TouchKeys vm={vm} input={input} refusal={refusal} onFailure={onFailure} /> : null}
      {asksForText ? (
        <TypeTextDialog vm={vm} input={input} onFailure={onFailure} onClose={() => setAsksForText(false)} />
      ) : null}
    </div>
  );
}
