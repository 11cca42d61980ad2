import { describe, expect, test } from "vitest";
import {
  NvspInit,
  NvspInitComplete,
  NvspReceiveBufferComplete,
  NvspRndis,
  NvspSendBufferComplete,
  OffloadCapabilities,
  Oid,
  RndisIndicate,
  RndisInitializeComplete,
  RndisPacket,
  TransferPages,
  TransferRange,
} from "../../src/hvdef/index.ts";
import type { MacAddress } from "../../src/network/index.ts";
import { mapRing } from "../../src/vmbus/ring/pages.ts";
import { openRingWriter } from "../../src/vmbus/ring/writer.ts";
import { netvsp } from "../../src/vsp/index.ts";
import { labChannel } from "../lab/channel.ts";
import { openFakeGuest, openGuestRing } from "../lab/loopback-guest.ts";
import { netPages, nvsp, openNetLab, rndis } from "../lab/netvsc.ts";
import vectors from "./netvsc.json" with { type: "json" };

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

/** Reads and writes back. */
function both<T>(
  layout: { read(view: DataView): T; bytes(values: T): Uint8Array },
  data: Uint8Array<ArrayBuffer>,
) {
  const values = layout.read(new DataView(data.buffer));
  return { values, written: layout.bytes(values) };
}

const layouts: Readonly<
  Record<string, (data: Uint8Array<ArrayBuffer>) => { values: object; written: Uint8Array }>
> = {
  NvspInit: (data) => both(NvspInit, data),
  NvspInitComplete: (data) => both(NvspInitComplete, data),
  NvspReceiveBufferComplete: (data) => both(NvspReceiveBufferComplete, data),
  NvspSendBufferComplete: (data) => both(NvspSendBufferComplete, data),
  NvspRndis: (data) => both(NvspRndis, data),
  RndisInitializeComplete: (data) => both(RndisInitializeComplete, data),
  RndisIndicate: (data) => both(RndisIndicate, data),
  RndisPacket: (data) => both(RndisPacket, data),
  TransferPages: (data) => both(TransferPages, data),
  TransferRange: (data) => both(TransferRange, data),
  OffloadCapabilities: (data) => both(OffloadCapabilities, data),
};

describe.each(vectors.filter((vector) => vector.record !== ""))("$name", ({ record, hex: golden, value }) => {
  test("reads and writes as recorded", () => {
    const run = layouts[record];
    if (run === undefined) throw new Error(`no layout ${record}`);
    const { values, written } = run(bytes(golden));
    expect(plain(values)).toEqual(value);
    expect(hex(written)).toBe(golden);
  });
});

function golden(name: string): string {
  const found = vectors.find((vector) => vector.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found.hex;
}

const mac = "00-15-5D-01-0A-03" as MacAddress;
const port = { send() {} };

describe("the provider answers byte for byte", () => {
  /** A channel whose guest has come as far as Linux' own sizes: 16 MiB and 1 MiB. */
  function negotiated() {
    const adapter = netvsp({ mac, port });
    const lab = labChannel(adapter);
    lab.open();
    const init = lab.ask({ payload: bytes(golden("INIT of 6.1")) });
    lab.request({ payload: nvsp.config(), wantsCompletion: false });
    lab.request({ payload: nvsp.version(), wantsCompletion: false });
    const receive = lab.ask({ payload: nvsp.receiveBuffer(0xe1e11), dataRoom: 16_777_216 });
    const send = lab.ask({ payload: nvsp.sendBuffer(0xe1e12), dataRoom: 1_044_480 });
    const control = (message: Uint8Array<ArrayBuffer>) => {
      const before = lab.transfers.length;
      lab.request({ payload: nvsp.rndis(1), data: message });
      return lab.transfers[before]?.ranges[0]?.bytes ?? new Uint8Array(0);
    };
    return { adapter, lab, init, receive, send, control };
  }

  test("its version and its buffers", () => {
    const { init, receive, send, lab } = negotiated();
    expect(hex(init.payload)).toBe(golden("INIT_COMPLETE"));
    expect(hex(receive.payload)).toBe(golden("SEND_RECV_BUF_COMPLETE"));
    expect(hex(send.payload)).toBe(golden("SEND_SEND_BUF_COMPLETE"));
    expect(lab.answers.length).toBe(3);
  });

  test("the opening of RNDIS, and what it takes off the guest's processor", () => {
    const { control } = negotiated();
    expect(hex(control(rndis.initialize(1)))).toBe(golden("RNDIS INIT reply"));
    const capabilities = control(rndis.query(Oid.offloadCapabilities, 156));
    expect(hex(capabilities.subarray(24))).toBe(golden("full offload"));
  });

  test("a link that comes up, and a frame in the sixth part", () => {
    const { adapter, lab, control } = negotiated();
    control(rndis.initialize(1));
    control(rndis.filter(0xd));
    adapter.connect(null);
    adapter.connect(port);
    expect(hex(lab.transfers.at(-1)?.ranges[0]?.bytes ?? bytes(""))).toBe(golden("media connect"));
    // Four parts are with the guest; the next but one is the sixth.
    const frame = new Uint8Array(60).fill(0x11);
    frame.set([0x00, 0x15, 0x5d, 0x01, 0x0a, 0x03]);
    adapter.frame(frame, 0, 60);
    adapter.frame(frame, 0, 60);
    const transfer = lab.transfers.at(-1);
    expect(transfer?.ranges.map((range) => range.offset)).toEqual([4 * 1728, 5 * 1728]);
    expect(5 * 1728).toBe(0x21c0);
    expect(transfer?.buffer).toBe(0xcafe);
    expect(hex(transfer?.payload ?? bytes(""))).toBe(golden("NVSP message beside frames"));
    const message = transfer?.ranges[1]?.bytes ?? bytes("");
    expect(hex(message)).toBe(golden("header of a 60 byte frame") + hex(frame));
  });
});

describe("the ring", () => {
  test("carries the example packet byte for byte", () => {
    const guest = openFakeGuest(16);
    const pages = mapRing(guest.memory, Uint32Array.of(1, 2, 3));
    const writer = pages === null ? null : openRingWriter(pages);
    const example = bytes(golden("ring packet with one frame"));
    const outcome = writer?.write({
      type: 7,
      flags: 1,
      transactionLow: 0x105,
      transactionHigh: 0,
      header: example.subarray(16, 32),
      payload: example.subarray(32),
    });
    expect(outcome).toBe("written");
    expect(hex(guest.memory.bytes().subarray(2 * 4096, 2 * 4096 + 72))).toBe(hex(example));
    const [seen] = openGuestRing(guest.memory, [1, 2, 3]).takeAll();
    expect(seen).toMatchObject({ type: 7, flags: 1, transaction: 0x105n, trailer: [0, 0] });
  });

  test("and the relay's own packets look like it", () => {
    const adapter = netvsp({ mac, port });
    const lab = openNetLab(adapter);
    lab.bringUp();
    const frame = new Uint8Array(60).fill(0xff);
    const ring = lab.rings().down;
    const start = ring.index("write");
    adapter.frame(frame, 0, 60);
    lab.pump();
    const at = (netPages.down[1 + (start >> 12)] ?? 0) * 4096 + (start & 4095);
    const seen = lab.guest.memory.bytes().slice(at, at + 72);
    const view = new DataView(seen.buffer);
    const expected = bytes(golden("ring packet with one frame"));
    // Which part it is, and so its number, is the adapter's to choose.
    expected.set(seen.subarray(8, 16), 8);
    expected.set(seen.subarray(28, 32), 28);
    expect(hex(seen)).toBe(hex(expected));
    expect(view.getUint32(28, true)).toBe((view.getUint32(8, true) - 1) * 1728);
  });
});
