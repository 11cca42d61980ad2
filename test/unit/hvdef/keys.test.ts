import { expect, test } from "vitest";
import { breakCodes, isKeyName, keyCodes, makeCodes, splitScanCodes } from "../../../src/hvdef/index.ts";

const names = Object.keys(keyCodes).filter(isKeyName);

test("every key has a make code of its own, and a break code with the bit set", () => {
  const made = names.map((name) => makeCodes(name).join(" "));
  expect(new Set(made).size).toBe(names.length);
  for (const name of names.filter((one) => one !== "Pause")) {
    const make = makeCodes(name);
    const release = breakCodes(name);
    expect(make.length).toBe(release.length);
    expect((make.at(-1) ?? 0x80) & 0x80, name).toBe(0);
    expect(release.at(-1), name).toBe((make.at(-1) ?? 0) | 0x80);
    expect(release.slice(0, -1)).toEqual(make.slice(0, -1));
    expect(make.length === 1 || make[0] === 0xe0, name).toBe(true);
  }
});

test("what each key says is what the reference and real keyboards say", () => {
  expect(makeCodes("Enter")).toEqual([0x1c]);
  expect(makeCodes("ArrowRight")).toEqual([0xe0, 0x4d]);
  expect(breakCodes("AltRight")).toEqual([0xe0, 0xb8]);
  expect(makeCodes("Pause")).toEqual([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
  expect(breakCodes("Pause")).toEqual([]);
});

test("codes are taken apart key by key; what is cut off is left out", () => {
  expect(splitScanCodes([0x1e, 0xe0, 0x4d, 0xe1, 0x1d, 0x45, 0x9e])).toEqual([
    [0x1e],
    [0xe0, 0x4d],
    [0xe1, 0x1d, 0x45],
    [0x9e],
  ]);
  expect(splitScanCodes([0xe0])).toEqual([]);
  expect(splitScanCodes([0xe1, 0x1d])).toEqual([]);
});
