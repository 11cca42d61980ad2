import { describe, expect, test } from "vitest";
import { StorPropertiesPacket, StorSrbPacket, StorVersionPacket } from "../../src/hvdef/index.ts";
import { ramDisk } from "../../src/storage/index.ts";
import { ideDisk, storvsp } from "../../src/vsp/index.ts";
import { type LabChannel, labChannel } from "../lab/channel.ts";
import vectors from "./storvsc.json" with { type: "json" };

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

/** As the file writes values: bytes in hex, 64-bit numbers in decimal text. */
function plain(values: object): Record<string, unknown> {
  const shown = (value: unknown) =>
    value instanceof Uint8Array ? hex(value) : typeof value === "bigint" ? String(value) : value;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shown(value)]));
}

const layouts = { StorSrbPacket, StorPropertiesPacket, StorVersionPacket };

describe.each(vectors)("$name", ({ record, hex: golden, value }) => {
  const layout = Object.entries(layouts).find(([name]) => name === record)?.[1];
  test("reads and writes as recorded", () => {
    if (layout === undefined) throw new Error(`no layout ${record}`);
    const view = new DataView(bytes(golden).buffer);
    expect(plain(layout.read(view))).toEqual(value);
    const out = new DataView(new ArrayBuffer(64));
    // Each layout writes only values of its own kind; what it read is what it writes.
    if (layout === StorSrbPacket) StorSrbPacket.write(out, 0, StorSrbPacket.read(view));
    else if (layout === StorPropertiesPacket)
      StorPropertiesPacket.write(out, 0, StorPropertiesPacket.read(view));
    else StorVersionPacket.write(out, 0, StorVersionPacket.read(view));
    expect(hex(new Uint8Array(out.buffer))).toBe(golden);
  });
});

function golden(name: string): string {
  const found = vectors.find((vector) => vector.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found.hex;
}

describe("the provider answers byte for byte", () => {
  const request = { payload: bytes(golden("READ(10) of 8 blocks at 2048")), dataRoom: 4096 };
  function served(byteLength: number): LabChannel {
    const lab = labChannel(ideDisk({ disk: ramDisk(byteLength), id: new Uint8Array(16) }));
    lab.open();
    return lab;
  }
  test("a success", () => {
    const answer = served((2048 + 8) * 512).ask(request);
    expect(hex(answer.payload)).toBe(golden("success reply"));
    expect(answer.data.length).toBe(4096);
  });
  test("an invalid field: the guest's pages cannot hold what it asks for", () => {
    const answer = served((2048 + 8) * 512).ask({ ...request, dataRoom: 4095 });
    expect(hex(answer.payload)).toBe(golden("CHECK CONDITION reply, invalid field in CDB"));
  });
  test("its properties, where only the largest transfer is ours", () => {
    const lab = labChannel(storvsp({ luns: new Map() }));
    lab.open();
    const begin = new Uint8Array(64);
    begin[0] = 7;
    const properties = new Uint8Array(64);
    properties[0] = 10;
    lab.ask({ payload: begin });
    lab.ask({ payload: bytes(golden("QUERY_PROTOCOL_VERSION for 6.2")) });
    const expected = bytes(golden("QUERY_PROPERTIES reply of Hyper-V"));
    new DataView(expected.buffer).setUint32(StorPropertiesPacket.at.maxTransferBytes, 1 << 20, true);
    expect(hex(lab.ask({ payload: properties }).payload)).toBe(hex(expected));
  });
});
