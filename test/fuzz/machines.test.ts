import fc from "fast-check";
import { expect, test } from "vitest";
import { type FileRole, judgeInitramfs, judgeKernel, type VmGuid } from "../../src/hvdef/index.ts";
import { recogniseFile } from "../../src/vmms/index.ts";
import { checkNewMachine, machineText, parseMachine } from "../../src/vmms/machines/rules.ts";
import { indexBytes, manifestOf } from "../../src/vmms/site-manifest.ts";
import { labKernel } from "../lab/kernel.ts";

const id = "5ab71502-0000-4000-8000-000000000001" as VmGuid;
const good = checkNewMachine(
  {
    name: "mine",
    memoryBytes: 64 * 2 ** 20,
    boot: { kind: "linux", kernel: "vmlinuz", initrd: null, commandLine: "" },
    drives: [{ slot: { controller: "IDE", number: 1, location: 0 }, kind: "dvd", medium: { kind: "empty" } }],
    scsiControllers: 1,
    adapters: [{ type: "synthetic" }, { type: "legacy", network: null }],
  },
  { id, network: null },
);
const text = machineText(good);

/** A kept machine with one of its values replaced by anything. */
const twisted = fc
  .record({ key: fc.constantFrom(...Object.keys(good)), value: fc.jsonValue() })
  .map((one) => {
    const whole = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify({ ...whole, [one.key]: one.value });
  });
/** The text with some of it cut out. */
const torn = fc
  .tuple(fc.nat(text.length), fc.nat(40))
  .map(([at, length]) => text.slice(0, at) + text.slice(at + length));

test("a kept machine is a machine that keeps as it is, or an error", () => {
  expect(parseMachine(text, id)).toEqual(good);
  let machines = 0;
  fc.assert(
    fc.property(fc.oneof(twisted, torn, fc.json(), fc.string()), (kept) => {
      let found: ReturnType<typeof parseMachine>;
      try {
        found = parseMachine(kept, id);
      } catch (failure) {
        expect(failure).toBeInstanceOf(Error);
        return;
      }
      machines++;
      expect(found.id).toBe(id);
      expect(found.name.length).toBeGreaterThan(0);
      expect(found.name.length).toBeLessThanOrEqual(100);
      expect(parseMachine(machineText(found), id)).toEqual(found);
    }),
    { numRuns: 2000 },
  );
  expect(machines).toBeGreaterThan(10);
});

test("any name of 1 to 100 characters survives being kept", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 100 }), (name) => {
      fc.pre(name.trim() !== "" && name.length <= 100);
      const kept = new TextDecoder().decode(new TextEncoder().encode(machineText({ ...good, name })));
      expect(parseMachine(kept, id).name).toBe(name.trim());
    }),
  );
});

const roles: readonly FileRole[] = ["disk", "disc", "diskette", "kernel", "initramfs"];
/** A good kernel with some bytes changed, or anything. */
const heads = fc.oneof(
  fc.uint8Array({ maxLength: 1200 }).map((bytes) => Uint8Array.from(bytes)),
  fc.array(fc.tuple(fc.nat(0x300), fc.nat(255)), { maxLength: 12 }).map((changes) => {
    const file = labKernel();
    for (const [at, value] of changes) file[at] = value;
    return file;
  }),
);

test("whatever the file, it is something or is refused in a sentence with its name", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...roles),
      heads,
      fc.uint8Array({ maxLength: 512 }),
      fc.option(fc.nat(2 ** 40)),
      (role, head, tail, byteLength) => {
        const { title, refusal } = recogniseFile(role, "the file", { head, tail, byteLength });
        expect(title).not.toBe("");
        if (refusal !== null) expect(refusal).toMatch(/^the file .*\.$/s);
      },
    ),
    { numRuns: 3000 },
  );
});

test("a kernel says nothing that a loader could not bear", () => {
  fc.assert(
    fc.property(heads, fc.option(fc.nat(2 ** 31)), (head, byteLength) => {
      judgeInitramfs(head);
      const verdict = judgeKernel(head, byteLength);
      if (verdict.kind === "refused" || verdict.head.kind === "elf") return;
      const { setupBytes, loadAt, initSize, headerEnd, version } = verdict.head;
      expect(setupBytes % 512).toBe(0);
      expect(headerEnd).toBeGreaterThanOrEqual(0x202);
      expect(headerEnd).toBeLessThanOrEqual(0x290);
      expect(loadAt).toBeGreaterThanOrEqual(0);
      expect(initSize).toBeLessThan(2 ** 40);
      expect(version.length).toBeLessThanOrEqual(80);
    }),
    { numRuns: 3000 },
  );
});

test("a manifest and an index of anything are read or are none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (found) => {
      manifestOf(found);
      const bytes = indexBytes(found);
      if (bytes !== null) expect(bytes).toBeGreaterThanOrEqual(0);
    }),
  );
});
