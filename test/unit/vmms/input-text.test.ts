import { describe, expect, test } from "vitest";
import { type KeyboardLayout, keyboardLayouts, keyCodes } from "../../../src/hvdef/index.ts";
import { layoutTables } from "../../../src/vmms/input/layouts.ts";
import { keysOfText } from "../../../src/vmms/input/text.ts";

/** What somebody with this layout sees when these codes arrive: a machine that only knows the tables' keys. */
function readBack(codes: readonly number[], layout: KeyboardLayout): string {
  const { characters, deadKeyOf } = layoutTables[layout];
  const marks = new Map([...deadKeyOf].map(([mark, dead]) => [dead, mark] as const));
  const down = new Set<number>();
  let extended = 0;
  let pending = "";
  let text = "";
  for (const code of codes) {
    if (code === 0xe0) {
      extended = 0xe000;
      continue;
    }
    const key = extended | (code & 0x7f);
    extended = 0;
    if ((code & 0x80) !== 0) {
      expect(down.delete(key)).toBe(true);
      continue;
    }
    down.add(key);
    if (key === keyCodes.ShiftLeft || key === keyCodes.AltRight) continue;
    const level = down.has(keyCodes.ShiftLeft) ? "shift" : down.has(keyCodes.AltRight) ? "altGr" : "plain";
    const found = [...characters].find(
      ([, placed]) => keyCodes[placed.key] === key && placed.level === level,
    );
    const character = found?.[0] ?? "?";
    if (found?.[1].dead === true && pending === "") pending = character;
    else if (pending === "") text += character;
    else {
      text += character === " " ? pending : (character + (marks.get(pending) ?? "?")).normalize("NFC");
      pending = "";
    }
  }
  expect([...down]).toEqual([]);
  return text;
}

describe.each(keyboardLayouts)("layout %s", (layout) => {
  test("types every character it has, and lets go of every key", () => {
    const all = [...layoutTables[layout].characters.keys()].filter((one) => one !== "\r").join("");
    const found = keysOfText(all, layout);
    if (found.kind !== "typable") throw new Error(found.characters.join());
    expect(readBack(found.strokes.flat(), layout)).toBe(all);
    expect(found.strokes).toHaveLength([...all].length);
  });

  test("has all of ASCII that is printed", () => {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
    expect(keysOfText(ascii, layout).kind).toBe("typable");
  });
});

test("German types umlauts, the third level and letters with accents", () => {
  const text = "Größe €@{[]}\\~|µ²³ ´`^ áàâéèêíìîóòôúùû ÁÀÂ";
  const found = keysOfText(text, "german");
  if (found.kind !== "typable") throw new Error(found.characters.join());
  expect(readBack(found.strokes.flat(), "german")).toBe(text);
  expect(keysOfText("@", "german")).toEqual({
    kind: "typable",
    strokes: [[0xe0, 0x38, 0x10, 0x90, 0xe0, 0xb8]],
  });
  // A composed and a decomposed letter are the same letter.
  expect(keysOfText("e\u0301", "german")).toEqual(keysOfText("é", "german"));
});

test.each([
  ["german", "€", "altGr", 0x12],
  ["german", "{", "altGr", 0x08],
  ["german", "}", "altGr", 0x0b],
  ["german", "\\", "altGr", 0x0c],
  ["german", "~", "altGr", 0x1b],
  ["german", "|", "altGr", 0x56],
  ["german", "µ", "altGr", 0x32],
  ["german", "§", "shift", 0x04],
  ["german", "Ä", "shift", 0x28],
  ["german", "#", "plain", 0x2b],
  ["german", "-", "plain", 0x35],
  ["german", "<", "plain", 0x56],
  ["us", "|", "shift", 0x2b],
  ["us", "~", "shift", 0x29],
  ["us", "@", "shift", 0x03],
  ["us", "/", "plain", 0x35],
] as const)("%s has %s on its real key: %s and %i", (layout, character, level, code) => {
  const press = [code, code | 0x80];
  const strokes = {
    plain: press,
    shift: [0x2a, ...press, 0xaa],
    altGr: [0xe0, 0x38, ...press, 0xe0, 0xb8],
  };
  expect(keysOfText(character, layout)).toEqual({ kind: "typable", strokes: [strokes[level]] });
});

test("y and z are where the layout has them", () => {
  expect(keysOfText("yz", "us")).toEqual({
    kind: "typable",
    strokes: [
      [0x15, 0x95],
      [0x2c, 0xac],
    ],
  });
  expect(keysOfText("yz", "german")).toEqual({
    kind: "typable",
    strokes: [
      [0x2c, 0xac],
      [0x15, 0x95],
    ],
  });
});

test("what a layout lacks is named, each once, and nothing is typed", () => {
  expect(keysOfText("Grüße, 中文 für 中", "us")).toEqual({
    kind: "untypable",
    characters: ["ü", "ß", "中", "文"],
  });
  expect(keysOfText("ñ ☃ 😀", "german")).toEqual({ kind: "untypable", characters: ["ñ", "☃", "😀"] });
});

test("a line ends once, whatever system it comes from", () => {
  const enter = [0x1c, 0x9c];
  expect(keysOfText("\r\n\n\r", "us")).toEqual({ kind: "typable", strokes: [enter, enter, enter] });
});
