import { beforeEach, describe, expect, it } from "vitest";
import { Oid, PacketInfoType } from "../../../src/hvdef/index.ts";
import { type FrameSource, type MacAddress, macAt } from "../../../src/network/index.ts";
import {
  type Netvsp,
  type NetvspOptions,
  netAdapterLimit,
  netOffer,
  netvsp,
} from "../../../src/vsp/index.ts";
import { ipFrame } from "../../lab/ip-frames.ts";
import { joinBytes, words } from "../../lab/loopback-guest.ts";
import { frameOf, type NetLab, netPages, nvsp, openNetLab, rndis } from "../../lab/netvsc.ts";

const mac = "00-15-5D-01-0A-03" as MacAddress;
const own = [0x00, 0x15, 0x5d, 0x01, 0x0a, 0x03];
const bytes = (length: number, fill = 1) => Uint8Array.from({ length }, (_, i) => (i + fill) & 0xff);
const u32 = (data: Uint8Array, at: number) => new DataView(data.buffer, data.byteOffset).getUint32(at, true);

/** A frame that no checksum is known of. */
function frame(length = 60, to: readonly number[] = own): Uint8Array<ArrayBuffer> {
  const out = bytes(length, 9);
  out.set(to);
  out.set([0x88, 0xb5], 12);
  return out;
}

/** A port that keeps copies of what goes in, and a way to send to the guest. */
function openPort() {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const port: FrameSource = {
    send(from, at, length) {
      frames.push(from.slice(at, at + length));
      from.fill(0, at, at + length);
    },
  };
  return { port, frames };
}

function give(adapter: Netvsp, one: Uint8Array<ArrayBuffer>): boolean {
  const all = new Uint8Array(one.length + 20).fill(0x77);
  all.set(one, 7);
  const taken = adapter.frame(all, 7, one.length);
  all.fill(0);
  return taken;
}

function openLab(options: Partial<NetvspOptions> = {}) {
  const { port, frames } = openPort();
  const adapter = netvsp({ mac, port, ...options });
  const lab = openNetLab(adapter);
  const status = (transaction: bigint) => {
    const payload = lab.completions().get(transaction);
    return payload === undefined ? null : [u32(payload, 0), u32(payload, 4)];
  };
  const count = (name: string) => adapter.inspect()[name];
  return { adapter, lab, port, frames, status, count };
}

describe("an adapter's offer", () => {
  it("is stable, of its own for each of eight, and names the gather rule", () => {
    const offers = Array.from({ length: netAdapterLimit }, (_, index) => netOffer(index, 9 as never));
    expect(new Set(offers.map((offer) => offer.instance)).size).toBe(8);
    expect(offers[3]).toEqual({
      channel: 9,
      interfaceType: "f8615163-df3e-46c5-913f-f2d2f965ed0e",
      instance: "2c7d9a53-6b1e-4f3a-9c40-5d3e8a7b1f2c",
      gather: "netvsc",
    });
  });
});

describe("the way up", () => {
  it("is answered as Linux wants it, and never where no answer is wanted", () => {
    const { lab } = openLab();
    lab.open();
    const asked = [lab.put(nvsp.init())];
    lab.put(nvsp.config(), { wants: false });
    lab.put(nvsp.version(), { wants: false });
    const { receive, send } = lab.describe();
    asked.push(lab.put(nvsp.receiveBuffer(receive)), lab.put(nvsp.sendBuffer(send)));
    const answers = lab.completions();
    expect([...answers.keys()]).toEqual(asked);
    const [init, received, sent] = asked.map((transaction) => answers.get(transaction) ?? new Uint8Array());
    expect([0, 4, 8, 12].map((at) => u32(init ?? bytes(40), at))).toEqual([2, 0x60001, 34, 1]);
    const parts = Math.floor((netPages.receive.length * 4096) / 1728);
    expect([0, 4, 8, 12, 16, 20, 24].map((at) => u32(received ?? bytes(40), at))).toEqual([
      102,
      1,
      1,
      0,
      1728,
      parts,
      1728 * parts,
    ]);
    expect([0, 4, 8].map((at) => u32(sent ?? bytes(40), at))).toEqual([105, 1, 6144]);
    for (const payload of answers.values()) expect(payload.length).toBe(40);
  });

  it("refuses other versions, and takes the next one", () => {
    const { lab, status } = openLab();
    lab.open();
    expect(status(lab.put(nvsp.init(0x70000)))).toEqual([2, 0x60001]);
    const low = lab.put(nvsp.init(0x50000));
    expect(u32(lab.completions().get(low) ?? bytes(40), 12)).toBe(4);
    const good = lab.put(nvsp.init());
    expect(u32(lab.completions().get(good) ?? bytes(40), 12)).toBe(1);
    // And only once.
    const again = lab.put(nvsp.init());
    expect(u32(lab.completions().get(again) ?? bytes(40), 12)).toBe(2);
  });

  it("refuses buffers out of turn, twice, too small, or of a page list that is not there", () => {
    const { lab, status } = openLab();
    lab.open();
    const { receive, send } = lab.describe();
    expect(status(lab.put(nvsp.receiveBuffer(receive)))).toEqual([102, 2]);
    expect(status(lab.put(nvsp.sendBuffer(send)))).toEqual([105, 2]);
    lab.put(nvsp.init());
    expect(status(lab.put(nvsp.receiveBuffer(0x999)))).toEqual([102, 2]);
    expect(status(lab.put(nvsp.sendBuffer(0x999)))).toEqual([105, 2]);
    expect(status(lab.put(nvsp.receiveBuffer(receive)))).toEqual([102, 1]);
    expect(status(lab.put(nvsp.receiveBuffer(receive)))).toEqual([102, 2]);
    expect(status(lab.put(nvsp.sendBuffer(send)))).toEqual([105, 1]);
    expect(status(lab.put(nvsp.sendBuffer(send)))).toEqual([105, 2]);
  });

  it("answers what it does not know with a status, in full length", () => {
    const { lab, status } = openLab();
    lab.open();
    lab.put(nvsp.init());
    expect(status(lab.put(joinBytes(words(133, 1, 1), new Uint8Array(28))))).toEqual([133, 7]);
    expect(status(lab.put(joinBytes(words(129, 1), new Uint8Array(32))))).toEqual([129, 7]);
    const short = lab.put(words(1, 2));
    expect(lab.completions().get(short)?.length).toBe(40);
  });

  it("divides the buffer for longer frames when the guest's MTU is larger", () => {
    const { lab, adapter } = openLab();
    lab.bringUp(9000);
    expect(adapter.inspect()).toMatchObject({ frameBytes: 9014, parts: 26 });
    expect(give(adapter, frame(9014))).toBe(true);
    lab.pump();
    const [transfer] = lab.transfers();
    expect(frameOf(transfer?.messages[0]?.bytes ?? bytes(44)).frame).toEqual(frame(9014));
  });
});

describe("control messages", () => {
  let here: ReturnType<typeof openLab>;
  beforeEach(() => {
    here = openLab({ name: "Lan", mayChangeMac: true });
    here.lab.bringUp();
  });
  const query = (oid: number) => {
    const reply = here.lab.control(rndis.query(oid, 0, 0x55)) ?? new Uint8Array(24);
    expect([u32(reply, 0), u32(reply, 4), u32(reply, 8)]).toEqual([0x8000_0004, reply.length, 0x55]);
    const length = u32(reply, 16);
    expect(reply.length).toBe(24 + length);
    expect(u32(reply, 20)).toBe(length === 0 ? 0 : 16);
    return { status: u32(reply, 12), value: reply.slice(24) };
  };
  const set = (oid: number, value: Uint8Array) => {
    const reply = here.lab.control(rndis.set(oid, value, 0x66)) ?? new Uint8Array(16);
    expect([u32(reply, 0), u32(reply, 4), u32(reply, 8)]).toEqual([0x8000_0005, 16, 0x66]);
    return u32(reply, 12);
  };

  it("tell of the adapter", () => {
    expect([...query(Oid.permanentAddress).value]).toEqual(own);
    expect([...query(Oid.currentAddress).value]).toEqual(own);
    expect(u32(query(Oid.maximumFrameSize).value, 0)).toBe(9000);
    expect(u32(query(Oid.linkSpeed).value, 0)).toBe(100_000_000);
    expect(u32(query(Oid.mediaConnectStatus).value, 0)).toBe(0);
    expect([...query(Oid.friendlyName).value]).toEqual([0x4c, 0, 0x61, 0, 0x6e, 0]);
    expect(query(Oid.receiveScaleCapabilities)).toMatchObject({
      status: 0xc000_00bb,
      value: new Uint8Array(0),
    });
    expect(query(0x1234)).toMatchObject({ status: 0xc001_0017, value: new Uint8Array(0) });
    expect(query(Oid.offloadCapabilities).value.length).toBe(156);
    expect(set(Oid.offloadParameters, new Uint8Array(28))).toBe(0);
  });

  it("are completed first, then answered with a message in the receive buffer", () => {
    const { lab } = here;
    const transaction = lab.put(nvsp.rndis(1), { pages: rndis.query(Oid.linkSpeed, 0, 9) });
    const [transfer] = lab.transfers();
    expect(lab.completions().get(transaction)?.subarray(0, 8)).toEqual(words(108, 1));
    expect(transfer).toMatchObject({ set: 0xcafe, messages: [{ channelType: 1 }] });
  });

  it("change the address when they may, to nothing that is none", () => {
    const parameter = (text: string, name = "NetworkAddress", type = 2) => {
      const wide = (t: string) => Uint8Array.from([...t].flatMap((c) => [c.charCodeAt(0), 0]));
      const head = words(20, name.length * 2, type, 20 + name.length * 2, text.length * 2);
      return joinBytes(head, wide(name), wide(text));
    };
    expect(set(Oid.configParameter, parameter("02AB00000001"))).toBe(0);
    expect(here.adapter.mac()).toBe("02-AB-00-00-00-01");
    expect([...query(Oid.permanentAddress).value]).toEqual(own);
    expect(give(here.adapter, frame(60, [2, 0xab, 0, 0, 0, 1]))).toBe(true);
    expect(here.count("received")).toBe(1);
    expect(set(Oid.configParameter, parameter("01AB00000001"))).not.toBe(0);
    expect(set(Oid.configParameter, parameter("nonsense"))).not.toBe(0);
    expect(set(Oid.configParameter, parameter("02AB00000001", "Other"))).not.toBe(0);
    expect(set(Oid.configParameter, parameter("02AB00000001").subarray(0, 30))).not.toBe(0);
    expect(set(Oid.configParameter, words(1, 2))).not.toBe(0);
    expect(here.adapter.mac()).toBe("02-AB-00-00-00-01");

    here = openLab();
    here.lab.bringUp();
    expect(set(Oid.configParameter, parameter("02AB00000001"))).toBe(0xc000_0001);
    expect(set(Oid.configParameter, parameter("00155D010A03"))).toBe(0);
    expect(here.adapter.mac()).toBe(mac);
  });

  it("answer signs of life and resets, and nothing to a halt", () => {
    const { lab, count } = here;
    expect([...(lab.control(words(8, 12, 77)) ?? [])]).toEqual([...words(0x8000_0008, 16, 77, 0)]);
    expect([...(lab.control(words(6, 12, 0)) ?? [])]).toEqual([...words(0x8000_0006, 16, 0, 0)]);
    expect(lab.control(rndis.halt())).toBeNull();
    expect(count("state")).toBe("agreed");
    expect(give(here.adapter, frame())).toBe(false);
    lab.control(rndis.initialize());
    lab.control(rndis.filter(1));
    expect(give(here.adapter, frame())).toBe(true);
  });

  it("that make no sense are completed and counted", () => {
    const { lab, status, count } = here;
    const before = Number(count("refused"));
    for (const message of [
      words(2),
      words(4, 5000, 1),
      words(77, 12, 1),
      words(2, 12, 1),
      words(0x8000_0004, 12, 1),
    ]) {
      expect(status(lab.put(nvsp.rndis(1), { pages: message }))).toEqual([108, 1]);
    }
    expect(lab.transfers()).toEqual([]);
    expect(count("refused")).toBe(before + 5);
    // A question cut short still has a number, so it has an answer.
    expect(u32(lab.control(words(4, 16, 3, 1)) ?? bytes(24), 12)).toBe(0xc001_0014);
    expect(u32(lab.control(words(5, 28, 3, Oid.packetFilter, 400, 20, 0)) ?? bytes(24), 12)).toBe(
      0xc001_0014,
    );
  });
});

describe("the filter", () => {
  const group = [1, 0, 0x5e, 0, 0, 1];
  const everybody = [255, 255, 255, 255, 255, 255];
  const other = [2, 0, 0, 0, 0, 9];

  it("lets through what the guest asked for", () => {
    const { adapter, lab } = openLab();
    lab.bringUp();
    const passes = (bits: number) => {
      lab.control(rndis.filter(bits));
      const before = Number(adapter.inspect()["received"]);
      const heard = [own, other, group, everybody].map((to) => {
        const at = Number(adapter.inspect()["received"]);
        give(adapter, frame(60, to));
        return Number(adapter.inspect()["received"]) > at;
      });
      lab.pump();
      lab.finish(...lab.transfers().map((one) => one.transaction));
      expect(Number(adapter.inspect()["received"]) - before).toBe(heard.filter(Boolean).length);
      return heard;
    };
    expect(passes(0x0d)).toEqual([true, false, true, true]);
    expect(passes(0x01)).toEqual([true, false, false, false]);
    expect(passes(0x08)).toEqual([false, false, false, true]);
    expect(passes(0x02)).toEqual([false, false, false, false]);
    expect(passes(0x20)).toEqual([true, true, true, true]);
    expect(passes(0)).toEqual([false, false, false, false]);
    lab.control(rndis.set(Oid.multicastList, Uint8Array.from([...other, ...group])));
    expect(passes(0x02)).toEqual([false, false, true, false]);
    expect(u32(lab.control(rndis.set(Oid.multicastList, bytes(7))) ?? bytes(16), 12)).not.toBe(0);
    expect(u32(lab.control(rndis.set(Oid.multicastList, bytes(33 * 6))) ?? bytes(16), 12)).not.toBe(0);
  });
});

describe("frames to the guest", () => {
  it("that come together share a packet; each has a part of its own until the guest gives it back", () => {
    const { adapter, lab, count } = openLab();
    lab.bringUp();
    const free = Number(count("partsFree"));
    const sent = Array.from({ length: 72 }, (_, i) => frame(60 + i));
    for (const one of sent) expect(give(adapter, one)).toBe(true);
    lab.pump();
    const transfers = lab.transfers();
    expect(transfers.map((one) => one.messages.length)).toEqual([64, 8]);
    const messages = transfers.flatMap((one) => one.messages);
    expect(messages.map((one) => frameOf(one.bytes).frame)).toEqual(sent);
    expect(messages.every((one) => one.channelType === 0 && one.offset % 1728 === 0)).toBe(true);
    expect(new Set(messages.map((one) => one.offset)).size).toBe(72);
    expect(count("partsFree")).toBe(free - 72);
    expect(lab.inspectLane()).toMatchObject({ transfers: 2 });
    lab.finish(transfers[0]?.transaction ?? 0n);
    expect(count("partsFree")).toBe(free - 8);
    lab.finish(transfers[1]?.transaction ?? 0n);
    expect(count("partsFree")).toBe(free);
    expect(lab.inspectLane()).toMatchObject({ transfers: 0, refused: 0 });
  });

  it("cause one interrupt for all of them", () => {
    const { adapter, lab } = openLab();
    lab.bringUp();
    const before = Number(lab.inspectLane()["interrupts"]);
    for (let i = 0; i < 30; i++) give(adapter, frame());
    lab.pump();
    expect(Number(lab.inspectLane()["interrupts"])).toBe(before + 1);
  });

  it("are lost and counted when the receive buffer is full; control messages still come through", () => {
    const { adapter, lab, count } = openLab();
    lab.bringUp();
    const parts = Number(count("parts"));
    const taken = Array.from({ length: parts + 5 }, () => give(adapter, frame())).filter(Boolean).length;
    expect(taken).toBe(parts - 8);
    expect(count("busy")).toBe(13);
    lab.pump();
    const transfers = lab.transfers();
    expect(lab.control(rndis.query(Oid.linkSpeed))).not.toBeNull();
    lab.finish(...transfers.map((one) => one.transaction));
    expect(count("partsFree")).toBe(parts);
    expect(give(adapter, frame())).toBe(true);
  });

  it("that are too long for a part, or no frames, are lost and counted", () => {
    const { adapter, lab, count } = openLab();
    lab.bringUp();
    expect(give(adapter, frame(1684))).toBe(true);
    expect(give(adapter, frame(1685))).toBe(false);
    expect(give(adapter, bytes(13))).toBe(false);
    expect([count("tooLong"), count("dropped")]).toEqual([1, 1]);
  });

  it("are told to be good when they are, and only then", () => {
    const { adapter, lab } = openLab();
    lab.bringUp();
    const tell = (one: Uint8Array<ArrayBuffer>) => {
      give(adapter, one);
      lab.pump();
      const [transfer] = lab.transfers();
      lab.finish(transfer?.transaction ?? 0n);
      const seen = frameOf(transfer?.messages[0]?.bytes ?? bytes(44));
      expect(seen.frame).toEqual(one);
      return seen.info.get(PacketInfoType.checksum);
    };
    expect(tell(ipFrame({ to: own, data: bytes(100) }))).toBe(0x28);
    expect(tell(ipFrame({ to: own, protocol: "udp", data: bytes(101) }))).toBe(0x30);
    expect(tell(ipFrame({ to: own, version: 6, data: bytes(100) }))).toBe(0x08);
    expect(tell(frame())).toBeUndefined();
    const badData = ipFrame({ to: own, data: bytes(100) });
    badData[80] = 0;
    expect(tell(badData)).toBe(0x20);
    const badHeader = ipFrame({ to: own, data: bytes(100) });
    badHeader[22] = 1;
    expect(tell(badHeader)).toBeUndefined();
  });

  it("say nothing of checksums without offloads", () => {
    const { adapter, lab } = openLab({ offloads: false });
    lab.bringUp();
    give(adapter, ipFrame({ to: own, data: bytes(100) }));
    lab.pump();
    expect(frameOf(lab.transfers()[0]?.messages[0]?.bytes ?? bytes(44)).info.size).toBe(0);
    const reply = lab.control(rndis.query(Oid.offloadCapabilities)) ?? new Uint8Array(0);
    expect(reply.subarray(24, 28)).toEqual(Uint8Array.of(0xa7, 3, 156, 0));
    expect(reply.subarray(28).every((byte) => byte === 0)).toBe(true);
  });

  it("lose their tag, which goes beside them", () => {
    const { adapter, lab } = openLab();
    lab.bringUp();
    give(adapter, ipFrame({ to: own, data: bytes(50), vlan: 0xb005 }));
    lab.pump();
    const seen = frameOf(lab.transfers()[0]?.messages[0]?.bytes ?? bytes(44));
    expect(seen.frame).toEqual(ipFrame({ to: own, data: bytes(50) }));
    // Priority 5, drop eligible, VLAN 5.
    expect(seen.info.get(PacketInfoType.vlan)).toBe(5 | 8 | (5 << 4));
    expect(seen.info.get(PacketInfoType.checksum)).toBe(0x28);
  });
});

describe("frames of the guest", () => {
  it("go into the port from a section, from pages, and from both", () => {
    const { lab, frames, status } = openLab();
    lab.bringUp();
    const whole = rndis.packet(frame(200));
    expect(status(lab.put(nvsp.rndis(0), { pages: whole }))).toEqual([108, 1]);
    place(lab, 3, whole);
    expect(status(lab.put(nvsp.rndis(0, 3, whole.length)))).toEqual([108, 1]);
    place(lab, 1, whole.subarray(0, 60));
    expect(status(lab.put(nvsp.rndis(0, 1, 60), { pages: whole.subarray(60) }))).toEqual([108, 1]);
    expect(frames).toEqual([frame(200), frame(200), frame(200)]);
  });

  it("may be several in one section", () => {
    const { lab, frames, status } = openLab();
    lab.bringUp();
    const both = joinBytes(rndis.packet(frame(61), [], 7), rndis.packet(frame(90)));
    place(lab, 0, both);
    expect(status(lab.put(nvsp.rndis(0, 0, both.length)))).toEqual([108, 1]);
    expect(frames).toEqual([frame(61), frame(90)]);
  });

  it("get their checksums and their tag before anybody sees them", () => {
    const { lab, frames } = openLab();
    lab.bringUp();
    const bare = ipFrame({ data: bytes(333), bare: true });
    lab.put(nvsp.rndis(0), { pages: rndis.packet(bare, [[PacketInfoType.checksum, 5 | (34 << 16)]]) });
    lab.put(nvsp.rndis(0), {
      pages: rndis.packet(bare, [
        [PacketInfoType.checksum, 5 | (34 << 16)],
        [PacketInfoType.vlan, 5 | 8 | (100 << 4)],
        [0x99, 1],
      ]),
    });
    lab.put(nvsp.rndis(0), { pages: rndis.packet(bare) });
    expect(frames).toEqual([
      ipFrame({ data: bytes(333) }),
      ipFrame({ data: bytes(333), vlan: 0xb000 | 100 }),
      bare,
    ]);
  });

  it("that are large sends are cut", () => {
    const { lab, frames, count, status } = openLab();
    lab.bringUp();
    const large = ipFrame({ data: bytes(40_000), bare: true });
    const info = [[PacketInfoType.largeSend, 1448 | (34 << 20) | (1 << 30)]] as const;
    expect(status(lab.put(nvsp.rndis(0), { pages: rndis.packet(large, info) }))).toEqual([108, 1]);
    expect(frames.length).toBe(Math.ceil(40_000 / 1448));
    expect(frames[0]).toEqual(ipFrame({ data: bytes(40_000).subarray(0, 1448) }));
    expect(count("largeSends")).toBe(1);
    expect(count("sent")).toBe(frames.length);
  });

  it("are lost and counted without a port", () => {
    const { adapter, lab, frames, status, count } = openLab();
    lab.bringUp();
    adapter.connect(null);
    expect(status(lab.put(nvsp.rndis(0), { pages: rndis.packet(frame()) }))).toEqual([108, 1]);
    expect([frames.length, count("unplugged")]).toEqual([0, 1]);
  });

  it("that lie are refused with a status and go nowhere", () => {
    const { lab, frames, status, count } = openLab();
    lab.bringUp();
    const good = rndis.packet(frame(100), [[0, 0]]);
    const lie = (at: number, value: number) => {
      const out = good.slice();
      new DataView(out.buffer).setUint32(at, value, true);
      return out;
    };
    const lies = [
      lie(0, 4),
      lie(4, 43),
      lie(4, 5000),
      lie(8, 20),
      lie(8, 0xffff_fff0),
      lie(12, 101),
      lie(12, 13),
      lie(12, 0xffff_ffff),
      lie(28, 200),
      lie(32, 5000),
      lie(44, 0),
      lie(44, 17),
      good.subarray(0, 30),
      good.subarray(0, 120),
    ];
    for (const message of lies) {
      expect(status(lab.put(nvsp.rndis(0), { pages: message }))).toEqual([108, 5]);
    }
    // Sections outside the send buffer, longer than one, and a buffer nobody named.
    for (const [section, length] of [
      [8, 100],
      [7, 6145],
      [0xffff_fffe, 100],
      [0, 0],
    ] as const) {
      expect(status(lab.put(nvsp.rndis(0, section, length)))).toEqual([108, 5]);
    }
    expect(status(lab.put(nvsp.rndis(0)))).toEqual([108, 5]);
    expect(count("refused")).toBe(lies.length + 5);
    expect(frames).toEqual([]);
  });

  it("are refused before the adapter runs", () => {
    const { lab, status } = openLab();
    lab.open();
    expect(status(lab.put(nvsp.rndis(0), { pages: rndis.packet(frame()) }))).toEqual([108, 2]);
    lab.put(nvsp.init());
    expect(status(lab.put(nvsp.rndis(1), { pages: rndis.initialize() }))).toEqual([108, 2]);
  });

  function place(lab: NetLab, section: number, data: Uint8Array): void {
    const ram = lab.guest.memory.bytes();
    for (const [i, byte] of data.entries()) {
      const at = section * 6144 + i;
      ram[(netPages.send[at >> 12] ?? 0) * 4096 + (at & 4095)] = byte;
    }
  }
});

describe("the link", () => {
  const news = (lab: NetLab) => {
    lab.pump();
    const transfers = lab.transfers();
    lab.finish(...transfers.map((one) => one.transaction));
    return transfers.flatMap((one) => one.messages.map((message) => u32(message.bytes, 8).toString(16)));
  };

  it("is told when it changes, once", () => {
    const { adapter, lab, port } = openLab();
    lab.bringUp();
    adapter.connect(null);
    adapter.connect(null);
    expect(news(lab)).toEqual(["4001000c"]);
    expect(u32(lab.control(rndis.query(Oid.mediaConnectStatus)) ?? bytes(40), 24)).toBe(1);
    adapter.connect(port);
    expect(news(lab)).toEqual(["4001000b"]);
    adapter.setLink(false);
    expect(give(adapter, frame())).toBe(false);
    adapter.connect(null);
    adapter.setLink(true);
    expect(news(lab)).toEqual(["4001000c"]);
    adapter.connect(port);
    expect(news(lab)).toEqual(["4001000b"]);
    adapter.connect({ send() {} });
    expect(news(lab)).toEqual(["40010018"]);
  });

  it("that changed before the guest listens is told again when it does", () => {
    const { adapter, lab } = openLab();
    lab.bringUp();
    lab.control(rndis.filter(0));
    lab.control(rndis.query(Oid.mediaConnectStatus));
    adapter.connect(null);
    expect(news(lab)).toEqual(["4001000c"]);
    lab.put(nvsp.rndis(1), { pages: rndis.filter(0xd) });
    expect(news(lab)).toContain("4001000c");
  });

  it("waits for a free part, and comes then", () => {
    const { adapter, lab, count } = openLab();
    lab.bringUp();
    while (give(adapter, frame()));
    lab.pump();
    const transfers = lab.transfers();
    const kept: bigint[] = [];
    for (let i = 0; i < 8; i++) {
      lab.put(nvsp.rndis(1), { pages: rndis.query(Oid.linkSpeed) });
      kept.push(...lab.transfers().map((one) => one.transaction));
    }
    expect(count("partsFree")).toBe(0);
    adapter.connect(null);
    expect(count("owed")).toBe(1);
    lab.finish(kept[0] ?? 0n);
    expect(news(lab)).toEqual(["4001000c"]);
    lab.finish(...transfers.map((one) => one.transaction), ...kept.slice(1));
    expect(count("partsFree")).toBe(count("parts"));
    expect(count("strays")).toBe(0);
  });
});

describe("addresses", () => {
  it("read as Hyper-V writes them", () => {
    expect(macAt(Uint8Array.from(own), 0)).toBe(mac);
  });
});
