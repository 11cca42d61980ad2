import { describe, expect, test } from "vitest";
import { draftMedium, draftRefusal, draftSlot, newDraft, withKind } from "../../../src/ui/drive-draft.ts";
import { driveTree } from "../../../src/ui/drive-rules.ts";

const scsi = driveTree({ state: "off", drives: [], scsiControllers: 1 })[2];
if (scsi === undefined) throw new Error("the machine has a SCSI controller");
const draft = newDraft(5);

describe("a draft", () => {
  test("is unfinished until something is chosen", () => {
    expect(draftMedium(draft).kind).toBe("unfinished");
    expect(draftMedium({ ...draft, file: "a.vhd" })).toEqual({
      kind: "ready",
      medium: { kind: "file", name: "a.vhd" },
    });
    expect(draftMedium({ ...draft, source: "device" }).kind).toBe("unfinished");
  });

  test("takes only what belongs to the chosen source", () => {
    const memory = { ...draft, file: "a.vhd", source: "memory", size: { text: "0,5", unit: "GB" } } as const;
    expect(draftMedium(memory)).toEqual({ kind: "ready", medium: { kind: "memory", byteLength: 2 ** 29 } });
    expect(draftMedium({ ...memory, size: { text: "many", unit: "GB" } }).kind).toBe("unfinished");
    expect(draftMedium({ ...memory, size: { text: "2041", unit: "GB" } }).kind).toBe("unfinished");
  });

  test("a picked file becomes a device first; a listed one is used by name", () => {
    const picked = { source: new File(["x"], "d.img"), name: "d.img", byteLength: 1, readOnlyBecause: null };
    expect(draftMedium({ ...draft, source: "device", device: picked })).toEqual({
      kind: "picked",
      device: picked,
    });
    expect(draftMedium({ ...draft, source: "device", device: "d.img" })).toEqual({
      kind: "ready",
      medium: { kind: "device", name: "d.img" },
    });
  });

  test("another kind of drive starts anew: a disk file is no disc", () => {
    const chosen = { ...draft, file: "a.vhd" };
    const dvd = withKind(chosen, "dvd");
    expect(draftMedium(dvd)).toEqual({ kind: "ready", medium: { kind: "empty" } });
    expect(draftMedium({ ...dvd, source: "file" }).kind).toBe("unfinished");
    expect(withKind(chosen, "disk")).toBe(chosen);
  });

  test("a place that was taken meanwhile is refused", () => {
    const chosen = { ...draft, file: "a.vhd" };
    expect(draftRefusal(chosen, scsi)).toBeNull();
    expect(draftRefusal(chosen, { ...scsi, free: [0, 1] })).toContain("Location 5 is taken");
    expect(draftSlot(chosen, scsi)).toEqual({ controller: "SCSI", number: 0, location: 5 });
  });
});
