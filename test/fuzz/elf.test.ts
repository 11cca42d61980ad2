import fc from "fast-check";
import { expect, test } from "vitest";
import { bufferMemory } from "../../src/hvdef/index.ts";
import { guid, HvError } from "../../src/support/index.ts";
import { readElf } from "../../src/vmwp/boot/elf.ts";
import { startLinux } from "../../src/vmwp/boot/linux.ts";
import { labKernel } from "../lab/kernel.ts";
import { tinyElf } from "../unit/vmwp/tiny-elf.ts";

const wild = fc.oneof(
  fc.nat(255),
  fc.constantFrom(0, 0xfff, 0x1000, 0xfffff, 0x100000, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);

/** A good executable in which some 32-bit words of the headers say something else. */
const mutated = fc
  .array(fc.record({ at: fc.nat(52 + 32 * 2), value: wild }), { maxLength: 6 })
  .map((changes) => {
    const file = tinyElf([{}, { at: 0x110000, memorySize: 64 }]);
    const view = new DataView(file.buffer);
    for (const { at, value } of changes) view.setUint32(Math.min(at, file.length - 4), value, true);
    return file;
  });
/** A good bzImage in which some 32-bit words of the header say something else. */
const bzImages = fc
  .array(fc.record({ at: fc.integer({ min: 0x1ec, max: 0x290 }), value: wild }), { maxLength: 6 })
  .map((changes) => {
    const file = labKernel({ preferred: 0x110000, initSize: 0x1000 });
    const view = new DataView(file.buffer);
    for (const { at, value } of changes) view.setUint32(at, value, true);
    return file;
  });
const anything = fc.oneof(
  bzImages,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
  mutated,
  fc.tuple(mutated, fc.nat(200)).map(([file, keep]) => file.slice(0, keep)),
);

test("whatever the file, an answer: never an exception, never bytes from outside it", () => {
  let good = 0;
  fc.assert(
    fc.property(anything, (file) => {
      const outcome = readElf(file);
      if (typeof outcome === "string") return;
      good++;
      for (const { bytes, memorySize } of outcome.segments) {
        expect(bytes.buffer).toBe(file.buffer);
        expect(bytes.byteOffset + bytes.length).toBeLessThanOrEqual(file.byteLength);
        expect(memorySize).toBeGreaterThanOrEqual(bytes.length);
      }
    }),
    { numRuns: 3000 },
  );
  expect(good).toBeGreaterThan(50);
});

test("a start from such a file is a start or a sentence", () => {
  const boot = { addFirmwareFile() {}, startProtected() {}, startText() {} };
  const identity = { uuid: guid("00112233-4455-6677-8899-aabbccddeeff"), serial: "1", memoryBytes: 2 ** 21 };
  fc.assert(
    fc.property(anything, fc.nat(2 ** 21), (kernel, initrdBytes) => {
      const memory = bufferMemory(2 ** 21);
      try {
        startLinux(memory, boot, {
          kernel,
          initrd: new Uint8Array(initrdBytes),
          commandLine: "",
          dsdt: new Uint8Array(36),
          identity,
        });
      } catch (failure) {
        expect(failure).toBeInstanceOf(HvError);
        expect(["boot.kernel", "boot.memory", "boot.commandLine"]).toContain(
          failure instanceof HvError ? failure.code : "",
        );
      }
    }),
    { numRuns: 400 },
  );
});
