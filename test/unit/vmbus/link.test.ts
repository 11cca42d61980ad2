import { describe, expect, it } from "vitest";
import { batchBytes, type Carrier, LinkRecord, maxPayload, maxTransfer } from "../../../src/hvdef/index.ts";
import { loopbackCarriers } from "../../../src/vmbus/index.ts";
import { type ArrivedRecord, type Link, openLink, type RecordHead } from "../../../src/vmbus/link.ts";

const head = (over: Partial<RecordHead> = {}): RecordHead => ({
  channel: 5,
  kind: 3,
  flags: 1,
  transactionLow: 7,
  transactionHigh: 0x8000_0000,
  payloadLength: 0,
  dataLength: 0,
  dataRoom: 0,
  ...over,
});

function put(link: Link, payload: Uint8Array, data: Uint8Array): void {
  const place = link.reserve(head({ payloadLength: payload.length, dataLength: data.length, dataRoom: 77 }));
  place.bytes.set(payload, place.payloadAt);
  place.bytes.set(data, place.dataAt);
  link.commit(data.length);
}

function copy(record: ArrivedRecord) {
  const { bytes, payloadAt, payloadLength, dataAt, dataLength } = record;
  return {
    channel: record.channel,
    kind: record.kind,
    transaction: [record.transactionLow, record.transactionHigh],
    room: record.dataRoom,
    payload: [...bytes.subarray(payloadAt, payloadAt + payloadLength)],
    data: [...bytes.subarray(dataAt, dataAt + dataLength)],
  };
}

function openPair() {
  const carriers = loopbackCarriers((deliver) => deliver());
  const a = openLink(carriers.child);
  const b = openLink(carriers.parent);
  const buffers = new Set<ArrayBuffer>();
  let arrivals = 0;
  b.receive(() => arrivals++);
  a.receive(() => {});
  const read = (link: Link) => {
    const out: ReturnType<typeof copy>[] = [];
    link.read((record) => {
      buffers.add(record.bytes.buffer);
      out.push(copy(record));
    });
    return out;
  };
  return { a, b, read, buffers, arrivals: () => arrivals };
}

describe("a link", () => {
  it("carries records in order, one wake-up per batch", () => {
    const { a, b, read, arrivals } = openPair();
    put(a, Uint8Array.of(1, 2, 3), Uint8Array.of(9));
    put(a, new Uint8Array(0), new Uint8Array(0));
    put(
      a,
      Uint8Array.from({ length: 8 }, (_, i) => i),
      Uint8Array.of(),
    );
    expect(arrivals()).toBe(0);
    a.flush();
    a.flush();
    expect(arrivals()).toBe(1);
    const common = { channel: 5, kind: 3, transaction: [7, 0x8000_0000], room: 77 };
    expect(read(b)).toEqual([
      { ...common, payload: [1, 2, 3], data: [9] },
      { ...common, payload: [], data: [] },
      { ...common, payload: [0, 1, 2, 3, 4, 5, 6, 7], data: [] },
    ]);
    expect(read(b)).toEqual([]);
  });

  it("takes the largest record, and sends a full batch by itself", () => {
    const { a, b, read, arrivals } = openPair();
    const payload = new Uint8Array(maxPayload).fill(1);
    const data = new Uint8Array(maxTransfer).fill(2);
    put(a, payload, data);
    expect(arrivals()).toBe(0);
    put(a, payload, data);
    expect(arrivals()).toBe(1);
    a.flush();
    const records = read(b);
    expect(records.map((record) => [record.payload.length, record.data.length])).toEqual([
      [maxPayload, maxTransfer],
      [maxPayload, maxTransfer],
    ]);
  });

  it("shortens a record to what was used, and forgets one that was not committed", () => {
    const { a, b, read } = openPair();
    a.reserve(head({ channel: 1, dataLength: 100 }));
    const place = a.reserve(head({ channel: 2, dataLength: 1000 }));
    place.bytes.set([5, 6, 7], place.dataAt);
    a.commit(3);
    a.reserve(head({ channel: 3 }));
    a.flush();
    expect(read(b)).toMatchObject([{ channel: 2, data: [5, 6, 7] }]);
    expect(() => a.commit(0)).toThrow("without reserve");
  });

  it("refuses records beyond the limits", () => {
    const { a } = openPair();
    expect(() => a.reserve(head({ payloadLength: maxPayload + 1 }))).toThrow(RangeError);
    expect(() => a.reserve(head({ dataLength: maxTransfer + 1 }))).toThrow(RangeError);
  });

  it("sends in the buffers it received", () => {
    const { a, b, read, buffers } = openPair();
    for (let i = 0; i < 50; i++) {
      put(a, Uint8Array.of(i), Uint8Array.of());
      a.flush();
      read(b);
      put(b, Uint8Array.of(i), Uint8Array.of());
      b.flush();
      read(a);
    }
    expect(buffers.size).toBe(1);
  });

  it("keeps a bounded number of empty buffers", () => {
    const { a, b, read, buffers } = openPair();
    const sent = new Set<ArrayBuffer>();
    for (let i = 0; i < 20; i++) {
      put(a, Uint8Array.of(1), Uint8Array.of());
      a.flush();
    }
    read(b);
    for (let i = 0; i < 20; i++) {
      sent.add(b.reserve(head()).bytes.buffer);
      b.commit(0);
      b.flush();
    }
    expect(b.counts()).toMatchObject({ batchesIn: 20, batchesOut: 20 });
    expect([...sent].filter((buffer) => buffers.has(buffer))).toHaveLength(6);
  });
});

describe("a link over a carrier that can be asked", () => {
  function open() {
    let give: (buffer: ArrayBuffer, used: number) => void = () => {};
    const waiting: ArrayBuffer[] = [];
    const spare: ArrayBuffer[] = [];
    const sent: ArrayBuffer[] = [];
    const carrier: Carrier = {
      spare,
      send: (buffer) => void sent.push(buffer),
      receive(handler) {
        give = handler;
      },
      poll() {
        for (const buffer of waiting.splice(0)) give(buffer, LinkRecord.size);
      },
      [Symbol.dispose]() {},
    };
    const link = openLink(carrier);
    let told = 0;
    link.receive(() => told++);
    const batch = () => {
      const buffer = new ArrayBuffer(batchBytes);
      new DataView(buffer).setUint32(LinkRecord.at.length, LinkRecord.size, true);
      return buffer;
    };
    return {
      link,
      waiting,
      spare,
      sent,
      batch,
      give: () => give(batch(), LinkRecord.size),
      told: () => told,
    };
  }

  it("finds at once what has arrived, and is not told of it as well", () => {
    const { link, waiting, batch, give, told } = open();
    give();
    expect(told()).toBe(1);
    waiting.push(batch(), batch());
    let records = 0;
    expect(link.read(() => records++)).toBe(3);
    expect(records).toBe(3);
    expect(told()).toBe(1);
    give();
    expect(told()).toBe(2);
  });

  it("shares its empty buffers", () => {
    const { link, spare, sent, give } = open();
    const mine = new ArrayBuffer(batchBytes);
    spare.push(mine);
    link.reserve(head());
    link.commit(0);
    link.flush();
    expect(sent).toEqual([mine]);
    expect(spare).toEqual([]);
    give();
    link.read(() => {});
    expect(spare).toHaveLength(1);
  });
});

describe("a batch that lies", () => {
  function arrive(make: (view: DataView) => number): { seen: number; corrupt: number } {
    let give: (buffer: ArrayBuffer, used: number) => void = () => {};
    const carrier: Carrier = {
      send() {},
      receive(handler) {
        give = handler;
      },
      [Symbol.dispose]() {},
    };
    const link = openLink(carrier);
    link.receive(() => {});
    const buffer = new ArrayBuffer(batchBytes);
    const view = new DataView(buffer);
    LinkRecord.write(view, 0, {
      length: 40,
      channel: 1,
      kind: 3,
      flags: 0,
      payloadLength: 8,
      transactionId: 1n,
      dataLength: 0,
      dataRoom: 0,
    });
    give(buffer, make(view));
    let seen = 0;
    link.read(() => seen++);
    return { seen, corrupt: link.counts().corrupt };
  }

  it("is read when it does not", () => {
    expect(arrive(() => 40)).toEqual({ seen: 1, corrupt: 0 });
  });

  const lies: readonly (readonly [name: string, at: number, value: number, used: number])[] = [
    ["length 0", 0, 0, 40],
    ["length not on 8", 0, 44, 48],
    ["length beyond the batch", 0, 48, 40],
    ["payload beyond the record", 12, 9, 40],
    ["payload beyond its limit", 12, 0xffff_fff0, 40],
    ["data beyond the record", 24, 1, 40],
    ["data beyond its limit", 24, 0xffff_ffff, 40],
    ["a header cut off", 0, 40, 24],
  ];
  it.each(lies)("%s", (_name, at, value, used) => {
    const outcome = arrive((view) => {
      view.setUint32(at, value, true);
      return used;
    });
    expect(outcome).toEqual({ seen: 0, corrupt: 1 });
  });

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])("nonsense length %d", (used) => {
    expect(arrive(() => used)).toEqual({ seen: 0, corrupt: 0 });
  });

  it("longer than its buffer", () => {
    const { seen } = arrive(() => 1e12);
    expect(seen).toBe(1);
  });
});
