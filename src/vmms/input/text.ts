import { breakCodes, type KeyboardLayout, type KeyName, makeCodes } from "../../hvdef/index.ts";
import { type LayoutTable, type Level, layoutTables, type Placed } from "./layouts.ts";

/** A text as keys, or what a layout cannot type of it. */
export type TextKeys =
  /** Scan codes of each character. */
  | { readonly kind: "typable"; readonly strokes: readonly (readonly number[])[] }
  /** Each of these characters once, in order. */
  | { readonly kind: "untypable"; readonly characters: readonly string[] };

const held: Readonly<Record<Level, KeyName | null>> = { plain: null, shift: "ShiftLeft", altGr: "AltRight" };

/** Finds the keys for a text on a layout. All of it, or none. Lines may end as anywhere. */
export function keysOfText(text: string, layout: KeyboardLayout): TextKeys {
  const table = layoutTables[layout];
  const strokes: (readonly number[])[] = [];
  const missing = new Set<string>();
  for (const character of text.replaceAll("\r\n", "\n").normalize("NFC")) {
    const stroke = strokeOf(character, table);
    if (stroke === null) missing.add(character);
    else strokes.push(stroke);
  }
  return missing.size === 0 ? { kind: "typable", strokes } : { kind: "untypable", characters: [...missing] };
}

function strokeOf(character: string, table: LayoutTable): readonly number[] | null {
  const placed = table.characters.get(character);
  if (placed !== undefined) {
    // A dead key says itself with a space behind it.
    const space = placed.dead ? table.characters.get(" ") : undefined;
    return space === undefined ? press(placed) : [...press(placed), ...press(space)];
  }
  const [letter, mark, ...more] = character.normalize("NFD");
  if (letter === undefined || mark === undefined || more.length > 0) return null;
  const dead = table.characters.get(table.deadKeyOf.get(mark) ?? "");
  const carrier = table.characters.get(letter);
  if (dead === undefined || carrier === undefined || !table.carriers.includes(letter)) return null;
  return [...press(dead), ...press(carrier)];
}

function press({ key, level }: Placed): readonly number[] {
  const pressed = [...makeCodes(key), ...breakCodes(key)];
  const modifier = held[level];
  return modifier === null ? pressed : [...makeCodes(modifier), ...pressed, ...breakCodes(modifier)];
}
