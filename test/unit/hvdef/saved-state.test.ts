import { describe, expect, test } from "vitest";
import {
  decodeSaved,
  encodeSaved,
  encodeSavedMachine,
  readSavedMachine,
  readSavedUnit,
  type SavedMachine,
} from "../../../src/hvdef/index.ts";

const machine: SavedMachine = {
  id: "0123456789abcdef0123456789abcdef",
  savedAt: 1_700_000_000_000,
  memoryBytes: 64 << 20,
  build: "v86 0.5, core 1",
  units: { engine: Uint8Array.of(1, 2, 3), "vmbus/bus": new Uint8Array(0) },
  pieces: 17,
  memoryDisks: [{ region: 1, place: "SCSI 0:1", byteLength: 8192 }],
};

describe("values", () => {
  const large = new Uint8Array(3 * 4096 + 5);
  large[4097] = 9;
  large[3 * 4096 + 4] = 8;
  test.each([
    null,
    true,
    -0.5,
    Number.NaN,
    0n,
    (1n << 64n) - 1n,
    -(1n << 63n),
    "süd",
    [1, [2, []]],
    { a: { b: [null, { c: "d" }] } },
    large,
    new Uint32Array([1, 0xffff_ffff]),
    new Float64Array([1.5, -2]),
    new Int8Array(0),
  ])("%o comes back", (value) => {
    expect(decodeSaved(encodeSaved(value))).toEqual(value);
  });
  test("zeros take no room", () => {
    expect(encodeSaved(new Uint8Array(1 << 20)).length).toBeLessThan(100);
  });
  test("what claims more than there may be is damaged", () => {
    const bomb = encodeSaved(Array.from({ length: 40 }, () => new Uint8Array(8 << 20)));
    expect(bomb.length).toBeLessThan(20_000);
    expect(decodeSaved(bomb)).toBeUndefined();
    let deep: unknown = 1;
    for (let level = 0; level < 20; level++) deep = [deep];
    expect(decodeSaved(encodeSaved(deep))).toEqual(deep);
  });
});

test("fields are what they were asked to be, or the reading ends with the place", () => {
  const read = (value: unknown) =>
    readSavedUnit(value, { unit: "a unit", format: 2 }, (from) => from.fields("deep").integer("n", 1, 9));
  expect(read({ format: 2, deep: { n: 9 } })).toEqual({ kind: "usable", state: 9 });
  for (const n of [0, 10, 1.5, "1", null, undefined, 1n])
    expect(read({ format: 2, deep: { n } })).toMatchObject({
      kind: "unusable",
      text: expect.stringContaining("deep: n"),
    });
  expect(read({ format: 3 })).toMatchObject({ text: expect.stringContaining("newer version") });
  for (const none of [null, 1, [], undefined, new Uint8Array(4)]) expect(read(none).kind).toBe("unusable");
});

describe("a saved machine", () => {
  test("comes back as it was", () => {
    expect(readSavedMachine(encodeSavedMachine(machine))).toEqual({ kind: "usable", machine });
  });
  test("is refused in words wherever it was changed or cut", () => {
    const good = encodeSavedMachine(machine);
    for (let at = 0; at < good.length; at++) {
      if (at >= 16 && at < 24) continue; // reserved
      const bad = good.slice();
      bad[at] = (bad[at] ?? 0) ^ 1;
      expect(readSavedMachine(bad)).toMatchObject({
        kind: "unusable",
        text: expect.stringMatching(/^The saved state cannot be used\. It is (damaged|of format)/),
      });
      expect(readSavedMachine(good.slice(0, at)).kind).toBe("unusable");
    }
  });
});
