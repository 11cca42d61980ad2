import { describe, expect, test } from "vitest";
import { footerChecksum, openImage, parseFooter, ramFile, VhdFooter } from "../../src/storage/index.ts";
import vectors from "./vhd.json" with { type: "json" };

function footerOf(hex: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(VhdFooter.size);
  out.set(Buffer.from(hex, "hex"));
  return out;
}

describe.each(vectors)("$name", ({ hex, value }) => {
  const bytes = footerOf(hex);
  test("reads and writes as recorded", () => {
    const parsed = parseFooter(bytes);
    if (parsed.kind !== "footer") throw new Error(parsed.text);
    const shown = (field: unknown) =>
      field instanceof Uint8Array
        ? Buffer.from(field).toString("hex")
        : typeof field === "bigint"
          ? String(field)
          : field;
    const { reserved, ...fields } = parsed.footer;
    expect(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shown(field)]))).toEqual(
      value,
    );
    expect(reserved.every((byte) => byte === 0)).toBe(true);
    expect(Buffer.compare(VhdFooter.bytes(parsed.footer), bytes)).toBe(0);
  });
  test("its checksum is the one we compute", () => {
    expect(footerChecksum(bytes)).toBe(value.checksum);
  });
  test("opens as far as this release goes", () => {
    const size = Number(value.currentSize);
    const file = ramFile();
    file.resize(size);
    file.writeAt(size, bytes);
    const opened = openImage(file);
    if (value.type === 2) expect(opened.kind === "disk" && opened.disk.byteLength).toBe(size);
    else expect(opened.kind).toBe("unsupported");
  });
});
