import { expect, test } from "vitest";
import { copyBytes } from "../../../src/support/index.ts";

test.each([0, 1, 127, 128, 129, 300])("%d bytes are copied, and no byte beside them", (length) => {
  const source = Uint8Array.from({ length: 400 }, (_, i) => i + 1);
  const target = new Uint8Array(400).fill(0xee);
  copyBytes(target, 50, source, 20, length);
  expect([...target.subarray(50, 50 + length)]).toEqual([...source.subarray(20, 20 + length)]);
  expect([...target.subarray(0, 50), ...target.subarray(50 + length)].every((byte) => byte === 0xee)).toBe(
    true,
  );
});
