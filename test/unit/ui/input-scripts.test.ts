import { expect, test } from "vitest";
import { automationKeyboard, automationMouse } from "../../../src/ui/automation-input.ts";
import { chordCodes } from "../../../src/ui/chord-codes.ts";
import { captureHint, inputInShort, specialChords, typingWords } from "../../../src/ui/input-words.ts";
import { openTextTyper } from "../../../src/ui/text-typer.ts";
import { inputMachine, writtenInput } from "../../lab/quiet-input.ts";

test("keys pressed together go down in order and up in reverse", async () => {
  const { input, codes } = writtenInput();
  await automationKeyboard(input, () => inputMachine("emulated")).press("ControlLeft", "AltLeft", "F2");
  expect(codes).toEqual([0x1d, 0x38, 0x3c, 0xbc, 0xb8, 0x9d]);
});

test("every special key ends with nothing held", () => {
  for (const { label, keys } of specialChords) {
    const down = new Set<number>();
    for (const code of chordCodes(keys)) {
      if (code >= 0xe0) continue;
      if ((code & 0x80) === 0) down.add(code);
      else down.delete(code & 0x7f);
    }
    expect([...down], label).toEqual([]);
  }
});

test("scripts click where they have moved to, or where the guest has its pointer", async () => {
  const synthetic = writtenInput();
  const mouse = automationMouse(synthetic.input, () => inputMachine("synthetic"));
  await mouse.moveTo(0.5, 1);
  await mouse.click(2);
  await mouse.scroll(-1);
  const place = { kind: "absolute", x: 16_384, y: 32_767 };
  expect(synthetic.reports).toEqual([
    { ...place, buttons: 0, wheel: 0 },
    { ...place, buttons: 2, wheel: 0 },
    { ...place, buttons: 0, wheel: 0 },
    { ...place, buttons: 0, wheel: -1 },
  ]);
  const emulated = writtenInput();
  await automationMouse(emulated.input, () => inputMachine("emulated")).click();
  expect(emulated.reports.map(({ kind, buttons }) => [kind, buttons])).toEqual([
    ["relative", 1],
    ["relative", 0],
  ]);
});

test("pieces of text are typed in order, those that come meanwhile together, and a refused one is told", async () => {
  const typed: string[] = [];
  const failures: unknown[] = [];
  const typer = openTextTyper(
    async (text) => {
      typed.push(text);
      await new Promise((resolve) => setTimeout(resolve));
      if (text === "bc") throw new Error("no");
    },
    (reason) => failures.push(reason),
  );
  for (const piece of ["a", "b", "c"]) typer.put(piece);
  await new Promise((resolve) => setTimeout(resolve, 30));
  typer.put("d");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(typed).toEqual(["a", "bc", "d"]);
  expect(failures).toHaveLength(1);
});

test("a person reads which devices are used and how to leave", () => {
  expect(inputInShort(inputMachine("none").input)).toBe("Off");
  expect(inputInShort(inputMachine("emulated").input)).toBe("PS/2 keyboard, emulated; PS/2 mouse, emulated");
  expect(inputInShort(inputMachine("synthetic").input)).toBe("Synthetic keyboard; synthetic mouse");
  for (const device of ["emulated", "synthetic"] as const)
    for (const locked of [false, true])
      expect(captureHint(inputMachine(device).input, locked)).toContain("Ctrl+Alt+Left arrow");
  expect(typingWords({ done: 3, all: 9 })).toBe("Typing: 3 of 9 characters");
});
