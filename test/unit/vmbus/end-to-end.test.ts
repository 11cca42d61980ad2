import { beforeEach, describe, expect, it } from "vitest";
import { type ChannelId, DeviceClass } from "../../../src/hvdef/index.ts";
import { guid } from "../../../src/support/index.ts";
import {
  type Channel,
  type ChannelRequest,
  type Endpoints,
  type GuestSide,
  loopbackCarriers,
  openEndpoints,
  openGuestSide,
  openLink,
} from "../../../src/vmbus/index.ts";
import {
  type FakeGuest,
  type GuestRing,
  gpaDirect,
  openFakeGuest,
  openGuestRing,
  postAll,
  say,
} from "../../lab/loopback-guest.ts";

const scsi = 5 as ChannelId;
const bytes = (length: number, fill = 0) => Uint8Array.from({ length }, (_, i) => (i + fill) & 0xff);

/** A guest with one SCSI controller, whose owner in the parent writes down what it hears. */
function openLab() {
  const guest = openFakeGuest();
  const turns: (() => void)[] = [];
  const turn = () => {
    for (let rounds = 0; turns.length > 0 && rounds < 1000; rounds++) turns.shift()?.();
  };
  const carriers = loopbackCarriers(
    (deliver) => turns.push(deliver),
    (buffer) => structuredClone(buffer, { transfer: [buffer] }),
  );
  let woken = 0;
  const side = openGuestSide({
    offers: [
      {
        channel: scsi,
        interfaceType: DeviceClass.scsi,
        instance: guid("7a6b1c2d-0001-4f00-8000-0000000000a1"),
      },
    ],
    memory: guest.memory,
    synic: guest.synic,
    link: openLink(carriers.child),
    gatherRuleOf: () => (payload) => (payload[0] === 1 ? "toHost" : payload[0] === 2 ? "toGuest" : "none"),
    wake: () => woken++,
  });
  const endpoints = openEndpoints(openLink(carriers.parent), (flush) => turns.push(flush));
  return { guest, side, endpoints, turn, woken: () => woken };
}

interface Heard {
  readonly channel: Channel;
  readonly log: string[];
  readonly requests: (Omit<ChannelRequest, "payload" | "data"> & { payload: number[]; data: number[] })[];
}

/** Attaches an owner that remembers everything and answers nothing by itself. */
function listen(endpoints: Endpoints, answer?: (channel: Channel, request: ChannelRequest) => void): Heard[] {
  const openings: Heard[] = [];
  endpoints.attach(scsi, (channel) => {
    const heard: Heard = { channel, log: [], requests: [] };
    openings.push(heard);
    return {
      opened: (version, userData) => void heard.log.push(`opened ${version.toString(16)} ${userData.length}`),
      closed: () => void heard.log.push("closed"),
      request(request) {
        const { transactionId, wantsCompletion, dataRoom } = request;
        const payload = [...request.payload];
        const data = [...request.data];
        heard.requests.push({ transactionId, wantsCompletion, dataRoom, payload, data });
        answer?.(channel, request);
      },
    };
  });
  return openings;
}

const up = [0x10, 0x12, 0x14, 0x15];
const down = [0x20, 0x23, 0x22];

function connect(side: GuestSide): void {
  postAll(side.bus.calls, [say.contact(0x50003), say.requestOffers()]);
}

function openScsi(guest: FakeGuest, side: GuestSide, gpadl = 0xe1e10): { up: GuestRing; down: GuestRing } {
  for (const page of [...up, ...down]) guest.memory.bytes().fill(0, page * 4096, page * 4096 + 4096);
  const rings = { up: openGuestRing(guest.memory, up), down: openGuestRing(guest.memory, down) };
  rings.up.setIndex("features", 1);
  rings.down.setIndex("features", 1);
  postAll(side.bus.calls, [...say.gpadl(scsi, gpadl, [...up, ...down]), say.open(scsi, gpadl, up.length)]);
  return rings;
}

describe("a guest and its parent over loopback", () => {
  let lab: ReturnType<typeof openLab>;
  beforeEach(() => {
    lab = openLab();
  });

  it("opens, carries a write and a read, closes and opens again", () => {
    const { guest, side, endpoints, turn } = lab;
    const openings = listen(endpoints);
    connect(side);
    expect(guest.takeTypes()).toEqual([15, 1, 4]);
    const rings = openScsi(guest, side);
    const answers = guest.take();
    expect(answers.map((message) => message.type)).toEqual([10, 6]);
    expect(answers.map((message) => message.bytes[16])).toEqual([0, 0]);

    // A write: the guest's bytes come along with the request.
    guest.memory.bytes().set(bytes(6144, 7), 0x40_200);
    const header = gpaDirect({ bytes: 6144, offset: 0x200, pages: [0x40, 0x41] });
    const rang = rings.up.put({
      type: 9,
      flags: 1,
      transaction: 0x11n,
      header,
      payload: Uint8Array.of(1, 2, 3),
    });
    expect(rang).toBe(true);
    expect(side.bus.calls.signalEvent(0x2005, 0)).toBe(0);
    side.relay.drain();
    turn();
    const first = openings[0];
    expect(first?.log).toEqual(["opened 50003 120"]);
    expect(first?.requests[0]).toMatchObject({ transactionId: 0x11n, wantsCompletion: true, dataRoom: 6144 });
    expect(first?.requests[0]?.payload).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
    expect(first?.requests[0]?.data).toEqual([...bytes(6144, 7)]);
    expect(rings.up.index("read")).toBe(rings.up.index("write"));

    first?.channel.complete(0x11n, Uint8Array.of(9, 9, 9));
    expect(lab.woken()).toBe(0);
    turn();
    expect(lab.woken()).toBe(1);
    expect(side.relay.deliver()).toBe(true);
    expect(guest.events).toEqual([5]);
    const [reply] = rings.down.takeAll();
    expect(reply).toMatchObject({ type: 11, flags: 0, transaction: 0x11n, trailer: [0, 0] });
    expect([...(reply?.payload ?? [])]).toEqual([9, 9, 9, 0, 0, 0, 0, 0]);

    // A read: the answer's bytes land in the guest's pages, and only there.
    const read = gpaDirect({ bytes: 5000, offset: 100, pages: [0x61, 0x60] });
    rings.up.put({ type: 9, flags: 1, transaction: 0x12n, header: read, payload: Uint8Array.of(2) });
    side.relay.drain();
    turn();
    expect(first?.requests[1]).toMatchObject({ transactionId: 0x12n, dataRoom: 5000, data: [] });
    const completion = first?.channel.begin(0x12n, 4, 5000);
    completion?.data.set(bytes(5000, 3));
    completion?.payload.set([1, 2, 3, 4]);
    completion?.end(5000);
    turn();
    side.relay.deliver();
    expect([...guest.memory.bytes().subarray(0x61_064, 0x62_000)]).toEqual([...bytes(3996, 3)]);
    expect([...guest.memory.bytes().subarray(0x60_000, 0x60_000 + 1004)]).toEqual([
      ...bytes(5000, 3).subarray(3996),
    ]);
    expect(guest.memory.bytes()[0x60_000 + 1004]).toBe(0);
    expect(guest.wrote).toEqual([
      [0x61_064, 3996],
      [0x60_000, 1004],
    ]);
    expect(rings.down.takeAll()).toMatchObject([{ type: 11, transaction: 0x12n }]);

    // Close, then open again with another list: a new owner's end, and the old one is dead.
    postAll(side.bus.calls, [say.close(scsi), say.teardown(scsi, 0xe1e10)]);
    expect(guest.takeTypes()).toEqual([12]);
    const again = openScsi(guest, side, 0xe1e11);
    again.up.put({ type: 6, flags: 1, transaction: 0x11n, payload: bytes(8) });
    side.bus.calls.signalEvent(0x2005, 0);
    side.relay.drain();
    turn();
    expect(first?.log).toEqual(["opened 50003 120", "closed"]);
    expect(openings[1]?.requests).toMatchObject([{ transactionId: 0x11n, dataRoom: 0 }]);
    first?.channel.complete(0x11n, bytes(8));
    turn();
    side.relay.deliver();
    expect(again.down.takeAll()).toEqual([]);
    openings[1]?.channel.complete(0x11n, bytes(8));
    turn();
    side.relay.deliver();
    expect(again.down.takeAll()).toMatchObject([{ type: 11, transaction: 0x11n }]);
  });

  it("drops an answer that crossed a close and an open", () => {
    const { guest, side, endpoints, turn } = lab;
    const openings = listen(endpoints);
    connect(side);
    const rings = openScsi(guest, side);
    rings.up.put({ type: 6, flags: 1, transaction: 1n, payload: bytes(8) });
    side.relay.drain();
    turn();
    openings[0]?.channel.complete(1n, bytes(8));
    turn(); // the answer is in the child, not delivered yet
    postAll(side.bus.calls, [say.close(scsi), say.teardown(scsi, 0xe1e10)]);
    const again = openScsi(guest, side);
    again.up.put({ type: 6, flags: 1, transaction: 1n, payload: bytes(8) });
    side.relay.drain();
    side.relay.deliver();
    expect(again.down.takeAll()).toEqual([]);
    turn();
    openings[1]?.channel.complete(1n, bytes(8));
    turn();
    side.relay.deliver();
    expect(again.down.takeAll()).toHaveLength(1);
  });

  it("lets an owner speak by itself", () => {
    const { guest, side, endpoints, turn } = lab;
    const openings = listen(endpoints);
    connect(side);
    const rings = openScsi(guest, side);
    side.relay.drain();
    turn();
    openings[0]?.channel.send(bytes(12));
    openings[0]?.channel.send(bytes(4));
    turn();
    side.relay.deliver();
    expect(rings.down.takeAll()).toMatchObject([
      { type: 6, transaction: 0n, trailer: [0, 0] },
      { type: 6, transaction: 0n, trailer: [0, 40] },
    ]);
    expect(guest.events).toEqual([5]);
  });

  it("answers within the batch it arrived in", () => {
    const { guest, side, endpoints, turn } = lab;
    listen(endpoints, (channel, request) => channel.complete(request.transactionId, request.payload));
    connect(side);
    const rings = openScsi(guest, side);
    for (let id = 1n; id <= 20n; id++)
      rings.up.put({ type: 6, flags: 1, transaction: id, payload: bytes(24) });
    side.relay.drain();
    turn();
    side.relay.deliver();
    expect(rings.down.takeAll().map((packet) => packet.transaction)).toEqual(
      Array.from({ length: 20 }, (_, i) => BigInt(i + 1)),
    );
    expect(guest.events).toEqual([5]);
    expect(endpoints.inspect()["link"]).toMatchObject({ batchesIn: 1, batchesOut: 1 });
  });

  it("shows one tree with class, state, rings and version", () => {
    const { guest, side, endpoints, turn } = lab;
    listen(endpoints);
    connect(side);
    const rings = openScsi(guest, side);
    rings.up.put({ type: 6, flags: 1, transaction: 1n, payload: bytes(8) });
    expect(side.inspect()).toMatchObject({
      connection: { state: "connected", version: "5.3", messagesIn: 4, messagesOut: 5, refused: 0 },
      channels: {
        "5": {
          class: "SCSI controller",
          state: "open",
          ringBytesIn: 12288,
          ringBytesOut: 8192,
          waitingIn: 32,
        },
      },
    });
    side.relay.drain();
    turn();
    expect(side.inspect()).toMatchObject({ channels: { "5": { inFlight: 1, packetsIn: 1, waitingIn: 0 } } });
  });

  it("tells the owner when the partition is reset, and lets the guest come back", () => {
    const { guest, side, endpoints, turn } = lab;
    const openings = listen(endpoints);
    connect(side);
    openScsi(guest, side);
    side.bus.reset();
    side.relay.drain();
    turn();
    expect(openings[0]?.log).toEqual(["opened 50003 120", "closed"]);
    guest.take();
    connect(side);
    expect(guest.takeTypes()).toEqual([15, 1, 4]);
  });
});
