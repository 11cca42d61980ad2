import type { InputDevice, InputSummary, KeyboardLayout, KeyName } from "../hvdef/index.ts";
import { isAtRest } from "./actions.ts";
import type { VmView } from "./host.ts";

/** What a person calls the layouts. */
export const layoutTitles: { readonly [L in KeyboardLayout]: string } = { us: "US", german: "German" };

const keyboards: { readonly [D in InputDevice]: string } = {
  none: "No keyboard",
  emulated: "PS/2 keyboard, emulated",
  synthetic: "Synthetic keyboard",
};
const mice: { readonly [D in InputDevice]: string } = {
  none: "no mouse",
  emulated: "PS/2 mouse, emulated",
  synthetic: "synthetic mouse",
};

/** Which devices are used: "Synthetic keyboard, synthetic mouse". */
export function inputInShort({ keyboard, mouse }: InputSummary): string {
  return keyboard === "none" ? "Off" : `${keyboards[keyboard]}; ${mice[mouse]}`;
}

/** Why nothing can be typed now; `null` when it can. */
export function inputRefusal(vm: VmView): string | null {
  if (vm.state === "running") return null;
  return isAtRest(vm.state)
    ? `${vm.name} is ${vm.state}: start it first.`
    : `${vm.name} does not run right now.`;
}

/** What is said when the keyboard belongs to the guest. */
export function captureHint(input: InputSummary, locked: boolean): string {
  const leave = "Ctrl+Alt+Left arrow";
  if (locked) return `Keys and mouse go to the guest. ${leave} releases both.`;
  if (input.mouse === "emulated")
    return `Keys go to the guest. Click the screen to give it the mouse too. ${leave} leaves.`;
  return `Keys go to the guest. ${leave} leaves.`;
}

/** How far a text is. */
export function typingWords(typing: NonNullable<InputSummary["typing"]>): string {
  return `Typing: ${typing.done} of ${typing.all} characters`;
}

/** Keys that are pressed together: down in order, up in reverse. */
export interface KeyChord {
  readonly label: string;
  readonly keys: readonly KeyName[];
}

const consoleKeys: readonly KeyName[] = ["F1", "F2", "F3", "F4", "F5", "F6"];

/** What a browser or the visitor's system keeps for itself. Ctrl+Alt+Del has a button of its own. */
export const specialChords: readonly KeyChord[] = [
  ...consoleKeys.map((key) => ({ label: `Ctrl+Alt+${key}`, keys: ["ControlLeft", "AltLeft", key] as const })),
  { label: "Alt+Tab", keys: ["AltLeft", "Tab"] },
  { label: "Ctrl+C", keys: ["ControlLeft", "KeyC"] },
  { label: "Esc", keys: ["Escape"] },
  { label: "Tab", keys: ["Tab"] },
  { label: "Windows key", keys: ["MetaLeft"] },
  { label: "Print Screen", keys: ["PrintScreen"] },
  { label: "Pause", keys: ["Pause"] },
];

/** Keys for fingers: what a touch keyboard lacks. */
export const touchChords: readonly KeyChord[] = [
  { label: "Esc", keys: ["Escape"] },
  { label: "Tab", keys: ["Tab"] },
  { label: "←", keys: ["ArrowLeft"] },
  { label: "↑", keys: ["ArrowUp"] },
  { label: "↓", keys: ["ArrowDown"] },
  { label: "→", keys: ["ArrowRight"] },
  { label: "Home", keys: ["Home"] },
  { label: "End", keys: ["End"] },
  { label: "PgUp", keys: ["PageUp"] },
  { label: "PgDn", keys: ["PageDown"] },
  { label: "Del", keys: ["Delete"] },
  ...(["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12"] as const).map((key) => ({
    label: key,
    keys: [key],
  })),
];

/** Names of the arrows for people who hear the buttons. */
export const spokenKeys: ReadonlyMap<string, string> = new Map([
  ["←", "Left arrow"],
  ["↑", "Up arrow"],
  ["↓", "Down arrow"],
  ["→", "Right arrow"],
]);
