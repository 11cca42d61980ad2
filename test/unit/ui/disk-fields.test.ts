import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkName, diskEndings, endingOf, freeName } from "../../../src/ui/disk-name.ts";
import { checkSize, typedSize } from "../../../src/ui/disk-size.ts";

const GiB = 1024 ** 3;

describe("names", () => {
  test("get an ending where none is typed, and keep the one they have", () => {
    expect(checkName(" web01 ", diskEndings, [])).toEqual({ kind: "name", name: "web01.vhd" });
    expect(checkName("web01.AVHD", diskEndings, [])).toEqual({ kind: "name", name: "web01.AVHD" });
    expect(checkName("web01.img", diskEndings, [])).toEqual({ kind: "name", name: "web01.img.vhd" });
    expect(checkName("notes", [""], [])).toEqual({ kind: "name", name: "notes" });
  });

  test.each(["", "   ", "a/b", "a\\b", "a:b", "what?", "a\u0000b", "tab\tbed", ".hidden", "dots."])(
    "%j is none",
    (typed) => {
      expect(checkName(typed, diskEndings, []).kind).toBe("wrong");
    },
  );

  test("are taken without regard to case", () => {
    expect(checkName("WEB01", diskEndings, ["web01.vhd"])).toMatchObject({ kind: "wrong" });
  });

  test("have a longest length, the ending included", () => {
    expect(checkName("x".repeat(251), diskEndings, []).kind).toBe("name");
    expect(checkName("x".repeat(252), diskEndings, []).kind).toBe("wrong");
  });

  test("a proposal is free", () => {
    expect(freeName("New.vhd", [])).toBe("New.vhd");
    expect(freeName("New.vhd", ["new.VHD", "New (2).vhd"])).toBe("New (3).vhd");
    expect(freeName("New", ["new"])).toBe("New (2)");
  });

  test("endings", () => {
    expect(endingOf("a.b.vhd")).toBe(".vhd");
    expect(endingOf("plain")).toBe("");
    expect(endingOf(".vhd")).toBe("");
  });
});

describe("sizes", () => {
  test("are whole sectors, rounded up", () => {
    expect(checkSize({ text: "127", unit: "GB" })).toEqual({ kind: "bytes", bytes: 127 * GiB });
    expect(checkSize({ text: "1.0001", unit: "MB" })).toEqual({ kind: "bytes", bytes: 1024 ** 2 + 512 });
    expect(checkSize({ text: "0,5", unit: "GB" })).toEqual({ kind: "bytes", bytes: GiB / 2 });
  });

  test.each(["", "-1", "1e3", "12 GB", "0x10", "Infinity", "NaN", ".", "0"])("%j is none", (text) => {
    expect(checkSize({ text, unit: "GB" }).kind).toBe("wrong");
  });

  test("end at 2040 GB", () => {
    expect(checkSize({ text: "2040", unit: "GB" }).kind).toBe("bytes");
    expect(checkSize({ text: "2040.001", unit: "GB" }).kind).toBe("wrong");
    expect(checkSize({ text: "9".repeat(400), unit: "MB" }).kind).toBe("wrong");
  });

  test("grow when a disk is expanded", () => {
    expect(checkSize({ text: "8", unit: "GB" }, 8 * GiB).kind).toBe("wrong");
    expect(checkSize({ text: "8.001", unit: "GB" }, 8 * GiB).kind).toBe("bytes");
  });

  test("a size shown in a field never stands for less than the disk holds", () => {
    expect(typedSize(127 * GiB)).toEqual({ text: "127", unit: "GB" });
    fc.assert(
      fc.property(fc.integer({ min: 2048, max: 2040 * 1024 * 2048 }), (sectors) => {
        const check = checkSize(typedSize(sectors * 512));
        expect(check).toMatchObject({ kind: "bytes" });
        if (check.kind === "bytes") expect(check.bytes).toBeGreaterThanOrEqual(sectors * 512);
      }),
    );
  });
});
