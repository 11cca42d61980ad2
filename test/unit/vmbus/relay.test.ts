import { describe, expect, it } from "vitest";
import {
  type ChannelId,
  DeviceClass,
  firstInternalChannel,
  LinkFlag,
  LinkKind,
  maxTransfer,
  noTrace,
  type TraceNote,
  type TraceSink,
} from "../../../src/hvdef/index.ts";
import type { ChannelOpening } from "../../../src/vmbus/index.ts";
import { loopbackCarriers, openLink, openRelay, type RelayLimits } from "../../../src/vmbus/index.ts";
import type { ArrivedRecord } from "../../../src/vmbus/link.ts";
import { usualRelayLimits } from "../../../src/vmbus/relay/lane.ts";
import { gpaDirect, openFakeGuest, openGuestRing, words } from "../../lab/loopback-guest.ts";

const channel = 5 as ChannelId;
const upPages = Array.from({ length: 9 }, (_, i) => 0x10 + i);
const downPages = [0x20, 0x21];
const bytes = (length: number, fill = 1) => Uint8Array.from({ length }, (_, i) => (i + fill) & 0xff);

interface Record {
  readonly kind: number;
  readonly channel: number;
  readonly flags: number;
  readonly id: number;
  readonly room: number;
  readonly payload: number[];
  readonly data: number[];
}

function copy(record: ArrivedRecord): Record {
  const { bytes: all, payloadAt, payloadLength, dataAt, dataLength } = record;
  return {
    kind: record.kind,
    channel: record.channel,
    flags: record.flags,
    id: record.transactionLow,
    room: record.dataRoom,
    payload: [...all.subarray(payloadAt, payloadAt + payloadLength)],
    data: [...all.subarray(dataAt, dataAt + dataLength)],
  };
}

/** A relay with one open channel; the test plays guest and parent. */
function openLab(limits: Partial<RelayLimits> = {}, trace: TraceSink = noTrace) {
  const guest = openFakeGuest(1024);
  const carriers = loopbackCarriers((deliver) => deliver());
  const parent = openLink(carriers.parent);
  parent.receive(() => {});
  const signals: number[] = [];
  const relay = openRelay({
    memory: guest.memory,
    link: openLink(carriers.child, trace),
    trace,
    signal: (id) => void signals.push(id),
    wake() {},
    limits: { ...usualRelayLimits, ...limits },
  });
  const up = openGuestRing(guest.memory, upPages);
  const down = openGuestRing(guest.memory, downPages);
  const opening: ChannelOpening = {
    channel,
    interfaceType: DeviceClass.scsi,
    pages: Uint32Array.from([...upPages, ...downPages]),
    downstreamPage: upPages.length,
    userData: bytes(120),
    version: 0x5_0003,
  };
  const attach = () =>
    relay.attach(opening, {
      gather: (payload) => (payload[0] === 1 ? "toHost" : payload[0] === 2 ? "toGuest" : "none"),
    });
  const records = () => {
    const out: Record[] = [];
    parent.read((record) => out.push(copy(record)));
    return out;
  };
  const drain = () => {
    const more = relay.drain();
    return { more, records: records() };
  };
  function tell(record: {
    kind: number;
    id: number;
    high?: number;
    generation?: number;
    payload?: Uint8Array;
    data?: Uint8Array;
    on?: number;
  }) {
    const { payload = bytes(8), data = bytes(0) } = record;
    const place = parent.reserve({
      channel: record.on ?? channel,
      kind: record.kind,
      flags: 0,
      transactionLow: record.id,
      transactionHigh: record.high ?? 0,
      payloadLength: payload.length,
      dataLength: data.length,
      dataRoom: record.generation ?? 1,
    });
    place.bytes.set(payload, place.payloadAt);
    place.bytes.set(data, place.dataAt);
    parent.commit(data.length);
    parent.flush();
  }
  const answer = (id: number, data = bytes(0)) => tell({ kind: LinkKind.complete, id, data });
  const ask = (
    id: number,
    over: { flags?: number; type?: number; payload?: Uint8Array; header?: Uint8Array } = {},
  ) => up.put({ type: 6, flags: 1, transaction: BigInt(id), payload: bytes(8, 0), ...over });
  const lane = () => {
    const channels = relay.inspect()["channels"];
    return typeof channels === "object" ? channels?.[String(channel)] : undefined;
  };
  return { guest, relay, up, down, opening, attach, drain, tell, answer, ask, lane, signals };
}

/** The same, attached, and its `opened` record taken. */
function openAttached(limits: Partial<RelayLimits> = {}) {
  const lab = openLab(limits);
  expect(lab.attach()).toBe(true);
  expect(lab.drain().records.map((record) => record.kind)).toEqual([LinkKind.opened]);
  return lab;
}

it("stamps what the host says of its own accord, and no answer", () => {
  const lab = openLab();
  const stamp = (payload: Uint8Array) => void payload.fill(7, 2, 4);
  expect(lab.relay.attach(lab.opening, { gather: () => "none", stamp })).toBe(true);
  lab.ask(1);
  lab.relay.doorbell(channel);
  lab.drain();
  lab.tell({ kind: LinkKind.send, id: 0, payload: bytes(8) });
  lab.tell({ kind: LinkKind.complete, id: 1, payload: bytes(8) });
  lab.relay.deliver();
  const plain = bytes(8);
  const stamped = Uint8Array.from(plain).fill(7, 2, 4);
  expect(lab.down.takeAll().map(({ payload }) => [...payload])).toEqual([[...stamped], [...plain]]);
});

it("passes words between a channel's owner and the device beside the guest, as long as it is open", () => {
  const lab = openLab();
  const told: number[][] = [];
  let note: (payload: Uint8Array) => void = () => {};
  let closings = 0;
  const beside = {
    opened(send: typeof note) {
      note = send;
      send(bytes(1, 9));
    },
    told: (payload: Uint8Array) => void told.push([...payload]),
    closed: () => void closings++,
  };
  expect(lab.relay.attach(lab.opening, { gather: () => "none", beside })).toBe(true);
  // The owner must know of the opening before it hears anything of it.
  expect(lab.drain().records).toMatchObject([
    { kind: LinkKind.opened },
    { kind: LinkKind.note, channel, room: 1, payload: [9] },
  ]);
  lab.tell({ kind: LinkKind.tell, id: 0, payload: bytes(3) });
  lab.tell({ kind: LinkKind.tell, id: 0, payload: bytes(4), generation: 2 });
  lab.relay.deliver();
  expect(told).toEqual([[...bytes(3)]]);
  expect(lab.down.takeAll()).toEqual([]);
  lab.relay.detach(channel);
  note(bytes(1));
  expect(lab.drain().records).toMatchObject([{ kind: LinkKind.closed }]);
  expect(closings).toBe(1);
});

describe("opening and closing", () => {
  it("tells the parent, with version, ring size and user data", () => {
    const lab = openLab();
    lab.attach();
    const [opened] = lab.drain().records;
    expect(opened).toMatchObject({ kind: LinkKind.opened, channel, room: 1, data: [] });
    expect(opened?.payload).toEqual([3, 0, 5, 0, 0, 0xb0, 0, 0, ...bytes(120)]);
    lab.relay.detach(channel);
    lab.relay.detach(channel);
    expect(lab.drain().records).toMatchObject([{ kind: LinkKind.closed, channel }]);
  });

  it("takes what was written before the open, which rang nobody", () => {
    const lab = openLab();
    lab.ask(1);
    lab.attach();
    expect(lab.drain().records.map((record) => record.kind)).toEqual([LinkKind.opened, LinkKind.request]);
  });

  it.each([
    ["no data page up", 1],
    ["no data page down", 10],
    ["nothing down", 11],
  ])("refuses rings with %s", (_name, downstreamPage) => {
    const lab = openLab();
    expect(lab.relay.attach({ ...lab.opening, downstreamPage }, { gather: () => "none" })).toBe(false);
    expect(lab.drain().records).toEqual([]);
  });

  it("touches nothing after a detach", () => {
    const lab = openAttached();
    lab.ask(1, {
      type: 9,
      payload: Uint8Array.of(2),
      header: gpaDirect({ bytes: 4096, offset: 0, pages: [50] }),
    });
    lab.drain();
    lab.relay.detach(channel);
    const before = lab.guest.memory.bytes().slice();
    lab.answer(1, bytes(4096));
    lab.relay.deliver();
    lab.relay.doorbell(channel);
    lab.drain();
    expect(Buffer.compare(lab.guest.memory.bytes(), before)).toBe(0);
    expect(lab.signals).toEqual([]);
  });
});

describe("requests", () => {
  it("carry their flags, and the pages' bytes when they flow to the host", () => {
    const lab = openAttached();
    lab.guest.memory.bytes().set(bytes(100, 9), 50 * 4096 + 10);
    lab.ask(1, { flags: 0 });
    lab.ask(2, {
      type: 9,
      payload: Uint8Array.of(1),
      header: gpaDirect({ bytes: 60, offset: 10, pages: [50] }, { bytes: 40, offset: 70, pages: [50] }),
    });
    lab.ask(3, {
      type: 9,
      payload: Uint8Array.of(3),
      header: gpaDirect({ bytes: 60, offset: 10, pages: [50] }),
    });
    lab.relay.doorbell(channel);
    const { records } = lab.drain();
    expect(records).toMatchObject([
      { id: 1, flags: 0, room: 0 },
      { id: 2, flags: LinkFlag.wantsCompletion | LinkFlag.hasPages, room: 100, data: [...bytes(100, 9)] },
      { id: 3, flags: LinkFlag.wantsCompletion | LinkFlag.hasPages, room: 0, data: [] },
    ]);
  });

  it("follow an offset beyond the first page", () => {
    const lab = openAttached();
    lab.guest.memory.bytes().set(bytes(16, 5), 51 * 4096 + 8);
    const header = gpaDirect({ bytes: 16, offset: 4104, pages: [50, 51] });
    lab.ask(2, { type: 9, payload: Uint8Array.of(1), header });
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toMatchObject([{ room: 16, data: [...bytes(16, 5)] }]);
  });

  it("take the largest transfer and nothing larger", () => {
    const lab = openAttached();
    const pages = Array.from({ length: 257 }, (_, i) => 300 + i);
    const header = (length: number) => gpaDirect({ bytes: length, offset: 4095, pages });
    lab.ask(1, { type: 9, payload: Uint8Array.of(1), header: header(maxTransfer) });
    lab.ask(2, { type: 9, payload: Uint8Array.of(1), header: header(maxTransfer + 1) });
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toMatchObject([{ room: maxTransfer }, { room: 0, data: [] }]);
    expect(lab.lane()).toMatchObject({ badLists: 1 });
  });

  it.each([
    ["a page beyond memory", gpaDirect({ bytes: 8, offset: 0, pages: [1024] })],
    ["a page beyond 32 bits", words(0, 1, 8, 0, 50, 1)],
    ["a far page", gpaDirect({ bytes: 8, offset: 0, pages: [0xffff_ffff] })],
    ["fewer pages than bytes", gpaDirect({ bytes: 4097, offset: 0, pages: [50] })],
    ["no bytes", gpaDirect({ bytes: 0, offset: 0, pages: [50] })],
    ["no ranges", gpaDirect()],
    ["a huge range", gpaDirect({ bytes: 0xffff_ffff, offset: 0xffff_ffff, pages: [50] })],
    ["a range count that lies", Uint8Array.of(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)],
    ["no list at all", new Uint8Array(0)],
  ])("with %s still reach the parent, with no room", (_name, header) => {
    const lab = openAttached();
    lab.ask(1, { type: 9, payload: Uint8Array.of(2), header });
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toMatchObject([{ id: 1, flags: 3, room: 0, data: [] }]);
    lab.answer(1, bytes(64));
    lab.relay.deliver();
    expect(lab.down.takeAll()).toHaveLength(1);
    expect(lab.guest.wrote).toEqual([]);
  });

  it("of another type, or too long, are answered empty when they ask for it", () => {
    const lab = openAttached();
    lab.ask(1, { type: 7 });
    lab.ask(2, { type: 7, flags: 0 });
    lab.ask(3, { payload: bytes(20 * 1024 + 8) });
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toEqual([]);
    const replies = lab.down.takeAll();
    expect(replies.map((packet) => [packet.type, packet.transaction, packet.payload.length])).toEqual([
      [11, 1n, 0],
      [11, 3n, 0],
    ]);
    expect(lab.signals).toEqual([channel]);
    expect(lab.lane()).toMatchObject({ refused: 3, inFlight: 0 });
  });

  it("under a number in use are dropped; one answer arrives", () => {
    const lab = openAttached();
    lab.ask(1);
    lab.ask(1);
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toHaveLength(1);
    lab.answer(1);
    lab.answer(1);
    lab.relay.deliver();
    expect(lab.down.takeAll()).toHaveLength(1);
    expect(lab.relay.inspect()).toMatchObject({ stale: 1 });
  });

  it("keep all 64 bits of their number apart", () => {
    const lab = openAttached();
    const ids = [1n, 1n << 32n, 1n << 53n, (1n << 53n) + 1n, 0xffff_ffff_ffff_fffdn, 0xffff_ffff_ffff_fffcn];
    for (const id of ids) lab.up.put({ type: 6, flags: 1, transaction: id, payload: bytes(8) });
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toHaveLength(ids.length);
    for (const id of ids) {
      lab.tell({ kind: LinkKind.complete, id: Number(id & 0xffff_ffffn), high: Number(id >> 32n) });
    }
    lab.relay.deliver();
    expect(lab.down.takeAll().map((packet) => packet.transaction)).toEqual(ids);
    expect(lab.lane()).toMatchObject({ inFlight: 0, heldBytes: 0 });
  });
});

describe("answers", () => {
  it("never write beyond the list, nor into pages that flow to the host", () => {
    const lab = openAttached();
    const header = gpaDirect({ bytes: 10, offset: 0, pages: [50] });
    lab.ask(1, { type: 9, payload: Uint8Array.of(2), header });
    lab.ask(2, {
      type: 9,
      payload: Uint8Array.of(1),
      header: gpaDirect({ bytes: 10, offset: 0, pages: [51] }),
    });
    lab.relay.doorbell(channel);
    lab.drain();
    lab.answer(1, bytes(64));
    lab.answer(2, bytes(10));
    lab.relay.deliver();
    expect(lab.guest.wrote).toEqual([[50 * 4096, 10]]);
    expect(lab.guest.memory.bytes()[50 * 4096 + 10]).toBe(0);
    expect(lab.guest.memory.bytes()[51 * 4096]).toBe(0);
  });

  it("interrupt once a delivery, and only a guest that wants it", () => {
    const lab = openAttached();
    for (let id = 1; id <= 4; id++) lab.ask(id);
    lab.relay.doorbell(channel);
    lab.drain();
    lab.answer(1);
    lab.answer(2);
    lab.relay.deliver();
    expect(lab.signals).toEqual([channel]);
    lab.down.setIndex("mask", 1);
    lab.answer(3);
    lab.relay.deliver();
    expect(lab.signals).toEqual([channel]);
    lab.down.setIndex("mask", 0);
    lab.answer(4);
    lab.relay.deliver();
    expect(lab.signals).toEqual([channel, channel]);
  });

  it("wait for room, in order, and come when the guest has made some", () => {
    const lab = openAttached();
    for (let id = 1; id <= 6; id++) lab.ask(id);
    lab.relay.doorbell(channel);
    lab.drain();
    for (let id = 1; id <= 6; id++) {
      lab.tell({ kind: LinkKind.complete, id, payload: bytes(1000, id) });
    }
    lab.relay.deliver();
    expect(lab.lane()).toMatchObject({ backlog: 3, waitingOut: 3072 });
    expect(lab.down.index("pending")).toBe(1024);
    lab.drain();
    expect(lab.down.takeSome(1).map((packet) => packet.transaction)).toEqual([1n]);
    lab.drain();
    lab.relay.doorbell(channel);
    lab.drain();
    expect(lab.down.takeAll().map((packet) => packet.transaction)).toEqual([2n, 3n, 4n]);
    lab.relay.doorbell(channel);
    lab.drain();
    expect(lab.down.takeAll().map((packet) => packet.transaction)).toEqual([5n, 6n]);
    expect(lab.down.index("pending")).toBe(0);
    expect(lab.lane()).toMatchObject({ backlog: 0 });
  });

  it("of an earlier opening fall away", () => {
    const lab = openAttached();
    lab.ask(1);
    lab.relay.doorbell(channel);
    lab.drain();
    lab.relay.detach(channel);
    lab.attach();
    lab.ask(1);
    lab.drain();
    lab.answer(1);
    lab.relay.deliver();
    expect(lab.down.takeAll()).toEqual([]);
    lab.tell({ kind: LinkKind.complete, id: 1, generation: 2 });
    lab.relay.deliver();
    expect(lab.down.takeAll()).toHaveLength(1);
  });

  it("that can never fit are dropped, and nothing else waits for them", () => {
    const lab = openAttached();
    lab.ask(1);
    lab.ask(2);
    lab.relay.doorbell(channel);
    lab.drain();
    lab.tell({ kind: LinkKind.complete, id: 1, payload: bytes(4096) });
    lab.answer(2);
    lab.relay.deliver();
    expect(lab.down.takeAll()).toMatchObject([{ transaction: 2n }]);
    expect(lab.lane()).toMatchObject({ dropped: 1, inFlight: 0 });
  });
});

describe("back-pressure", () => {
  it("leaves requests in the ring beyond the limit and goes on by itself", () => {
    const lab = openAttached({ transactions: 4 });
    for (let id = 1; id <= 10; id++) lab.ask(id);
    lab.relay.doorbell(channel);
    expect(lab.drain()).toMatchObject({ more: false, records: { length: 4 } });
    expect(lab.drain().records).toEqual([]);
    lab.answer(1);
    lab.answer(2);
    lab.relay.deliver();
    expect(lab.drain().records.map((record) => record.id)).toEqual([5, 6]);
    for (let id = 3; id <= 10; id++) {
      lab.answer(id);
      lab.relay.deliver();
      lab.drain();
    }
    expect(lab.lane()).toMatchObject({ packetsIn: 10, packetsOut: 10, inFlight: 0, waitingIn: 0 });
  });

  it("counts bytes both ways, and lets one large request through", () => {
    const lab = openAttached({ bytes: 8192 });
    const header = gpaDirect({ bytes: 3 * 4096, offset: 0, pages: [50, 51, 52] });
    lab.ask(1, { type: 9, payload: Uint8Array.of(2), header });
    lab.ask(2);
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toHaveLength(1);
    lab.answer(1, bytes(10));
    lab.relay.deliver();
    expect(lab.drain().records).toHaveLength(1);
  });

  it("waits for the parent to take packets nobody answers", () => {
    const lab = openAttached({ transactions: 4 });
    for (let id = 1; id <= 6; id++) lab.ask(id, { flags: 0 });
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toHaveLength(4);
    expect(lab.drain().records).toHaveLength(0);
    lab.tell({ kind: LinkKind.credit, id: 3, high: 24, payload: bytes(0) });
    lab.relay.deliver();
    expect(lab.drain().records).toHaveLength(2);
    expect(lab.lane()).toMatchObject({ heldBytes: 24 });
  });

  it("takes a bounded share per turn and says that more waits", () => {
    const lab = openAttached({ packetsPerTurn: 3 });
    for (let id = 1; id <= 7; id++) lab.ask(id);
    lab.relay.doorbell(channel);
    expect(lab.drain()).toMatchObject({ more: true, records: { length: 3 } });
    expect(lab.drain()).toMatchObject({ more: true, records: { length: 3 } });
    expect(lab.drain()).toMatchObject({ more: false, records: { length: 1 } });
  });

  it("drops what the host says by itself when the guest does not listen", () => {
    const lab = openAttached({ waitingSends: 2 });
    for (let i = 0; i < 8; i++) lab.tell({ kind: LinkKind.send, id: 0, payload: bytes(1000) });
    lab.relay.deliver();
    expect(lab.lane()).toMatchObject({ backlog: 2, dropped: 3, packetsOut: 3 });
  });
});

describe("doorbells", () => {
  it("are not rung while packets keep coming, and are allowed again when none come", () => {
    const lab = openAttached();
    expect(lab.ask(1)).toBe(true);
    lab.relay.doorbell(channel);
    lab.drain();
    expect(lab.up.index("mask")).toBe(1);
    expect(lab.ask(2)).toBe(false);
    expect(lab.drain().records).toHaveLength(1);
    lab.drain();
    expect(lab.up.index("mask")).toBe(0);
    expect(lab.ask(3)).toBe(true);
    expect(lab.drain().records).toHaveLength(0); // nobody rang
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toHaveLength(1);
  });

  it("stop for a ring that makes no sense; answers still arrive", () => {
    const lab = openAttached();
    lab.ask(1);
    lab.relay.doorbell(channel);
    lab.drain();
    lab.up.setIndex("write", 4);
    lab.relay.doorbell(channel);
    expect(lab.drain().records).toEqual([]);
    expect(lab.lane()).toMatchObject({ stopped: true });
    lab.answer(1);
    lab.relay.deliver();
    expect(lab.down.takeAll()).toHaveLength(1);
  });

  it("tell the guest of freed space when it asked", () => {
    const lab = openAttached();
    for (let id = 1; lab.ask(id, { payload: bytes(1000) }) !== null; id++);
    lab.up.setIndex("pending", 2000);
    lab.relay.doorbell(channel);
    lab.drain();
    expect(lab.signals).toEqual([channel]);
  });
});

describe("emulated devices", () => {
  const disk = firstInternalChannel;

  it("use the same records without a ring", () => {
    const lab = openLab();
    const internal = lab.relay.openInternal(disk);
    const heard: (readonly number[])[] = [];
    const done = (payload: Uint8Array, data: Uint8Array) => void heard.push([...payload, ...data]);
    expect(internal.request({ payload: bytes(3), data: bytes(512), dataRoom: 512, done })).toBe(true);
    const { records } = lab.drain();
    expect(records).toMatchObject([
      { kind: LinkKind.opened, channel: disk, room: 1 },
      { kind: LinkKind.request, channel: disk, id: 1, room: 512, payload: [1, 2, 3], data: [...bytes(512)] },
    ]);
    expect(records[0]?.payload).toEqual(new Array(8).fill(0));
    lab.tell({ on: disk, kind: LinkKind.complete, id: 1, payload: bytes(2, 7), data: bytes(2, 8) });
    lab.tell({ on: disk, kind: LinkKind.complete, id: 1, payload: bytes(2, 7) });
    lab.relay.deliver();
    expect(heard).toEqual([[7, 8, 8, 9]]);
  });

  it("are bounded, and hear nothing after their close", () => {
    const lab = openLab({ transactions: 2 });
    const internal = lab.relay.openInternal(disk);
    let heard = 0;
    const request = { payload: bytes(1), data: bytes(0), dataRoom: 0, done: () => heard++ };
    expect([1, 2, 3].map(() => internal.request(request))).toEqual([true, true, false]);
    lab.drain();
    internal.close();
    lab.tell({ on: disk, kind: LinkKind.complete, id: 1 });
    lab.relay.deliver();
    expect(heard).toBe(0);
    expect(internal.request(request)).toBe(false);
    const again = lab.relay.openInternal(disk);
    internal.close();
    expect(again.request(request)).toBe(true);
    expect(lab.drain().records.map((record) => record.kind)).toEqual([
      LinkKind.closed,
      LinkKind.opened,
      LinkKind.request,
    ]);
  });
});

it("tells whoever looks of every packet, record and event, and nobody else", () => {
  const notes: TraceNote[] = [];
  const trace = { on: false, note: (note: TraceNote) => void notes.push(note) };
  const lab = openLab({}, trace);
  lab.attach();
  lab.drain();
  const turn = (id: number) => {
    lab.ask(id);
    lab.relay.doorbell(channel);
    lab.drain();
    lab.answer(id);
    lab.relay.deliver();
  };
  turn(1);
  expect(notes).toEqual([]);
  trace.on = true;
  turn(2);
  expect(notes.map(({ kind, subject, tag, text }) => [kind, subject, tag, text])).toEqual([
    ["packetTaken", channel, 2, undefined],
    ["linkSent", channel, 2, "request"],
    ["linkArrived", channel, 2, "complete"],
    ["packetPlaced", channel, 2, undefined],
    ["channelEvent", channel, undefined, undefined],
  ]);
  expect(notes[1]?.bytes).toBe(8);
});
