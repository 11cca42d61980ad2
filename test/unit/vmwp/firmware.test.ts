import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { guid } from "../../../src/support/index.ts";
import { prepareBios } from "../../../src/vmwp/boot/bios.ts";
import { acpiBlock, checksummed, checksumOf, placeAcpi, rsdp } from "../../../src/vmwp/firmware/acpi.ts";
import { type SmbiosIdentity, smbios, smbiosFirmwareFiles } from "../../../src/vmwp/firmware/smbios.ts";
import { acpiFirmwareFiles, type FirmwareFile } from "../../../src/vmwp/firmware/table-loader.ts";

const base = 0xe0000;
const identity: SmbiosIdentity = {
  uuid: guid("00112233-4455-6677-8899-aabbccddeeff"),
  serial: "1234-5678-9012-3456-7890-1234-56",
};

/** A DSDT that is nothing but a header, as long as one wants it. */
function emptyDsdt(length = 36): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  out.set(new TextEncoder().encode("DSDT"));
  new DataView(out.buffer).setUint32(4, length, true);
  out[8] = 1;
  out[9] = checksumOf(out);
  return out;
}

const text = (bytes: Uint8Array, at: number, length: number): string =>
  new TextDecoder("latin1").decode(bytes.slice(at, at + length));
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);

/** What a guest does: RSDP, RSDT, and from there every table. Addresses are offsets of `memory`. */
function walk(memory: Uint8Array<ArrayBuffer>, rsdpAt: number) {
  const view = new DataView(memory.buffer, memory.byteOffset);
  const tables = new Map<string, { at: number; length: number; sum: number }>();
  const add = (at: number): string => {
    const signature = text(memory, at, 4);
    const length = view.getUint32(at + 4, true);
    tables.set(signature, { at, length, sum: sum(memory.subarray(at, at + length)) });
    return signature;
  };
  const rsdt = view.getUint32(rsdpAt + 16, true);
  add(rsdt);
  const entries = (view.getUint32(rsdt + 4, true) - 36) / 4;
  for (let i = 0; i < entries; i++) {
    const at = view.getUint32(rsdt + 36 + 4 * i, true);
    if (add(at) !== "FACP") continue;
    add(view.getUint32(at + 36, true));
    add(view.getUint32(at + 40, true));
  }
  return tables;
}

/**
 * What the BIOS does with the loader's commands, after QEMU's description of them: allocate a file, add a
 * file's address to a pointer of another, fill a checksum.
 */
function runLoader(files: readonly FirmwareFile[], addresses: Readonly<Record<string, number>>) {
  const loader = files.find((file) => file.name === "etc/table-loader")?.data ?? new Uint8Array(0);
  const placed = new Map<string, Uint8Array<ArrayBuffer>>();
  const fileNamed = (name: string): Uint8Array<ArrayBuffer> => {
    const file = placed.get(name);
    if (file === undefined) throw new Error(`${name} was used before it was allocated`);
    return file;
  };
  expect(loader.length % 128).toBe(0);
  for (let at = 0; at < loader.length; at += 128) {
    const view = new DataView(loader.buffer, loader.byteOffset + at, 128);
    const name = (from: number): string => text(loader, at + from, 56).replace(/\0+$/, "");
    const kind = view.getUint32(0, true);
    if (kind === 1) {
      const address = addresses[name(4)] ?? 0;
      expect(address % view.getUint32(60, true)).toBe(0);
      expect([1, 2]).toContain(view.getUint8(64));
      const data = files.find((file) => file.name === name(4))?.data;
      if (data === undefined) throw new Error(`no file ${name(4)}`);
      placed.set(name(4), data.slice());
    } else if (kind === 2) {
      const file = fileNamed(name(4));
      fileNamed(name(60));
      const pointer = view.getUint32(116, true);
      expect(view.getUint8(120)).toBe(4);
      const fileView = new DataView(file.buffer);
      fileView.setUint32(pointer, fileView.getUint32(pointer, true) + (addresses[name(60)] ?? 0), true);
    } else if (kind === 3) {
      const file = fileNamed(name(4));
      const [place, start, length] = [60, 64, 68].map((field) => view.getUint32(field, true));
      const range = file.subarray(start ?? 0, (start ?? 0) + (length ?? 0));
      file[place ?? 0] = ((file[place ?? 0] ?? 0) - sum(range)) & 0xff;
    } else {
      throw new Error(`unknown command ${kind}`);
    }
  }
  return placed;
}

describe.each([36, 37, 64, 100, 4000])("ACPI tables around a DSDT of %d bytes", (length) => {
  const { tables, rsdp: pointer } = placeAcpi(emptyDsdt(length), base);
  const memory = new Uint8Array(base + tables.length);
  memory.set(tables, base);
  const rsdpAt = 0x1000;
  memory.set(pointer, rsdpAt);

  test("placed directly, every table is found, whole, and adds up", () => {
    expect(text(pointer, 0, 8)).toBe("RSD PTR ");
    expect(pointer.length).toBe(20);
    expect(sum(pointer)).toBe(0);
    const found = walk(memory, rsdpAt);
    expect([...found.keys()].sort()).toEqual(["APIC", "DSDT", "FACP", "FACS", "RSDT"]);
    for (const [signature, table] of found) {
      // The FACS has no checksum.
      if (signature !== "FACS") expect([signature, table.sum]).toEqual([signature, 0]);
      expect(table.at % 64).toBe(0);
      expect(table.at + table.length).toBeLessThanOrEqual(base + tables.length);
    }
    const byPlace = [...found.values()].sort((a, b) => a.at - b.at);
    for (const [index, table] of byPlace.entries())
      expect(table.at + table.length).toBeLessThanOrEqual(byPlace[index + 1]?.at ?? Number.MAX_VALUE);
    expect(found.get("FACP")?.length).toBe(116);
    expect(found.get("FACS")?.length).toBe(64);
    expect(found.get("DSDT")?.length).toBe(length);
  });

  test("the BIOS's loader makes the very same tables", () => {
    const block = acpiBlock(emptyDsdt(length));
    const files = acpiFirmwareFiles(block, rsdp(block.rsdt));
    const placed = runLoader(files, { "etc/acpi/tables": base, "etc/acpi/rsdp": 0xf0000 });
    expect(placed.get("etc/acpi/tables")).toEqual(tables);
    expect(placed.get("etc/acpi/rsdp")).toEqual(pointer);
  });

  test("the caller's DSDT is not touched", () => {
    const dsdt = emptyDsdt(length);
    const before = dsdt.slice();
    placeAcpi(dsdt, base);
    acpiFirmwareFiles(acpiBlock(dsdt), new Uint8Array(20));
    expect(dsdt).toEqual(before);
  });
});

test("checksums cover what they say", () => {
  const block = acpiBlock(emptyDsdt());
  expect(checksummed(block).map(({ at }) => text(block.bytes, at, 4))).toEqual([
    "DSDT",
    "FACP",
    "APIC",
    "RSDT",
  ]);
  expect(checksumOf(Uint8Array.of(1, 2, 3))).toBe(250);
  expect(checksumOf(new Uint8Array(0))).toBe(0);
});

test("MADT: one processor, one I/O APIC, entries that fill it exactly", () => {
  const block = acpiBlock(emptyDsdt());
  const view = new DataView(block.bytes.buffer);
  const end = block.madt + view.getUint32(block.madt + 4, true);
  expect(view.getUint32(block.madt + 36, true)).toBe(0xfee00000);
  const kinds: number[] = [];
  let at = block.madt + 44;
  while (at < end) {
    kinds.push(view.getUint8(at));
    at += view.getUint8(at + 1);
  }
  expect(at).toBe(end);
  expect(kinds).toEqual([0, 1, 2, 2, 2, 2, 4]);
});

describe("SMBIOS", () => {
  /** Structures as a guest reads them: formatted part, strings, two zeros. */
  function structures(tables: Uint8Array) {
    const found: { type: number; handle: number; body: Uint8Array; strings: string[] }[] = [];
    let at = 0;
    while (at < tables.length) {
      const length = tables[at + 1] ?? 0;
      const body = tables.subarray(at, at + length);
      let end = at + length;
      while (tables[end] !== 0 || tables[end + 1] !== 0) end++;
      const strings = text(tables, at + length, end - at - length)
        .split("\0")
        .filter((line) => line !== "");
      found.push({ type: body[0] ?? -1, handle: (body[2] ?? 0) | ((body[3] ?? 0) << 8), body, strings });
      at = end + 2;
    }
    expect(at).toBe(tables.length);
    return found;
  }

  test("both anchors add up and describe the tables", () => {
    const { anchor, tables } = smbios(identity, 0xf0200);
    const view = new DataView(anchor.buffer);
    expect(text(anchor, 0, 4)).toBe("_SM_");
    expect(text(anchor, 16, 5)).toBe("_DMI_");
    expect([anchor.length, anchor[5]]).toEqual([31, 31]);
    expect(sum(anchor)).toBe(0);
    expect(sum(anchor.subarray(16, 31))).toBe(0);
    expect(view.getUint16(22, true)).toBe(tables.length);
    expect(view.getUint32(24, true)).toBe(0xf0200);
    const all = structures(tables);
    expect(view.getUint16(28, true)).toBe(all.length);
    const sizes = all.map(({ body, strings }) => {
      const chars = strings.reduce((total, line) => total + line.length + 1, 0);
      return body.length + (strings.length === 0 ? 2 : chars + 1);
    });
    expect(view.getUint16(8, true)).toBe(Math.max(...sizes));
  });

  test("says what a Hyper-V machine says", () => {
    const all = structures(smbios(identity, 0).tables);
    expect(all.map(({ type }) => type)).toEqual([0, 1, 2, 3, 127]);
    expect(new Set(all.map(({ handle }) => handle)).size).toBe(all.length);
    const system = all[1];
    expect(system?.strings).toEqual(["Microsoft Corporation", "Virtual Machine", "7.0", identity.serial]);
    expect([...(system?.body.subarray(4, 8) ?? [])]).toEqual([1, 2, 3, 4]);
    expect(Buffer.from(system?.body.subarray(8, 24) ?? []).toString("hex")).toBe(
      "33221100554477668899aabbccddeeff",
    );
    expect(all[2]?.strings.slice(0, 2)).toEqual(["Microsoft Corporation", "Virtual Machine"]);
    expect(all[0]?.strings[0]).toBe("American Megatrends Inc.");
  });

  test("every string a structure refers to exists", () => {
    const stringFields: Record<number, number[]> = {
      0: [4, 5, 8],
      1: [4, 5, 6, 7],
      2: [4, 5, 6, 7],
      3: [4, 6, 7, 8],
    };
    for (const { type, body, strings } of structures(smbios(identity, 0).tables)) {
      for (const field of stringFields[type] ?? []) {
        expect([type, field, body[field]]).toEqual([type, field, expect.any(Number)]);
        expect(body[field]).toBeLessThanOrEqual(strings.length);
      }
    }
  });
});

test("the BIOS is given all files under the names it looks for, and no key to wait for", () => {
  const files = new Map<string, Uint8Array>();
  const boot = {
    addFirmwareFile: (name: string, data: Uint8Array<ArrayBuffer>) => void files.set(name, data),
    startText() {},
    startProtected() {
      throw new Error("the BIOS starts by itself");
    },
  };
  prepareBios(boot, emptyDsdt(), identity);
  expect([...files.keys()].sort()).toEqual([
    "etc/acpi/rsdp",
    "etc/acpi/tables",
    "etc/boot-fail-wait",
    "etc/show-boot-menu",
    "etc/smbios/smbios-anchor",
    "etc/smbios/smbios-tables",
    "etc/table-loader",
  ]);
  expect([...files.keys()].every((name) => name.length < 56)).toBe(true);
  for (const { name, data } of smbiosFirmwareFiles(identity)) expect(files.get(name)).toEqual(data);
});

test("the compiled DSDT of the site is one, offers VMBus, and no hibernation", () => {
  const file = "public/firmware/dsdt.aml";
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm run images`);
  const dsdt = new Uint8Array(readFileSync(file));
  expect(text(dsdt, 0, 4)).toBe("DSDT");
  expect(new DataView(dsdt.buffer).getUint32(4, true)).toBe(dsdt.length);
  expect(sum(dsdt)).toBe(0);
  const names = text(dsdt, 0, dsdt.length);
  expect(names).toContain("VMBus");
  expect(names).toContain("_S5_");
  expect(names).not.toContain("_S4_");
  expect(names).not.toContain("_S3_");
  expect(names).not.toContain("_EJ0");
});
