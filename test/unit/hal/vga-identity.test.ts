import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renameRom } from "../../../src/hal/v86/vga-identity.ts";

test("a VGA BIOS takes Hyper-V's name once and keeps its sum", () => {
  const rom = new Uint8Array(readFileSync("public/firmware/vgabios.bin"));
  const before = rom.slice();
  expect(renameRom(rom.buffer)).toBe(true);
  expect(rom.reduce((sum, byte) => sum + byte, 0) % 256).toBe(0);
  const changed = [...rom.keys()].filter((at) => rom[at] !== before[at]);
  expect(changed.length).toBeLessThanOrEqual(5);
  const after = rom.slice();
  expect(renameRom(rom.buffer)).toBe(true);
  expect(rom).toEqual(after);
});

test("what is no such BIOS is left alone", () => {
  for (const length of [0, 1, 0x19, 0x1a, 512, 4096]) {
    const noise = Uint8Array.from({ length }, (_, at) => (at * 7 + 0x1c) & 0xff);
    const before = noise.slice();
    expect(renameRom(noise.buffer)).toBe(false);
    expect(noise).toEqual(before);
  }
});
