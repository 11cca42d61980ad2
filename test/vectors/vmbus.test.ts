import { describe, expect, it } from "vitest";
import * as hvdef from "../../src/hvdef/index.ts";
import {
  type ChannelId,
  DeviceClass,
  decodeGuestMessage,
  encodeHostMessage,
  type GpadlId,
  vmbusMessages,
} from "../../src/hvdef/index.ts";
import { guid } from "../../src/support/index.ts";
import { mapRing } from "../../src/vmbus/ring/pages.ts";
import { openRingWriter } from "../../src/vmbus/ring/writer.ts";
import { fromHex, openFakeGuest, openGuestRing } from "../lab/loopback-guest.ts";
import vectors from "./vmbus.json" with { type: "json" };

interface AnyLayout {
  readonly size: number;
  read(view: DataView): unknown;
  bytes(values: unknown): Uint8Array;
}

function isLayout(value: unknown): value is AnyLayout {
  return typeof value === "object" && value !== null && "read" in value && "bytes" in value;
}

const layouts = new Map<string, AnyLayout>();
for (const [name, value] of Object.entries(hvdef)) if (isLayout(value)) layouts.set(name, value);

/** JSON has neither bigints nor bytes. */
function revive(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (/^\d+n$/.test(value)) return BigInt(value.slice(0, -1));
  if (value.startsWith("hex:")) return fromHex(value.slice(4));
  if (value.startsWith("zeros:")) return new Uint8Array(Number(value.slice(6)));
  return value;
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function vector(name: string): Uint8Array<ArrayBuffer> {
  const found = vectors.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return fromHex(found.hex);
}

describe("golden bytes of VMBus", () => {
  it.each(vectors)("$name", ({ layout: name, hex: text, value }) => {
    const layout = layouts.get(name);
    if (layout === undefined) throw new Error(`no layout ${name}`);
    const bytes = fromHex(text);
    const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, revive(field)]));
    expect(bytes.length).toBe(layout.size);
    expect(layout.read(new DataView(bytes.buffer))).toEqual(fields);
    expect(hex(layout.bytes(fields))).toBe(hex(bytes));
  });

  it("encodes what the host says", () => {
    const channel = 5 as ChannelId;
    const gpadl = 0xe1e10 as GpadlId;
    const encoded: readonly (readonly [string, Parameters<typeof encodeHostMessage>[0]])[] = [
      ["version response accept", { kind: "versionResponse", supported: true }],
      [
        "scsi offer, relid 5",
        {
          kind: "offerChannel",
          offer: {
            channel,
            interfaceType: DeviceClass.scsi,
            instance: guid("7a6b1c2d-0001-4f00-8000-0000000000a1"),
            flags: 1,
            mmioMegabytes: 0,
            userDefined: new Uint8Array(0),
          },
        },
      ],
      ["gpadl created", { kind: "gpadlCreated", channel, gpadl, status: 0 }],
      ["gpadl torndown", { kind: "gpadlTorndown", gpadl }],
      ["open result", { kind: "openResult", channel, openId: 5, status: 0 }],
      ["rescind", { kind: "rescindOffer", channel }],
      ["modify response", { kind: "modifyResponse", channel, status: 0 }],
      ["unload response", { kind: "unloadResponse" }],
    ];
    for (const [name, message] of encoded)
      expect(hex(encodeHostMessage(message)), name).toBe(hex(vector(name)));
    expect(hex(encodeHostMessage({ kind: "allOffersDelivered" }))).toBe("0400000000000000");
    expect(hex(encodeHostMessage({ kind: "versionResponse", supported: false }))).toBe(
      "0f000000000000000000000000000000",
    );
  });

  it("decodes what a guest says, and tells short and unknown apart", () => {
    expect(decodeGuestMessage(vector("initiate contact 5.3"))).toMatchObject({
      kind: "initiateContact",
      version: 0x5_0003,
      monitorPage1: 0x0123_4000n,
    });
    expect(decodeGuestMessage(vector("open channel, ring of four pages"))).toMatchObject({
      kind: "openChannel",
      downstreamPage: 2,
    });
    expect(decodeGuestMessage(vector("socket connection to port 2049")).kind).toBe("tlConnectRequest");
    expect(decodeGuestMessage(vector("rescind"))).toEqual({ kind: "unknown", type: 2 });
    expect(decodeGuestMessage(new Uint8Array(7))).toMatchObject({ kind: "short" });
    for (const [name, entry] of Object.entries(vmbusMessages)) {
      const bytes = new Uint8Array(entry.size);
      new DataView(bytes.buffer).setUint32(0, entry.type, true);
      const expected = entry.direction === "toHost" ? name : "unknown";
      expect(decodeGuestMessage(bytes).kind).toBe(expected);
      if (entry.direction === "toHost" && entry.size > 8) {
        expect(decodeGuestMessage(bytes.subarray(0, entry.size - 1)).kind).toBe("short");
      }
    }
  });

  it("writes the keyboard event byte for byte", () => {
    const guest = openFakeGuest(4);
    openGuestRing(guest.memory, [1, 2]).setIndex("write", 0x40);
    openGuestRing(guest.memory, [1, 2]).setIndex("read", 0x40);
    const ring = mapRing(guest.memory, Uint32Array.of(1, 2));
    const writer = ring === null ? null : openRingWriter(ring);
    const payload = fromHex("03000000 1c000000 00000000");
    guest.memory.bytes().fill(0xee, 0x2000, 0x3000);
    expect(writer?.write({ type: 6, transactionLow: 0, transactionHigh: 0, payload })).toBe("written");
    expect(hex(guest.memory.bytes().subarray(0x2040, 0x2068))).toBe(
      hex(
        fromHex(`06 00 02 00 04 00 00 00 00 00 00 00 00 00 00 00
                 03 00 00 00 1c 00 00 00 00 00 00 00 00 00 00 00
                 00 00 00 00 40 00 00 00`),
      ),
    );
    expect(guest.memory.view().getUint32(0x1000, true)).toBe(0x68);
  });
});
