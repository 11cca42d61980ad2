import { describe, expect, it } from "vitest";
import type { MacAddress } from "../../../src/network/index.ts";
import { netvsp, restoreNetvsp } from "../../../src/vsp/index.ts";
import { openParts } from "../../../src/vsp/netvsp/parts.ts";
import { labChannel } from "../../lab/channel.ts";
import { postAll, say, words } from "../../lab/loopback-guest.ts";
import { frameOf, netPages, nvsp, openNetLab, rndis } from "../../lab/netvsc.ts";

const mac = "00-15-5D-01-0A-03" as MacAddress;
const own = [0x00, 0x15, 0x5d, 0x01, 0x0a, 0x03];

function frame(length = 60): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from({ length }, (_, i) => (i + 9) & 0xff);
  out.set([...own, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
  return out;
}

function openLab() {
  const sent: number[] = [];
  const adapter = netvsp({ mac, port: { send: (_bytes, _at, length) => void sent.push(length) } });
  const lab = openNetLab(adapter);
  const give = (length = 60) => adapter.frame(frame(length), 0, length);
  const count = (name: string) => Number(adapter.inspect()[name]);
  /** Bytes of the guest's receive buffer. */
  const received = () =>
    Buffer.concat(
      netPages.receive.map((page) => lab.guest.memory.bytes().slice(page * 4096, page * 4096 + 4096)),
    ).toString("latin1");
  return { adapter, lab, sent, give, count, received };
}

describe("opening anew", () => {
  it("starts from nothing but the address and the link, with all parts free", () => {
    const { adapter, lab, give, count } = openLab();
    lab.bringUp();
    for (let i = 0; i < 70; i++) give();
    lab.pump();
    const old = lab.transfers().map((one) => one.transaction);
    expect(old.length).toBeGreaterThan(1);
    lab.close();
    expect(adapter.inspect()).toMatchObject({ state: "closed", parts: 0, filter: 0, link: "up" });
    expect(give()).toBe(false);
    lab.bringUp();
    expect(count("partsFree")).toBe(count("parts"));
    // Completions of the earlier opening find nothing.
    const refused = Number(lab.inspectLane()["refused"]);
    lab.finish(...old);
    expect(Number(lab.inspectLane()["refused"])).toBe(refused + old.length);
    expect([count("partsFree"), count("strays")]).toEqual([count("parts"), 0]);
    expect(give()).toBe(true);
    lab.pump();
    expect(frameOf(lab.transfers()[0]?.messages[0]?.bytes ?? new Uint8Array(44)).frame).toEqual(frame());
  });

  it("as Linux changes its MTU: filter off, halt, revoke, close, tear down, and up again", () => {
    const { lab, give, count } = openLab();
    lab.bringUp();
    give();
    lab.pump();
    lab.control(rndis.filter(0));
    lab.control(rndis.halt());
    const quiet = [
      lab.put(nvsp.revokeReceive(), { wants: false }),
      lab.put(nvsp.revokeSend(), { wants: false }),
    ];
    const answers = lab.completions();
    for (const transaction of quiet) expect(answers.has(transaction)).toBe(false);
    lab.close();
    lab.bringUp(4000);
    expect(count("frameBytes")).toBe(4014);
    expect(give(4000)).toBe(true);
    expect(count("refused")).toBe(0);
  });

  it("goes on after a reset of the machine that closed nothing", () => {
    const { lab, give, count } = openLab();
    lab.bringUp();
    give();
    lab.side.bus.reset();
    lab.side.relay.drain();
    lab.pump();
    expect(count("parts")).toBe(0);
    expect(give()).toBe(false);
  });
});

describe("buffers that go while frames are under way", () => {
  it("revoked: nothing is written any more, and no part is lost when another comes", () => {
    const { lab, give, count, received } = openLab();
    lab.bringUp();
    for (let i = 0; i < 40; i++) give();
    // The guest's word overtakes the batch: the relay has not delivered it yet.
    lab.put(nvsp.revokeReceive(), { wants: false });
    const transfers = lab.transfers();
    const before = received();
    expect(give()).toBe(false);
    lab.pump();
    expect(received() === before).toBe(true);
    lab.finish(...transfers.map((one) => one.transaction));
    expect(count("parts")).toBe(0);
    const { receive } = lab.describe();
    lab.put(nvsp.receiveBuffer(receive));
    expect(count("partsFree")).toBe(count("parts"));
    expect(give()).toBe(true);
    lab.pump();
    expect(lab.transfers().length).toBe(1);
  });

  it("torn down behind our back: the memory is not touched, and the parts come back as lost", () => {
    const { adapter, lab, give, count, received } = openLab();
    lab.open();
    lab.put(nvsp.init());
    const { receive, send } = lab.describe();
    lab.put(nvsp.receiveBuffer(receive));
    lab.put(nvsp.sendBuffer(send));
    lab.control(rndis.initialize());
    lab.control(rndis.filter(0xd));
    lab.teardown(receive);
    for (const page of netPages.receive) lab.guest.memory.bytes().fill(0xab, page * 4096, page * 4096 + 4096);
    const before = received();
    for (let i = 0; i < 40; i++) give();
    lab.pump();
    expect(received() === before).toBe(true);
    expect(lab.transfers()).toEqual([]);
    expect([count("busy"), count("partsFree")]).toEqual([40, count("parts")]);
    // The send buffer likewise: what is in it is not read.
    lab.teardown(send);
    const transaction = lab.put(nvsp.rndis(0, 0, 100));
    expect(lab.completions().get(transaction)?.subarray(0, 8)).toEqual(words(108, 5));
    expect(adapter.inspect()["state"]).toBe("running");
  });

  it("torn down and described anew under the same handle: it is not the same memory", () => {
    const { lab, give, count, received } = openLab();
    lab.bringUp();
    const before = received();
    // The first page list was the rings'.
    const handle = 0xe1e11;
    lab.teardown(handle);
    postAll(lab.side.bus.calls, say.gpadl(lab.channel, handle, netPages.receive));
    expect(give()).toBe(true);
    lab.pump();
    expect(received() === before).toBe(true);
    expect([count("busy"), count("partsFree")]).toEqual([1, count("parts")]);
  });
});

describe("the guest's completions", () => {
  it("free a packet once, whatever storm of them comes", () => {
    const { lab, give, count } = openLab();
    lab.bringUp();
    for (let i = 0; i < 96; i++) give();
    lab.pump();
    const transfers = lab.transfers().map((one) => one.transaction);
    const [first = 0n, second = 0n] = transfers;
    const storm = [first, first, 0n, 9999n, 0xffff_ffffn, 1n << 40n, first + (1n << 32n), first];
    for (let round = 0; round < 20; round++) lab.finish(...storm);
    expect(count("partsFree")).toBe(count("parts") - 32);
    lab.finish(second);
    expect(count("partsFree")).toBe(count("parts"));
    expect(count("strays")).toBe(0);
    expect(Number(lab.inspectLane()["refused"])).toBe(20 * storm.length - 1);
    // Every part is there once.
    let taken = 0;
    while (give()) taken++;
    lab.pump();
    const offsets = lab.transfers().flatMap((one) => one.messages.map((message) => message.offset));
    expect(offsets.length).toBe(taken);
    expect(new Set(offsets).size).toBe(taken);
  });

  it("that never come cost frames, and nobody waits", () => {
    const { lab, give, count, sent } = openLab();
    lab.bringUp();
    for (let i = 0; i < 1000; i++) give();
    lab.pump();
    expect(count("busy")).toBe(1000 - count("parts") + 8);
    // The guest still sends.
    const transaction = lab.put(nvsp.rndis(0), { pages: rndis.packet(frame(77)) });
    expect(lab.completions().has(transaction)).toBe(true);
    expect(sent).toEqual([77]);
  });

  it("from outside, of packets that are not out, are counted", () => {
    const adapter = netvsp({ mac, port: { send() {} } });
    const lab = labChannel(adapter);
    lab.open();
    for (const id of [0, 1, 5, 0xffff_ffff]) lab.taken(id);
    lab.request({ payload: nvsp.init() });
    lab.request({ payload: nvsp.receiveBuffer(3), dataRoom: 1 << 20 });
    for (const id of [0, 1, 5, 607, 608, 0xffff_ffff]) lab.taken(id);
    expect(adapter.inspect()).toMatchObject({ strays: 10, parts: 606, partsFree: 606 });
    expect([...lab.buffers]).toEqual([[0xcafe, { gpadl: 3, sectionBytes: 1728 }]]);
    lab.close();
    lab.taken(1);
  });
});

describe("a receive buffer that is revoked", () => {
  it("is forgotten, with the answers that waited for a part of it", () => {
    const adapter = netvsp({ mac, port: { send() {} } });
    const lab = labChannel(adapter);
    lab.open();
    lab.request({ payload: nvsp.init() });
    lab.request({ payload: nvsp.receiveBuffer(3), dataRoom: 10 * 1728 });
    for (let i = 0; i < 60; i++) lab.request({ payload: nvsp.rndis(1), data: rndis.initialize() });
    expect(adapter.inspect()).toMatchObject({ parts: 10, partsFree: 0, owed: 32, dropped: 18 });
    expect(lab.transfers.length).toBe(10);
    lab.request({ payload: nvsp.revokeReceive(5), wantsCompletion: false });
    expect(lab.buffers.size).toBe(1);
    lab.request({ payload: nvsp.revokeReceive(), wantsCompletion: false });
    expect(lab.buffers.size).toBe(0);
    lab.request({ payload: nvsp.receiveBuffer(4), dataRoom: 10 * 1728 });
    lab.taken(1);
    expect(adapter.inspect()).toMatchObject({ partsFree: 10, owed: 0, strays: 1 });
    expect(lab.transfers.length).toBe(10);
  });
});

describe("parts", () => {
  it("come back once, however often and whatever is given back", () => {
    const parts = openParts(20);
    const taken = [parts.take(), parts.take(), parts.takeForControl()];
    expect(new Set(taken).size).toBe(3);
    const [first = -1, second = -1, third = -1] = taken;
    expect(parts.spare()).toBe(20 - 3 - 5);
    parts.begin(first, 1);
    parts.join(first, second, 0);
    parts.begin(third, 43);
    expect([first, second, third, -1, 20, Number.NaN].map((id) => parts.framesIn(id))).toEqual([
      1, 0, 43, 0, 0, 0,
    ]);
    expect(parts.held().sort()).toEqual([...taken].sort());
    expect([second, -1, 20, 0.5, Number.NaN, 1e9].map((id) => parts.give(id))).toEqual([0, 0, 0, 0, 0, 0]);
    expect([parts.give(first), parts.give(first), parts.give(third), parts.give(third)]).toEqual([
      2, 0, 1, 0,
    ]);
    expect([parts.free(), parts.held(), parts.framesIn(third)]).toEqual([20, [], 0]);
    // Of few parts a quarter is kept for answers.
    for (let i = 0; i < 15; i++) expect(parts.take()).toBeGreaterThanOrEqual(0);
    expect([parts.spare(), parts.take()]).toEqual([0, -1]);
    for (let i = 0; i < 5; i++) expect(parts.takeForControl()).toBeGreaterThanOrEqual(0);
    expect(parts.takeForControl()).toBe(-1);
  });
});

describe("a saved adapter", () => {
  it("goes on where it was, without the parts its guest held", () => {
    const first = netvsp({ mac, port: { send() {} } });
    const lab = labChannel(first);
    lab.open();
    lab.request({ payload: nvsp.init() });
    lab.request({ payload: nvsp.receiveBuffer(3), dataRoom: 1 << 20 });
    lab.request({ payload: nvsp.sendBuffer(4), dataRoom: 1 << 20 });
    lab.request({ payload: nvsp.rndis(1), data: rndis.initialize() });
    lab.request({ payload: nvsp.rndis(1), data: rndis.filter(9) });
    for (let i = 0; i < 5; i++) first.frame(frame(), 0, 60);
    const saved: unknown = structuredClone(first.save());
    expect(saved).toMatchObject({
      format: 1,
      adapter: { running: true, filter: 9, mac },
      held: { length: 7 },
    });

    const restored = restoreNetvsp(saved, { mac, port: { send() {} } });
    if (restored.kind !== "restored") throw new Error(restored.text);
    const again = labChannel(restored.netvsp);
    again.open();
    expect(new Set(again.buffers.keys())).toEqual(new Set([0xcafe, 0x10000]));
    expect(restored.netvsp.inspect()).toMatchObject({ state: "running", parts: 606, partsFree: 599 });
    const held = new Set(first.save().held);
    while (restored.netvsp.frame(frame(), 0, 60));
    const used = again.transfers.flatMap((one) => one.ranges.map((range) => range.offset / 1728));
    expect(used.length).toBe(606 - 7 - 8);
    expect(used.some((part) => held.has(part))).toBe(false);
    again.open();
    expect(restored.netvsp.inspect()).toMatchObject({ state: "opened", parts: 0 });
  });

  it("is refused when it cannot have been", () => {
    const saved = netvsp({ mac }).save();
    expect(restoreNetvsp(saved, { mac }).kind).toBe("restored");
    const terms = { version: 0x60001, frameBytes: 1514, coalesces: true };
    const agreed = { kind: "agreed", ...terms, receive: null, send: null };
    const receive = { gpadl: 1, id: 0xcafe, partBytes: 1728, parts: 100 };
    const sound = { ...saved, negotiation: { ...agreed, receive }, held: [0, 99] };
    expect(restoreNetvsp(sound, { mac }).kind).toBe("restored");
    const bad: unknown[] = [
      null,
      7,
      {},
      { ...saved, format: 2 },
      { ...saved, negotiation: { kind: "ready" } },
      { ...saved, negotiation: { ...agreed, version: 5 } },
      { ...saved, negotiation: { ...agreed, frameBytes: -1 } },
      { ...saved, negotiation: { ...agreed, receive: { ...receive, parts: 1e9 } } },
      { ...saved, negotiation: { ...agreed, receive: { ...receive, partBytes: 4 } } },
      { ...saved, negotiation: { ...agreed, receive: { ...receive, id: 0x10000 } } },
      { ...saved, negotiation: { ...agreed, send: { gpadl: "1", id: 0 } } },
      { ...saved, held: [0] },
      { ...sound, held: [100] },
      { ...saved, adapter: { ...saved.adapter, mac: "nobody" } },
      { ...saved, adapter: { ...saved.adapter, filter: 0x1000 } },
      { ...saved, adapter: { ...saved.adapter, wholeIpv4: 1 } },
      { ...saved, negotiation: { ...agreed, coalesces: "yes" } },
      { ...saved, adapter: { ...saved.adapter, multicast: new Array(40).fill(mac) } },
    ];
    for (const one of bad) {
      const outcome = restoreNetvsp(one, { mac });
      expect(outcome.kind).toBe("refused");
      if (outcome.kind === "refused") expect(outcome.text).toMatch(/^The network adapter cannot go on/);
    }
  });
});
