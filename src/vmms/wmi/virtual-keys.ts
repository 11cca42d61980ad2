import { isKeyName, type KeyName } from "../../hvdef/index.ts";

/** Keys by the virtual-key codes of Windows, where a row of codes has no row of names. */
const named: { readonly [code: number]: KeyName } = {
  8: "Backspace",
  9: "Tab",
  13: "Enter",
  // Shift, Ctrl and Alt of no side are those on the left. @wmi PressKey
  16: "ShiftLeft",
  17: "ControlLeft",
  18: "AltLeft",
  19: "Pause",
  20: "CapsLock",
  27: "Escape",
  28: "Convert",
  29: "NonConvert",
  32: "Space",
  33: "PageUp",
  34: "PageDown",
  35: "End",
  36: "Home",
  37: "ArrowLeft",
  38: "ArrowUp",
  39: "ArrowRight",
  40: "ArrowDown",
  44: "PrintScreen",
  45: "Insert",
  46: "Delete",
  91: "MetaLeft",
  92: "MetaRight",
  93: "ContextMenu",
  106: "NumpadMultiply",
  107: "NumpadAdd",
  108: "NumpadComma",
  109: "NumpadSubtract",
  110: "NumpadDecimal",
  111: "NumpadDivide",
  144: "NumLock",
  145: "ScrollLock",
  160: "ShiftLeft",
  161: "ShiftRight",
  162: "ControlLeft",
  163: "ControlRight",
  164: "AltLeft",
  165: "AltRight",
  186: "Semicolon",
  187: "Equal",
  188: "Comma",
  189: "Minus",
  190: "Period",
  191: "Slash",
  192: "Backquote",
  219: "BracketLeft",
  220: "Backslash",
  221: "BracketRight",
  222: "Quote",
  226: "IntlBackslash",
};

/** Rows of codes whose keys count or are in the order of the alphabet. */
const rows: readonly { readonly first: number; readonly last: number; nameOf(code: number): string }[] = [
  { first: 48, last: 57, nameOf: (code) => `Digit${code - 48}` },
  { first: 65, last: 90, nameOf: (code) => `Key${String.fromCharCode(code)}` },
  { first: 96, last: 105, nameOf: (code) => `Numpad${code - 96}` },
  { first: 112, last: 135, nameOf: (code) => `F${code - 111}` },
];

/**
 * The key of a virtual-key code: where a US keyboard has it, whatever the guest takes it for. `null`: no keyboard
 * has such a key.
 */
export function keyOfCode(code: number): KeyName | null {
  const row = rows.find(({ first, last }) => code >= first && code <= last);
  const name = row?.nameOf(code) ?? named[code] ?? "";
  return isKeyName(name) ? name : null;
}
