import { describe, expect, test } from "vitest";
import {
  footerChecksum,
  geometryOf,
  headerBytes,
  headerChecksum,
  openImage,
  parseFooter,
  parseHeader,
  ramFile,
  VhdFooter,
  VhdHeader,
} from "../../src/storage/index.ts";
import vectors from "./vhd.json" with { type: "json" };
import headerVectors from "./vhd-header.json" with { type: "json" };

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
  test("its geometry is the one we compute, unless its maker chose the largest there is", () => {
    const { cylinders, heads, sectorsPerTrack, currentSize } = value;
    const largest = { cylinders: 65535, heads: 16, sectorsPerTrack: 255 };
    expect([geometryOf(Number(currentSize)), largest]).toContainEqual({ cylinders, heads, sectorsPerTrack });
  });
  test("opens when it is a fixed disk's, and asks for the header of others", () => {
    const size = Number(value.currentSize);
    const file = ramFile();
    file.resize(size);
    file.writeAt(size, bytes);
    const opened = openImage(file);
    if (value.type === 2) expect(opened.kind === "disk" && opened.disk.byteLength).toBe(size);
    else expect(opened).toMatchObject({ kind: "corrupt", fault: "badHeader" });
  });
});

describe.each(headerVectors)("$name", ({ hex, value }) => {
  const bytes = new Uint8Array(VhdHeader.size);
  bytes.set(Buffer.from(hex, "hex"));
  test("reads and writes as recorded", () => {
    const parsed = parseHeader(bytes);
    if (parsed.kind !== "header") throw new Error(parsed.text);
    const { dataOffset, tableOffset, ...fields } = parsed.header;
    expect({ ...fields, dataOffset: String(dataOffset), tableOffset: String(tableOffset) }).toMatchObject(
      value,
    );
    expect(Buffer.compare(VhdHeader.bytes(parsed.header), bytes)).toBe(0);
    expect(headerChecksum(bytes)).toBe(value.checksum);
  });
  test("is what we write for such a disk", () => {
    const { tableEntries, blockBytes } = value;
    const ours = headerBytes({ tableAt: Number(value.tableOffset), tableEntries, blockBytes });
    expect(Buffer.compare(ours, bytes)).toBe(0);
  });
});
