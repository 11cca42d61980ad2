import { describe, expect, it } from "vitest";
import {
  type ChannelId,
  DeviceClass,
  LinkBuffer,
  LinkFlag,
  LinkKind,
  LinkTransfer,
  transferBytes,
  transferRanges,
} from "../../../src/hvdef/index.ts";
import { guid } from "../../../src/support/index.ts";
import {
  type Channel,
  type GatherRule,
  loopbackCarriers,
  openEndpoints,
  openGuestSide,
  openLink,
  type RelayLimits,
} from "../../../src/vmbus/index.ts";
import { usualRelayLimits } from "../../../src/vmbus/relay/lane.ts";
import {
  gpaDirect,
  joinBytes,
  openFakeGuest,
  openGuestRing,
  postAll,
  say,
  words,
} from "../../lab/loopback-guest.ts";

const five = 5 as ChannelId;
const bytes = (length: number, fill = 1) => Uint8Array.from({ length }, (_, i) => (i + fill) & 0xff);

interface Arrived {
  readonly kind: number;
  readonly id: number;
  readonly flags: number;
  readonly generation: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** The parent's ends; the test plays the child. */
function openParent() {
  const carriers = loopbackCarriers((deliver) => deliver());
  const child = openLink(carriers.child);
  child.receive(() => {});
  const turns: (() => void)[] = [];
  const endpoints = openEndpoints(openLink(carriers.parent), (flush) => turns.push(flush));
  const channels: Channel[] = [];
  const taken: (readonly [number, string, boolean])[] = [];
  endpoints.attach(five, (channel) => {
    channels.push(channel);
    return {
      opened() {},
      request() {},
      closed() {},
      taken: (id, payload, lost) => void taken.push([id, Buffer.from(payload).toString("hex"), lost]),
    };
  });
  function say(
    kind: number,
    over: { id?: number; flags?: number; payload?: Uint8Array; room?: number } = {},
  ) {
    const { id = 0, flags = 0, payload = bytes(0), room = 1 } = over;
    const place = child.reserve({
      channel: five,
      kind,
      flags,
      transactionLow: id,
      transactionHigh: 0,
      payloadLength: payload.length,
      dataLength: 0,
      dataRoom: room,
    });
    place.bytes.set(payload, place.payloadAt);
    child.commit(0);
    child.flush();
  }
  say(LinkKind.opened, { payload: bytes(128) });
  const heard = () => {
    for (const turn of turns.splice(0)) turn();
    const out: Arrived[] = [];
    child.read((r) => {
      const payload = r.bytes.slice(r.payloadAt, r.payloadAt + r.payloadLength);
      const data = r.bytes.slice(r.dataAt, r.dataAt + r.dataLength);
      out.push({ kind: r.kind, id: r.transactionLow, flags: r.flags, generation: r.dataRoom, payload, data });
    });
    return out;
  };
  const [channel] = channels;
  if (channel === undefined) throw new Error("not opened");
  return { endpoints, channel, taken, say, heard, turns };
}

function ranges(record: Arrived | undefined): number[][] {
  if (record === undefined) return [];
  const view = new DataView(record.payload.buffer);
  const count = view.getUint32(LinkTransfer.at.rangeCount, true);
  const at = LinkTransfer.size + Math.ceil(view.getUint32(LinkTransfer.at.packetLength, true) / 8) * 8;
  return Array.from({ length: count }, (_, i) => [
    view.getUint32(at + 8 * i + 4, true),
    view.getUint32(at + 8 * i, true),
  ]);
}

describe("a channel's transfer", () => {
  it("grows until its turn ends, and is one record", () => {
    const { channel, heard, turns } = openParent();
    const transfer = channel.beginTransfer(0xcafe, 7, bytes(5));
    for (const [offset, length] of [
      [4096, 3],
      [100, 16],
      [0, 9],
    ] as const) {
      transfer.bytes.set(bytes(length, offset), transfer.add(offset, length));
    }
    expect(turns.length).toBe(1);
    const [record, ...rest] = heard();
    expect(rest).toEqual([]);
    expect(record).toMatchObject({ kind: LinkKind.transfer, id: 7, generation: 1, flags: 0 });
    expect(ranges(record)).toEqual([
      [4096, 3],
      [100, 16],
      [0, 9],
    ]);
    expect(record?.payload.slice(16, 21)).toEqual(bytes(5));
    expect(record?.data.slice(0, 3)).toEqual(bytes(3, 4096));
    expect(record?.data.slice(8, 24)).toEqual(bytes(16, 100));
    expect(record?.data.slice(24, 33)).toEqual(bytes(9, 0));
    expect(transfer.add(0, 1)).toBe(-1);
  });

  it("ends before whatever uses the link next, which comes behind it", () => {
    const { channel, heard } = openParent();
    const first = channel.beginTransfer(1, 1, bytes(4));
    first.add(0, 8);
    channel.complete(3n, bytes(8));
    expect(first.add(8, 8)).toBe(-1);
    const second = channel.beginTransfer(1, 2, bytes(4));
    second.add(0, 8);
    channel.send(bytes(8));
    expect(second.add(8, 8)).toBe(-1);
    const third = channel.beginTransfer(1, 3, bytes(4));
    third.add(0, 8);
    const fourth = channel.beginTransfer(1, 4, bytes(4));
    expect(third.add(8, 8)).toBe(-1);
    fourth.add(0, 8);
    channel.nameBuffer(3, 77, 4096);
    expect(heard().map((one) => [one.kind, one.id])).toEqual([
      [LinkKind.transfer, 1],
      [LinkKind.complete, 3],
      [LinkKind.transfer, 2],
      [LinkKind.send, 0],
      [LinkKind.transfer, 3],
      [LinkKind.transfer, 4],
      [LinkKind.buffer, 0],
    ]);
  });

  it("takes so many ranges and so many bytes, and never leaves without any", () => {
    const { channel, heard } = openParent();
    const many = channel.beginTransfer(1, 1, bytes(4));
    for (let i = 0; i < transferRanges; i++) expect(many.add(i, 1)).toBeGreaterThan(0);
    expect(many.add(0, 1)).toBe(-1);
    const large = channel.beginTransfer(1, 2, bytes(4));
    expect(large.add(0, transferBytes)).toBeGreaterThan(0);
    expect(large.add(0, 1)).toBe(-1);
    const almost = channel.beginTransfer(1, 3, bytes(4));
    almost.add(0, transferBytes - 9);
    expect(almost.add(0, 9)).toBe(-1);
    expect(almost.add(0, 8)).toBeGreaterThan(0);
    channel.beginTransfer(1, 4, bytes(4));
    expect(() => channel.beginTransfer(1, 5, bytes(65))).toThrow(RangeError);
    expect(heard().map((one) => one.id)).toEqual([1, 2, 3]);
  });

  it("voids a completion that was begun before it", () => {
    const { channel } = openParent();
    const completion = channel.begin(1n, 8, 8);
    channel.beginTransfer(1, 1, bytes(4)).add(0, 4);
    expect(() => completion.end(0)).toThrow(/after another use/);
  });

  it("of a closed channel leads nowhere", () => {
    const { channel, say, heard } = openParent();
    say(LinkKind.closed);
    heard();
    const transfer = channel.beginTransfer(1, 1, bytes(4));
    const at = transfer.add(0, transferBytes);
    expect(at).toBe(0);
    transfer.bytes.set(bytes(transferBytes), at);
    expect(transfer.add(0, transferBytes + 1)).toBe(-1);
    channel.nameBuffer(1, 2, 3);
    channel.forgetBuffer(1);
    expect(heard()).toEqual([]);
  });

  it("is told to its owner when the guest took it, and when it was lost", () => {
    const { endpoints, say, taken } = openParent();
    say(LinkKind.taken, { id: 9, payload: bytes(8) });
    say(LinkKind.taken, { id: 0xffff_ffff, flags: LinkFlag.lost });
    expect(taken).toEqual([
      [9, "0102030405060708", false],
      [0xffff_ffff, "", true],
    ]);
    say(LinkKind.closed);
    say(LinkKind.taken, { id: 9 });
    expect(taken.length).toBe(2);
    expect(endpoints.inspect()["strays"]).toBe(1);
  });

  it("names and forgets buffers", () => {
    const { channel, heard } = openParent();
    channel.nameBuffer(0x10000, 0xffff_ffff, 6144);
    channel.forgetBuffer(2);
    expect(heard().map((one) => LinkBuffer.read(new DataView(one.payload.buffer)))).toEqual([
      { buffer: 0x10000, gpadl: 0xffff_ffff, sectionBytes: 6144, reserved: 0 },
      { buffer: 2, gpadl: 0, sectionBytes: 0, reserved: 0 },
    ]);
  });
});

const up = [0x10, 0x11, 0x12, 0x13];
const down = [0x20, 0x21];
const described = [0x42, 0x43, 0x40];
const gpadl = 0x77;

/** First byte: 1 to the host, 2 from section 32-bit @4 of buffer 9 with length @8, 3 the size of list @4. */
const rule: GatherRule = (payload, plan) => {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (payload[0] === 3) plan.list = view.getUint32(4, true);
  if (payload[0] === 2) {
    plan.buffer = 9;
    plan.section = view.getUint32(4, true);
    plan.length = view.getUint32(8, true);
  }
  return payload[0] === 1 || payload[0] === 2 ? "toHost" : "none";
};

/** A guest side with one open channel; the test plays guest and parent. */
function openChild(limits: Partial<RelayLimits> = {}) {
  const guest = openFakeGuest(0x80);
  const carriers = loopbackCarriers((deliver) => deliver());
  const parent = openLink(carriers.parent);
  parent.receive(() => {});
  const side = openGuestSide({
    offers: [
      {
        channel: five,
        interfaceType: DeviceClass.network,
        instance: guid("7a6b1c2d-0001-4f00-8000-0000000000a1"),
      },
    ],
    memory: guest.memory,
    synic: guest.synic,
    link: openLink(carriers.child),
    gatherRuleOf: () => rule,
    wake() {},
    limits: { ...usualRelayLimits, ...limits },
  });
  postAll(side.bus.calls, [say.contact(0x50003), say.requestOffers()]);
  const rings = { up: openGuestRing(guest.memory, up), down: openGuestRing(guest.memory, down) };
  postAll(side.bus.calls, [
    ...say.gpadl(five, 1, [...up, ...down]),
    ...say.gpadl(five, gpadl, described),
    say.open(five, 1, up.length),
  ]);
  const records = () => {
    side.relay.doorbell(five);
    side.relay.drain();
    const out: Arrived[] = [];
    parent.read((r) => {
      const payload = r.bytes.slice(r.payloadAt, r.payloadAt + r.payloadLength);
      const data = r.bytes.slice(r.dataAt, r.dataAt + r.dataLength);
      out.push({ kind: r.kind, id: r.transactionLow, flags: r.flags, generation: r.dataRoom, payload, data });
    });
    return out;
  };
  function tell(kind: number, id: number, payload: Uint8Array, data = bytes(0)): void {
    const place = parent.reserve({
      channel: five,
      kind,
      flags: 0,
      transactionLow: id,
      transactionHigh: 0,
      payloadLength: payload.length,
      dataLength: data.length,
      dataRoom: 1,
    });
    place.bytes.set(payload, place.payloadAt);
    place.bytes.set(data, place.dataAt);
    parent.commit(data.length);
    parent.flush();
    side.relay.deliver();
  }
  const name = (buffer: number, list = gpadl, sectionBytes = 512) =>
    tell(LinkKind.buffer, 0, words(buffer, list, sectionBytes, 0));
  const transfer = (
    id: number,
    over: {
      buffer?: number;
      count?: number;
      ranges?: readonly (readonly [number, number])[];
      data?: number;
    } = {},
  ) => {
    const { ranges: list = [[10, 20]], buffer = 0xcafe, count = list.length, data = 64 } = over;
    const pairs = list.map(([at, length]) => words(length, at));
    tell(
      LinkKind.transfer,
      id,
      joinBytes(words(buffer, count, 8, 0), bytes(8, 0x50), ...pairs),
      bytes(data, 3),
    );
  };
  const lane = () => {
    const channels = side.relay.inspect()["channels"];
    const node = typeof channels === "object" ? channels?.[String(five)] : undefined;
    return typeof node === "object" && node !== null ? node : {};
  };
  expect(records().map((one) => one.kind)).toEqual([LinkKind.opened]);
  return { guest, side, rings, records, tell, name, transfer, lane };
}

/** The described pages' bytes, in the order of the list. */
function bufferBytes(guest: { memory: { bytes(): Uint8Array } }): Uint8Array<ArrayBuffer> {
  return joinBytes(...described.map((page) => guest.memory.bytes().slice(page * 4096, page * 4096 + 4096)));
}

describe("the relay brings a transfer", () => {
  it("into the buffer across its pages, and asks for a completion", () => {
    const { guest, rings, name, transfer, records, lane } = openChild();
    name(0xcafe);
    guest.wrote.length = 0;
    transfer(6, {
      ranges: [
        [8190, 10],
        [0, 3],
      ],
    });
    const expected = new Uint8Array(3 * 4096);
    expected.set(bytes(10, 3), 8190);
    expected.set(bytes(3, 19), 0);
    expect(bufferBytes(guest)).toEqual(expected);
    expect(guest.wrote).toEqual([
      [0x43 * 4096 + 4094, 2],
      [0x40 * 4096, 8],
      [0x42 * 4096, 3],
    ]);
    const [packet] = rings.down.takeAll();
    expect(packet).toMatchObject({ type: 7, flags: 1, transaction: 6n, payload: bytes(8, 0x50) });
    expect(packet?.header).toEqual(words(0xcafe, 2, 10, 8190, 3, 0));
    expect(lane()["transfers"]).toBe(1);
    rings.up.put({ type: 11, flags: 0, transaction: 6n, payload: words(108, 1) });
    expect(records()).toMatchObject([{ kind: LinkKind.taken, id: 6, flags: 0, payload: words(108, 1) }]);
    expect(lane()["transfers"]).toBe(0);
  });

  it("or says that it is lost, and writes nothing outside", () => {
    const { guest, rings, name, transfer, tell, records } = openChild();
    transfer(1);
    name(0xcafe);
    transfer(2, { buffer: 0xcaff });
    transfer(3, { buffer: 0x1_cafe });
    transfer(4, { ranges: [[3 * 4096 - 19, 20]] });
    transfer(5, { ranges: [[0xffff_ffff, 1]] });
    transfer(6, { ranges: [[0, 0]] });
    transfer(7, { ranges: [[0, 65]] });
    transfer(8, {
      ranges: [
        [0, 60],
        [100, 8],
      ],
    });
    transfer(9, { count: 0 });
    transfer(10, { count: 33 });
    transfer(11, { count: 2 });
    tell(LinkKind.transfer, 12, words(0xcafe, 1));
    tell(LinkKind.transfer, 13, words(0xcafe, 1, 65, 0, 1, 0));
    tell(LinkKind.transfer, 14, words(0xcafe, 1, 0xffff_ffff, 0, 1, 0));
    transfer(15, { ranges: [[3 * 4096 - 20, 20]] });
    transfer(15);
    expect(rings.down.takeAll().map((packet) => packet.transaction)).toEqual([15n]);
    const lost = records();
    expect(lost.map((one) => one.id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(lost.every((one) => one.kind === LinkKind.taken && one.flags === LinkFlag.lost)).toBe(true);
    for (const [at, length] of guest.wrote)
      expect(described.some((page) => at >= page * 4096 && at + length <= page * 4096 + 4096)).toBe(true);
  });

  it("not into what has been forgotten, renamed, torn down, or cannot be a buffer", () => {
    const { side, name, tell, transfer, records, rings } = openChild();
    const isLost = () => {
      transfer(1);
      const lost = records().length === 1;
      if (!lost) rings.up.put({ type: 11, flags: 0, transaction: 1n, payload: words(108, 1) });
      records();
      return lost;
    };
    name(0xcafe);
    expect(isLost()).toBe(false);
    name(0xcafe, gpadl, 0);
    expect(isLost()).toBe(true);
    name(0xcafe, 0x78);
    expect(isLost()).toBe(true);
    name(0xcafe);
    postAll(side.bus.calls, [say.teardown(five, gpadl)]);
    expect(isLost()).toBe(true);
    postAll(side.bus.calls, say.gpadl(five, gpadl, described));
    expect(isLost()).toBe(true);
    name(0xcafe);
    expect(isLost()).toBe(false);
    tell(LinkKind.buffer, 0, words(0xcafe));
    expect(side.relay.inspect()["stale"]).toBe(1);
    for (let i = 0; i < 20; i++) name(i);
    expect(isLost()).toBe(false);
  });

  it("waits for room in the ring, and is lost when too many wait", () => {
    const { rings, name, transfer, records, lane } = openChild({ waitingSends: 3 });
    name(0xcafe);
    let id = 0;
    while (Number(lane()["backlog"]) < 3) transfer(++id);
    transfer(++id);
    expect(records()).toMatchObject([{ id, flags: LinkFlag.lost }]);
    const first = rings.down.takeAll().map((packet) => Number(packet.transaction));
    records();
    const rest = rings.down.takeAll();
    expect([...first, ...rest.map((packet) => Number(packet.transaction))]).toEqual(
      Array.from({ length: id - 1 }, (_, i) => i + 1),
    );
    expect(rest.at(-1)).toMatchObject({ type: 7, flags: 1, payload: bytes(8, 0x50) });
    expect(rest.at(-1)?.header).toEqual(words(0xcafe, 1, 20, 10));
  });

  it("and lets no invented completion through", () => {
    const { rings, name, transfer, records, lane } = openChild();
    name(0xcafe);
    transfer(4);
    for (const transaction of [0n, 5n, 4n | (1n << 32n), 1n << 63n]) {
      rings.up.put({ type: 11, flags: 1, transaction, payload: words(108, 1) });
    }
    expect(records()).toEqual([]);
    for (let i = 0; i < 3; i++)
      rings.up.put({ type: 11, flags: 0, transaction: 4n, payload: new Uint8Array(0) });
    expect(records().map((one) => [one.kind, one.id, one.payload.length])).toEqual([[LinkKind.taken, 4, 0]]);
    expect(lane()["refused"]).toBe(6);
    expect(rings.down.takeAll().map((packet) => packet.type)).toEqual([7]);
  });
});

describe("the relay gathers", () => {
  const ask = (kind: number, first: number, second = 0) =>
    joinBytes(Uint8Array.of(kind, 0, 0, 0), words(first, second));

  it("a section of a named buffer, before the packet's own pages", () => {
    const { guest, rings, name, records } = openChild();
    for (const [index, page] of described.entries()) {
      guest.memory.bytes().fill(0x10 + index, page * 4096, page * 4096 + 4096);
    }
    guest.memory.bytes().fill(0x99, 0x50_000, 0x50_004);
    name(9, gpadl, 1000);
    rings.up.put({ type: 6, flags: 1, transaction: 1n, payload: ask(2, 4, 200) });
    const header = gpaDirect({ bytes: 4, offset: 0, pages: [0x50] });
    rings.up.put({ type: 9, flags: 1, transaction: 2n, header, payload: ask(2, 12, 2) });
    rings.up.put({ type: 9, flags: 1, transaction: 3n, header, payload: ask(1, 0) });
    const [first, second, third] = records();
    expect(first?.data).toEqual(Uint8Array.from([...new Array(96).fill(0x10), ...new Array(104).fill(0x11)]));
    expect(first?.generation).toBe(200);
    expect([...(second?.data ?? [])]).toEqual([0x12, 0x12, 0x99, 0x99, 0x99, 0x99]);
    expect([...(third?.data ?? [])]).toEqual([0x99, 0x99, 0x99, 0x99]);
  });

  it("nothing where the section is outside, too long, or of no buffer", () => {
    const { rings, name, records, lane } = openChild();
    rings.up.put({ type: 6, flags: 1, transaction: 1n, payload: ask(2, 0, 8) });
    expect(records()).toMatchObject([{ id: 1, data: new Uint8Array(0), generation: 0 }]);
    name(9, gpadl, 1000);
    const wrong = [
      [13, 1],
      [12, 289],
      [0, 1001],
      [0xffff_ffff, 1],
      [0, 0xffff_ffff],
    ] as const;
    for (const [index, [section, length]] of wrong.entries()) {
      rings.up.put({ type: 6, flags: 1, transaction: BigInt(index + 2), payload: ask(2, section, length) });
    }
    const seen = records();
    expect(seen.length).toBe(wrong.length);
    for (const one of seen) expect(one).toMatchObject({ data: new Uint8Array(0), generation: 0 });
    expect(lane()["badLists"]).toBe(wrong.length + 1);
    rings.up.put({ type: 6, flags: 1, transaction: 99n, payload: ask(2, 12, 288) });
    expect(records()[0]?.data.length).toBe(288);
  });

  it("the size of a page list that the packet names", () => {
    const { rings, records } = openChild();
    for (const [index, list] of [gpadl, 0x78, 1].entries()) {
      rings.up.put({ type: 6, flags: 1, transaction: BigInt(index + 1), payload: ask(3, list) });
    }
    expect(records().map((one) => [one.generation, one.data.length])).toEqual([
      [3 * 4096, 0],
      [0, 0],
      [6 * 4096, 0],
    ]);
  });
});
