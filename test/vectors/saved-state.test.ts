import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeSavedMachine, isSavedPagesHead, readSavedMachine } from "../../src/hvdef/index.ts";

/** A state as the first version wrote it. When this fails, states of visitors and warm states of sites are lost. */
const vector = JSON.parse(readFileSync("test/vectors/saved-state.json", "utf8"));
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

const machine = {
  id: "00112233445566778899aabbccddeeff",
  savedAt: 1_795_000_000_000,
  memoryBytes: 134_217_728,
  build: "v86 0.5.462 0123456789abcdef",
  pieces: 3,
  memoryDisks: [{ region: 1, place: "SCSI 0:1", byteLength: 67_108_864 }],
  units: { engine: Uint8Array.of(1, 2, 3), ic: new Uint8Array(0) },
};

test("the file of devices is read as it was written", () => {
  expect(readSavedMachine(bytes(vector.devices))).toEqual({ kind: "usable", machine });
});

test("it is written as it was", () => {
  expect(Buffer.from(encodeSavedMachine(machine)).toString("hex")).toBe(vector.devices);
});

test("the file of pages is known by its head", () => {
  expect(isSavedPagesHead(bytes(vector.pagesHead), machine.id)).toBe(true);
});
