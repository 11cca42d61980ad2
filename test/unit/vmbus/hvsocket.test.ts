import { describe, expect, it } from "vitest";
import {
  type ChannelId,
  decodeSocketAsk,
  decodeSocketOrder,
  encodeSocketAsk,
  encodeSocketOrder,
  firstSocketChannel,
  OfferFlag,
  socketPort,
  socketService,
} from "../../../src/hvdef/index.ts";
import { fromWire, type Guid, guid, toWire } from "../../../src/support/index.ts";
import { openBus } from "../../../src/vmbus/index.ts";
import { connectRequest, foreignRequest, nothingLeft, openSocketLab } from "../../lab/hvsocket.ts";
import { openFakeGuest, postAll, say } from "../../lab/loopback-guest.ts";

const channel = firstSocketChannel as ChannelId;

/** A bus that writes down what it is asked. */
function openAskedBus(version = 0x5_0003) {
  const guest = openFakeGuest();
  const asked: (readonly [Guid, Guid])[] = [];
  const released: number[] = [];
  const bus = openBus({
    offers: [],
    memory: guest.memory,
    synic: guest.synic,
    events: {
      opened: () => true,
      closed() {},
      released: (one) => void released.push(one),
      doorbell() {},
      socketAsked: (endpoint, service) => void asked.push([endpoint, service]),
    },
  });
  const post = (...messages: Uint8Array<ArrayBuffer>[]) => postAll(bus.calls, messages);
  post(say.contact(version), say.requestOffers());
  guest.take();
  const offer = () =>
    bus.offer({
      channel,
      interfaceType: socketService(5000),
      instance: socketService(0x400),
      flags: OfferFlag.socket,
      userDefined: Uint8Array.of(0, 0, 0, 0, 1),
    });
  return { guest, bus, asked, released, post, offer };
}

describe("the address of a socket", () => {
  it("is the one of the specification, both ways", () => {
    const wire = new Uint8Array(16);
    toWire(socketService(5000), wire, 0);
    expect(Buffer.from(wire).toString("hex")).toBe("88130000cbfae611bd5864006a7986d3");
    expect(socketPort(fromWire(wire, 0))).toBe(5000);
    expect(socketPort(socketService(0xffff_fffe))).toBe(0xffff_fffe);
    expect(socketPort(guid("00001388-facb-11e6-bd58-64006a7986d4"))).toBeNull();
  });
});

describe("a guest that asks for a connection", () => {
  it("is heard, with the GUID of a silo or without", () => {
    const { asked, post } = openAskedBus();
    expect(post(connectRequest(0x400, 5000), connectRequest(0x401, 5001, true))).toEqual([0, 0]);
    expect(asked).toEqual([
      [socketService(0x400), socketService(5000)],
      [socketService(0x401), socketService(5001)],
    ]);
  });

  it("is not heard when it is of another family, too short, or in an older version", () => {
    const { asked, post, bus } = openAskedBus();
    post(foreignRequest(), connectRequest(1, 2).slice(0, 39));
    expect(asked).toEqual([]);
    expect(JSON.stringify(bus.inspect())).toContain("socket of an unknown family");
    const old = openAskedBus(0x3_0000);
    old.post(connectRequest(0x400, 5000));
    expect(old.asked).toEqual([]);
    expect(old.offer()).toBe("noSockets");
  });

  it("gets the offer that Linux wants, or the refusal", () => {
    const { guest, bus, offer } = openAskedBus();
    expect(offer()).toBe("offered");
    const bytes = guest.take()[0]?.bytes ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer);
    expect(bytes).toHaveLength(196);
    expect(fromWire(bytes, 8)).toBe(socketService(5000));
    expect(fromWire(bytes, 24)).toBe(socketService(0x400));
    expect([view.getUint16(56, true), bytes[64], view.getUint32(184, true)]).toEqual([0x2000, 1, channel]);
    bus.refuseSocket(socketService(0x400), socketService(5000));
    const refusal = guest.take()[0]?.bytes ?? new Uint8Array(0);
    expect([refusal.length, refusal[0]]).toEqual([44, 23]);
    expect(new DataView(refusal.buffer).getUint32(40, true)).toBe(0xc000_0236);
  });
});

describe("the channel of a connection", () => {
  it("is gone with the guest's connection to the bus, and its address can be used again", () => {
    const { guest, bus, released, post, offer } = openAskedBus();
    offer();
    expect(offer()).toBe("channelBusy");
    post(say.unload());
    expect(released).toEqual([channel]);
    expect(offer()).toBe("noSockets");
    post(say.contact(0x5_0003), say.requestOffers());
    guest.take();
    expect(bus.inspect()["channels"]).toEqual({});
    expect(offer()).toBe("offered");
  });

  it("is free when the guest gives it back by itself", () => {
    const { released, post, offer } = openAskedBus();
    offer();
    post(say.released(channel));
    expect(released).toEqual([channel]);
    expect(offer()).toBe("offered");
  });

  it("keeps its number until the guest has let go of it", () => {
    const { bus, released, post, offer } = openAskedBus();
    offer();
    bus.rescind(channel);
    expect(offer()).toBe("channelBusy");
    post(say.released(channel));
    expect(released).toEqual([channel]);
    expect(offer()).toBe("offered");
  });
});

describe("messages between worker process and parent", () => {
  it("come out as they went in", () => {
    const ids = { endpoint: socketService(7), service: socketService(8) };
    for (const ask of [{ kind: "connect", ...ids } as const, { kind: "released", channel: 300 } as const])
      expect(decodeSocketAsk(encodeSocketAsk(ask))).toEqual(ask);
    const offer = {
      kind: "offer",
      channel,
      instance: socketService(9),
      service: ids.service,
      fromHost: true,
    } as const;
    for (const order of [offer, { kind: "rescind", channel } as const, { kind: "refuse", ...ids } as const])
      expect(decodeSocketOrder(encodeSocketOrder(order))).toEqual(order);
    expect(decodeSocketAsk(encodeSocketOrder(offer))).toBeNull();
    expect(decodeSocketOrder(encodeSocketOrder({ ...offer, channel: 5 as ChannelId }))).toBeNull();
    expect(decodeSocketOrder(new Uint8Array(47))).toBeNull();
  });
});

describe("the relay of a connection", () => {
  it("interrupts the guest for every batch and tells the parent what is in the ring", () => {
    const lab = openSocketLab(() => (stream) => {
      stream.write(Buffer.from("first"));
      return () => {};
    });
    lab.load();
    const socket = lab.connect(5000);
    expect(lab.guest.events).toEqual([firstSocketChannel]);
    expect(Buffer.from(socket?.read() ?? []).toString()).toBe("first");
    expect(JSON.stringify(lab.sockets.inspect())).toContain('"underWay":0');
  });

  it("leaves in the guest what nobody reads, and tells it when there is room again", () => {
    let take = () => 0;
    const lab = openSocketLab(() => (stream) => {
      take = () => {
        let length = 0;
        for (let piece = stream.read(1 << 20); typeof piece !== "string"; piece = stream.read(1 << 20))
          length += piece.length;
        return length;
      };
      return () => {};
    });
    lab.load();
    const socket = lab.connect(5000);
    let written = 0;
    for (let turn = 0; turn < 40; turn++) {
      written += socket?.write(new Uint8Array(8192)) ?? 0;
      lab.settle(2);
    }
    // The window, one packet beyond it, and the ring.
    expect(written).toBeGreaterThan(64 << 10);
    expect(written).toBeLessThan((64 << 10) + 4096 + 3 * 4096);
    const before = lab.guest.events.length;
    let read = take();
    lab.settle();
    expect(lab.guest.events.length).toBeGreaterThan(before);
    for (let turn = 0; turn < 10; turn++) {
      read += take();
      lab.settle();
    }
    expect(read).toBe(written);
    expect(nothingLeft.lanes).toBe(0);
  });
});
