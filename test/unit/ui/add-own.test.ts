import { expect, test } from "vitest";
import type { RecognisedFile } from "../../../src/hvdef/index.ts";
import {
  expectations,
  filesProblem,
  machineNameProblem,
  memoryOf,
  type OwnDraft,
  ownDraft,
  ownRequest,
} from "../../../src/ui/add-own.ts";

const seen = (refusal: string | null = null): RecognisedFile => ({
  title: "It",
  refusal,
  notes: ["A note."],
});
const picked = (name: string, found: RecognisedFile | null = seen()) => ({
  file: new File(["x"], name),
  seen: found,
});
const draft = (more: Partial<OwnDraft> = {}): OwnDraft => ({ ...ownDraft([]), ...more });

test("it begins with a name that is free and settings that can be kept", () => {
  const first = ownDraft(["my MACHINE", "My machine 2"]);
  expect(first.name).toBe("My machine 3");
  expect(memoryOf(first.memory, null)).toEqual({ kind: "bytes", bytes: 256 * 2 ** 20 });
});

test("files: the one it starts from is needed, the others are not, and each must have been looked at", () => {
  const kernel = picked("vmlinuz");
  expect(filesProblem(draft({ kind: "kernel" }))).toMatch(/Choose the kernel/);
  expect(filesProblem(draft({ kind: "kernel", files: { initramfs: picked("i") } }))).toMatch(
    /Choose the kernel/,
  );
  expect(filesProblem(draft({ kind: "kernel", files: { kernel } }))).toBeNull();
  expect(filesProblem(draft({ kind: "kernel", files: { kernel, initramfs: picked("i", null) } }))).toMatch(
    /still looked at/,
  );
  const bad = picked("i", seen("It is none."));
  expect(filesProblem(draft({ kind: "kernel", files: { kernel, initramfs: bad } }))).toBe("It is none.");
  // A file for another kind of start is nobody's business.
  expect(filesProblem(draft({ kind: "disc", files: { disc: picked("a.iso"), kernel: bad } }))).toBeNull();
});

test("names and memory", () => {
  expect(machineNameProblem("  ", [])).toMatch(/needs a name/);
  expect(machineNameProblem("x".repeat(101), [])).toMatch(/100 is the limit/);
  expect(machineNameProblem("x".repeat(100), [])).toBeNull();
  expect(machineNameProblem(" DEBIAN", ["debian"])).toMatch(/called debian already/);
  for (const typed of ["", "1.5", "-3", "3", "2049", "1e3", "999999999999"])
    expect(memoryOf(typed, null).kind).toBe("wrong");
  expect(memoryOf("512", 256 * 2 ** 20)).toMatchObject({ reason: expect.stringMatching(/Give it less/) });
});

test("a kernel is started directly, with the files and the line", () => {
  const files = { kernel: picked("vmlinuz"), initramfs: picked("initrd.img"), disc: picked("a.iso") };
  const request = ownRequest(
    draft({ kind: "kernel", files, name: " mine ", commandLine: " a b ", network: "none" }),
    null,
  );
  expect(request).toMatchObject({
    kind: "ready",
    plan: { name: "mine", boot: { kind: "linux", commandLine: "a b" }, adapters: [] },
  });
  // The disc was picked before the visitor chose a kernel.
  expect(request.kind === "ready" && Object.keys(request.files)).toEqual(["kernel", "initramfs"]);
});

test("a disc comes first in the boot order of a machine that starts from one", () => {
  const files = { disc: picked("a.iso"), disk: picked("a.vhd") };
  expect(ownRequest(draft({ kind: "disc", files, network: "synthetic" }), null)).toMatchObject({
    plan: { boot: { kind: "bios", bootOrder: ["cd", "ide", "floppy"] }, adapters: [{ type: "synthetic" }] },
  });
});

test("what will work names the processor, the network and what the files said", () => {
  const text = expectations(draft({ files: { disk: picked("a.vhd") } }))
    .map((row) => row.join(" "))
    .join("\n");
  expect(text).toMatch(/32 bits.*PAE.*SSE3/);
  expect(text).toMatch(/NE2000/);
  expect(text).toMatch(/A note\./);
});
