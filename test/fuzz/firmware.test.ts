import fc from "fast-check";
import { expect, test } from "vitest";
import { fromWire } from "../../src/support/index.ts";
import { acpiBlock, checksummed, placeAcpi, rsdp } from "../../src/vmwp/firmware/acpi.ts";
import { smbios } from "../../src/vmwp/firmware/smbios.ts";
import { acpiFirmwareFiles } from "../../src/vmwp/firmware/table-loader.ts";

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);

/** A DSDT of any contents whose length field tells the truth, as a compiler writes it. */
const dsdts = fc.uint8Array({ minLength: 36, maxLength: 600 }).map((bytes) => {
  const dsdt = Uint8Array.from(bytes);
  dsdt.set([0x44, 0x53, 0x44, 0x54]);
  new DataView(dsdt.buffer).setUint32(4, dsdt.length, true);
  return dsdt;
});

test("tables add up wherever they lie, whatever the DSDT holds", () => {
  fc.assert(
    fc.property(dsdts, fc.nat(0xffff), (dsdt, page) => {
      const { tables, rsdp: pointer } = placeAcpi(dsdt, page * 4096);
      expect(sum(pointer)).toBe(0);
      for (const { at, length } of checksummed(acpiBlock(dsdt)))
        expect(sum(tables.subarray(at, at + length))).toBe(0);
    }),
  );
});

test("the BIOS's commands stay inside the files they name", () => {
  fc.assert(
    fc.property(dsdts, (dsdt) => {
      const block = acpiBlock(dsdt);
      const files = acpiFirmwareFiles(block, rsdp(block.rsdt));
      const size = new Map(files.map(({ name, data }) => [name, data.length]));
      const loader = files.find(({ name }) => name === "etc/table-loader")?.data ?? new Uint8Array(0);
      for (let at = 0; at < loader.length; at += 128) {
        const view = new DataView(loader.buffer, at, 128);
        const name = new TextDecoder().decode(loader.slice(at + 4, at + 60)).replace(/\0+$/, "");
        const length = size.get(name) ?? 0;
        expect(length).toBeGreaterThan(0);
        if (view.getUint32(0, true) === 2) expect(view.getUint32(116, true) + 4).toBeLessThanOrEqual(length);
        if (view.getUint32(0, true) !== 3) continue;
        expect(view.getUint32(60, true)).toBeLessThan(length);
        expect(view.getUint32(64, true) + view.getUint32(68, true)).toBeLessThanOrEqual(length);
      }
    }),
  );
});

test("SMBIOS adds up for every machine, also one with a long serial number", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.string({ minLength: 1, maxLength: 200, unit: "grapheme-ascii" }),
      fc.nat(0xffff),
      (uuid, serial, page) => {
        const { anchor, tables } = smbios({ uuid: fromWire(uuid, 0), serial }, page * 16);
        expect(sum(anchor)).toBe(0);
        expect(sum(anchor.subarray(16))).toBe(0);
        expect([...tables.subarray(-2)]).toEqual([0, 0]);
      },
    ),
  );
});
