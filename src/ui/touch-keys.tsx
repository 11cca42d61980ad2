import { useState } from "preact/hooks";
import { type InputSession, isKeyName, type KeyName } from "../hvdef/index.ts";
import { chordCodes } from "./chord-codes.ts";
import { reasonSentence } from "./format.ts";
import type { VmView } from "./host.ts";
import { spokenKeys, touchChords } from "./input-words.ts";

interface TouchKeysProps {
  readonly vm: VmView;
  readonly input: InputSession;
  readonly refusal: string | null;
  readonly onFailure: (reason: string) => void;
}

type Modifier = Extract<KeyName, "ControlLeft" | "AltLeft" | "ShiftLeft" | "MetaLeft">;
const modifiers: readonly (readonly [key: Modifier, label: string])[] = [
  ["ControlLeft", "Ctrl"],
  ["AltLeft", "Alt"],
  ["ShiftLeft", "Shift"],
  ["MetaLeft", "Win"],
];

/**
 * Keys for fingers. Ctrl, Alt and the like stay down for one key more; the field opens the device's own keyboard,
 * and what is written there is typed at once.
 */
export function TouchKeys(props: TouchKeysProps) {
  const { vm, input, refusal } = props;
  const [held, setHeld] = useState<ReadonlySet<Modifier>>(new Set());
  const fail = (reason: unknown): void => props.onFailure(reasonSentence(reason));

  function press(keys: readonly KeyName[]): void {
    if (refusal !== null) return;
    input.typeScancodes(vm.id, chordCodes([...held, ...keys])).catch(fail);
    setHeld(new Set());
  }
  function toggle(key: Modifier): void {
    const next = new Set(held);
    if (!next.delete(key)) next.add(key);
    setHeld(next);
  }
  /** A letter with a modifier is a key, anything else is text. */
  function write(text: string): void {
    const key = held.size > 0 ? keyOfLetter(text) : null;
    if (key !== null) press([key]);
    else input.typeText(vm.id, text).catch(fail);
  }
  return (
    <div class="touch-keys" role="toolbar" aria-label="On-screen keys">
      <input
        class="input touch-field"
        aria-label="Type on the keyboard of this device"
        placeholder="Type here"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        readOnly={refusal !== null}
        onKeyDown={(event) => {
          if (event.isComposing || (event.key !== "Enter" && event.key !== "Backspace")) return;
          if (event.key === "Backspace" && event.currentTarget.value !== "") return;
          event.preventDefault();
          press([event.key]);
        }}
        onInput={(event) => {
          const field = event.currentTarget;
          if (event.isComposing || field.value === "") return;
          write(field.value);
          field.value = "";
        }}
        onCompositionEnd={(event) => {
          if (event.data !== "") write(event.data);
          event.currentTarget.value = "";
        }}
      />
      {modifiers.map(([key, label]) => (
        <button
          key={key}
          type="button"
          class="button touch-key"
          aria-pressed={held.has(key)}
          aria-disabled={refusal !== null}
          onClick={() => toggle(key)}
        >
          {label}
        </button>
      ))}
      {touchChords.map(({ label, keys }) => (
        <button
          key={label}
          type="button"
          class="button touch-key"
          aria-label={spokenKeys.get(label)}
          aria-disabled={refusal !== null}
          onClick={() => press(keys)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** The key that has this letter or digit on a US keyboard, which is what shortcuts mean. */
function keyOfLetter(text: string): KeyName | null {
  const name = /^[a-z]$/i.test(text) ? `Key${text.toUpperCase()}` : `Digit${text}`;
  return isKeyName(name) ? name : null;
}
