import type { KeyboardLayout, KeyName } from "../../hvdef/index.ts";

/** How a character is typed. A dead key says nothing before the next. */
export interface Placed {
  readonly key: KeyName;
  readonly level: Level;
  readonly dead: boolean;
}

/** Which key is held meanwhile. */
export type Level = "plain" | "shift" | "altGr";

/** Keys of one row and what is on them, level by level, character by key; a space where nothing is. */
interface Row {
  readonly keys: readonly KeyName[];
  readonly plain: string;
  readonly shift: string;
  readonly altGr?: string;
}

/** What a keyboard layout can type: by character, and the letters that a dead key makes of others. */
export interface LayoutTable {
  readonly characters: ReadonlyMap<string, Placed>;
  /** The dead key of each combining mark, by that character. */
  readonly deadKeyOf: ReadonlyMap<string, string>;
  /** Letters that dead keys change. */
  readonly carriers: string;
}

const digits: readonly KeyName[] = [
  "Backquote",
  "Digit1",
  "Digit2",
  "Digit3",
  "Digit4",
  "Digit5",
  "Digit6",
  "Digit7",
  "Digit8",
  "Digit9",
  "Digit0",
  "Minus",
  "Equal",
];
const upper: readonly KeyName[] = [
  "KeyQ",
  "KeyW",
  "KeyE",
  "KeyR",
  "KeyT",
  "KeyY",
  "KeyU",
  "KeyI",
  "KeyO",
  "KeyP",
  "BracketLeft",
  "BracketRight",
];
const home: readonly KeyName[] = [
  "KeyA",
  "KeyS",
  "KeyD",
  "KeyF",
  "KeyG",
  "KeyH",
  "KeyJ",
  "KeyK",
  "KeyL",
  "Semicolon",
  "Quote",
  "Backslash",
];
const lower: readonly KeyName[] = [
  "IntlBackslash",
  "KeyZ",
  "KeyX",
  "KeyC",
  "KeyV",
  "KeyB",
  "KeyN",
  "KeyM",
  "Comma",
  "Period",
  "Slash",
];

const american: readonly Row[] = [
  { keys: digits, plain: "`1234567890-=", shift: "~!@#$%^&*()_+" },
  { keys: upper, plain: "qwertyuiop[]", shift: "QWERTYUIOP{}" },
  { keys: home, plain: "asdfghjkl;'\\", shift: 'ASDFGHJKL:"|' },
  { keys: lower, plain: " zxcvbnm,./", shift: " ZXCVBNM<>?" },
];

/** German keyboards of Windows: three dead keys, the third level with AltGr. */
const german: readonly Row[] = [
  { keys: digits, plain: "^1234567890ß´", shift: '°!"§$%&/()=?`', altGr: "  ²³   {[]}\\ " },
  { keys: upper, plain: "qwertzuiopü+", shift: "QWERTZUIOPÜ*", altGr: "@ €        ~" },
  { keys: home, plain: "asdfghjklöä#", shift: "ASDFGHJKLÖÄ'", altGr: " ".repeat(12) },
  { keys: lower, plain: "<yxcvbnm,.-", shift: ">YXCVBNM;:_", altGr: "|      µ   " },
];
const germanDead: ReadonlyMap<string, string> = new Map([
  ["\u0301", "´"],
  ["\u0300", "`"],
  ["\u0302", "^"],
]);

/** On every layout. A carriage return alone is a line's end of old systems. */
const everywhere: readonly (readonly [string, KeyName])[] = [
  [" ", "Space"],
  ["\n", "Enter"],
  ["\r", "Enter"],
  ["\t", "Tab"],
  ["\b", "Backspace"],
  ["\u001b", "Escape"],
];

function tableOf(rows: readonly Row[], deadKeyOf: ReadonlyMap<string, string>): LayoutTable {
  const dead = new Set(deadKeyOf.values());
  const characters = new Map<string, Placed>();
  for (const [character, key] of everywhere) characters.set(character, { key, level: "plain", dead: false });
  for (const { keys, plain, shift, altGr = "" } of rows) {
    for (const [place, key] of keys.entries()) {
      const levels = { plain: plain[place], shift: shift[place], altGr: altGr[place] };
      for (const level of ["plain", "shift", "altGr"] as const) {
        const character = levels[level];
        if (character === undefined || characters.has(character)) continue;
        characters.set(character, { key, level, dead: dead.has(character) });
      }
    }
  }
  return { characters, deadKeyOf, carriers: dead.size === 0 ? "" : "aeiouAEIOU" };
}

/** What each layout can type. */
export const layoutTables: Readonly<Record<KeyboardLayout, LayoutTable>> = {
  us: tableOf(american, new Map()),
  german: tableOf(german, germanDead),
};
